"""What requests may hold, a file per resource. An unknown key is refused; numbers stay exact."""

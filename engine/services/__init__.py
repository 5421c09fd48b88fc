"""What the doors call: one file per resource, one operation per command."""

"""The addresses, a file per resource. A handler is thin: request in, one service call, answer out."""

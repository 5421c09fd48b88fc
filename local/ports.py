"""Free TCP ports on this machine."""

import socket

LOOPBACK = "127.0.0.1"


def free_port(wished: int = 0) -> int:
    """`wished` if nothing listens there, else any free port. Another process may take it before it is used."""
    if wished:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # a port just left is free
            try:
                probe.bind((LOOPBACK, wished))
            except OSError:
                pass
            else:
                return wished
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        return int(probe.getsockname()[1])

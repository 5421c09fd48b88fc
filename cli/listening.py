"""Takes the address of the API, before anything else is started: a taken port costs nobody a start of the servers."""

import errno
import socket
from typing import Final

from cli.terminal import Failed

_BACKLOG: Final = 2048


def listen(host: str, port: int, *, otherwise_free: bool = False) -> socket.socket:
    """Takes the address; from now on whoever calls waits for the answer.

    Args:
        host: an address or a name of this machine.
        port: 0 takes a free one.
        otherwise_free: where the port is taken, take a free one.

    Raises:
        Failed: where it is taken, or is none of this machine's.
    """
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    except OSError:
        raise Failed(f"{host} is no address of this machine.", "Give another with --host, such as 127.0.0.1.") from None
    listening = socket.socket(family, kind, protocol)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(address)
        listening.listen(_BACKLOG)
    except OSError as error:
        listening.close()
        if otherwise_free and error.errno == errno.EADDRINUSE:
            return listen(host, 0)
        raise _refused(host, port, error) from None
    return listening


def url_of(listening: socket.socket) -> str:
    """Where the API is called; a server that listens everywhere is called on this machine."""
    name: tuple[str, int] = listening.getsockname()[:2]
    host, port = name
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 - looked for, not listened on
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _refused(host: str, port: int, error: OSError) -> Failed:
    match error.errno:
        case errno.EADDRINUSE:
            return Failed(f"Port {port} of {host} is taken.", "Stop what listens there, or choose another with --port.")
        case errno.EACCES:
            return Failed(f"Port {port} is not for ordinary users.", "Choose one above 1023 with --port.")
        case _:
            return Failed(
                f"{host}:{port} cannot be listened on: {error.strerror}.", "Give another address with --host."
            )

"""uvicorn as this house runs it: httptools reads the requests and uvloop turns the loop, where there is one.

On Windows there is no uvloop; asyncio's own loop does the same there, slower.
"""

import asyncio
import gc
from collections.abc import Coroutine
from typing import Any, Final, TypeVar

import uvicorn
from uvicorn.loops.auto import auto_loop_factory
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

_T = TypeVar("_T")

MOST_HEAD: Final = 64 * 1024
"""Most bytes of one request that may come without ending its head or adding to its body."""


class BoundedProtocol(HttpToolsProtocol):
    """HTTP/1.1 from the wire, with the bound that httptools leaves to others: no head, and no trailer, without end."""

    _idle_bytes = 0
    _moved_on = False

    def data_received(self, data: bytes) -> None:
        """Called by the loop; a request that only ever adds to its head is answered with 400 and cut off."""
        self._moved_on = False
        super().data_received(data)
        self._idle_bytes = 0 if self._moved_on else self._idle_bytes + len(data)
        if self._idle_bytes > MOST_HEAD and not self.transport.is_closing():
            self.send_400_response("The head of the request is too long.")

    def on_headers_complete(self) -> None:
        """Called by the parser."""
        self._moved_on = True
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """Called by the parser."""
        self._moved_on = True
        super().on_body(body)

    def on_message_complete(self) -> None:
        """Called by the parser."""
        self._moved_on = True
        super().on_message_complete()


def uvicorn_config(app: Any, *, grace: int | None = None) -> uvicorn.Config:
    """How uvicorn serves `app`, in a loop of `run`; requests under way get `grace` seconds when it stops."""
    return uvicorn.Config(
        app,
        http=BoundedProtocol,
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=grace,
    )


def settle() -> None:
    """To be called once all is up: what is there by then is no longer looked through for garbage, and the rest seldom.

    A request leaves hardly any cycles behind, yet looking for them as often as CPython does took a fifth of its time.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 20, 20)


def run(main: Coroutine[Any, Any, _T]) -> _T:
    """What `main` gives, as `asyncio.run`, on the fastest loop that there is."""
    with asyncio.Runner(loop_factory=auto_loop_factory()) as runner:
        return runner.run(main)

"""The marking of a process, between its rows and the engine's values."""

from decimal import Decimal
from typing import Final

import msgspec

from engine.core.process import Process

_decoder: Final = msgspec.json.Decoder(Process, float_hook=Decimal)


def read_marking(text: str) -> Process:
    """The process that the view `markings` gives as JSON text; numbers of the context keep their digits."""
    return _decoder.decode(text)

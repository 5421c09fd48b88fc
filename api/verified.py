"""Tokens that were verified a moment ago: a client's next request does not cost a signature again.

Only what was verified is kept, as the SHA-256 of the token and who it tells of: another signature, header or claim is
another token. It is kept until it expires, and `KEPT_SECONDS` at most; so a key that the identity provider withdraws
verifies nothing once those have passed since `KeySet` last fetched the keys.
"""

import hashlib
from typing import Final

from engine import clock
from engine.core.commands import Caller

KEPT_SECONDS: Final = 30.0
MOST: Final = 10_000
"""Tokens that are kept; each further one takes the place of the oldest."""


class Verified:
    """Who the tokens of the last seconds tell of."""

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._kept: dict[bytes, tuple[float, Caller]] = {}

    def find(self, token: str) -> Caller | None:
        """Who `token` tells of, if it was verified a moment ago and has not expired since."""
        digest = _digest(token)
        until, caller = self._kept.get(digest, _NOBODY)
        if clock.monotonic() < until:
            return caller
        self._kept.pop(digest, None)
        return None

    def keep(self, token: str, caller: Caller, seconds: float) -> None:
        """Remembers a verified token that expires in so many seconds."""
        if seconds <= 0:
            return
        while len(self._kept) >= self._most:
            del self._kept[next(iter(self._kept))]
        self._kept[_digest(token)] = (clock.monotonic() + min(seconds, KEPT_SECONDS), caller)


_NOBODY: Final = (float("-inf"), None)


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()

"""Tokens that were verified a moment ago: a client's next request does not cost a signature again.

Only what was verified is kept, as the SHA-256 of the token and what was made of it: another signature, header or claim
is another token. It is kept until it expires, and `KEPT_SECONDS` at most; so a key that the identity provider withdraws
verifies nothing once those have passed since `KeySet` last fetched the keys.
"""

import hashlib
from typing import Final, Generic, TypeVar

from engine import clock

KEPT_SECONDS: Final = 30.0
MOST: Final = 10_000
"""Tokens that are kept; each further one takes the place of the oldest."""


_Made = TypeVar("_Made")


class Verified(Generic[_Made]):
    """What was made of the tokens of the last seconds."""

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._kept: dict[bytes, tuple[float, _Made]] = {}

    def find(self, token: str) -> _Made | None:
        """What was made of `token`, if it was verified a moment ago and has not expired since."""
        digest = _digest(token)
        until, made = self._kept.get(digest, _NOTHING)
        if clock.monotonic() < until:
            return made
        self._kept.pop(digest, None)
        return None

    def keep(self, token: str, made: _Made, seconds: float) -> None:
        """Remembers a verified token that expires in so many seconds."""
        if seconds <= 0:
            return
        while len(self._kept) >= self._most:
            del self._kept[next(iter(self._kept))]
        self._kept[_digest(token)] = (clock.monotonic() + min(seconds, KEPT_SECONDS), made)


_NOTHING: Final = (float("-inf"), None)


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()

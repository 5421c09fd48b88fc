"""The identity provider's public keys (RFC 7517), fetched when needed and kept for a while."""

import asyncio
from collections.abc import Mapping
from typing import Any, ClassVar, Final

import httpx
import jwt
import structlog

from engine import clock
from engine.core.errors import Unavailable

KEPT_SECONDS: Final = 600
PAUSE_SECONDS: Final = 30
"""The least time between two fetches: a token with an unknown `kid` cannot make us call the provider at will."""
_TIMEOUT: Final = httpx.Timeout(3)
_MOST_BYTES: Final = 256 * 1024

_log = structlog.get_logger(__name__)


class KeySet:
    """The keys behind one JWKS URL."""

    ALGORITHMS: ClassVar[Mapping[str, str]] = {"RS256": "RSA", "ES256": "EC"}
    """The accepted algorithms, each with the type of key it may be used with."""

    def __init__(self, url: str, transport: httpx.AsyncBaseTransport | None = None) -> None:
        self._url = url
        self._transport = transport
        self._keys: Mapping[str | None, jwt.PyJWK] = {}
        self._fetched_at: float | None = None
        self._tried_at: float | None = None
        self._turn = asyncio.Lock()

    async def find(self, kid: str | None, algorithm: str) -> Any:
        """The public key that the provider gives `kid`.

        Raises:
            Unavailable: where the keys cannot be fetched and none are kept.
            jwt.InvalidKeyError: where there is no such key, or it is not for `algorithm`.
        """
        if _past(self._fetched_at, KEPT_SECONDS) or kid not in self._keys:
            await self._refresh()
        key = self._keys.get(kid)
        if key is None or key.key_type != self.ALGORITHMS[algorithm]:
            raise jwt.InvalidKeyError("it was signed with an unknown key")
        return key.key

    async def _refresh(self) -> None:
        async with self._turn:
            if not _past(self._tried_at, PAUSE_SECONDS):
                if self._fetched_at is None:
                    raise Unavailable("unavailable", "The keys of the identity provider cannot be had.", retry_after=30)
                return
            self._tried_at = clock.monotonic()
            try:
                self._keys = await self._fetch()
                self._fetched_at = clock.monotonic()
            except (httpx.HTTPError, ValueError, jwt.PyJWTError) as error:
                _log.warning("jwks_unavailable", url=self._url, cause=str(error))
                if self._fetched_at is None:
                    raise Unavailable(
                        "unavailable", "The keys of the identity provider cannot be had.", retry_after=30
                    ) from None

    async def _fetch(self) -> dict[str | None, jwt.PyJWK]:
        async with (
            httpx.AsyncClient(timeout=_TIMEOUT, transport=self._transport) as client,
            client.stream("GET", self._url) as response,
        ):
            response.raise_for_status()
            text = bytearray()
            async for piece in response.aiter_bytes():
                text += piece
                if len(text) > _MOST_BYTES:
                    raise ValueError(f"the key set is larger than {_MOST_BYTES} bytes")
        return {key.key_id: key for key in jwt.PyJWKSet.from_json(text.decode()).keys if key.key_type in _TYPES}


_TYPES: Final = frozenset(KeySet.ALGORITHMS.values())


def _past(since: float | None, seconds: float) -> bool:
    return since is None or clock.monotonic() - since > seconds

"""Who calls: a bearer token (RFC 6750) becomes a `Caller`. Tokens are never logged and never taken from an address."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Any, Final, cast

import jwt

from api.jwks import KeySet
from api.permissions import Table
from api.verified import Verified
from engine import clock
from engine.core.callers import SYSTEM, Caller
from engine.core.errors import Unauthenticated
from engine.core.organisation import Organisation
from engine.services.callers import Callers, Identity, caller_of
from engine.settings import Settings, SettingsError

LEEWAY: Final = timedelta(seconds=10)
_LONGEST_NAME: Final = 200
_MOST_ROLES: Final = 100


class Authenticator:
    """Verifies tokens with the HS256 secret or with the identity provider's RS256 and ES256 keys."""

    def __init__(self, settings: Settings, table: Table) -> None:
        """Takes the keys from `settings`.

        Raises:
            SettingsError: where there are none; without keys nobody could be told from anybody else.
        """
        self._secret = settings.read_jwt_secret()
        self._keys = KeySet(settings.jwks_url) if settings.jwks_url else None
        if not self._secret and not self._keys:
            raise SettingsError(
                "WAYLINE_JWT_SECRET, WAYLINE_JWT_SECRET_FILE or WAYLINE_JWKS_URL must be set: tokens need a key"
            )
        self._audience = settings.jwt_audience
        self._issuer = settings.jwt_issuer
        self._claimed = (settings.roles_claim, settings.name_claim, settings.email_claim)
        self._table = table
        self._verified: Verified[_Known] = Verified()

    def powers(self, roles: frozenset[str]) -> frozenset[str]:
        """The permissions of who holds these roles."""
        return self._table.of(roles)

    async def caller(self, authorization: str | None, callers: Callers | None = None) -> Caller:
        """Who the `Authorization` header says is calling, as the organisation knows them (without: as the token says).

        Raises:
            Unauthenticated: where it holds no valid token; the sentence says what is wrong with it.
            Forbidden: `user_inactive`.
            Unavailable: where the identity provider's keys cannot be had.
        """
        scheme, _, token = (authorization or "").partition(" ")
        if scheme.lower() != "bearer" or not token.strip():
            raise Unauthenticated("unauthenticated", "Send a token: Authorization: Bearer …")
        token = token.strip()
        known = self._verified.find(token)
        if known is None:
            claims = await self._claims(token)
            known = _Known(_identity(claims, *self._claimed))
            if callers:
                await callers.welcome(known.identity)
            now = clock.now()
            self._verified.keep(token, known, min(int(claims["exp"]) - now.timestamp(), _left_of_the_day(now)))
        organisation = await callers.organisation() if callers else _NOBODY
        if known.caller is None or known.version != organisation.version:
            known.caller = None
            made = callers.caller if callers else caller_of
            known.caller, known.version = made(known.identity, organisation, self._table.of), organisation.version
        return known.caller

    async def _claims(self, token: str) -> Mapping[str, Any]:
        try:
            header = jwt.get_unverified_header(token)
            key, algorithms = await self._key(header)
            return cast(
                "Mapping[str, Any]",
                jwt.decode(
                    token,
                    key,
                    algorithms=algorithms,
                    audience=self._audience,
                    issuer=self._issuer,
                    leeway=LEEWAY,
                    options={"require": ["exp", "sub"]},
                ),
            )
        except jwt.PyJWTError as error:
            raise Unauthenticated("unauthenticated", f"The token is not valid: {error}.") from None

    async def _key(self, header: Mapping[str, Any]) -> tuple[Any, Sequence[str]]:
        """The key for a token, and the algorithms it may be used with: never what the token alone says."""
        if header.get("alg") == "HS256" and self._secret:
            return self._secret, ["HS256"]
        if self._keys and header.get("alg") in KeySet.ALGORITHMS:
            key = await self._keys.find(header.get("kid"), str(header["alg"]))
            return key, [str(header["alg"])]
        raise jwt.InvalidAlgorithmError("its algorithm is not accepted here")


@dataclass(slots=True)
class _Known:
    """A verified token, and the caller that it makes in a version of the organisation."""

    identity: Identity
    caller: Caller | None = None
    version: int = -1


_NOBODY: Final = Organisation()


def make_token(secret: str, user: str, roles: Sequence[str], ttl: timedelta, audience: str | None = None) -> str:
    """A token of the local secret for `user` with `roles`, valid for `ttl` from now."""
    now = clock.now()
    claims: dict[str, Any] = {"sub": user, "roles": [*roles], "iat": now, "exp": now + ttl}
    if audience:
        claims["aud"] = audience
    return jwt.encode(claims, secret, algorithm="HS256")


def refuse_open_door(settings: Settings) -> None:
    """Refuses to listen beyond this machine with keys that nobody chose.

    Raises:
        SettingsError: on another address than loopback without configured keys.
    """
    if not settings.on_loopback and not settings.has_keys:
        raise SettingsError(
            f"WAYLINE_HOST is {settings.host}, which others can reach: set WAYLINE_JWT_SECRET, "
            "WAYLINE_JWT_SECRET_FILE or WAYLINE_JWKS_URL first"
        )


def _identity(claims: Mapping[str, Any], roles: str, name: str, email: str) -> Identity:
    user = claims["sub"]
    if not _is_name(user) or user == SYSTEM.id:
        raise Unauthenticated("unauthenticated", "The token's `sub` is no user's id.")
    issued_at = claims.get("iat")
    return Identity(
        user=cast("str", user),
        roles=_roles(_claim(claims, roles, []), roles),
        name=_text(_claim(claims, name, None)),
        email=_text(_claim(claims, email, None)),
        issued_at=datetime.fromtimestamp(issued_at, UTC) if isinstance(issued_at, int) else None,
    )


def _claim(claims: Mapping[str, Any], name: str, otherwise: Any) -> Any:
    """The claim of this name, or what its dots lead to: `realm_access.roles`."""
    if name in claims:
        return claims[name]
    found: Any = claims
    for part in name.split("."):
        if not isinstance(found, dict) or part not in found:
            return otherwise
        found = cast("dict[str, Any]", found)[part]
    return found


def _roles(given: Any, claim: str) -> frozenset[str]:
    roles = cast("list[Any]", given) if isinstance(given, list) else None
    if roles is None or len(roles) > _MOST_ROLES or not all(map(_is_name, roles)):
        raise Unauthenticated("unauthenticated", f"The token's `{claim}` is no list of role names.")
    return frozenset(cast("list[str]", roles))


def _text(value: Any) -> str | None:
    return value if _is_name(value) else None


def _is_name(value: Any) -> bool:
    return isinstance(value, str) and 0 < len(value) <= _LONGEST_NAME and value.isprintable()


def _left_of_the_day(now: datetime) -> float:
    """Seconds until midnight in UTC, when skills may expire."""
    tomorrow = datetime.combine(now.date() + timedelta(days=1), time(), UTC)
    return (tomorrow - now).total_seconds()

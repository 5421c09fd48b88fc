"""Tokens that were verified a moment ago count as long as they would anyway, and not one second longer than is said."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from api.auth import Authenticator
from api.jwks import KEPT_SECONDS as KEYS_KEPT_SECONDS
from api.jwks import KeySet
from api.permissions import EVERYONE, Table
from api.verified import KEPT_SECONDS, Verified
from engine import clock
from engine.core.callers import Caller
from engine.core.errors import Unauthenticated
from engine.settings import Settings
from tests.api.people import HOUR, SECRET

Advance = Callable[[float], None]
ANN, BEN = Caller("ann"), Caller("ben")


@pytest.fixture
def advance(monkeypatch: pytest.MonkeyPatch) -> Advance:
    """Moves both of the machine's clocks on by so many seconds."""
    passed = 0.0
    monotonic, now = clock.monotonic, clock.now
    monkeypatch.setattr(clock, "monotonic", lambda: monotonic() + passed)
    monkeypatch.setattr(clock, "now", lambda: now() + timedelta(seconds=passed))

    def move(seconds: float) -> None:
        nonlocal passed
        passed += seconds

    return move


@pytest.fixture
def verifications(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The tokens whose signatures were looked at, in order."""
    seen: list[str] = []
    decode = jwt.decode

    def counting(token: str, *args: Any, **options: Any) -> Any:
        seen.append(token)
        return decode(token, *args, **options)

    monkeypatch.setattr(jwt, "decode", counting)
    return seen


def token(lasts: timedelta = HOUR, **claims: Any) -> str:
    return jwt.encode({"sub": "ann", "roles": ["clerk"], "exp": clock.now() + lasts, **claims}, SECRET, "HS256")


def jwk(key: rsa.RSAPrivateKey, id: str) -> dict[str, Any]:
    return {**json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(key.public_key())), "kid": id}


def authenticator(**settings: Any) -> Authenticator:
    return Authenticator(Settings(**{"jwt_secret": SECRET, **settings}), Table(settings.get("permissions")))


async def test_the_signature_of_a_token_is_looked_at_once_in_a_while(verifications: list[str], advance: Advance):
    door, sent = authenticator(), token()
    callers = [await door.caller(f"Bearer {sent}") for _ in range(5)]
    assert (len(set(callers)), callers[0].id, verifications) == (1, "ann", [sent])
    advance(KEPT_SECONDS + 1)
    assert await door.caller(f"bearer  {sent} ") == callers[0]
    assert verifications == [sent, sent]


async def test_a_token_is_no_longer_known_once_it_has_expired(verifications: list[str], advance: Advance):
    door, sent = authenticator(), token(timedelta(seconds=5))
    await door.caller(f"Bearer {sent}")
    advance(6)
    await door.caller(f"Bearer {sent}")
    await door.caller(f"Bearer {sent}")
    assert verifications == [sent] * 3, "within the leeway for clocks that differ it is verified each time"


async def test_another_signature_is_another_token(verifications: list[str]):
    door, sent = authenticator(), token()
    await door.caller(f"Bearer {sent}")
    head, claims, signature = sent.split(".")
    forged = [
        f"{head}.{claims}.{signature[::-1]}",
        f"{head}.{claims}.",
        f"{head}.{claims}",
        ".".join([jwt.encode({}, None, "none").split(".")[0], claims, signature]),
        f"{sent}.",
        sent.swapcase(),
        jwt.encode({"sub": "ann", "roles": ["clerk"], "exp": clock.now() + HOUR}, SECRET[::-1], "HS256"),
    ]
    for other in forged:
        for _ in range(2):
            with pytest.raises(Unauthenticated):
                await door.caller(f"Bearer {other}")
    assert (await door.caller(f"Bearer {sent}")).id == "ann"
    assert verifications.count(sent) == 1


async def test_a_refused_token_is_looked_at_each_time(verifications: list[str]):
    door, sent = authenticator(jwt_audience="wayline"), token(aud="elsewhere")
    for _ in range(3):
        with pytest.raises(Unauthenticated):
            await door.caller(f"Bearer {sent}")
    assert verifications == [sent] * 3


async def test_permissions_are_those_of_the_table_in_force():
    sent = token()
    before = await authenticator().caller(f"Bearer {sent}")
    after = await authenticator(permissions={"clerk": ("graph:ask",)}).caller(f"Bearer {sent}")
    assert (before.permissions, after.permissions) == (EVERYONE, EVERYONE | {"graph:ask"})


async def test_a_key_that_the_provider_withdraws_verifies_nothing_once_the_stated_time_has_passed(advance: Advance):
    private, later = rsa.generate_private_key(65537, 2048), rsa.generate_private_key(65537, 2048)
    published = [jwk(private, "k")]
    door = Authenticator(Settings(jwks_url="https://idp.example/keys"), Table())
    door._keys = KeySet(
        "https://idp.example/keys", httpx.MockTransport(lambda _: httpx.Response(200, json={"keys": published}))
    )
    sent = jwt.encode({"sub": "ann", "exp": clock.now() + 9 * HOUR}, private, "RS256", headers={"kid": "k"})
    await door.caller(f"Bearer {sent}")
    published[:] = [jwk(later, "l")]
    advance(KEYS_KEPT_SECONDS - 1)
    await door.caller(f"Bearer {sent}")
    advance(KEPT_SECONDS + 2)
    with pytest.raises(Unauthenticated):
        await door.caller(f"Bearer {sent}")


def test_no_more_are_kept_than_there_is_room_for():
    kept = Verified(most=2)
    for name in ("a", "b", "c"):
        kept.keep(name, ANN, 60)
    assert [kept.find(name) for name in ("a", "b", "c")] == [None, ANN, ANN]


def test_each_token_tells_of_its_own_user():
    kept = Verified()
    kept.keep("a", ANN, 60)
    kept.keep("b", BEN, 60)
    assert (kept.find("a"), kept.find("b"), kept.find("ab")) == (ANN, BEN, None)


def test_the_tokens_themselves_are_not_kept():
    kept, sent = Verified(), token()
    kept.keep(sent, ANN, 60)
    assert sent not in repr(vars(kept))

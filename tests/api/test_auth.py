"""Who calls (api.md, Who calls): a bearer token of the local secret or of an identity provider."""

import base64
import hmac
import json
from collections.abc import Callable
from typing import Any

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from api.auth import Authenticator, make_token, refuse_open_door
from api.jwks import KeySet
from api.permissions import EVERYONE, Table
from engine import clock
from engine.core.errors import Unauthenticated, Unavailable
from engine.settings import Settings, SettingsError
from tests.api.people import HOUR, SECRET

OTHER = "another secret of the tests, long enough too"


def authenticator(**settings: Any) -> Authenticator:
    return Authenticator(Settings(**{"jwt_secret": SECRET, **settings}), Table())


def token(secret: str = SECRET, algorithm: str = "HS256", **claims: Any) -> str:
    whole = {"sub": "u-1", "roles": ["clerk"], "exp": clock.now() + HOUR, **claims}
    return jwt.encode({name: value for name, value in whole.items() if value is not None}, secret, algorithm)


async def test_a_token_of_the_local_secret_tells_user_and_roles():
    caller = await authenticator().caller(f"Bearer {make_token(SECRET, 'u-1', ['clerk', 'manager'], HOUR)}")
    assert (caller.id, caller.roles) == ("u-1", frozenset({"clerk", "manager"}))
    assert caller.may("process:read_all")


async def test_a_token_without_roles_holds_what_everyone_holds():
    caller = await authenticator().caller(f"bearer {token(roles=None)}")
    assert caller.permissions == EVERYONE


REFUSED: dict[str, Callable[[], str | None]] = {
    "nothing": lambda: None,
    "another scheme": lambda: "Basic dTpw",
    "no token": lambda: "Bearer ",
    "no token at all": lambda: "Bearer not.a.token",
    "another secret": lambda: f"Bearer {token(OTHER)}",
    "run out": lambda: f"Bearer {token(exp=clock.now() - HOUR)}",
    "not begun": lambda: f"Bearer {token(nbf=clock.now() + HOUR)}",
    "without an end": lambda: f"Bearer {token(exp=None)}",
    "without a user": lambda: f"Bearer {token(sub=None)}",
    "an empty user": lambda: f"Bearer {token(sub='')}",
    "the engine itself": lambda: f"Bearer {token(sub='system')}",
    "a user with control characters": lambda: f"Bearer {token(sub=chr(7))}",
    "roles that are a text": lambda: f"Bearer {token(roles='admin')}",
    "roles that are no names": lambda: f"Bearer {token(roles=[1])}",
    "too many roles": lambda: f"Bearer {token(roles=[f'r{n}' for n in range(101)])}",
    "for another audience": lambda: f"Bearer {token(aud='elsewhere')}",
    "another algorithm": lambda: f"Bearer {token(OTHER * 2, 'HS512')}",
    "no signature": lambda: f"Bearer {jwt.encode({'sub': 'u-1', 'exp': clock.now() + HOUR}, None, algorithm='none')}",
}


@pytest.mark.parametrize("header", REFUSED.values(), ids=REFUSED)
async def test_a_token_that_is_not_valid_is_refused(header: Callable[[], str | None]):
    with pytest.raises(Unauthenticated):
        await authenticator().caller(header())


async def test_audience_and_issuer_are_checked_where_they_are_set():
    strict = authenticator(jwt_audience="wayline", jwt_issuer="idp")
    assert (await strict.caller(f"Bearer {token(aud='wayline', iss='idp')}")).id == "u-1"
    for claims in (
        {"aud": "wayline"},
        {"iss": "idp"},
        {"aud": "else", "iss": "idp"},
        {"aud": "wayline", "iss": "else"},
    ):
        with pytest.raises(Unauthenticated):
            await strict.caller(f"Bearer {token(**claims)}")


async def test_a_refusal_does_not_repeat_the_token():
    bad = token(OTHER)
    with pytest.raises(Unauthenticated) as refused:
        await authenticator().caller(f"Bearer {bad}")
    assert bad not in str(refused.value)


def test_without_any_key_nothing_is_served():
    with pytest.raises(SettingsError, match="WAYLINE_JWKS_URL"):
        Authenticator(Settings(), Table())


def test_beyond_loopback_it_refuses_to_run_without_configured_keys():
    with pytest.raises(SettingsError, match="WAYLINE_HOST"):
        refuse_open_door(Settings(host="0.0.0.0"))
    refuse_open_door(Settings(host="0.0.0.0", jwt_secret=SECRET))
    refuse_open_door(Settings(host="127.0.0.1"))


class Provider:
    """An identity provider with an RSA and an EC key, that counts how often it is asked."""

    def __init__(self) -> None:
        self.private = {
            "r1": rsa.generate_private_key(65537, 2048),
            "e1": ec.generate_private_key(ec.SECP256R1()),
        }
        self.asked = 0
        self.away = False
        public = {"r1": jwt.algorithms.RSAAlgorithm, "e1": jwt.algorithms.ECAlgorithm}
        self.keys = [
            {**json.loads(public[kid].to_jwk(key.public_key())), "kid": kid} for kid, key in self.private.items()
        ]

    def transport(self) -> httpx.MockTransport:
        return httpx.MockTransport(self._answer)

    def token(self, kid: str, algorithm: str, named: str | None = None) -> str:
        claims = {"sub": "u-1", "exp": clock.now() + HOUR}
        return jwt.encode(claims, self.private[kid], algorithm, headers={"kid": named or kid})

    def _answer(self, _: httpx.Request) -> httpx.Response:
        self.asked += 1
        return httpx.Response(503) if self.away else httpx.Response(200, json={"keys": self.keys})


@pytest.fixture(scope="module")
def provider() -> Provider:
    return Provider()


@pytest.fixture
def with_provider(provider: Provider) -> Authenticator:
    provider.asked, provider.away = 0, False
    made = Authenticator(Settings(jwks_url="https://idp.example/keys"), Table())
    made._keys = KeySet("https://idp.example/keys", provider.transport())
    return made


async def test_the_providers_keys_verify_rs256_and_es256(with_provider: Authenticator, provider: Provider):
    for kid, algorithm in (("r1", "RS256"), ("e1", "ES256")):
        assert (await with_provider.caller(f"Bearer {provider.token(kid, algorithm)}")).id == "u-1"
    assert provider.asked == 1


async def test_a_public_key_is_never_taken_as_a_secret(with_provider: Authenticator, provider: Provider):
    head, claims, _ = token().encode().split(b".")
    signature = hmac.digest(json.dumps(provider.keys[0]).encode(), head + b"." + claims, "sha256")
    forged = b".".join([head, claims, base64.urlsafe_b64encode(signature).rstrip(b"=")]).decode()
    with pytest.raises(Unauthenticated):
        await with_provider.caller(f"Bearer {forged}")


async def test_a_key_is_used_with_the_algorithm_of_its_type_only(with_provider: Authenticator, provider: Provider):
    with pytest.raises(Unauthenticated):
        await with_provider.caller(f"Bearer {provider.token('r1', 'RS256', named='e1')}")


async def test_unknown_keys_do_not_make_us_ask_the_provider_again_and_again(
    with_provider: Authenticator, provider: Provider
):
    for _ in range(5):
        with pytest.raises(Unauthenticated):
            await with_provider.caller(f"Bearer {provider.token('r1', 'RS256', named='unknown')}")
    assert provider.asked == 1


async def test_without_the_providers_keys_the_answer_is_to_come_back_later(
    with_provider: Authenticator, provider: Provider
):
    provider.away = True
    for _ in range(3):
        with pytest.raises(Unavailable):
            await with_provider.caller(f"Bearer {provider.token('r1', 'RS256')}")
    assert provider.asked == 1

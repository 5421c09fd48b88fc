"""Nobody reaches the house's own network through a webhook, whatever its address is written like (OWASP, SSRF)."""

import asyncio
import socket
from typing import Any

import pytest

from engine.sending.addresses import Addresses, AddressRefused

LOOKED_UP = {
    "hooks.example.org": ["93.184.216.34"],
    "inside.example.org": ["10.0.0.7"],
    "half.example.org": ["93.184.216.34", "127.0.0.1"],
    "six.example.org": ["::ffff:169.254.169.254"],
}


@pytest.fixture(autouse=True)
def names(monkeypatch: pytest.MonkeyPatch) -> None:
    """What names stand for in these tests."""

    async def look_up(_: Any, host: str, port: int, **__: Any) -> list[Any]:
        if host not in LOOKED_UP:
            raise socket.gaierror("no such name")
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in LOOKED_UP[host]]

    monkeypatch.setattr(asyncio.BaseEventLoop, "getaddrinfo", look_up)
    monkeypatch.setattr(type(asyncio.new_event_loop()), "getaddrinfo", look_up, raising=False)


async def found(url: str, *allowed: str) -> str:
    addresses = Addresses(allowed)
    return str(await addresses.find(addresses.place(url)))


async def test_a_public_host_over_tls_is_called_at_the_address_that_was_checked():
    assert await found("https://hooks.example.org/x") == "93.184.216.34"
    assert await found("https://93.184.216.34:8443/x") == "93.184.216.34"
    assert await found("https://[2606:2800:220:1:248:1893:25c8:1946]/") == "2606:2800:220:1:248:1893:25c8:1946"


@pytest.mark.parametrize(
    "url",
    [
        "https://127.0.0.1/",
        "https://10.1.2.3/",
        "https://192.168.1.1/",
        "https://169.254.169.254/latest/meta-data",
        "https://100.64.0.1/",
        "https://0.0.0.0/",
        "https://224.0.0.1/",
        "https://[::1]/",
        "https://[fe80::1]/",
        "https://[fd00::1]/",
        "https://[::ffff:127.0.0.1]/",
        "https://[64:ff9b::7f00:1]/",
        "https://[2002:7f00:1::]/",
        "https://inside.example.org/",
        "https://half.example.org/",
        "https://six.example.org/",
        "https://unknown.example.org/",
        "http://hooks.example.org/",
        "http://93.184.216.34/",
    ],
)
async def test_what_is_not_public_or_not_encrypted_is_refused(url: str):
    with pytest.raises(AddressRefused):
        await found(url)


@pytest.mark.parametrize(
    "url",
    [
        "ftp://hooks.example.org/",
        "https:///x",
        "https://user:secret@hooks.example.org/",
        "https://hooks.example.org/#part",
        "https://hooks.example.org:99999/",
        "https://hooks.example.org:0/",
        "https://hooks.example.org/\r\nX: y",
        "https://hooks.example.org/a b",
        "https://hooks.example.org\\@127.0.0.1/",
        "https://[::1/",
        "hooks.example.org",
        "",
        "https://hooks.example.org/" + "x" * 2000,
    ],
)
def test_what_is_no_address_of_a_webhook_is_refused_when_it_is_said(url: str):
    with pytest.raises(AddressRefused):
        Addresses().place(url)


async def test_what_the_settings_allow_may_be_private_and_without_tls():
    assert await found("http://inside.example.org:8080/", "inside.example.org") == "10.0.0.7"
    assert await found("http://inside.example.org/", "10.0.0.0/8") == "10.0.0.7"
    assert await found("http://127.0.0.1:9/", "127.0.0.1") == "127.0.0.1"
    with pytest.raises(AddressRefused):
        await found("http://127.0.0.1:9/", "10.0.0.0/8", "inside.example.org")
    with pytest.raises(AddressRefused):
        await found("https://half.example.org/", "10.0.0.0/8")


def test_a_refusal_tells_the_host_and_nothing_else_of_the_address():
    with pytest.raises(AddressRefused) as refused:
        Addresses().place("https://10.0.0.1/hook?token=secret")
    assert "10.0.0.1" in str(refused.value)
    assert "secret" not in str(refused.value)

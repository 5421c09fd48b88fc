"""Where webhooks may be: only out there, so that nobody reaches the house's own network through the engine.

A name is looked up once for each attempt, everything that it stands for is checked, and the connection goes to the very
address that was checked. Hosts and networks that are allowed by the settings may be private, and do without TLS.
"""

import asyncio
import socket
from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)
from typing import Final
from urllib.parse import urlsplit

Address = IPv4Address | IPv6Address

LONGEST_URL: Final = 2000

_PORTS: Final = {"https": 443, "http": 80}
_EMBEDDING: Final = ip_network("64:ff9b::/96")
"""IPv6 addresses whose last four bytes are an IPv4 address (RFC 6052)."""


class AddressRefused(Exception):
    """A webhook may not be there; the sentence says why and holds nothing of the address but its host."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where to connect for a URL."""

    scheme: str
    host: str
    port: int
    target: str
    """Path and query."""

    @property
    def authority(self) -> str:
        """What the `Host` header says."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _PORTS[self.scheme] else f"{host}:{self.port}"


class Addresses:
    """Which hosts a webhook may be at: public ones over TLS, and whatever is `allowed`."""

    def __init__(self, allowed: Iterable[str] = ()) -> None:
        """`allowed` are names of hosts, addresses, or networks such as 10.1.0.0/16."""
        self._networks: list[IPv4Network | IPv6Network] = []
        self._names: set[str] = set()
        for entry in allowed:
            try:
                self._networks.append(ip_network(entry, strict=False))
            except ValueError:
                self._names.add(entry.lower().rstrip("."))

    def place(self, url: str) -> Place:
        """What `url` says, as far as it can be judged without looking its host up.

        Raises:
            AddressRefused: where it is no address that a webhook may have.
        """
        place = _split(url)
        literal = _literal(place.host)
        if literal is not None:
            self._check(place, literal)
        elif place.scheme != "https" and place.host not in self._names and not self._networks:
            raise AddressRefused(f"{place.host} needs https; WAYLINE_WEBHOOK_HOSTS may allow it http.")
        return place

    async def find(self, place: Place) -> Address:
        """The address to connect to.

        Raises:
            AddressRefused: where the host is not found, or one of the addresses it stands for is not allowed.
        """
        literal = _literal(place.host)
        found = [literal] if literal is not None else await _look_up(place)
        for address in found:
            self._check(place, address)
        return found[0]

    def _check(self, place: Place, address: Address) -> None:
        if place.host in self._names or any(address in network for network in self._networks):
            return
        if not _public(address):
            raise AddressRefused(f"{place.host} is not a public address; WAYLINE_WEBHOOK_HOSTS may allow it.")
        if place.scheme != "https":
            raise AddressRefused(f"{place.host} needs https; WAYLINE_WEBHOOK_HOSTS may allow it http.")


def _split(url: str) -> Place:
    if len(url) > LONGEST_URL or not url.isascii() or not url.isprintable() or " " in url or "\\" in url:
        raise AddressRefused(f"A webhook's address has at most {LONGEST_URL} characters, ASCII ones without blanks.")
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        host = port = None
        parts = urlsplit("")
    if parts.scheme not in _PORTS or not host or parts.username is not None or parts.fragment or port == 0:
        raise AddressRefused("A webhook's address is https://HOST/PATH, without a user and without a fragment.")
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Place(parts.scheme, host.rstrip("."), port or _PORTS[parts.scheme], target)


def _literal(host: str) -> Address | None:
    try:
        return ip_address(host)
    except ValueError:
        return None


async def _look_up(place: Place) -> list[Address]:
    loop = asyncio.get_running_loop()
    try:
        found = await loop.getaddrinfo(place.host, place.port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise AddressRefused(f"{place.host} is not found.") from None
    return [ip_address(str(entry[4][0]).partition("%")[0]) for entry in found]


def _public(address: Address) -> bool:
    """Whether it is reached over the internet; what carries an IPv4 address inside is judged by that, too."""
    if isinstance(address, IPv6Address):
        inner = [address.ipv4_mapped, address.sixtofour]
        inner += [IPv4Address(address.packed[-4:])] if address in _EMBEDDING else []
        inner += list(address.teredo) if address.teredo else []
        if not all(_public(one) for one in inner if one is not None):
            return False
        if address.ipv4_mapped is not None:
            return True
    return address.is_global and not (address.is_multicast or address.is_reserved or address.is_unspecified)

"""Calls to addresses that a person typed: never to this machine, its network or a cloud's metadata.

The name is looked up once, when the connection is made, and that very address is connected to: a name that answers
with another address a second later leads nowhere else. No redirect is followed and no proxy of the environment used.
"""

import socket
from collections.abc import Mapping
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Any
from urllib.parse import urlsplit

import certifi
import urllib3
from django.conf import settings
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

from integration.errors import SetupError

CONNECT_SECONDS, READ_SECONDS = 5.0, 10.0
# Of an answer; more is not read.
LONGEST_ANSWER = 2_000
# Public by their numbers, and yet the metadata service of a cloud: Azure's WireServer, Oracle's of before.
METADATA = (ip_address("168.63.129.16"), ip_address("192.0.0.192"))
# Addresses that stand for another one of IPv4, by the bits that hold it: NAT64 and 6to4.
NAT64, SIX_TO_FOUR = ip_network("64:ff9b::/96"), ip_network("2002::/16")

Address = IPv4Address | IPv6Address


class AddressRefused(SetupError):
    """The address leads somewhere that Gistline does not send to."""


def check_url(url: str) -> str:
    """The address as it is stored. Raises AddressRefused for what could never be sent to; names are looked up later."""
    try:
        parts = urlsplit(url.strip())
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        raise AddressRefused("This is no web address. It begins with https:// and a name.") from None
    if parts.scheme not in ("https", "http") or not host or not url.isprintable() or " " in url.strip():
        raise AddressRefused("This is no web address. It begins with https:// and a name.")
    if parts.username or parts.password:
        raise AddressRefused("Leave name and password out of the address: they would be sent in the clear.")
    literal = _as_literal(host)
    if literal is not None:
        check_address(literal, host)
    if parts.scheme == "http" and not _is_own_machine(host):
        raise AddressRefused("The address must begin with https://: the message names your links and their problems.")
    return url.strip()


def pinned_address(host: str, port: int) -> str:
    """The one address that `host` is connected to. Raises AddressRefused, OSError where the name is not known."""
    answers = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    addresses = list(dict.fromkeys(str(answer[4][0]) for answer in answers))
    for text in addresses:
        # All of them: a name with one public and one inner address is a way in, too.
        check_address(ip_address(text.partition("%")[0]), host)
    return addresses[0]


def check_address(address: Address, host: str) -> None:
    """Raises AddressRefused for anything but a public address; in the demo this machine is allowed."""
    real = _embedded(address)
    if real.is_loopback and settings.DEMO:
        return
    site_local = isinstance(real, IPv6Address) and real.is_site_local
    if not real.is_global or real.is_multicast or real.is_reserved or site_local or real in METADATA:
        raise AddressRefused(
            f"{host} is an address of this machine, of a private network or of a cloud’s metadata ({real}). "
            "Gistline sends alerts to public addresses only."
        )


def post(url: str, body: bytes, headers: Mapping[str, str]) -> tuple[int, str]:
    """Status and the beginning of the answer. Raises AddressRefused, and urllib3.exceptions.HTTPError or OSError."""
    check_url(url)
    with GuardedPools(ca_certs=certifi.where()) as pools:
        answer = pools.request(
            "POST", url, body=body, headers=dict(headers), redirect=False, retries=False, preload_content=False,
            timeout=urllib3.Timeout(connect=CONNECT_SECONDS, read=READ_SECONDS),
        )  # fmt: skip
        try:
            return answer.status, answer.read(LONGEST_ANSWER).decode(errors="replace")
        finally:
            answer.close()


class _Pinned:
    """Connects to the address that was checked; name, certificate and Host header stay those of the host."""

    def _new_conn(self) -> socket.socket:
        own: Any = self
        name = own._dns_host
        try:
            own._dns_host = pinned_address(name, own.port)
            made: socket.socket = super()._new_conn()  # type: ignore[misc]
            return made
        except socket.gaierror as problem:
            raise urllib3.exceptions.NameResolutionError(name, own, problem) from problem
        finally:
            own._dns_host = name


class PinnedConnection(_Pinned, HTTPConnection):
    pass


class PinnedTlsConnection(_Pinned, HTTPSConnection):
    pass


class _Pool(HTTPConnectionPool):
    ConnectionCls = PinnedConnection


class _TlsPool(HTTPSConnectionPool):
    ConnectionCls = PinnedTlsConnection


class GuardedPools(urllib3.PoolManager):
    def __init__(self, **options: Any):
        super().__init__(**options)
        self.pool_classes_by_scheme = {"http": _Pool, "https": _TlsPool}


def _as_literal(host: str) -> Address | None:
    try:
        return ip_address(host.partition("%")[0])
    except ValueError:
        return None


def _is_own_machine(host: str) -> bool:
    literal = _as_literal(host)
    return bool(settings.DEMO) and (host == "localhost" or (literal is not None and literal.is_loopback))


def _embedded(address: Address) -> Address:
    """The IPv4 address that an IPv6 one stands for, where it does."""
    if isinstance(address, IPv4Address):
        return address
    if address.ipv4_mapped:
        return address.ipv4_mapped
    if address in NAT64:
        return IPv4Address(address.packed[12:])
    if address in SIX_TO_FOUR:
        return IPv4Address(address.packed[2:6])
    return address.teredo[1] if address.teredo else address

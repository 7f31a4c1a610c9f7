"""Who sends a request, when a reverse proxy stands before Gistline.

Anybody can send an `X-Forwarded-For` or `X-Forwarded-Proto` of their own, so both count only as far as the proxies
named by `TRUSTED_PROXIES` vouch for them.
"""

from collections.abc import Callable
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Final

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase

Address = IPv4Address | IPv6Address
PROTOCOL: Final = "HTTP_X_FORWARDED_PROTO"


def client_address(request: HttpRequest) -> str:
    """The address of the client, as `203.0.113.9` or `2001:db8::9`: for rate limits and logs.

    It is the peer of the connection (REMOTE_ADDR). While that is a proxy named by TRUSTED_PROXIES, the last entry of
    X-Forwarded-For, which that proxy added, takes its place, and so on from the right; entries further to the left were
    written by the client and count for nothing. Without TRUSTED_PROXIES the header is ignored. Empty when the server
    knows no peer, as behind a Unix socket.

    A loopback address is no proof that the client is on this machine: with a proxy on this machine and no
    TRUSTED_PROXIES everybody has it. Who asks that must refuse requests with a forwarding header besides.
    """
    peer = str(request.META.get("REMOTE_ADDR", ""))
    address = parse_address(peer)
    entries = request.headers.get("X-Forwarded-For", "").split(",")
    while address and entries and is_trusted_proxy(address):
        before = parse_address(entries.pop())
        if before is None:
            # What stands left of something unreadable cannot be trusted either.
            break
        address = before
    return str(address) if address else peer


def is_trusted_proxy(address: Address) -> bool:
    return any(address in network for network in settings.TRUSTED_PROXIES)


def parse_address(text: str) -> Address | None:
    """An address as proxies write it, with or without a port: `203.0.113.9:4711`, `[2001:db8::9]:4711`. None if none.

    IPv4 addresses in IPv6 form (`::ffff:203.0.113.9`, which a server that listens on both sees) are IPv4 addresses.
    """
    text = text.strip()
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        address = ip_address(text)
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address


def drop_foreign_protocol(
    get_response: Callable[[HttpRequest], HttpResponseBase],
) -> Callable[[HttpRequest], HttpResponseBase]:
    """Middleware: X-Forwarded-Proto counts only when a proxy of ours sent it; SECURE_PROXY_SSL_HEADER takes any.

    While TRUSTED_PROXIES is empty, a proxy on this machine is believed: that is the plain set-up, and who is on this
    machine already gains nothing by it.
    """

    def handle(request: HttpRequest) -> HttpResponseBase:
        if PROTOCOL in request.META and not _may_say_protocol(request):
            del request.META[PROTOCOL]
        return get_response(request)

    return handle


def _may_say_protocol(request: HttpRequest) -> bool:
    address = parse_address(str(request.META.get("REMOTE_ADDR", "")))
    if address is None:
        # Behind a Unix socket: only what is on this machine can write to it.
        return not settings.TRUSTED_PROXIES
    return is_trusted_proxy(address) if settings.TRUSTED_PROXIES else address.is_loopback

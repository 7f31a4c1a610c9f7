"""Any service that apprise knows and whose address is fixed: Telegram, Teams, Discord, PagerDuty and a hundred more.

Services whose address names a machine (gotify://host, json://host) are refused: apprise makes its own connections,
which alerts/guard.py does not see. The signed webhook reaches such machines where they are public.
"""

import logging
import re
from functools import lru_cache
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from integration.alerts.channels.base import Address, Channel, NotDelivered
from integration.alerts.messages import Message
from integration.errors import SetupError

# They speak to the machine that Gistline runs on, to a relay that is typed, or read files of it.
LOCAL = {
    "aprs", "blink1", "dbus", "gio", "glib", "gnome", "kde", "macosx", "nostr", "qt", "syslog", "vapid", "windows",
}  # fmt: skip
# Their address chooses the machine without naming a host: by what follows a dot in the name of an organization, by a
# second address, or by a document on any host that says where to go on.
ELSEWHERE = {"acs", "bluesky", "bsky", "zulip"}
# Options that name a file or an address which apprise would fetch, or that loosen how it connects.
REFUSED_OPTIONS = {"template", "keyfile", "subfile", "redirect", "verify"}
LONGEST_TEXT = 3_000
NOT_USED = (
    "{}:// is not used for alerts: it is unknown, or leads to a machine that the address names. Use e-mail, or a "
    "signed webhook to a public address."
)


@lru_cache(maxsize=1)
def known_schemes() -> dict[str, str]:
    """Scheme to name of every service that may be used. Loading them takes most of a second, so it is done when asked.

    apprise says of each service which parts its address has: one with a host names a machine.
    """
    import apprise

    schemes: dict[str, str] = {}
    for service in apprise.Apprise().details()["schemas"]:
        names = {*(service["protocols"] or ()), *(service["secure_protocols"] or ())}
        if "host" not in service["details"]["tokens"] and not names & (LOCAL | ELSEWHERE):
            schemes |= dict.fromkeys(names, str(service["service_name"]))
    return schemes


def check(typed: str) -> Address:
    """Raises SetupError."""
    url = typed.strip()
    scheme = url.partition("://")[0].lower()
    if "://" not in url or not url.isprintable() or "\\" in url:
        raise SetupError("This is no address of a service. It looks like tgram://token/chat.")
    if scheme not in known_schemes():
        raise SetupError(NOT_USED.format(scheme[:40]))
    _refuse_options(url)
    if _load(url) is None:
        raise SetupError(f"{known_schemes()[scheme]} does not take this address. A part of it is missing or wrong.")
    return {"url": url}


def _refuse_options(url: str) -> None:
    try:
        options = parse_qsl(urlsplit(url).query, keep_blank_values=True)
    except ValueError:
        raise SetupError("This is no address of a service. It looks like tgram://token/chat.") from None
    for name, value in options:
        if name.lower().lstrip("+-:") in REFUSED_OPTIONS or "://" in value:
            raise SetupError(f"Leave the option “{name[:40]}” out of the address: it reads files or other addresses.")


def _load(url: str) -> Any:
    import apprise

    asset = apprise.AppriseAsset(app_id="Gistline", app_desc="Gistline", app_url="", http_redirects=False)
    loaded = apprise.Apprise.instantiate(url, asset=asset, suppress_exceptions=True)
    return loaded or None


def describe(address: Address) -> str:
    """By its scheme alone: asking apprise for its name would have a page wait for all services to load."""
    return f"{_scheme_of(address)}://…, by apprise"


def _scheme_of(address: Address) -> str:
    return str(address.get("url", "")).partition("://")[0].lower()


def send(address: Address, message: Message) -> str:
    import apprise

    scheme = _scheme_of(address)
    if scheme not in known_schemes():
        raise NotDelivered(NOT_USED.format(scheme[:40]))
    name, loaded = known_schemes()[scheme], _load(address["url"])
    if loaded is None:
        raise NotDelivered(f"{name} does not take this address any more. Enter it anew.")
    # apprise answers yes or no and says why in its log alone; of that only the status is passed on.
    with apprise.LogCapture(level=logging.WARNING) as log:  # type: ignore[no-untyped-call]
        taken = loaded.notify(body=message.text[:LONGEST_TEXT], title=message.title)
        status = re.search(r"error=(\d{3})", log.getvalue() or "")
    if not taken:
        why = f"it answers {status[1]}" if status else "it could not be reached, or refused it"
        raise NotDelivered(f"{name} did not take it: {why}.")
    return f"{name} took it."


SERVICE = Channel(
    "apprise address",
    "Such as tgram://token/chat or discord://id/token; every service: github.com/caronc/apprise.",
    check,
    describe,
    send,
)

"""What the sandbox may be pointed at: this machine only. Anything else would make it a way to send from inside."""

from ipaddress import ip_address
from urllib.parse import urlsplit


def is_own_machine(url: str) -> bool:
    """Whether `url` is an http address on the loopback interface. Names but localhost are not looked up."""
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
        return parts.scheme in ("http", "https") and (host == "localhost" or ip_address(host).is_loopback)
    except ValueError:
        return False

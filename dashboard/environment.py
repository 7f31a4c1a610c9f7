"""Reads settings from environment variables; a value that makes no sense is a sentence that names the variable.

An empty value counts as none. No sentence holds a value that may be a secret.
"""

import math
from collections.abc import Sequence
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from typing import Any, NoReturn
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import environ
from cryptography.fernet import Fernet
from django.core.exceptions import ImproperlyConfigured, ValidationError
from django.core.validators import validate_email
from django.db.utils import OperationalError

env = environ.FileAwareEnv()
Network = IPv4Network | IPv6Network

TRUE, FALSE = ("true", "yes", "on", "1", "y", "t", "ok"), ("false", "no", "off", "0", "n", "f")
DATABASES = ("sqlite", "postgres", "postgresql", "psql", "pgsql")
NO_REDIS = ("ConnectionError", "TimeoutError", "AuthenticationError")
MAKE_KEY = 'python -c "from cryptography.fernet import Fernet; print(Fernet.generate_key().decode())"'


class SettingError(ImproperlyConfigured):
    """What a person set cannot be used; the message is a sentence with the name, what is wrong and what to do.

    manage.py and dashboard/wsgi.py print it and end.
    """


def read_raw(name: str, default: str = "") -> str:
    """As it stands in the environment, or in the file that `<name>_FILE` names."""
    try:
        return str(env(name, default=default)) or default
    except OSError as problem:
        raise SettingError(
            f"The file that {name}_FILE names cannot be read ({problem.strerror}). Correct the path, or its rights."
        ) from problem


def read_text(name: str, default: str = "") -> str:
    return read_raw(name).strip() or default


def read_list(name: str) -> list[str]:
    """What stands between commas."""
    return [entry.strip() for entry in read_text(name).split(",") if entry.strip()]


def read_switch(name: str, default: bool) -> bool:
    text = read_text(name).lower()
    if text and text not in TRUE + FALSE:
        _refuse(name, text, "neither true nor false", "Set it to true or to false.")
    return text in TRUE if text else default


def read_integer(name: str, default: int, least: int, most: int) -> int:
    text = read_text(name, str(default))
    if not (text.isascii() and text.isdecimal() and least <= int(text) <= most):
        _refuse(name, text, f"no whole number from {least} to {most}", f"Set it to one, as {default}.")
    return int(text)


def read_seconds(name: str, default: float) -> float:
    """A number above zero, of seconds or hours as the name says."""
    text = read_text(name, str(default))
    if (number := _parse_number(text)) is None:
        _refuse(name, text, "no number above zero", f"Set it to one, as {default:g}.")
    return number


def read_rate(name: str, default: str) -> str:
    """`<calls>/<seconds>`, as 100/10. The text itself, for integration/providers/budgets/window.py."""
    text = read_text(name, default)
    calls, slash, seconds = text.partition("/")
    is_rate = calls.isdecimal() and int(calls) > 0 and _parse_number(seconds if slash else "1") is not None
    if not is_rate:
        _refuse(name, text, "no number of calls per seconds", f"Write it as {default}.")
    return text


def read_choice(name: str, default: str, choices: Sequence[str]) -> str:
    """One of `choices`, which are in capitals; small letters are taken too."""
    text = read_text(name, default).upper()
    if text not in choices:
        _refuse(name, text, f"none of {', '.join(choices)}", "Set it to one of them.")
    return text


def read_time_zone(name: str, default: str) -> str:
    text = read_text(name, default)
    try:
        ZoneInfo(text)
    except (KeyError, ValueError, OSError):
        _refuse(name, text, "no time zone", "Name one as Europe/Berlin or UTC.")
    return text


def read_web_address(name: str, default: str) -> str:
    """An http or https address with a host."""
    text = read_text(name, default)
    if _split_address(text, ("http", "https")) is None:
        _refuse(name, text, "no web address", "Set it to scheme and host, as https://gistline.example.com.")
    return text


def read_issuer(name: str) -> str:
    """The https address of an OpenID provider, http on this machine alone; empty when there is none."""
    text = read_text(name)
    address = _split_address(text, ("http", "https"))
    if text and (address is None or (address.scheme == "http" and not is_loopback(address.hostname))):
        _refuse(name, text, "no https address", "Set it to the issuer as the provider names it.")
    return text


def read_with(name: str, other: str) -> str:
    """What has to be set where `other` is."""
    text = read_text(name)
    if read_text(other) and not text:
        raise SettingError(f"{other} is set and {name} is not: they go together. Set both, or neither.")
    return text


def read_redis_url(name: str) -> str:
    text = read_text(name)
    if text and not text.startswith("unix://") and _split_address(text, ("redis", "rediss")) is None:
        raise SettingError(f"{name} is no address of a Redis server. Write it as redis://127.0.0.1:6379/0.")
    return text


def redis_options(seconds: float) -> dict[str, Any]:
    """For a client that gives up what does not answer within `seconds`, and connects once more when Redis was
    restarted and closed the connection.
    """
    from redis.backoff import NoBackoff
    from redis.exceptions import ConnectionError as Closed
    from redis.retry import Retry

    # Without the time-out among what is tried again: whoever waits would wait twice as long.
    again = Retry(NoBackoff(), 1, supported_errors=(Closed,))
    return {"socket_connect_timeout": seconds, "socket_timeout": seconds, "retry": again}


def read_database(name: str, default: str) -> dict[str, Any]:
    """The connection that an address as postgres://user@host:5432/name stands for."""
    text = read_text(name, default)
    scheme, _, rest = text.partition("://")
    address = _split_address(text, DATABASES, needs_host=False)
    if address is None or not rest or (scheme != "sqlite" and not address.path.strip("/")):
        raise SettingError(
            f"{name} is no address of a database. Write it as postgres://user:password@host:5432/name, or leave it out "
            "for SQLite; characters with a meaning in addresses have to be encoded, as %23 for #."
        )
    found: dict[str, Any] = env.db_url_config(text)
    return found


def read_mail_server(name: str) -> dict[str, Any]:
    """Django's settings for an address as smtp+tls://user:password@host:587; empty when there is none."""
    text = read_text(name)
    if not text:
        return {}
    scheme = text.partition("://")[0]
    address = _split_address(text, tuple(env.EMAIL_SCHEMES), needs_host=scheme.startswith("smtp"))
    if address is None:
        raise SettingError(
            f"{name} is no address of a mail server. Write it as smtp+tls://user:password@mail.example.com:587; "
            "characters with a meaning in addresses have to be encoded, as %40 for @."
        )
    found: dict[str, Any] = env.email_url_config(text)
    return found


def read_email(name: str) -> str:
    text = read_text(name)
    try:
        if text:
            validate_email(text)
    except ValidationError:
        _refuse(name, text, "no e-mail address", "Set it to one, as you@example.com.")
    return text


def read_networks(name: str) -> list[Network]:
    """Addresses and networks with commas between them: `127.0.0.1, 10.0.0.0/8`."""
    return [_parse_network(name, entry) for entry in read_list(name)]


def parse_keys(name: str, text: str) -> list[str]:
    """Fernet keys with commas between them, newest first. `name` says in the sentence where they stand."""
    keys = [key.strip() for key in text.split(",") if key.strip()]
    if not keys:
        raise SettingError(f"{name} holds no key. Make one with: {MAKE_KEY}")
    for number, key in enumerate(keys, 1):
        try:
            Fernet(key)
        except ValueError as problem:
            which = f"key {number} of {len(keys)}" if len(keys) > 1 else "the key"
            raise SettingError(
                f"{name}: {which} is no Fernet key (44 letters, digits, - and _, the last one =). Put the key back "
                f"that was in use; only when nothing is stored yet, make a new one with: {MAKE_KEY}"
            ) from problem
    return keys


def explain_setting(problem: Exception) -> str:
    """A sentence for whoever started a command, when a setting is to blame for its end; empty when none is."""
    if isinstance(problem, SettingError):
        return str(problem)
    cause = " ".join(str(problem).split())
    if isinstance(problem, OperationalError):
        return f"The database cannot be used ({cause}). Check DATABASE_URL, and that the database runs."
    # By name, because few who use no Redis need its client.
    if type(problem).__module__ == "redis.exceptions" and type(problem).__name__ in NO_REDIS:
        return f"Redis cannot be used ({cause}). Check REDIS_URL, and that Redis runs."
    return ""


def is_loopback(host: str) -> bool:
    """Whether a name or address of a host stands for this machine: localhost, 127.0.0.0/8, ::1."""
    host = host.strip("[]").rstrip(".").lower()
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def _refuse(name: str, value: str, what: str, remedy: str) -> NoReturn:
    raise SettingError(f"{name} is “{value}”, which is {what}. {remedy}")


def _parse_number(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) and number > 0 else None


def _split_address(text: str, schemes: Sequence[str], needs_host: bool = True) -> Any:
    """The parts of an address with one of these schemes; None when it is none."""
    try:
        address = urlsplit(text)
        # Read here because it is only checked when it is asked for.
        _ = address.port
    except ValueError:
        return None
    return address if address.scheme in schemes and (address.hostname or not needs_host) else None


def _parse_network(name: str, entry: str) -> Network:
    try:
        network = ip_network(entry, strict=False)
    except ValueError:
        network = None
    if network is None:
        raise SettingError(
            f"{name} holds “{entry}”, which is neither an address nor a network. "
            "Write addresses of proxies with commas between them, as 127.0.0.1,10.0.0.0/8."
        )
    if network.prefixlen == 0:
        raise SettingError(f"{name} holds “{entry}”, which is everybody. Name the addresses of your own proxies only.")
    return network

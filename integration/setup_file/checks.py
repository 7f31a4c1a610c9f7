"""Everything about a setup file that can be refused before anything is written. Asks the database, never a provider."""

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import phonenumbers

from integration.errors import SetupError
from integration.mapping.checks import check_rows
from integration.mapping.filters import check_filter
from integration.mapping.rows import RowInput
from integration.mapping.transforms import read_steps
from integration.models import Connection, Link, Provider
from integration.providers.ghl import fields as ghl_fields
from integration.providers.gist import fields as gist_fields
from integration.records import SIDES, Field
from integration.setup_file.document import ConnectionEntry, Document, LinkEntry, MappingEntry
from integration.setup_file.workflows import WorkflowWish, wishes_of


@dataclass(frozen=True)
class Login:
    """A login with its secrets read, as Connection.credentials holds it."""

    credentials: Mapping[str, str]
    expires_at: datetime | None = None

    @property
    def digest(self) -> str:
        """Tells one login from another without holding it."""
        # Sorted: the order of the keys does not make another login.
        text = json.dumps(dict(self.credentials), sort_keys=True)
        return hashlib.blake2b(text.encode(), digest_size=16, person=b"setup file").hexdigest()


@dataclass(frozen=True)
class Checked:
    """A document that can be applied: logins by connection key, rows and workflows by link key where any are given."""

    document: Document
    logins: Mapping[str, Login]
    rows: Mapping[str, list[RowInput]]
    workflows: Mapping[str, list[WorkflowWish]]


def check_document(document: Document, env: Mapping[str, str]) -> Checked:
    """Look at everything. Raises SetupError for the first thing that cannot be."""
    known = {connection.key: connection for connection in Connection.objects.all()}
    _check_unique("connections", document.connections, lambda entry: entry.key)
    _check_unique("links", document.links, lambda entry: entry.key)
    logins = {}
    for number, connection in enumerate(document.connections):
        where = f"connections[{number}]"
        _check_connection(connection, known, where)
        login = _read_login(connection, env, where)
        _check_has_login(connection, known.get(connection.key), login, where)
        if login:
            logins[connection.key] = login
    _check_accounts(document.connections, known)
    wishes = {
        link.key: wishes_of(link.workflows, f"links[{number}].workflows") for number, link in enumerate(document.links)
    }
    return Checked(document, logins, _check_links(document, known), wishes)


def _check_unique(name: str, entries: Sequence[Any], key: Callable[[Any], object]) -> None:
    seen: dict[object, int] = {}
    for number, entry in enumerate(entries):
        first = seen.setdefault(key(entry), number)
        if first != number:
            raise SetupError(
                f"“{entry.key}” is the key of {name}[{first}] already; give each its own.", f"{name}[{number}].key"
            )


# Connections --------------------------------------------------------------------------------------------


def _check_connection(entry: ConnectionEntry, known: Mapping[str, Connection], where: str) -> None:
    foreign = ("location_id", "oauth", "private_token") if entry.provider == "gist" else ("access_token",)
    for name in foreign:
        if entry.given(name):
            takes = "access_token" if entry.provider == "gist" else "location_id with oauth or private_token"
            label = Provider(entry.provider).label
            raise SetupError(f"is not for a {label} connection, which takes {takes}.", f"{where}.{name}")
    if entry.oauth and entry.private_token:
        raise SetupError("stands beside oauth; keep the one to sign in with.", f"{where}.private_token")
    if entry.provider == "ghl" and not entry.location_id:
        raise SetupError("is missing; it stands in GHL under Settings, Business Profile.", f"{where}.location_id")
    if stands := known.get(entry.key):
        _check_same_account(entry, stands, where)


def _check_same_account(entry: ConnectionEntry, stands: Connection, where: str) -> None:
    """Pairs and history hang on a connection's account, so its key keeps it."""
    if stands.provider != entry.provider:
        raise SetupError(
            f"“{entry.key}” is a {stands.get_provider_display()} connection; use another key for this one.",
            f"{where}.provider",
        )
    if stands.account_id and entry.location_id and stands.account_id != entry.location_id:
        raise SetupError(
            f"“{entry.key}” stands for location {stands.account_id}; use another key for {entry.location_id}.",
            f"{where}.location_id",
        )
    if entry.given("sandbox") and stands.sandbox != entry.sandbox:
        what = "speaks to the sandbox" if stands.sandbox else "speaks to the live API"
        raise SetupError(f"“{entry.key}” {what}; use another key for the other.", f"{where}.sandbox")


def _check_accounts(entries: Sequence[ConnectionEntry], known: Mapping[str, Connection]) -> None:
    """A location has one connection, in the file and in the database."""
    # The sandbox and the live API are different worlds, in which the same id may stand for two accounts.
    taken = {(c.provider, c.account_id, c.sandbox): key for key, c in known.items() if c.account_id}
    for number, entry in enumerate(entries):
        if not entry.location_id:
            continue
        # A connection that stands keeps its world, whatever the file leaves out.
        sandbox = known[entry.key].sandbox if entry.key in known else entry.sandbox
        holder = taken.setdefault((entry.provider, entry.location_id, sandbox), entry.key)
        if holder != entry.key:
            raise SetupError(
                f"location {entry.location_id} is connected as “{holder}” already; use that key.",
                f"connections[{number}].location_id",
            )


def _read_login(entry: ConnectionEntry, env: Mapping[str, str], where: str) -> Login | None:
    if entry.access_token:
        return Login({"access_token": entry.access_token.resolve(env, f"{where}.access_token")})
    if entry.private_token:
        return Login({"private_token": entry.private_token.resolve(env, f"{where}.private_token")})
    if entry.oauth:
        tokens = {
            "access_token": entry.oauth.access_token.resolve(env, f"{where}.oauth.access_token"),
            "refresh_token": entry.oauth.refresh_token.resolve(env, f"{where}.oauth.refresh_token"),
        }
        return Login(tokens, entry.oauth.expires_at)
    return None


def _check_has_login(entry: ConnectionEntry, stands: Connection | None, login: Login | None, where: str) -> None:
    """A new connection needs a login; one that stands may be described without it."""
    if login or stands:
        return
    if entry.provider == "gist":
        raise SetupError("is missing; it is the API key of the Gist workspace.", f"{where}.access_token")
    raise SetupError("is missing; give the tokens of an OAuth sign-in, or a private_token.", f"{where}.oauth")


# Links --------------------------------------------------------------------------------------------------


def _check_links(document: Document, known: Mapping[str, Connection]) -> dict[str, list[RowInput]]:
    providers = {key: connection.provider for key, connection in known.items()}
    providers |= {entry.key: entry.provider for entry in document.connections}
    stands = {link.key: link for link in Link.objects.select_related("gist", "ghl")}
    _check_couples(document.links, stands)
    rows = {}
    for number, entry in enumerate(document.links):
        where = f"links[{number}]"
        for side in ("gist", "ghl"):
            _check_end(getattr(entry, side), side, providers, f"{where}.{side}")
        if len(set(entry.match)) < len(entry.match):
            raise SetupError("names the same field twice; keep one.", f"{where}.match")
        if entry.default_country and entry.default_country not in phonenumbers.SUPPORTED_REGIONS:
            raise SetupError(
                f"“{entry.default_country}” is no country; give two letters such as US, or none for the location's.",
                f"{where}.default_country",
            )
        for side in SIDES:
            filter_of(entry, side, where)
        if entry.mappings is not None:
            rows[entry.key] = _read_rows(entry.mappings, f"{where}.mappings")
    return rows


def filter_of(entry: LinkEntry, side: str, where: str = "") -> dict[str, Any] | None:
    """The filter of a side as the link keeps it; None for everybody. Raises SetupError."""
    given = getattr(entry, f"{side}_filter")
    return check_filter(side, given.model_dump() if given else None, f"{where}.{side}_filter")


def _check_end(key: str, side: str, providers: Mapping[str, str], where: str) -> None:
    label = Provider(side).label
    if key not in providers:
        choices = ", ".join(sorted(k for k, provider in providers.items() if provider == side)) or "none yet"
        raise SetupError(f"there is no connection “{key}”; {label} connections here: {choices}.", where)
    if providers[key] != side:
        raise SetupError(f"“{key}” is a {Provider(providers[key]).label} connection; name a {label} one here.", where)


def _check_couples(entries: Iterable[LinkEntry], stands: Mapping[str, Link]) -> None:
    """Two accounts are joined by one link, and a link that knows people keeps its accounts."""
    taken = {(link.gist.key, link.ghl.key): key for key, link in stands.items()}
    for number, entry in enumerate(entries):
        holder = taken.setdefault((entry.gist, entry.ghl), entry.key)
        if holder != entry.key:
            raise SetupError(
                f"“{entry.gist}” and “{entry.ghl}” are joined by link “{holder}” already; use that key.",
                f"links[{number}]",
            )
        link = stands.get(entry.key)
        if link and (link.gist.key, link.ghl.key) != (entry.gist, entry.ghl) and link.snapshots.exists():
            raise SetupError(
                f"link “{entry.key}” has read people of “{link.gist.key}” and “{link.ghl.key}”; "
                "use another link key for other connections.",
                f"links[{number}]",
            )


# Mappings -----------------------------------------------------------------------------------------------


def _read_rows(entries: Sequence[MappingEntry], where: str) -> list[RowInput]:
    rows = [_read_row(entry, f"{where}[{number}]") for number, entry in enumerate(entries)]
    known = ghl_fields.BUILT_IN | {entry.ghl: Field(entry.ghl, entry.ghl) for entry in entries if _is_custom(entry)}
    for problem in check_rows(rows, gist_fields.BUILT_IN, known):
        raise SetupError(problem.message, f"{where}[{problem.index}].{problem.field}")
    return rows


def _is_custom(entry: MappingEntry) -> bool:
    """A custom field of GHL: whether the account has it is seen when a run starts."""
    return len(entry.ghl) > len(ghl_fields.CUSTOM) and entry.ghl.startswith(ghl_fields.CUSTOM)


def _read_row(entry: MappingEntry, where: str) -> RowInput:
    return {
        "gist": entry.gist,
        "ghl": entry.ghl,
        "direction": entry.direction,
        "owner": entry.owner,
        "blank_overwrites": entry.blank_overwrites,
        "write_mode": entry.write_mode,
        "steps": _read_transforms(entry, where),
    }


def _read_transforms(entry: MappingEntry, where: str) -> list[dict[str, Any]]:
    given = [name for name in ("transform", "transforms", "steps") if getattr(entry, name) not in (None, "", [])]
    if len(given) > 1:
        raise SetupError(f"stands beside {given[0]}, which means the same; keep one.", f"{where}.{given[1]}")
    return read_steps(getattr(entry, given[0]), f"{where}.{given[0]}") if given else []

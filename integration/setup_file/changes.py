"""Writing a checked setup file into the database. Each function yields one line per change, in words."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.utils import timezone

from integration.mapping.carried import NAMES
from integration.mapping.filters import words_of_filter
from integration.mapping.rows import RowInput, as_input
from integration.mapping.versions import current_version, save_version
from integration.models import Connection, ConnectionStatus, Link, Provider
from integration.records import SIDES
from integration.setup_file.checks import Checked, Login, check_document, filter_of
from integration.setup_file.document import CarriedName, ConnectionEntry, LinkEntry, read_document
from integration.setup_file.live_fields import check_live
from integration.setup_file.workflows import apply_workflow

# Settings that stand in the file as they do in the database.
LINK_RULES = (
    "mode", "create_on", "enabled", "direction", "conflict", "deletes", "schedule_minutes", "match", "default_country",
    "merge_seconds", "change_cap", "approvals",
)  # fmt: skip


@dataclass(frozen=True)
class Applied:
    """`changed` is empty when all of it stood already; `notes` say what was read and has no effect."""

    changed: list[str]
    notes: list[str]


def apply_document(text: str, env: Mapping[str, str]) -> Applied:
    """Apply the file and say what changed. Raises SetupError naming the place; nothing is written then."""
    document = read_document(text)
    # No network inside the transaction: who the file names is asked before, and checked again within.
    unasked = list(check_live(check_document(document, env)))
    with transaction.atomic():
        checked = check_document(document, env)
        return Applied(list(_apply_all(checked)), unasked)


def _apply_all(checked: Checked) -> Iterator[str]:
    # Links name connections, so these come first.
    for connection in checked.document.connections:
        yield from _apply_connection(connection, checked.logins.get(connection.key))
    for link in checked.document.links:
        yield from apply_link(link, checked)


# Connections --------------------------------------------------------------------------------------------


def _apply_connection(entry: ConnectionEntry, login: Login | None) -> Iterator[str]:
    # Locked: a worker may be about to store refreshed tokens in this row.
    connection = Connection.objects.select_for_update().filter(key=entry.key).first()
    title = f"connection {entry.key}"
    if connection is None:
        connection = Connection(key=entry.key, name=entry.name or entry.key, provider=entry.provider)
        connection.account_id, connection.sandbox = entry.location_id or "", entry.sandbox
        yield f"{title} created"
        _set_login(connection, login)
    else:
        yield from _set_values(connection, title, _described_values(entry))
        if _set_login(connection, login):
            yield f"{title}: login replaced"
        elif _set_expiry(connection, login):
            yield f"{title}: end of the access token corrected"
    connection.save()


def _described_values(entry: ConnectionEntry) -> dict[str, Any]:
    """What the file says about a connection that stands, but for its login."""
    described = {"name": entry.name, "account_id": entry.location_id}
    return {name: value for name, value in described.items() if value is not None}


def _set_login(connection: Connection, login: Login | None) -> bool:
    """Take the file's login when it is news. True when the stored one was replaced.

    GHL's tokens are replaced at every refresh, so the file's are old soon. They are taken only when they differ
    from those applied last, of which `settings["applied_login"]` keeps the digest.
    """
    if login is None:
        return False
    stored = {name: connection.credentials.get(name) for name in login.credentials}
    is_news = connection.settings.get("applied_login") != login.digest or not any(stored.values())
    connection.settings = {**connection.settings, "applied_login": login.digest}
    if not is_news or stored == login.credentials:
        return False
    # The token in the webhook addresses is ours: a new login must not make the addresses pasted into Gist useless.
    kept = {"webhook_token": token} if (token := connection.credentials.get("webhook_token")) else {}
    connection.credentials = {**login.credentials, **kept}
    # Of a key without an end its age is what counts; of OAuth's tokens it is known when they are refreshed first.
    connection.token_expires_at = login.expires_at
    connection.token_refreshed_at = None if login.expires_at else timezone.now()
    # Nothing is known about the new login yet.
    connection.status, connection.status_reason = ConnectionStatus.NEW, ""
    return True


def _set_expiry(connection: Connection, login: Login | None) -> bool:
    """Take over the end of the access token, as long as the file has the stored token. True when that changed it."""
    if login is None or login.expires_at is None or login.expires_at == connection.token_expires_at:
        return False
    if connection.credentials.get("access_token") != login.credentials.get("access_token"):
        return False
    connection.token_expires_at = login.expires_at
    return True


# Links --------------------------------------------------------------------------------------------------


def apply_link(entry: LinkEntry, checked: Checked, version_name: str = "Setup file") -> Iterator[str]:
    """Make or change one link. `version_name`: what a new version of its mapping is called."""
    # Locked, so that of two who save at once the second sees what the first changed.
    locked = Link.objects.select_for_update(no_key=True, of=("self",))
    link = locked.select_related("gist", "ghl").filter(key=entry.key).first()
    title = f"link {entry.key}"
    ends = {side: Connection.objects.get(key=getattr(entry, side)) for side in ("gist", "ghl")}
    if link is None:
        rules = {name: getattr(entry, name) for name in LINK_RULES} | _given_filters(entry)
        link = Link.objects.create(key=entry.key, name=entry.name or entry.key, **ends, **rules)
        yield f"{title} created"
    else:
        rules, filters = {**ends, **_given_rules(entry)}, _given_filters(entry)
        changed = [*_set_values(link, title, rules), *_set_filters(link, title, filters)]
        # Only what a file holds: a run keeps its lease and the place of the sweep in other columns of this row.
        if changed:
            link.save(update_fields=[*rules, *filters])
        yield from changed
    rows = checked.rows.get(entry.key)
    if rows is not None or entry.carried is not None:
        yield from _save_mapping(link, title, rows, entry.carried, version_name)
    for wish in checked.workflows[entry.key]:
        yield from apply_workflow(link, title, wish)


def _given_rules(entry: LinkEntry) -> dict[str, Any]:
    return {name: getattr(entry, name) for name in ("name", *LINK_RULES) if entry.given(name)}


def _given_filters(entry: LinkEntry) -> dict[str, Any]:
    return {f"{side}_filter": filter_of(entry, side) for side in SIDES if entry.given(f"{side}_filter")}


def _set_filters(link: Link, title: str, values: Mapping[str, Any]) -> Iterator[str]:
    """As `_set_values`, for values of which None is one: everybody."""
    for side in SIDES:
        name = f"{side}_filter"
        if name in values and getattr(link, name) != values[name]:
            setattr(link, name, values[name])
            yield f"{title}: {Provider(side).label}: {words_of_filter(side, values[name])}"


def _save_mapping(
    link: Link, title: str, given: list[RowInput] | None, carried: list[CarriedName] | None, name: str
) -> Iterator[str]:
    """What the file leaves out of the two stays as it stands."""
    before = current_version(link)
    rows = [as_input(row) for row in before.rows.all()] if given is None and before else given or []
    if before is None and not rows:
        return
    # What Gist shows of tasks and the like is on for a new link, unless the file says otherwise.
    shows = list(NAMES) if before is None and carried is None else carried
    version = save_version(link, rows, name=name, carried=shows)
    if before is None or version.pk != before.pk:
        number = f"{len(rows)} {'row' if len(rows) == 1 else 'rows'}"
        carries = f", {len(version.carried)} carried to Gist" if carried is not None and version.carried else ""
        yield f"{title}: mapping version {version.number} saved ({number}{carries})"


def _set_values(record: Connection | Link, title: str, values: Mapping[str, Any]) -> Iterator[str]:
    """Set what differs on the record, without saving it; one line per difference."""
    for name, value in values.items():
        stands = getattr(record, name)
        # None means that the file leaves the name out, which keeps what stands.
        if value is not None and stands != value:
            setattr(record, name, value)
            yield f"{title}: {name} {_as_text(stands)} → {_as_text(value)}"


def _as_text(value: Any) -> str:
    if isinstance(value, Connection):
        return value.key
    if isinstance(value, bool):
        return "yes" if value else "no"
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value) or "none"

"""The present set-up as the setup file that would make it. Secrets appear as names of environment variables only."""

import re
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from integration.mapping.carried import carried_names
from integration.mapping.versions import current_rows
from integration.models import Connection, Link, Mapping, Workflow, WriteMode
from integration.workflows.templates import as_setup

Json = dict[str, Any]


def export_document(links: Iterable[Link] | None = None) -> Json:
    """The setup file of these links and their connections; of everything when None."""
    chosen = list(Link.objects.select_related("gist", "ghl") if links is None else links)
    ends = {end.pk: end for link in chosen for end in (link.gist, link.ghl)}
    connections = Connection.objects.all() if links is None else ends.values()
    return {
        "version": 1,
        # Sorted, so that two exports of the same set-up are the same text.
        "connections": [_export_connection(connection) for connection in sorted(connections, key=lambda c: c.key)],
        "links": [_export_link(link) for link in sorted(chosen, key=lambda link: link.key)],
    }


def _export_connection(connection: Connection) -> Json:
    entry: Json = {"key": connection.key, "provider": connection.provider, "name": connection.name}
    if connection.sandbox:
        entry["sandbox"] = True
    if connection.provider == "ghl":
        entry["location_id"] = connection.account_id
    return entry | _export_login(connection)


def _export_login(connection: Connection) -> Json:
    if connection.provider == "gist":
        return {"access_token": _env_reference(connection, "access_token")}
    # A private integration token is never refreshed (docs/ghl-api.md#auth).
    if not connection.credentials.get("refresh_token"):
        return {"private_token": _env_reference(connection, "private_token")}
    tokens: Json = {name: _env_reference(connection, name) for name in ("access_token", "refresh_token")}
    if connection.token_expires_at:
        tokens["expires_at"] = _format_moment(connection.token_expires_at)
    return {"oauth": tokens}


def _env_reference(connection: Connection, name: str) -> dict[str, str]:
    """`acme-ghl` and `access_token` as ACME_GHL_ACCESS_TOKEN; no variable starts with a digit."""
    word = re.sub(r"\W", "_", f"{connection.key}_{name}").upper()
    return {"env": f"_{word}" if word[0].isdigit() else word}


def _format_moment(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _export_link(link: Link) -> Json:
    return {"key": link.key, "gist": link.gist.key, "ghl": link.ghl.key, **export_rules(link)}


def export_rules(link: Link) -> Json:
    """A link without what it joins."""
    carried = carried_names(link)
    return {
        "name": link.name,
        "mode": link.mode,
        "create_on": link.create_on,
        "enabled": link.enabled,
        "direction": link.direction,
        "conflict": link.conflict,
        "deletes": link.deletes,
        "schedule_minutes": link.schedule_minutes,
        "match": link.match,
        "default_country": link.default_country,
        "merge_seconds": link.merge_seconds,
        "change_cap": link.change_cap,
        "approvals": link.approvals,
        "gist_filter": link.gist_filter,
        "ghl_filter": link.ghl_filter,
        "mappings": [_export_mapping(row) for row in current_rows(link)],
        **({} if carried is None else {"carried": carried}),
        "workflows": [_export_workflow(workflow) for workflow in link.workflows.order_by("pk")],
    }


def _export_workflow(workflow: Workflow) -> Json:
    entry: Json = {"template": workflow.template, "name": workflow.name, "enabled": workflow.enabled}
    return entry | as_setup(workflow.template, workflow.definition)


def _export_mapping(row: Mapping) -> Json:
    entry: Json = {"gist": row.gist_field, "ghl": row.ghl_field, "direction": row.direction}
    if row.owner:
        entry["owner"] = row.owner
    if row.blank_overwrites:
        entry["blank_overwrites"] = True
    if row.write_mode != WriteMode.OVERWRITE:
        entry["write_mode"] = row.write_mode
    if row.steps:
        entry["steps"] = row.steps
    return entry

"""Publishing mapping rows: kept as a version that never changes. Runs work by the newest."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.db import transaction

from integration.errors import StaleSave
from integration.mapping.carried import in_order
from integration.mapping.rows import RowInput, as_input, with_defaults
from integration.models import Link, MappingVersion
from integration.models import Mapping as MappingRow
from integration.providers.gist.fields import resolve_field as resolve_gist
from integration.records import Field


def current_version(link: Link) -> MappingVersion | None:
    return link.mapping_versions.order_by("-number").first()


def current_rows(link: Link) -> list[MappingRow]:
    version = current_version(link)
    return list(version.rows.all()) if version else []


@transaction.atomic
def save_version(
    link: Link,
    rows: Sequence[RowInput],
    user: Any = None,
    name: str = "",
    read: int | None = None,
    gist_fields: Mapping[str, Field] | None = None,
    carried: Sequence[str] | None = None,
) -> MappingVersion:
    """Make `rows` the link's mapping. Equal rows keep the present version.

    `carried` are the properties carried to Gist; None keeps what stands, and a new link carries all of them.

    `read` is the number of the version that `rows` were made from, 0 for none: raises StaleSave when another one
    stands now. None saves over whatever stands. `gist_fields` are what is known of Gist's properties; a row that stood
    before keeps the type that it had.
    """
    # Two people may save at once: without the lock both would pass the check, and make the same number.
    Link.objects.select_for_update(no_key=True).only("pk").get(pk=link.pk)
    current = current_version(link)
    types = {(row.gist_field, row.ghl_field): row.gist_type for row in current.rows.all()} if current else {}
    wanted = [with_defaults(row) for row in rows]
    shows = _carried_by(current, carried)
    # Saving unchanged rows must not add a version to the history.
    if current and shows == current.carried and [with_defaults(as_input(row)) for row in current.rows.all()] == wanted:
        return current
    last = current.number if current else 0
    if read not in (None, last):
        raise StaleSave(read, last)
    version = MappingVersion.objects.create(link=link, number=last + 1, created_by=user, name=name, carried=shows)
    MappingRow.objects.bulk_create(
        MappingRow(
            version=version,
            position=position,
            gist_field=facts["gist"],
            ghl_field=facts["ghl"],
            gist_type=types.get((facts["gist"], facts["ghl"])) or _type_seen(facts["gist"], gist_fields or {}),
            **{key: facts[key] for key in ("direction", "owner", "blank_overwrites", "write_mode", "steps")},
        )
        for position, facts in enumerate(wanted)
    )
    return version


def _carried_by(current: MappingVersion | None, carried: Sequence[str] | None) -> list[str] | None:
    if carried is not None:
        return in_order(carried)
    return current.carried if current else None


def _type_seen(key: str, fields: Mapping[str, Field]) -> str:
    return fields[key].type if key in fields else ""


def freeze_types(version: MappingVersion, gist_fields: Mapping[str, Field]) -> None:
    """Give each row without one the type of its Gist property, once: what somebody sees later changes no rules."""
    rows = [row for row in version.rows.all() if not row.gist_type]
    for row in rows:
        field = resolve_gist(row.gist_field, gist_fields)
        row.gist_type = field.type if field else "text"
    if rows:
        MappingRow.objects.bulk_update(rows, ["gist_type"])

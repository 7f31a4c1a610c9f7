"""The records that a problem is about, with the value that was refused or left out of each."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.db.models import Q

from integration.causes.group import is_of, open_entries
from integration.connections.fields import known_fields
from integration.mapping.rules import Row, Rules, freeze_rules
from integration.mapping.versions import current_version
from integration.models import Change, LogEntry, Mapping, MappingVersion, Problem, Provider, Snapshot
from integration.providers.ghl.fields import resolve_field as resolve_ghl
from integration.providers.gist.fields import resolve_field as resolve_gist
from integration.records import Value, is_blank

# Of more records a fix is tested on the newest of them.
MOST_TESTED = 2_000


@dataclass
class Affected:
    """`problem` with everything that tells what a fix would change. Nothing is asked of an API."""

    problem: Problem

    @cached_property
    def entries(self) -> list[LogEntry]:
        mine = open_entries().filter(is_of([self.problem])).select_related("run")
        mine = mine.defer("calls", "noticed", "run__rules", "run__checkpoint", "run__target")
        return list(mine.prefetch_related("changes").order_by("-pk")[:MOST_TESTED])

    @cached_property
    def count(self) -> int:
        return (
            len(self.entries)
            if len(self.entries) < MOST_TESTED
            else open_entries().filter(is_of([self.problem])).count()
        )

    @cached_property
    def version(self) -> MappingVersion | None:
        return current_version(self.problem.link)

    @cached_property
    def mapping_row(self) -> Mapping | None:
        """The row of the mapping that carries the field, as it stands now."""
        rows = self.version.rows.all() if self.version else ()
        resolve = resolve_gist if self.problem.side == "gist" else resolve_ghl
        fields = known_fields(self.problem.link.connection(self.problem.side or "ghl"))
        for row in rows:
            key = row.gist_field if self.problem.side == "gist" else row.ghl_field
            field = resolve(key, fields)
            if self.problem.subject in (key, field.key if field else key) or key.endswith(f".{self.problem.subject}"):
                return row
        return None

    @cached_property
    def rules(self) -> Rules:
        link = self.problem.link
        return freeze_rules(link, self.version, known_fields(link.gist), known_fields(link.ghl))

    @cached_property
    def row(self) -> Row | None:
        """The row as a run decides by it; None where it is broken or there is none."""
        stands = self.mapping_row
        if stands is None:
            return None
        gist = resolve_gist(stands.gist_field, known_fields(self.problem.link.gist))
        ghl = resolve_ghl(stands.ghl_field, known_fields(self.problem.link.ghl))
        keys = (gist.key if gist else stands.gist_field, ghl.key if ghl else stands.ghl_field)
        return next((row for row in self.rules.rows if (row.gist, row.ghl) == keys), None)

    @property
    def source(self) -> str:
        """The side that the value comes from."""
        return str(Provider(self.problem.side or "ghl").other)

    @cached_property
    def values(self) -> dict[int, Value]:
        """What each record's value is where it comes from, by the entry's key; only where it is known."""
        kept = self._kept_values()
        found = {}
        for entry in self.entries:
            value = next((one["value"] for one in entry.left_out if one["field"] == self.problem.subject), None)
            if is_blank(value):
                value = kept.get(entry.gist_id if self.source == "gist" else entry.ghl_id)
            if is_blank(value):
                value = sent_value(entry, self.problem)
            if not is_blank(value):
                found[entry.pk] = value
        return found

    def _kept_values(self) -> dict[str, Value]:
        """Of those whose news waits, what was read last."""
        row = self.row
        ids = [entry.gist_id if self.source == "gist" else entry.ghl_id for entry in self.entries]
        if row is None or not ids:
            return {}
        known = Snapshot.objects.filter(Q(undecided__isnull=False), link=self.problem.link, side=self.source)
        values = known.filter(external_id__in=ids).values_list("external_id", "undecided")
        return {external_id: (held or {}).get(row.key(self.source)) for external_id, held in values}


def sent_value(entry: LogEntry, problem: Problem) -> Any:
    """What was sent and refused, or left out; None where nothing is known."""
    changes: list[Change] = [one for one in entry.changes.all() if one.side == problem.side or not problem.side]
    for change in changes:
        if change.field == problem.subject:
            return change.after
        if not change.field and isinstance(change.after, dict) and problem.subject in change.after:
            return change.after[problem.subject]
    return next((one["value"] for one in entry.left_out if one["field"] == problem.subject), None)

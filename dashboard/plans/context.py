"""What the page of a plan shows: its totals, its risks, its rules, its people with what stands there now, its price."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db.models import Count, Q

from dashboard.lists import EmptyState, ListWords
from dashboard.models import Right
from dashboard.plans.filters import SHOWN
from dashboard.templatetags.ui import field_name, shown
from integration.connections.fields import known_fields
from integration.mapping.carried import carried_names
from integration.models import (
    READING,
    Change,
    ChangeAction,
    ChangeState,
    LogEntry,
    Outcome,
    Provider,
    Run,
    Snapshot,
)
from integration.plans.approvals import approvals_of, needed_approvals
from integration.plans.digest import digest_of
from integration.plans.price import price_of
from integration.plans.size import is_over_cap, people_in
from integration.plans.stored import Standing, expires_at, standing_of
from integration.records import CARRIED_LABELS, SIDES, Value, is_blank
from integration.runs.finish import count_people
from integration.runs.progress import progress_of
from integration.sync.observe import as_contact
from integration.sync.plan import CARRIED_RULE
from integration.sync.undo import why_not_taken_back
from integration.values import same_as_written, same_value

LIST = ListWords(
    things="people",
    search_examples="Name, id, field:phone, rule:mapping:phone, side:ghl, show:overwrites",
    no_match="Nobody in this plan fits these filters.",
    nothing=EmptyState("Nothing to write", "Both sides hold what the rules want; nothing is left to change."),
)
STILL = Q(state=ChangeState.PLANNED)


def plan_context(plan: Run, user: Any) -> dict[str, Any]:
    """All but the list. While the plan is being made only how far it is."""
    standing = standing_of(plan)
    may_choose = user.holds(Right.RETRY) and standing.code in ("ready", "empty")
    context = {"plan": plan, "link": plan.link, "standing": standing, "expires_at": expires_at(plan)}
    context |= {"undo_days": settings.UNDO_DAYS, "is_undo": plan.kind == "undo", "may_choose": may_choose}
    if not plan.is_finished:
        return context | {"progress": progress_of(plan)}
    return context | price_context(plan, standing) | {
        "risk": _risk(plan), "rules": _rules(plan), "not_listed": _not_listed(plan),
    }  # fmt: skip


def price_context(plan: Run, standing: Standing | None = None) -> dict[str, Any]:
    """The bar with the price and the button, which follows every tick."""
    price = price_of(plan)
    counts = plan.changes.aggregate(
        left_out=Count("pk", filter=Q(state=ChangeState.EXCLUDED)),
        deletes=Count("pk", filter=STILL & Q(action=ChangeAction.DELETE)),
    )
    people, digest = people_in(plan), digest_of(plan)
    word = str(people) if is_over_cap(plan) or counts["deletes"] else ""
    return {
        "plan": plan, "standing": standing or standing_of(plan), "digest": digest, "price": price,
        "people": people, "word": word, "undo_days": settings.UNDO_DAYS, **counts,
        "needed": needed_approvals(plan), "approvals": approvals_of(plan, digest),
    }  # fmt: skip


def _risk(plan: Run) -> dict[str, Any]:
    tags = Q(field="tags") | Q(action=ChangeAction.CREATE, after__has_key="tags")
    found = plan.changes.aggregate(
        created=Count("pk", filter=STILL & SHOWN["new"][1]),
        deleted=Count("pk", filter=STILL & SHOWN["deletes"][1]),
        overwritten=Count("pk", filter=STILL & SHOWN["overwrites"][1]),
        tagged=Count("pk", filter=STILL & tags & Q(side=Provider.GHL)),
        held=Count("pk", filter=SHOWN["held"][1]),
    )
    return {**found, "share": 100 * people_in(plan) / max(1, count_people(plan.link))}


def _not_listed(plan: Run) -> list[str]:
    """What would be written beside the changes of the plan, in sentences, each with how many people it is about."""
    if plan.kind not in READING or not carried_names(plan.link):
        return []
    if not plan.is_asked_for:
        return ["What Gist shows of tasks, notes and appointments is not looked up by a plan of the schedule."]
    own = plan.entries.filter(kind="carried", changes=None)
    sentences = list(own.filter(reason="carried_later").values_list("message", flat=True))
    if failed := own.filter(outcome=Outcome.FAILED).count():
        people = "1 person" if failed == 1 else f"{failed:,} people"
        sentences.append(
            f"What Gist shows of the tasks, notes and appointments of {people} could not be looked up, and is not part "
            "of this plan. The log of how it was made says why; the next run looks again."
        )
    return sentences


def _rules(plan: Run) -> list[dict[str, Any]]:
    """Each rule of each side with its changes, and whether any of them is to be written."""
    rows = plan.changes.filter(state__in=(ChangeState.PLANNED, ChangeState.EXCLUDED)).order_by()
    found = rows.values("side", "rule", "action").annotate(count=Count("pk"), planned=Count("pk", filter=STILL))
    undone = plan.kind == "undo"
    groups: dict[tuple[str, str], dict[str, Any]] = {}
    for row in found:
        # Of an undo each change has a rule of its own: what it does says more.
        rule = "" if undone else row["rule"]
        key = (row["side"], rule or row["action"])
        group = groups.setdefault(
            key, {"side": row["side"], "rule": rule, "action": row["action"], "count": 0, "planned": 0}
        )
        group["count"] += row["count"]
        group["planned"] += row["planned"]
    return [{**group, "name": name_of_rule(group["rule"] or group["action"])} for _, group in sorted(groups.items())]


ACTIONS = {"create": "New records", "update": "Values", "delete": "Deleted records"}


def name_of_rule(rule: str) -> str:
    """`mapping:phone` as people say it."""
    kind, _, rest = rule.partition(":")
    if kind == "mapping":
        return field_name(rest).capitalize() if rest else "New contacts"
    if kind == "workflow":
        return f"Workflow {rest.partition(':')[0]}"
    if kind == CARRIED_RULE:
        return CARRIED_LABELS.get(rest, rest)  # Short: it stands on a button, on telephones too.
    words = {"deletes": "Deleted on the other side", "consent": "Opt-outs", "import": "From the file", "undo": "Undo"}
    return words.get(kind) or ACTIONS.get(rule, rule or "Other")


def rules_written(run: Run) -> list[dict[str, Any]]:
    """The rules by which a finished run wrote what still stands, each of which can be taken back on the whole link."""
    if run.dry_run or not run.is_finished:
        return []
    stands = run.changes.filter(state=ChangeState.APPLIED, undoes=None).exclude(rule="").order_by()
    found = stands.values("rule").annotate(count=Count("pk")).order_by("-count", "rule")[:50]
    return [{**row, "name": name_of_rule(row["rule"])} for row in found]


# People --------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Line:
    """One change of one person. `tone` of what stands there now is "", done or moved."""

    change: Change
    name: str
    before: str
    after: str
    now: str
    tone: str
    rule: str

    @property
    def is_open(self) -> bool:
        """Whether it may be ticked."""
        return self.change.state in (ChangeState.PLANNED, ChangeState.EXCLUDED) and not self._is_never

    @property
    def _is_never(self) -> bool:
        return self.change.undoes_id is not None and bool(why_not_taken_back(self.change))


@dataclass(frozen=True)
class Shown:
    """A person with the lines of what would be written."""

    entry: LogEntry
    lines: list[Line]

    @property
    def open_keys(self) -> str:
        """Keys of the changes that may be ticked, divided by commas."""
        return ",".join(str(line.change.pk) for line in self.lines if line.is_open)

    @property
    def ticked(self) -> str:
        """As a checkbox says it: "true", "false" or "mixed"; "" where nothing may be ticked."""
        states = {line.change.state == ChangeState.PLANNED for line in self.lines if line.is_open}
        if not states:
            return ""
        return "mixed" if len(states) == 2 else str(states.pop()).lower()


def people_of(plan: Run, entries: Sequence[LogEntry]) -> list[Shown]:
    """The entries of a page with their lines."""
    changes = [change for entry in entries for change in entry.changes.all()]
    known = _known_values(plan, changes)
    done = _carried_out(entries)
    types = {side: known_fields(plan.link.connection(side)) for side in SIDES}
    return [Shown(entry, [_line(one, known, done, types) for one in entry.changes.all()]) for entry in entries]


def _known_values(plan: Run, changes: Iterable[Change]) -> dict[tuple[str, str], Mapping[str, Value]]:
    ids = {one.external_id for one in changes} - {""}
    rows = Snapshot.objects.filter(link=plan.link_id, kind="contact", side__in=SIDES, external_id__in=ids)
    return {(row.side, row.external_id): as_contact(row).values for row in rows}


def _carried_out(entries: Sequence[LogEntry]) -> dict[tuple[Any, ...], Change]:
    """What became of the changes in the run that applied the plan."""
    rows = Change.objects.filter(entry__plan_entry__in=entries).select_related("entry").order_by("pk")
    return {(one.entry.plan_entry_id, one.side, one.action, one.field): one for one in rows}


def _line(change: Change, known: Any, done: Any, types: Any) -> Line:
    now, tone = _now(change, known, done.get((change.entry_id, change.side, change.action, change.field)), types)
    name = _name_of_field(change.field) if change.field else change.kind.capitalize()
    before, after = _text(change, change.before), _text(change, change.after)
    if change.action == ChangeAction.CREATE:
        before = "not there"
    return Line(change, name, before, after, now, tone, name_of_rule(change.rule))


def _name_of_field(field: str) -> str:
    return CARRIED_LABELS.get(field.removeprefix("custom_properties."), field_name(field).capitalize())


def _now(change: Change, known: Any, carried_out: Change | None, types: Any) -> tuple[str, str]:
    if carried_out:
        word = ChangeState(carried_out.state).label
        held = carried_out.state == ChangeState.HELD
        return (f"{word}: {_text(change, carried_out.found) or 'blank or gone'}" if held else word), (
            "moved" if held or carried_out.state == ChangeState.FAILED else "done"
        )
    if change.state == ChangeState.HELD:
        return f"{_text(change, change.found) or 'blank or gone'}. Held.", "moved"
    values = known.get((change.side, change.external_id))
    if change.action != ChangeAction.UPDATE or values is None or change.field not in values:
        return "as before", ""
    value, field = values[change.field], types[change.side].get(change.field)
    if same_value(value, change.before, field.type if field else "text"):
        return "as before", ""
    if same_as_written(value, change.after, field.type if field else "text"):
        return "already so, no write", "done"
    return _text(change, value) or "blank", "moved"


def _text(change: Change, value: Any) -> str:
    """A value, or a whole record by what it holds, short enough for a cell."""
    if isinstance(value, dict):
        own = [shown(one) for key, one in value.items() if not is_blank(one) and key not in ("id", "type")]
        return ", ".join(own)[:200]
    return shown(value)[:500]

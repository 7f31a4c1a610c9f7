"""What a plan says of the properties by which Gist shows tasks, notes and appointments (carried.py).

A run that writes takes note of whom they are out of date, and brings those in step while it goes on. A dry run looks
the same people up, by the same calls, and lists what would be written. Plans of the schedule, of which a link that only
watches makes one every quarter of an hour, look up nobody.
"""

from collections.abc import Collection, Mapping

from django.utils import timezone

from integration import log
from integration.mapping.carried import carried_names, kinds_of
from integration.models import Change, ChangeAction, LogEntry, Outcome, PendingRead, Provider, Related
from integration.providers.exchange import Result, Steps
from integration.records import PersonRef, RelatedType
from integration.related.gist_properties import LABEL, changes_to_carry, names_of
from integration.runs.carried import linked_people, read_wanted
from integration.runs.checkpoint import saved_with_checkpoint
from integration.runs.context import RunContext
from integration.runs.read_related import compare_related
from integration.runs.unreadable import raise_if_of_all
from integration.runs.write import guard_steps
from integration.sync.carried import LISTS

# People who are looked up before the checkpoint moves on.
AT_ONCE = 50

Kinds = Mapping[str, set[RelatedType]]


def plan_carried(context: RunContext) -> str:
    """Some of the people whose properties are out of date; the next phase once all had their turn."""
    if not (context.run.is_asked_for and carried_names(context.run.link)):
        return "close"
    difference = compare_related(context)
    stale = _stale_kinds(context, difference.stale)
    people = linked_people(context.run.link, stale.keys())
    waiting = sorted(ghl_id for ghl_id in people if ghl_id > (context.checkpoint.cursor or ""))
    while waiting and not context.stopping:
        some, waiting = waiting[:AT_ONCE], waiting[AT_ONCE:]
        _plan_some(context, [people[ghl_id] for ghl_id in some], stale)
        context.tick()
    if context.stopping:
        return ""
    _count_what_follows(context, set().union(*difference.listed.values()))
    return "close"


def _stale_kinds(context: RunContext, by_lists: Mapping[RelatedType, Collection[str]]) -> Kinds:
    """By contact in GHL what has to be read: what the location's lists show otherwise than it is known, what Gist was
    seen to show otherwise, and what waits for a run that writes.
    """
    link = context.run.link
    waiting = PendingRead.objects.filter(link=link, kind__in=LISTS).values_list("kind", "external_id")
    found = [(kind, ghl_id) for kind, ids in by_lists.items() for ghl_id in ids]
    found += [(LISTS[name], ghl_id) for name, ghl_id in waiting]
    found += [(kind, ghl_id) for kind, ids in context.checkpoint.outdated.items() for ghl_id in ids if kind]  # type: ignore[misc]
    on, stale = kinds_of(carried_names(link) or ()), dict[str, set[RelatedType]]()
    for kind, ghl_id in found:
        if kind in on and ghl_id:
            stale.setdefault(ghl_id, set()).add(kind)
    return stale


def _plan_some(context: RunContext, people: list[PersonRef], stale: Kinds) -> None:
    tasks = ((one, guard_steps(_changes_for(context, one, stale[one.ghl_id]))) for one in people)
    results = list(context.exchange.run(tasks))
    raise_if_of_all(context, results)
    with saved_with_checkpoint(context):
        log.save_entries([_entry_of(context, one) for one in results if one.error or one.value])
        context.checkpoint.cursor = people[-1].ghl_id


def _changes_for(context: RunContext, person: PersonRef, kinds: set[RelatedType]) -> Steps[list[Change]]:
    wanted = yield from read_wanted(context, person, sorted(kinds))
    return changes_to_carry(wanted.values, wanted.gist) if wanted.gist else []


def _entry_of(context: RunContext, result: Result[PersonRef, list[Change]]) -> LogEntry:
    """Not counted in the run's balance: only the records of contacts are."""
    changes = result.value or []
    return log.draft_entry(
        context.run,
        result.key,
        Outcome.FAILED if result.error else Outcome.UPDATED,
        result.error.code if result.error else "carried",
        kind="carried",
        message=f"{LABEL}: {result.error}" if result.error else f"Gist would show: {names_of(changes)}.",
        side="gist",
        changes=changes,
        calls=result.calls,
        planned=True,
        # A dry run writes nothing, so nothing of it is to be repaired.
        resolved_at=timezone.now() if result.error else None,
    )


def _count_what_follows(context: RunContext, listed: set[str]) -> None:
    """Of a contact that does not stand in Gist yet nobody knows what it will show: the plan says of how many."""
    run = context.run
    made = Change.objects.filter(run=run, action=ChangeAction.CREATE, side=Provider.GIST, kind="contact")
    ghl_ids = set(made.values_list("entry__ghl_id", flat=True))
    known = Related.objects.filter(link=run.link, kind__in=kinds_of(carried_names(run.link) or ()), deleted_at=None)
    number = len(ghl_ids & (listed | set(known.values_list("contact_id", flat=True))))
    if not number:
        return
    people = (
        "1 person whom this plan creates in Gist has"
        if number == 1
        else (f"{number:,} people whom this plan creates in Gist have")
    )
    message = (
        f"{people} tasks, notes or appointments in GHL. Gist shows those once the contact is there: these writes are "
        "not among the changes below."
    )
    label = PersonRef(label=LABEL)
    entry = log.draft_entry(
        run, label, Outcome.SKIPPED, "carried_later", kind="carried", message=message, side="gist", planned=True
    )
    log.save_entries([entry])

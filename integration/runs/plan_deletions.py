"""What a plan says of records that are gone: each is asked for by id, then the link's rule about deletions decides.

A run that writes has its notices for that (listen.py). A dry run must leave none behind: the next live run would act on
them, whether the plan was applied or not.
"""

from collections import Counter
from collections.abc import Sequence

from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone

from integration.erased import without_erased
from integration.models import FULL_READS, Pair, PendingRead, Snapshot
from integration.providers.exchange import Result
from integration.records import Contact
from integration.runs.checkpoint import saved_with_checkpoint
from integration.runs.context import RunContext
from integration.runs.listen import Read, read_contact
from integration.runs.unreadable import raise_if_of_all
from integration.runs.write import guard_steps
from integration.sync import undecided
from integration.sync.deletions import deletion_entry
from integration.sync.entry import Entry
from integration.sync.observe import observe
from integration.sync.one_by_one import all_or_each, as_error

AT_ONCE = 50


def plan_deletions(context: RunContext) -> None:
    """Everybody of a linked pair whose record was not found, or was reported as deleted. They are decided with it."""
    while not context.stopping:
        after = context.checkpoint.cursor or 0
        lost = list(_unseen(context).filter(pk__gt=after).order_by("pk")[:AT_ONCE])
        if not lost:
            return
        now = timezone.now()
        notices = [
            PendingRead(
                link=context.run.link, side=one.side, external_id=one.external_id,
                deleted=True, first_at=now, due_at=now,
            )
            for one in lost
        ]  # fmt: skip
        results = list(context.exchange.run((one, guard_steps(read_contact(context, one))) for one in notices))
        raise_if_of_all(context, results)
        with saved_with_checkpoint(context):
            _plan_some(context, results)
            context.checkpoint.cursor = lost[-1].pk
        context.tick()


def _unseen(context: RunContext) -> QuerySet[Snapshot]:
    run = context.run
    halves = Snapshot.objects.filter(link=run.link, pair__state=Pair.State.LINKED)
    unseen = halves.exclude(seen_run=run.pk).exclude(decided_run__in=(run.pk, -run.pk))
    if run.kind in FULL_READS:
        return unseen
    if not run.is_asked_for:
        return unseen.none()
    notices = PendingRead.objects.filter(link=run.link, kind="contact", deleted=True)
    return unseen.filter(Exists(notices.filter(side=OuterRef("side"), external_id=OuterRef("external_id"))))


Results = Sequence[Result[PendingRead, Read]]


def _plan_some(context: RunContext, results: Results) -> None:
    decided = all_or_each([one for one in results if not one.error], lambda some: _decide_together(context, some))
    entries = [entry for some in decided.results for entry in some]
    errors = [(one.key, one.error) for one in results if one.error]
    errors += [(one.key, as_error(fault)) for one, fault in decided.faults]
    entries += [undecided.unread_entry(context.run, {key.side: key.external_id}, error) for key, error in errors]
    context.recorder.record(entries)


def _decide_together(context: RunContext, results: Results) -> list[Entry]:
    for result in results:
        read = result.value or Read({})
        for contact in (*read.contacts.values(), *read.heirs):
            _observe(context, contact)
    gone = [one.key for one in results if not (one.value and one.value.contacts)]
    halves = Counter(one.pair_id for one in _halves(context, gone))
    # Of somebody who is gone on both sides nothing is left to delete.
    single = {(one.side, one.external_id) for one in _halves(context, gone) if halves[one.pair_id] == 1}
    found = [deletion_entry(context.run, context.rules, one) for one in gone if (one.side, one.external_id) in single]
    return [entry for entry in found if entry]


def _halves(context: RunContext, gone: Sequence[PendingRead]) -> list[Snapshot]:
    rows = Snapshot.objects.filter(link=context.run.link, external_id__in=[one.external_id for one in gone])
    keys = {(one.side, one.external_id) for one in gone}
    return [row for row in rows if (row.side, row.external_id) in keys]


def _observe(context: RunContext, contact: Contact) -> None:
    observe(context.run.link, context.run, context.rules, without_erased(context.run.link, [contact]))

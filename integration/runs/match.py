"""Matching for a run: a page at once; where one of its records makes that fail, each record by itself."""

import logging
from collections.abc import Sequence

from django.db import transaction

from integration.models import Snapshot
from integration.runs.context import RunContext
from integration.sync.entry import undecided_entry
from integration.sync.match import Matched, last_of_page, match_loose, match_page, match_these, unmatched_page
from integration.sync.one_by_one import NOT_OF_A_RECORD, all_or_each, as_error

logger = logging.getLogger(__name__)


def match_next_page(context: RunContext, after: int) -> Matched:
    """Pair up one page of Gist's records, as `match_page`. Who cannot be matched is put on record as failed: decided as
    somebody without a counterpart, they would be created a second time.
    """
    run, rules = context.run, context.rules
    try:
        with transaction.atomic():
            return match_page(run, rules, after)
    except NOT_OF_A_RECORD:
        raise
    except Exception:
        logger.exception("run %s: a page could not be matched as a whole", run.pk)
    loose = unmatched_page(run.link, rules, after)
    matched = all_or_each(loose, lambda some: match_loose(run, rules, some))
    _record_unmatched(context, matched.faults)
    return Matched(sum(matched.results), last_of_page(loose))


def match_step(context: RunContext) -> None:
    """Pair up the people of one step of a retry: others of the link are as they were when they were matched."""
    run, rules = context.run, context.rules
    mine = Snapshot.objects.filter(link=run.link, seen_run=run.pk, pair=None, undecided__isnull=False)
    loose = list(mine.exclude(decided_run=run.pk).order_by("pk"))
    _record_unmatched(context, all_or_each(loose, lambda some: match_these(run, rules, some)).faults)


def _record_unmatched(context: RunContext, faults: Sequence[tuple[Snapshot, Exception]]) -> None:
    failed = [undecided_entry(as_error(fault), one) for one, fault in faults]
    for entry in failed:
        entry.planned = context.run.dry_run
    context.recorder.record(failed)

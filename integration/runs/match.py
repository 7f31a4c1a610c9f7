"""Matching for a run: a page at once; where one of its records makes that fail, each record by itself."""

import logging

from django.db import transaction

from integration.runs.context import RunContext
from integration.sync.entry import undecided_entry
from integration.sync.match import Matched, last_of_page, match_loose, match_page, unmatched_page
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
    failed = [undecided_entry(as_error(fault), one) for one, fault in matched.faults]
    for entry in failed:
        entry.planned = run.dry_run
    context.recorder.record(failed)
    return Matched(sum(matched.results), last_of_page(loose))

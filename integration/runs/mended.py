"""What was refused for something that may be mended by now is taken up again by runs that read, without being asked.

Nothing tells when a scope or a plan is granted: who waits for one is tried by each quick run, which costs some calls,
however many they are (providers/exchange.py sends nothing a second time that is denied). What a rule stood in the way
of is tried once the rules are others; whatever else was mended in the other account is found out by the daily sweep.
"""

from integration.connections.location import learn_location
from integration.mapping.rules import Rules
from integration.models import FAILING, FULL_READS, READING, LogEntry, Outcome, Problem, Run, RunKind, Snapshot
from integration.providers.exchange import Exchange
from integration.records import SIDES
from integration.sync.pending_reads import read_again
from integration.sync.reasons import OF_LOGIN
from integration.sync.retry import release_parked
from integration.workflows.executions import retry_denied

# Causes that may be gone once the location allows duplicates.
OF_DUPLICATES = ("ghl.duplicate", "ghl.value_taken", "ghl.phone_taken")


def take_up_mended(run: Run, rules: Rules) -> None:
    """To be called once for each run, before it decides anybody. A full run tries all who wait as it is."""
    if run.dry_run or run.kind not in READING:
        return
    retry_denied(run.link)
    parked = Snapshot.objects.filter(link=run.link)
    if run.kind == RunKind.INCREMENTAL and run.link.cursors.get("rules") == rules.digest:
        parked = parked.filter(reason__in=OF_LOGIN)
    release_parked(parked)


def learn_duplicates(run: Run, exchange: Exchange) -> None:
    """Whether the location allows duplicates says who can be written there. People change it: asked again by runs that
    read everyone, and by a quick one where it keeps something out.
    """
    link = run.link
    kept_out = Problem.objects.filter(link=link, state__in=FAILING, cause__in=OF_DUPLICATES)
    was_forbidden = link.ghl.settings.get("allow_duplicates") is False
    may_wait = run.kind == RunKind.INCREMENTAL and was_forbidden and kept_out.exists()
    learn_location(link.ghl, exchange, again=may_wait or run.kind in FULL_READS)
    if was_forbidden and link.ghl.settings.get("allow_duplicates") is not False and not run.dry_run:
        release_parked(Snapshot.objects.filter(link=link))
        left_out = LogEntry.objects.filter(problem__in=kept_out, resolved_at=None).exclude(outcome=Outcome.FAILED)
        for side in SIDES:
            read_again(link, side, {one for one in left_out.values_list(f"{side}_id", flat=True) if one})

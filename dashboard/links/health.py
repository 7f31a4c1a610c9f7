"""How a link stands, in a word and a sentence. "In step" is said only when the database bears out every part of it."""

from datetime import datetime, timedelta

from django.utils import timezone

from dashboard.links.card import Card, Health
from integration.models import Connection, ConnectionStatus, Link, Mode, Run, RunStatus
from integration.runs.progress import progress_of, waits_for_confirmation


def health_of(card: Card) -> Health:
    """The worst thing first: what stops everything, what runs, what failed, what is open; in step when nothing is."""
    checks = (_health_of_logins, _health_while_running, _health_when_paused, _health_of_last_runs, _health_of_failures)
    found = next(filter(None, (check(card) for check in checks)), None)
    if found:
        return found
    if card.link.mode == Mode.WATCH:
        return Health("idle", "Watching only", "Shows what it would do, writes nothing.")
    if card.fresh_at is None:
        return Health("idle", "Not synced yet", "Start the first sync when the mapping is right.")
    if card.link.mode == Mode.NEW_ONLY:
        sentence = f"Creates who is new and changes nobody. {_missing_sentence(card)}"
        return Health("idle", "New contacts only", sentence.strip())
    checks = (_health_of_mapping, _health_of_questions, _health_of_people, _health_of_work, _health_of_age)
    found = next(filter(None, (check(card) for check in checks)), None)
    return found or _in_step(card)


def _health_of_logins(card: Card) -> Health | None:
    for connection in card.link.connections.values():
        if connection.needs_person:
            return Health("bad", connection.get_status_display(), _broken_sentence(connection), person=True)
    return None


def _broken_sentence(connection: Connection) -> str:
    return connection.status_reason or f"{connection.name} must be reconnected."


def _health_while_running(card: Card) -> Health | None:
    run = card.active
    if run is None:
        return None
    if waits_for_confirmation(run):
        return Health("wait", "Waits for your yes", run.error, person=True)
    if run.status == RunStatus.WAITING:
        return Health("wait", "Waiting", run.wait_reason or describe_progress(run))
    if run.status == RunStatus.QUEUED:
        return Health("wait", "Queued", "Starts as soon as a worker is free.")
    name = "Dry run" if run.dry_run else "Full sync" if run.kind == "full" else "Sync"
    return Health("run", f"{name} running", describe_progress(run))


def describe_progress(run: Run) -> str:
    progress = progress_of(run)
    return f"{progress.done:,} of {progress.total:,} people." if progress.total else f"{progress.done:,} people so far."


def _health_when_paused(card: Card) -> Health | None:
    if card.link.enabled:
        return None
    records = "record waits" if card.waiting == 1 else "records wait"
    waiting = f"{card.waiting:,} changed {records} to be read. " if card.waiting else ""
    return Health("idle", "Paused", f"{waiting}Nothing runs by itself until it is switched on.")


def _health_of_last_runs(card: Card) -> Health | None:
    """A run about a few people says nothing about one before that was to read everyone: both are looked at."""
    for run in filter(None, (card.last, card.last_read)):
        if run.status == RunStatus.FAILED:
            return Health("bad", "Last run failed", run.error or "It could not finish.", person=True)
    cut = card.last_read
    if cut and cut.status == RunStatus.CANCELLED:
        sentence = f"Run {cut.pk:,} was cancelled after {cut.examined:,} people. Sync again to look at the rest."
        return Health("wait", "Cancelled", sentence, person=True)
    return None


def _health_of_failures(card: Card) -> Health | None:
    if not card.failures:
        return None
    records = "record" if card.failures == 1 else "records"
    return Health(
        "wait", f"{card.failures:,} failed", f"{card.failures:,} {records} could not be written.", person=True
    )


def _health_of_mapping(card: Card) -> Health | None:
    for connection in card.link.connections.values():
        if connection.status == ConnectionStatus.SCOPE:
            return Health("wait", connection.get_status_display(), _broken_sentence(connection), person=True)
    run = card.completed
    if run and run.error:
        return Health("wait", "Mapping incomplete", run.error, person=True)
    if run and card.version and run.mapping_id != card.version:
        return Health("wait", "Mapping changed", "Nothing was compared by the new version yet; the next sync does.")
    return None


def _health_of_questions(card: Card) -> Health | None:
    if not card.questions:
        return None
    questions = "question waits" if card.questions == 1 else "questions wait"
    sentence = f"{card.questions:,} {questions} for a person. {_missing_sentence(card)}"
    return Health("wait", f"{card.questions:,} to decide", sentence.strip(), person=True)


def _missing_sentence(card: Card) -> str:
    parity = card.parity
    words = parity.open_words
    return f"{parity.equal:,} of {parity.total:,} people hold the same on both sides: {words}." if words else ""


def _health_of_people(card: Card) -> Health | None:
    """Everyone who should be on both sides, by value."""
    parity = card.parity
    if parity.is_whole:
        return None
    number = parity.total - parity.equal
    if number == parity.unknown:
        return Health("wait", f"{number:,} not compared yet", f"{_missing_sentence(card)} The next sync compares them.")
    return Health("wait", f"{number:,} not in step", f"{_missing_sentence(card)} The log says why each.", person=True)


def _health_of_work(card: Card) -> Health | None:
    if not card.waiting and not card.undecided:
        return None
    words = []
    if card.waiting:
        words.append(f"{card.waiting:,} changed record{'' if card.waiting == 1 else 's'} to be read")
    if card.undecided:
        words.append(f"{card.undecided:,} record{'' if card.undecided == 1 else 's'} to be decided")
    return Health("run", "Catching up", f"{' and '.join(words).capitalize()}.")


# A run may begin and end this much later than the schedule says before that is worth a word.
GRACE = timedelta(minutes=10)


def _health_of_age(card: Card) -> Health | None:
    if not is_overdue(card.link, card.fresh_at):
        return None
    sentence = f"It should be read every {card.link.schedule_minutes:,} minutes. Is a worker running?"
    return Health("wait", "Overdue", sentence, person=True)


def is_overdue(link: Link, fresh_at: datetime | None) -> bool:
    """Whether the schedule should have read both sides since, twice over."""
    if not link.schedule_minutes or not fresh_at:
        return False
    return timezone.now() - fresh_at > 2 * timedelta(minutes=link.schedule_minutes) + GRACE


def _in_step(card: Card) -> Health:
    parity = card.parity
    if not parity.total:
        sentence = "Nobody is on either side." if not parity.left_out_words else "Nobody is to be on both sides."
    else:
        people = "person holds" if parity.equal == 1 else "people hold"
        sentence = f"{parity.equal:,} {people} the same on both sides."
    return Health("ok", "In step", f"{sentence} {describe_left_out(card)}".strip())


def describe_left_out(card: Card) -> str:
    words = card.parity.left_out_words
    return f"Left out: {words}." if words else ""

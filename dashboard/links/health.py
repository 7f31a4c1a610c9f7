"""How a link stands, in a word and a sentence. "In step" is said only when the database bears out every part of it."""

from datetime import datetime, timedelta
from urllib.parse import urlencode

from django.urls import reverse
from django.utils import timezone

from dashboard.ages import ago
from dashboard.links.card import Card, Health
from integration.models import Connection, ConnectionStatus, Link, Mode, Run, RunStatus
from integration.runs.progress import progress_of, waits_for_confirmation


def health_of(card: Card) -> Health:
    """The worst thing first: what stops everything, what runs, what failed, what is open; in step when nothing is.

    Every badge, sentence and count of what needs a person comes from here.
    """
    checks = (
        _health_of_logins, _health_while_running, _health_when_paused, _health_of_last_runs, _health_of_failures,
    )  # fmt: skip
    found = next(filter(None, (check(card) for check in checks)), None)
    return found or _health_of_mode(card) or _health_of_rest(card)


def _health_of_mode(card: Card) -> Health | None:
    key = card.link.key
    if card.link.mode == Mode.WATCH:
        return Health(
            "idle", "Watching only", "Shows what it would do, writes nothing.", href=reverse("match", args=[key])
        )
    if card.fresh_at is None:
        sentence = "Start the first sync when the mapping is right."
        return Health("idle", "Not synced yet", sentence, href=reverse("mapping", args=[key]))
    if card.link.mode == Mode.NEW_ONLY:
        sentence = f"Creates who is new and changes nobody. {_missing_sentence(card)}"
        return Health("idle", "New contacts only", sentence.strip(), href=_list("contacts", card))
    return None


def _health_of_rest(card: Card) -> Health:
    checks = (
        _health_of_mapping,
        _health_of_problems,
        _health_of_questions,
        _health_of_people,
        _health_of_work,
        _health_of_age,
    )
    found = next(filter(None, (check(card) for check in checks)), None)
    return found or _in_step(card)


def _list(name: str, card: Card, **query: str) -> str:
    """The address of a list, narrowed to the link."""
    return f"{reverse(name)}?{urlencode({'link': card.link.key, **query})}"


def _run_page(run: Run) -> str:
    return reverse("run", args=[run.pk])


def _health_of_logins(card: Card) -> Health | None:
    for connection in card.link.connections.values():
        if connection.needs_person:
            title, href = connection.get_status_display(), reverse("connection", args=[connection.key])
            return Health("bad", title, _broken_sentence(connection), person=True, href=href)
    return None


def _broken_sentence(connection: Connection) -> str:
    return connection.status_reason or f"{connection.name} must be reconnected."


def _health_while_running(card: Card) -> Health | None:
    run = card.active
    if run is None:
        return None
    href = _run_page(run)
    if waits_for_confirmation(run):
        return Health("wait", "Waits for your yes", run.error, person=True, href=href)
    if run.status == RunStatus.WAITING:
        return Health("wait", "Waiting", run.wait_reason or describe_progress(run), href=href)
    if run.status == RunStatus.QUEUED:
        return Health("wait", "Queued", "Starts as soon as a worker is free.", href=href)
    name = "Dry run" if run.dry_run else "Full sync" if run.kind == "full" else "Sync"
    return Health("run", f"{name} running", describe_progress(run), href=href)


def describe_progress(run: Run) -> str:
    progress = progress_of(run)
    return f"{progress.done:,} of {progress.total:,} people." if progress.total else f"{progress.done:,} people so far."


def _health_when_paused(card: Card) -> Health | None:
    if card.link.enabled:
        return None
    records = "record waits" if card.waiting == 1 else "records wait"
    waiting = f"{card.waiting:,} changed {records} to be read. " if card.waiting else ""
    sentence = f"{waiting}Nothing runs by itself until it is switched on."
    return Health("idle", "Paused", sentence, href=f"{reverse('link', args=[card.link.key])}#h-rules")


def _health_of_last_runs(card: Card) -> Health | None:
    """A run about a few people says nothing about one before that was to read everyone: both are looked at."""
    for run in filter(None, (card.last, card.last_read)):
        if run.status == RunStatus.FAILED:
            sentence = run.error or "It could not finish."
            return Health("bad", "Last run failed", sentence, person=True, href=_run_page(run))
    cut = card.last_read
    if cut and cut.status == RunStatus.CANCELLED:
        sentence = f"Run {cut.pk:,} was cancelled after {cut.examined:,} people. Sync again to look at the rest."
        return Health("wait", "Cancelled", sentence, person=True, href=_run_page(cut))
    return _health_of_half(card.half) if card.half else None


def _health_of_half(run: Run) -> Health:
    """A plan, an undo or an import that came to no end: what it was to write is written for some only."""
    kind, ended = run.get_kind_display(), RunStatus(run.status).label.lower()
    sentence = f"Run {run.pk:,} ({kind}) {ended} after {run.examined:,} people; the rest was not written."
    tone = "bad" if run.status == RunStatus.FAILED else "wait"
    return Health(tone, f"{kind} half done", sentence, person=True, href=_run_page(run))


def _health_of_failures(card: Card) -> Health | None:
    if not card.failures:
        return None
    records = "record" if card.failures == 1 else "records"
    sentence = f"{card.failures:,} {records} could not be written."
    return Health("wait", f"{card.failures:,} failed", sentence, person=True, href=_list("log", card, open="yes"))


def _health_of_problems(card: Card) -> Health | None:
    """Also values that were left out while the rest of a record was written: nothing failed, and nothing is equal."""
    if not card.problems:
        return None
    title = f"{card.problems:,} {'problem' if card.problems == 1 else 'problems'}"
    sentence = f"{title} of which something is left open: see why by cause."
    return Health("wait", title, sentence, person=True, href=_list("problems", card))


def _health_of_mapping(card: Card) -> Health | None:
    href = reverse("mapping", args=[card.link.key])
    for connection in card.link.connections.values():
        if connection.status == ConnectionStatus.SCOPE:
            title, page = connection.get_status_display(), reverse("connection", args=[connection.key])
            return Health("wait", title, _broken_sentence(connection), person=True, href=page)
    run = card.completed
    if run and run.error:
        return Health("wait", "Mapping incomplete", run.error, person=True, href=href)
    if run and card.version and run.mapping_id != card.version:
        sentence = "Nothing was compared by the new version yet; the next sync does."
        return Health("wait", "Mapping changed", sentence, href=href)
    return None


def _health_of_questions(card: Card) -> Health | None:
    if not card.questions:
        return None
    questions = "question waits" if card.questions == 1 else "questions wait"
    sentence = f"{card.questions:,} {questions} for a person. {_missing_sentence(card)}"
    title, href = f"{card.questions:,} to decide", _list("problems_person", card)
    return Health("wait", title, sentence.strip(), person=True, href=href)


def _missing_sentence(card: Card) -> str:
    parity = card.parity
    words = parity.open_words
    if not words:
        return ""
    return f"{parity.equal:,} of {parity.total:,} people hold the same on both sides: {words}.{_counted_sentence(card)}"


def _counted_sentence(card: Card) -> str:
    return f" Counted {card.counted_ago}." if card.counted_ago else ""


def _health_of_people(card: Card) -> Health | None:
    """Everyone who should be on both sides, by value."""
    parity = card.parity
    if parity.is_whole:
        return None
    number = parity.total - parity.equal
    if number == parity.unknown:
        sentence = f"{_missing_sentence(card)} The next sync compares them."
        return Health("wait", f"{number:,} not compared yet", sentence, href=_list("contacts", card))
    sentence = f"{_missing_sentence(card)} The log says why each."
    return Health("wait", f"{number:,} not in step", sentence, person=True, href=_list("log", card))


def _health_of_work(card: Card) -> Health | None:
    if not card.waiting and not card.undecided:
        return None
    words = []
    if card.waiting:
        words.append(f"{card.waiting:,} changed record{'' if card.waiting == 1 else 's'} to be read")
    if card.undecided:
        words.append(f"{card.undecided:,} record{'' if card.undecided == 1 else 's'} to be decided")
    href = _list("problems_waiting", card)
    return Health("run", "Catching up", f"{' and '.join(words).capitalize()}.", href=href)


# A run may begin and end this much later than the schedule says before that is worth a word.
GRACE = timedelta(minutes=10)


# Nothing vouches for a reading that is older than this, where no schedule says how old it may be.
TOO_OLD = timedelta(days=2)


def _health_of_age(card: Card) -> Health | None:
    href = _list("runs", card)
    if is_overdue(card.link, card.fresh_at):
        sentence = f"It should be read every {card.link.schedule_minutes:,} minutes. Is a worker running?"
        return Health("wait", "Overdue", sentence, person=True, href=href)
    if card.fresh_at and timezone.now() - card.fresh_at > TOO_OLD:
        sentence = f"Both sides were last read {ago(card.fresh_at)}; what changed since is not known."
        return Health("idle", "Not read lately", sentence, href=href)
    return None


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
    age = f"Both were read {ago(card.fresh_at)}.{_counted_sentence(card)}"
    return Health(
        "ok", "In step", " ".join(filter(None, [sentence, age, describe_left_out(card)])), href=_list("contacts", card)
    )


def describe_left_out(card: Card) -> str:
    words = card.parity.left_out_words
    return f"Left out: {words}." if words else ""

"""Erasing one person from everything that is stored, so that nothing takes them in again.

Nothing is written to Gist or GHL. Counts and balances stay: log entries are kept without the person, runs keep their
figures.
"""

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from django.db import transaction

from integration.erased import anybody, remember
from integration.errors import SetupError
from integration.models import Erasure, ImportFile, InboxEvent, Link, Question, Run
from integration.privacy import files, leftovers
from integration.privacy.find import PersonData, find_person_data, links_of
from integration.privacy.holdings import HOLDINGS, Holding
from integration.privacy.scrub import is_mentioned, pattern_of, read_stored, scrub_column
from integration.privacy.setup import places_naming
from integration.runs.recover import process_name
from integration.webhooks.find_connections import connections_of
from integration.webhooks.forgetting import NEWS_SECONDS, contact_of, forget

# A run gives the link up after each slice (RUN_SLICE_SECONDS); so long an erasure waits for that.
PATIENCE_SECONDS, LEASE_SECONDS = 90.0, 600.0
UNKNOWN = "nothing here is about {}. Check the address or id, and that it is the right link; nothing was erased."
BUSY = "a run works on “{}” and did not pause for {:.0f} s. Pause or cancel it, then erase again; nothing was erased."


def find_stored(link: Link, **given: str) -> tuple[PersonData, dict[str, int]]:
    """Who is meant, and how much of them is stored, by kind. Raises SetupError when nothing is."""
    person, counts, _ = _find_stored(link, given)
    return person, counts


def _find_stored(link: Link, given: dict[str, str]) -> tuple[PersonData, dict[str, int], list[ImportFile]]:
    """Also the imported files that go: reading them takes a while."""
    person = find_person_data(link, **given)
    naming, unreadable = files.files_naming(person)
    counts = {one.title: _own_rows(one, person).count() for one in HOLDINGS if one.find}
    counts["Stored webhooks"] = sum(1 for _ in _own_events(person))
    counts["Webhooks on disk"] = leftovers.count_spooled(_is_in_delivery(person))
    counts[files.TITLE] = len(naming)
    if not any(counts.values()):
        raise SetupError(UNKNOWN.format(next(filter(None, given.values()), "nobody")))
    counts[files.UNREADABLE] = len(unreadable)
    return person, {title: number for title, number in counts.items() if number}, [*naming, *unreadable]


def erase(link: Link, by: Any = None, patience: float = PATIENCE_SECONDS, **given: str) -> tuple[Erasure, list[str]]:
    """Erase the person whom `email`, `gist_id` or `ghl_id` means on this link, on all links.

    Waits `patience` seconds for a run to pause.

    Gives what is left as proof, and sentences about where they may still be named: in a set-up, and in what the
    database keeps of deleted rows. Raises SetupError.
    """
    person, counts, named = _find_stored(link, given)
    marks = person.marks
    is_first = not anybody()
    with _held(links_of(person), patience):
        erasure = _erase_rows(person, marks, link, by)
        # Between the search for them and the commit more may have come; from now on none is stored any more, once every
        # process that takes webhooks knows.
        time.sleep(NEWS_SECONDS if is_first else 0)
        _forget_events(person)
        files.remove_files(named)
    leftovers.forget_spooled(_is_in_delivery(person))
    everything = marks | person.emails | {one for one in person.labels if " " in one}
    pattern = pattern_of(everything)
    leftovers.forget_volatile(lambda value: is_mentioned(value, pattern))
    Erasure.objects.filter(pk=erasure.pk).update(counts=counts)
    erasure.counts = counts
    return erasure, [*places_naming(everything), *leftovers.empty_free_pages()]


def allow_again(erasure: Erasure) -> None:
    """Whoever was erased then is taken in like anybody, from the next sync on."""
    erasure.digests.all().delete()


@contextmanager
def _held(links: Iterable[Link], patience: float) -> Iterator[None]:
    """No run works on the links meanwhile: it would write the person anew from what it has in memory."""
    held: list[Link] = []
    owner = f"{process_name()} erasing"
    try:
        for link in links:
            _take(link, owner, patience)
            held.append(link)
        yield
    finally:
        for link in held:
            link.release_lease(owner)


def _take(link: Link, owner: str, patience: float) -> None:
    deadline = time.monotonic() + patience
    while not link.take_lease(owner, LEASE_SECONDS):
        if time.monotonic() > deadline:
            raise SetupError(BUSY.format(link.name, patience))
        time.sleep(0.5)


@transaction.atomic
def _erase_rows(person: PersonData, marks: set[str], link: Link, by: Any) -> Erasure:
    erasure = Erasure.objects.create(link=link, erased_by=by)
    remember(erasure, person.names)
    for holding in HOLDINGS:
        _erase_own(holding, person)
    _forget_targets(person)
    _forget_options(person)
    _forget_events(person)
    for holding in HOLDINGS:
        for column in holding.texts:
            scrub_column(holding.model, column, marks)
    return erasure


def _own_rows(holding: Holding, person: PersonData) -> Any:
    rows = holding.model._default_manager
    return rows.filter(holding.find(person)) if holding.find else rows.none()


def _erase_own(holding: Holding, person: PersonData) -> None:
    # By key: the condition asks for pairs and entries that other rows of this statement may be about.
    keys = list(_own_rows(holding, person).values_list("pk", flat=True))
    rows = holding.model._default_manager.filter(pk__in=keys)
    if holding.blank is None:
        rows.delete()
    elif keys:
        rows.update(**{name: value() if callable(value) else value for name, value in holding.blank.items()})


def _forget_targets(person: PersonData) -> None:
    """Runs that were about the person are not any more."""
    for run in Run.objects.filter(link__in=links_of(person)).exclude(target={}).select_related("link"):
        own = _ids_on(person, run.link)
        # The steps of a ladder count places: there somebody leaves theirs empty.
        empty: list[dict[str, str]] = [{}] if run.target.ladder else []
        kept = [one for each in run.target.people for one in (empty if own & set(each.items()) else [each])]
        undo = {} if own & set(_texts_of(run.target.undo)) else run.target.undo
        if kept != run.target.people or undo != run.target.undo:
            run.target = replace(run.target, people=kept, undo=undo)
            run.save(update_fields=["target"])


def _texts_of(undo: dict[str, Any]) -> Iterator[tuple[str, str]]:
    return ((name, value) for name, value in undo.items() if isinstance(value, str))


def _forget_options(person: PersonData) -> None:
    """Questions about somebody else that offered the person. One that was answered with them goes, and so does one
    about a look-alike that offers nobody any more.
    """
    for question in Question.objects.filter(link__in=links_of(person), kind__in=Question.IDENTITY).select_related(
        "link"
    ):
        ids = {one for _, one in _ids_on(person, question.link)}
        kept = [one for one in question.options if one.get("id") not in ids]
        if len(kept) == len(question.options):
            continue
        if question.answer in ids or not (kept or question.kind == Question.Kind.MATCH):
            question.delete()
        else:
            question.options = kept
            question.save(update_fields=["options"])


def _ids_on(person: PersonData, link: Link) -> set[tuple[str, str]]:
    return {(side, one) for side, connection, one in person.ids if link.connection(side).pk == connection}


# Webhooks ------------------------------------------------------------------------------------------------


def _own_events(person: PersonData) -> Iterator[InboxEvent]:
    for event in InboxEvent.objects.exclude(body=b"").order_by("pk").iterator(200):
        if _is_own_event(person, event):
            yield event


def _is_own_event(person: PersonData, event: InboxEvent) -> bool:
    ids = {(connection, one) for _, connection, one in person.ids}
    if (event.connection_id, contact_of(event)) in ids:
        return True
    body = read_stored(bytes(event.body).decode(errors="replace"))
    return bool(person.emails) and is_mentioned(body, pattern_of(person.emails))


def _forget_events(person: PersonData) -> None:
    for event in list(_own_events(person)):
        forget(event)
        event.save(update_fields=["body", "headers", "state", "reason", "message", "handled_at"])


def _is_in_delivery(person: PersonData) -> Callable[[Any], bool]:
    def is_about(delivery: Any) -> bool:
        connection = next(iter(connections_of(delivery)), None)
        event = InboxEvent(
            provider=delivery.provider, topic=delivery.topic, body=delivery.body, connection_id=connection
        )
        return _is_own_event(person, event)

    return is_about

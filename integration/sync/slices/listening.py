"""What a run does beside its own work: hints from webhooks are read and decided, workflows carried on.

Nothing else is under way meanwhile, so nobody is written by two at once.
"""

from contextlib import suppress
from datetime import timedelta
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils import timezone

from integration.connections import learn_location
from integration.errors import Gone, MissingScope, ProviderError, RateLimited, ReconnectRequired, Retryable
from integration.models import Hint, Related, Snapshot
from integration.providers.exchange import Result, Steps
from integration.records import Contact, RelatedRecord
from integration.related import deeds, store
from integration.related.deeds import About, Deed
from integration.related.writing import related_of
from integration.sync import worksheet
from integration.sync.hints import mention, put_off, settle, take
from integration.sync.ledger import Entry
from integration.sync.match import match_these
from integration.sync.observe import is_settled, observe
from integration.workflows import executions
from integration.workflows.doing import take_note

if TYPE_CHECKING:
    from integration.sync.slices.slice import Slice

OF_ALL = (RateLimited, ReconnectRequired, MissingScope)
"""What a record cannot be read for that keeps every other one from being read too."""
LOOKED_FOR = timedelta(days=2)
"""A task whose contact is not found is looked for so long."""


def listen(part: "Slice") -> None:
    """Everything that is due now, and what comes meanwhile."""
    if part.run.dry_run:
        return
    # What an interrupted action did is put on record before a webhook tells of it as of somebody else's work.
    _carry_on(part, begun=True)
    while not part.stopping and (hints := take(part.run)):
        _hear_contacts(part, [hint for hint in hints if hint.kind == "contact"])
        if around := [hint for hint in hints if hint.kind != "contact"]:
            learn_location(part.run.link.ghl, part.exchange)
            _hear_around(part, around)
    _carry_on(part)


# Contacts ------------------------------------------------------------------------------------------------


def _hear_contacts(part: "Slice", hints: list[Hint]) -> None:
    results = list(part.exchange.run((hint, _read_contact(part, hint)) for hint in hints))
    _put_off_unreadable(results)
    read = [result for result in results if not result.error]
    part.write(_take_notes(part, [result.key for result in read], read))


def _put_off_unreadable(results: "list[Result[Hint, dict[str, Contact]]] | list[Result[Hint, Found]]") -> None:
    """One record that cannot be read must not hold up the others. Raises what concerns more than one record."""
    failed = {result.key: result.error for result in results if result.error}
    of_all = OF_ALL if len(failed) < len(results) else (*OF_ALL, Retryable)
    for error in failed.values():
        if isinstance(error, of_all):
            raise error
    put_off(failed)


def _take_notes(part: "Slice", hints: list[Hint], results: list[Result[Hint, dict[str, Contact]]]) -> list[Entry]:
    """What was read becomes work; the hints are settled with it, those of deleted records with their entry."""
    run, rules = part.run, part.rules
    part.ledger.born |= {(hint.side, hint.external_id): hint.first_at for hint in hints if hint.born}
    touched: list[Snapshot] = []
    parting: list[Entry] = []
    with transaction.atomic():
        for result in results:
            if not result.value:
                parting += filter(None, [worksheet.parted(run, rules, result.key)])
            touched += [_take_note(part, side, contact) for side, contact in (result.value or {}).items()]
        kept = {entry.hint.pk for entry in parting if entry.hint}
        settle(hint for hint in hints if hint.pk not in kept)
        match_these(run.link, rules, touched)
    news = Snapshot.objects.select_related("pair").filter(pk__in=[s.pk for s in touched], fresh__isnull=False)
    return [*parting, *worksheet.entries_of(run, rules, list(news))]


def _read_contact(part: "Slice", hint: Hint) -> Steps[dict[str, Contact]]:
    """The record itself; when it holds news, its other half too. Nothing when it was deleted."""
    found: dict[str, Contact] = {}
    with suppress(Gone):
        found[hint.side] = yield from part.sides[hint.side].read(hint.external_id)
    known = (
        Snapshot.objects.select_related("pair")
        .filter(link=part.run.link, side=hint.side, external_id=hint.external_id)
        .first()
    )
    if not found or known is None or known.pair is None or is_settled(known, found[hint.side], part.rules):
        return found
    other = "ghl" if hint.side == "gist" else "gist"
    with suppress(Gone):
        found[other] = yield from part.sides[other].read(known.pair.external_id(other))
    return found


def _take_note(part: "Slice", side: str, contact: Contact) -> Snapshot:
    observe(part.run.link, part.run, part.rules, [contact])
    return Snapshot.objects.get(link=part.run.link, side=side, external_id=contact.id)


# Tasks, notes, appointments ------------------------------------------------------------------------------


Found = RelatedRecord | str
"""The record as it stands; or, when GHL has it no longer, the sentence that says so."""
GONE = "GHL no longer has it."
NO_CONTACT = "No contact of the location was found to have it."


def _hear_around(part: "Slice", hints: list[Hint]) -> None:
    results = list(part.exchange.run((hint, _read_around(part, hint)) for hint in hints))
    _put_off_unreadable(results)
    for result in results:
        if result.error is None and result.value is not None:
            _note_around(part, result.key, result.value)


def _read_around(part: "Slice", hint: Hint) -> Steps[Found]:
    """One call, or two for a task whose event did not name its contact (docs/ghl-api.md#webhooks)."""
    link, related = part.run.link, related_of(part.run.link)
    known = Related.objects.filter(link=link, kind=hint.kind, ghl_id=hint.external_id).first()
    contact_id = hint.contact_id or (known.contact_id if known else "")
    if not contact_id and hint.deleted:
        return GONE
    if not contact_id and hint.kind == "task":
        contact_id = yield from related.owner_of_task(hint.external_id, hint.title)
    if not contact_id and hint.kind != "appointment":
        return NO_CONTACT
    try:
        return (yield from related.read(hint.kind, contact_id, hint.external_id))  # type: ignore[arg-type]
    except Gone:
        return GONE


def _note_around(part: "Slice", hint: Hint, found: Found) -> None:
    """Keep what was read, log what is news in it and tell workflows, all with the hint's end."""
    if found == NO_CONTACT and hint.first_at > timezone.now() - LOOKED_FOR:
        put_off([hint])  # GHL's search may show it late.
        return
    link = part.run.link
    with transaction.atomic():
        if isinstance(found, RelatedRecord):
            news = store.announce(link, found, born=hint.born)
        else:
            lost = store.part(link, hint.kind, hint.external_id)  # type: ignore[arg-type]
            news = [lost] if lost else []
        take_note(part.run, news)
        if found == NO_CONTACT:
            label = f"Task “{hint.title or hint.external_id}”"
            deeds.log(part.run, Deed("task", label, reason="no_contact", external_id=hint.external_id), About())
        mention(link, found.contact_id if isinstance(found, RelatedRecord) else hint.contact_id)
        settle([hint])


# Workflows -----------------------------------------------------------------------------------------------


def _carry_on(part: "Slice", *, begun: bool = False) -> None:
    """The next action of each execution that is due, until none is; only of those `begun` before, if so asked."""
    link = part.run.link
    while not part.stopping and (due := executions.take(link, begun=begun)):
        learn_location(link.ghl, part.exchange)
        tasks = ((one, executions.next_action(part.run, one, part.sides)) for one in due)
        for result in part.exchange.run((one, part.guarded(steps)) for one, steps in tasks):
            error: ProviderError | None = result.error
            executions.settle(part.run, result.key, result.value, error, result.calls)

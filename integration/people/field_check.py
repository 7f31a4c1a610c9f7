"""Check my fields: every mapped custom field written to a test contact, read back and compared, then taken away again.

The contact is made for it, under an address that no link takes in (erased.py), or it is one that a person names and
says to be nobody's; what stood there is put back then.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.utils import timezone

from integration.connections.fields import known_fields
from integration.connections.session import contacts_of, exchange_for_link, note_broken_login
from integration.erased import new_test_address
from integration.errors import LostAnswer, NotSent, ProviderError, ReconnectRequired, SetupError
from integration.mapping.drafts import draft_now
from integration.mapping.field_trials import FieldTrial, plan_trials
from integration.models import Change, FieldCheck, Link, Pair, Provider, Run, RunStatus
from integration.people.commands import check_may_write
from integration.people.read import know_fields
from integration.providers.base import ContactSide
from integration.providers.exchange import Exchange, Result, Steps
from integration.providers.operations import Json
from integration.records import SIDES, Contact, PersonRef, Side, Value, Values, is_blank
from integration.related.write_result import WriteResult, run_of_person
from integration.sync.apply import create_contact, delete_contact, write_contact_fields
from integration.sync.plan import create_of, delete_of, updates_of
from integration.sync.refusals import Refusals
from integration.values import as_text, same_value
from integration.workflows.record import record_result

RULE, NAME = "field_check", "Gistline field check"
KEPT, CHANGED, REFUSED, UNTESTED = "kept", "changed", "refused", "untested"
# It must not be written to: an automation that begins when a contact is made mails nobody.
MADE_WITH: Mapping[Side, Values] = {
    "gist": {"name": NAME, "unsubscribed_from_emails": True},
    "ghl": {"firstName": "Gistline", "lastName": "field check", "dndSettings.Email": "active"},
}
LONGEST_SHOWN = 80


def trials_now(link: Link) -> list[FieldTrial]:
    """Of the rows as they stand in the editor, by the fields that were read last."""
    return plan_trials(link, draft_now(link).rows, known_fields(link.gist), known_fields(link.ghl))


def calls_for(trials: Iterable[FieldTrial]) -> dict[Side, int]:
    """About how many calls a check makes, by side: more where a field is refused without being named."""
    sides = {one.side for one in trials if not one.why_not}
    # Make, write, read back, read whole before deleting, delete; or find, read, write, read back, put back.
    return dict.fromkeys((side for side in SIDES if side in sides), 5)


def check_fields(link: Link, user: Any, email: str = "") -> FieldCheck:
    """Try all fields, on the contact with this address, or on one that is made and deleted. Takes some seconds.

    Raises SetupError, before anything is written, where nothing can be tried or the contact is somebody's.
    """
    check_may_write(link)
    trials = trials_now(link)
    by_side = {side: [one for one in trials if one.side == side and not one.why_not] for side in SIDES}
    sides = [_TriedSide(link, side, by_side[side], email.strip()) for side in SIDES if by_side[side]]
    if not sides:
        raise SetupError("No row writes a custom field that can be tried. Map one, then check again.", link.key)
    address = email.strip() or new_test_address()
    with exchange_for_link(link) as exchange:
        if email.strip():
            _find_named(exchange, link, sides, address)
        check = _begin(link, address, user, is_made=not email.strip())
        _carry_out(exchange, sides, address)
        made = dict(exchange.made)
    _log_all(link, user, sides, made)
    check.results = [_as_result(one, sides) for one in trials]
    check.left_behind = [side.left_behind for side in sides if side.left_behind]
    check.finished_at = timezone.now()
    check.save()
    return check


def _begin(link: Link, address: str, user: Any, *, is_made: bool) -> FieldCheck:
    """Kept before anything is written: after a kill it says by which address a contact may have been left."""
    facts = {"contact": address, "is_made": is_made, "started_by": user, "started_at": timezone.now()}
    began: dict[str, Any] = {**facts, "finished_at": None, "results": [], "left_behind": []}
    check, _ = FieldCheck.objects.update_or_create(link=link, defaults=began)
    return check


# One side ------------------------------------------------------------------------------------------------------


@dataclass
class _TriedSide:
    """What is tried on one side, and what came of it."""

    link: Link
    side: Side
    trials: Sequence[FieldTrial]
    named: str = ""
    """The address of a contact that a person named; "" for one that is made."""
    contact: Contact | None = None
    changes: list[Change] = field(default_factory=list)
    refusals: Refusals = field(default_factory=dict)
    found: Values = field(default_factory=dict)
    error: ProviderError | None = None
    left_behind: str = ""
    calls: list[Json] = field(default_factory=list)

    @property
    def name(self) -> str:
        return Provider(self.side).label

    def contacts(self) -> ContactSide:
        contacts = contacts_of(self.link.connection(self.side))
        know_fields(self.link, contacts)
        return contacts

    def find(self) -> Steps[list[Contact]]:
        contacts = self.contacts()
        yield from contacts.know_all_fields()
        return list((yield from contacts.find(email=self.named)))

    def try_fields(self, address: str) -> Steps[None]:
        """Make the contact unless one is named, write the values and read back what stands there."""
        contacts = self.contacts()
        yield from contacts.know_all_fields()
        if self.contact is None:
            create = create_of(self.side, "contact", {**MADE_WITH[self.side], "email": address}, RULE)
            self.changes.append(create)
            self.contact, _ = yield from create_contact(contacts, create)
        else:
            # A look-up may show less of it than there is, and what is not known cannot be put back.
            self.contact = yield from contacts.read(self.contact.id)
        updates = updates_of(self.contact, {one.key: one.value for one in self.trials}, RULE)
        self.changes += updates
        written = yield from write_contact_fields(contacts, updates, self.contact)
        self.refusals = written.refusals
        self.found = (yield from contacts.read(self.contact.id)).values

    def clean_up(self) -> Steps[None]:
        """Delete what was made, or put back what stood there."""
        if self.contact is None:
            return
        contacts = self.contacts()
        if not self.named:
            delete = delete_of(self.contact, RULE)
            self.changes.append(delete)
            yield from delete_contact(contacts, delete)
            return
        # After a lost answer nobody knows whether it was written.
        is_lost = isinstance(self.error, LostAnswer)
        written = {one.field: one.before for one in self.changes if one.is_applied or is_lost}
        there = self.contact.with_values(self.found)
        backs = updates_of(there, written, RULE)
        self.changes += backs
        if written and (yield from write_contact_fields(contacts, backs, there)).refusals:
            lost = ", ".join(one.field for one in backs if not one.is_applied)
            raise NotSent(f"these were refused: {lost}.", provider=self.side)

    def note_lost_answer(self, address: str) -> None:
        if self.contact is None and isinstance(self.error, LostAnswer):
            self.left_behind = f"Look in {self.name} for “{address}”, and delete it: whether it was made is not known."

    def note_left_behind(self, problem: ProviderError) -> None:
        what = "The test contact could not be deleted" if not self.named else "What stood there could not be put back"
        label = f"{self.named or NAME} ({self.contact.id if self.contact else 'unknown id'})"
        self.left_behind = f"{what} in {self.name}: {label}. {problem} Do it there by hand."


def _find_named(exchange: Exchange, link: Link, sides: Sequence[_TriedSide], email: str) -> None:
    """Raises SetupError where the contact is on neither side, is not one alone, or is somebody whom a link syncs."""
    for side in sides:
        found = exchange.carry_out(side.find())
        if len(found) > 1:
            raise SetupError(f"{side.name} has {len(found)} contacts “{email}”. Name one whose address is its own.")
        side.contact = found[0] if found else None
        if side.contact:
            _refuse_synced(link, side.side, side.contact)
        else:
            side.error = NotSent(f"{side.name} has no contact “{email}”.", provider=side.side)
    if not any(side.contact for side in sides):
        raise SetupError(f"Neither side has a contact “{email}”. Check the address, or let Gistline make one.")


def _refuse_synced(link: Link, side: Side, contact: Contact) -> None:
    """Of any link of the account: what is written would be carried to the other side before it is put back."""
    ids = {f"{side}_id": contact.id, f"link__{side}": link.connection(side)}
    pair = Pair.objects.filter(kind="contact", state=Pair.State.LINKED, **ids).select_related("link").first()
    if pair:
        raise SetupError(
            f"{contact.label} is synced by {pair.link.name}: test values would be carried over. Put the contact on hold"
            " on its page first, or let Gistline make one."
        )


def _carry_out(exchange: Exchange, sides: Sequence[_TriedSide], address: str) -> None:
    tried = [side for side in sides if side.error is None]
    try:
        for result in exchange.run((side, side.try_fields(address)) for side in tried):
            _note(result)
    except ProviderError as problem:
        # It ends the work on both sides: a login that is refused, a limit that is reached.
        for side in tried:
            side.error = side.error or problem
        if isinstance(problem, ReconnectRequired) and problem.provider:
            note_broken_login(sides[0].link.connection(problem.provider), problem)
    finally:
        # Each by itself, so that what stops one side leaves nothing behind on the other.
        for side in tried:
            side.note_lost_answer(address)
            _clean_up(exchange, side)


def _note(result: "Result[_TriedSide, None]") -> None:
    result.key.error = result.error
    result.key.calls += result.calls


def _clean_up(exchange: Exchange, side: _TriedSide) -> None:
    try:
        (result,) = exchange.run([(side, side.clean_up())])
        side.calls += result.calls
        problem = result.error
    except ProviderError as broken:
        problem = broken
    if problem:
        side.note_left_behind(problem)


# What came of it -----------------------------------------------------------------------------------------------


def _as_result(trial: FieldTrial, sides: Sequence[_TriedSide]) -> dict[str, str]:
    side = next((one for one in sides if one.side == trial.side), None)
    state, sentence = (UNTESTED, trial.why_not) if trial.why_not or side is None else _compare(trial, side)
    names = {"side": trial.side, "key": trial.key, "label": trial.label, "type": trial.type}
    return {**names, "state": state, "sentence": sentence}


def _compare(trial: FieldTrial, side: _TriedSide) -> tuple[str, str]:
    if refusal := side.refusals.get(trial.key):
        return REFUSED, f"{side.name} refused {_shown(trial.value)}: {refusal}"
    if side.error:
        return UNTESTED, f"Not tried to its end: {side.error}"
    found = side.found.get(trial.key)
    if _is_kept(trial.value, found):
        return KEPT, f"{side.name} kept {_shown(trial.value)}."
    if is_blank(found):
        return CHANGED, f"{side.name} took {_shown(trial.value)} and shows nothing: the value is lost there."
    return CHANGED, f"{side.name} changed {_shown(trial.value)} to {_shown(found)}."


def _is_kept(value: Value, found: Value) -> bool:
    """Lists in any order; anything else to the letter, though a number may come back as its text."""
    return same_value(value, found) if isinstance(value, list) else as_text(value) == as_text(found)


def _shown(value: Value) -> str:
    text = ", ".join(map(as_text, value)) if isinstance(value, list) else as_text(value)
    text = " ".join(text.split())
    return f"“{text if len(text) <= LONGEST_SHOWN else text[:LONGEST_SHOWN] + '…'}”"


def _log_all(link: Link, user: Any, sides: Sequence[_TriedSide], made: Mapping[str, int]) -> None:
    run = run_of_person(link, user)
    is_whole = not any(side.error or side.left_behind for side in sides)
    status = RunStatus.SUCCEEDED if is_whole else RunStatus.PARTIAL
    Run.objects.filter(pk=run.pk).update(api_calls=made, status=status)
    for side in sides:
        if side.contact or side.changes:
            _log_side(run, side)


def _log_side(run: Run, side: _TriedSide) -> None:
    kept = sum(_compare(one, side)[0] == KEPT for one in side.trials)
    message = f"{kept} of {len(side.trials)} custom fields came back from {side.name} as they were written."
    contact_id = side.contact.id if side.contact else ""
    result = WriteResult(
        "contact", NAME, side=side.side, did="updated", reason="fields_checked", external_id=contact_id,
        message=f"{message} {side.left_behind}".strip(), error=side.error, calls=side.calls,
    )  # fmt: skip
    person = PersonRef(**{f"{side.side}_id": contact_id}, label=side.named or NAME)
    record_result(run, result, person, side.changes)

"""A person as both sides have them now, compared: what the contact page and `manage.py lookup` show."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from django.db.models import prefetch_related_objects

from integration.connections.fields import fields_read_at
from integration.mapping.rules import BrokenRow, Rules, broken_rows, freeze_rules
from integration.models import Link, LogEntry, MappingVersion, Pair, Provider, Question
from integration.people.compare import Comparison, compare_records
from integration.people.find import KnownPerson, version_of
from integration.people.read import Reading, read_known, read_live
from integration.records import Contact, Field, Values
from integration.related.gist_properties import carried_values

STILL = {
    Pair.State.HELD: "On hold, so nothing is written",
    Pair.State.UNLINKED: "Unlinked, so nothing is written",
    Pair.State.ONE_GONE: "Deleted on one side, so nothing is written",
    Pair.State.DELETED: "Deleted on both sides",
}
LEFT_OUT = "Left out by the link’s filter, so nothing is written"


@dataclass(frozen=True)
class ComparedPerson:
    """`questions` are those ever asked, `version` the mapping they were compared by; None when the link has none."""

    known: KnownPerson
    reading: Reading
    comparison: Comparison
    questions: tuple[Question, ...] = ()
    version: MappingVersion | None = None

    @property
    def label(self) -> str:
        contact = self.reading.contact("gist") or self.reading.contact("ghl")
        return contact.label if contact else self.known.label

    @property
    def is_known(self) -> bool:
        """Whether anybody ever knew this person: either side now, or Gistline before."""
        return bool(self.reading.contacts or self.known.pair or self.known.snapshots or self.reading.problems)


def compare_live(person: KnownPerson, asked: Sequence[Question] | None = None) -> ComparedPerson:
    """Read the person live and compare. What cannot be read is named in `reading.problems`."""
    return _compare_reading(person, read_live(person), questions_about(person) if asked is None else asked)


def compare_known(person: KnownPerson, asked: Sequence[Question]) -> ComparedPerson:
    """What was known last, compared; nobody is asked."""
    return _compare_reading(person, read_known(person), asked)


def _compare_reading(person: KnownPerson, reading: Reading, asked: Sequence[Question]) -> ComparedPerson:
    version, rules = rules_now(person.link, reading.fields)
    # Before a list of fields was ever read, no row can be called broken.
    of_ghl = reading.fields["ghl"] if fields_read_at(person.link.ghl) else {}
    broken = broken_rows(version, reading.fields["gist"], of_ghl)
    comparison = compare_with(
        person, reading.contacts, reading.fields, rules, asked, shows=_carried_values(person, reading, version),
        broken=broken, unread=reading.unread, gone=reading.gone,
    )  # fmt: skip
    return ComparedPerson(person, reading, comparison, tuple(asked), version)


def compare_with(
    person: KnownPerson, contacts: Mapping[str, Contact], fields: Mapping[str, Mapping[str, Field]], rules: Rules,
    asked: Iterable[Question] = (), shows: Values | None = None, broken: Iterable[BrokenRow] = (),
    unread: Mapping[str, str] | None = None, gone: Collection[str] = (),
) -> Comparison:  # fmt: skip
    """What was read, compared field by field, by what Gistline knows of the person.

    Sides in `unread` did not answer, it says why: `contacts` holds what was known of them, if anything, and says
    nothing about being in step.
    """
    if not contacts:
        return Comparison()
    bases = {side: snapshot.base for side, snapshot in person.snapshots.items()}
    # An answered question stays open until a sync has carried it out; until then the page must show what it will do.
    waiting = (one for one in asked if one.kind == Question.Kind.CONFLICT and one.closed_at is None)
    answers = {one.field: one.answer for one in waiting if one.answer}
    left_out = rules.why_not_taken(contacts.values())
    stands_still = _standstill_reason(person, contacts, unread or {}, gone) or (LEFT_OUT if left_out else "")
    # Field by field without the filters: whether two values agree does not depend on them.
    compared = compare_records(
        replace(rules, filters=()), contacts, bases, fields, answers=answers, shows=shows, broken=broken,
        unread=tuple(unread or ()), stands_still=stands_still,
    )  # fmt: skip
    return replace(compared, left_out=left_out or _last_left_out(person))


def _last_left_out(person: KnownPerson) -> str:
    """Of somebody who passes, and who is on the other side as a contact that the filter there does not take."""
    if not any(one.reason == "filtered" for one in person.snapshots.values()):
        return ""
    about = LogEntry.objects.filter(link=person.link, reason="filtered", planned=False)
    entry = about.filter(**{f"{person.side}_id": person.ids[person.side]}).order_by("-pk").first()
    return entry.message if entry else ""


def _standstill_reason(
    person: KnownPerson, contacts: Mapping[str, Contact], unread: Mapping[str, str], gone: Collection[str]
) -> str:
    if unread:
        troubles = " ".join(f"{Provider(side).label} could not be read. {why}" for side, why in unread.items())
        return f"Nothing is compared: {troubles.removesuffix('.')}"
    if person.pair is None:
        return ""
    # Compared with nothing, every field would look as if it had to be created.
    if person.pair.state == Pair.State.LINKED and len(contacts) == 1:
        (side,) = contacts
        other = Provider(side).other
        why = "no longer has this contact" if other in gone else "was not read"
        return f"{other.label} {why}, so nothing is compared"
    return STILL.get(Pair.State(person.pair.state), "")


def _carried_values(person: KnownPerson, reading: Reading, version: MappingVersion | None) -> Values | None:
    # A kind that could not be read would look like one of which there is nothing, and Gist's properties like stale
    # ones.
    whole = {"task", "note", "appointment"} <= reading.related_records.keys()
    shows = carried_values(person.link, person.gist_id, reading.related_records) if whole else None
    if shows is None or version is None or version.carried is None:
        return shows
    return {name: value for name, value in shows.items() if name in version.carried}


def rules_now(link: Link, fields: Mapping[str, Mapping[str, Field]]) -> tuple[MappingVersion | None, Rules]:
    """The rules that a run which began now would freeze."""
    version = version_of(link)
    if version:
        # Whoever asks for the broken rows next finds them read already.
        prefetch_related_objects([version], "rows")
    return version, freeze_rules(link, version, fields["gist"], fields["ghl"])


def questions_about(person: KnownPerson) -> list[Question]:
    """What somebody was asked about this person; of those without a counterpart, what is open."""
    rows = Question.objects.select_related("answered_by")
    if person.pair:
        return list(rows.filter(pair=person.pair))
    abouts = [f"{side}:{contact_id}" for side, contact_id in person.ids.items()]
    return list(rows.filter(link=person.link, about__in=abouts, closed_at=None))

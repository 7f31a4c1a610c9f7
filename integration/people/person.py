"""Somebody with what both sides say of them now, compared: what the contact page and `manage.py lookup` show."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from django.db.models import prefetch_related_objects

from integration.mapping.rules import Rules, rules_of
from integration.models import Link, MappingVersion, Pair, Question
from integration.people import reading
from integration.people.reading import Reading
from integration.people.verdicts import Comparison, compare
from integration.people.who import NAMES, Somebody, version_of
from integration.providers.ghl.fields import resolve as resolve_ghl
from integration.providers.gist.fields import resolve as resolve_gist
from integration.records import Contact, Field, Values
from integration.related.carry import carried

RESOLVE = {"gist": resolve_gist, "ghl": resolve_ghl}
STILL = {
    Pair.State.HELD: "On hold, so nothing is written",
    Pair.State.UNLINKED: "Unlinked, so nothing is written",
    Pair.State.ONE_GONE: "Deleted on one side, so nothing is written",
    Pair.State.DELETED: "Deleted on both sides",
}


@dataclass(frozen=True)
class Person:
    """`questions` are those ever asked, `version` the mapping they were compared by; None when the link has none."""

    who: Somebody
    reading: Reading
    comparison: Comparison
    questions: tuple[Question, ...] = ()
    version: MappingVersion | None = None

    @property
    def label(self) -> str:
        contact = self.reading.contact("gist") or self.reading.contact("ghl")
        return contact.label if contact else self.who.label

    @property
    def is_known(self) -> bool:
        """Whether anybody ever knew this person: either side now, or Gistline before."""
        return bool(self.reading.contacts or self.who.pair or self.who.known or self.reading.problems)


def look_at(who: Somebody) -> Person:
    """Read the person live and compare. What cannot be read is told in `reading.problems`."""
    read = reading.read(who)
    version, rules = rules_now(who.link, read.fields)
    asked = questions_about(who)
    comparison = compare_with(who, read.contacts, read.fields, rules, asked, shows=_shows(who, read))
    return Person(who, read, comparison, tuple(asked), version)


def compare_with(
    who: Somebody, contacts: Mapping[str, Contact], fields: Mapping[str, Mapping[str, Field]], rules: Rules,
    asked: Iterable[Question] = (), shows: Values | None = None,
) -> Comparison:  # fmt: skip
    """The verdicts of what was read, by what Gistline knows of the person."""
    if not contacts:
        return Comparison()
    bases = {side: snapshot.base for side, snapshot in who.known.items()}
    waiting = (one for one in asked if one.kind == Question.Kind.CONFLICT and one.closed_at is None)
    answers = {one.field: one.answer for one in waiting if one.answer}
    return compare(rules, contacts, bases, fields, answers=answers, shows=shows, stands_still=_still(who, contacts))


def _still(who: Somebody, contacts: Mapping[str, Contact]) -> str:
    if who.pair is None:
        return ""
    if who.pair.state == Pair.State.LINKED and len(contacts) == 1:
        return f"{NAMES['ghl' if 'gist' in contacts else 'gist']} was not read, so nothing is compared"
    return STILL.get(Pair.State(who.pair.state), "")


def _shows(who: Somebody, read: Reading) -> Values | None:
    whole = {"task", "note", "appointment"} <= read.around.keys()
    return carried(who.link, who.gist_id, read.around) if whole else None


def rules_now(link: Link, fields: Mapping[str, Mapping[str, Field]]) -> tuple[MappingVersion | None, Rules]:
    """The rules that a run which began now would freeze."""
    version = version_of(link)
    if version:
        prefetch_related_objects([version], "rows")
    rows = version.rows.all() if version else ()
    named: dict[str, dict[str, Field]] = {"gist": {}, "ghl": {}}
    for side, resolve in RESOLVE.items():
        for row in rows:
            key = getattr(row, f"{side}_field")
            if found := resolve(key, fields[side]):
                named[side][key] = found
    return version, rules_of(link, version, named["gist"], named["ghl"])


def questions_about(who: Somebody) -> list[Question]:
    """What somebody was asked about this person; of those without a counterpart, what is open."""
    rows = Question.objects.select_related("answered_by")
    if who.pair:
        return list(rows.filter(pair=who.pair))
    abouts = [f"{side}:{contact_id}" for side, contact_id in who.ids.items()]
    return list(rows.filter(link=who.link, about__in=abouts, closed_at=None))

"""Records that could be the same person, by what speaks for it, and what stands against pairing them."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from integration.mapping.rules import Rules
from integration.models import Link, OtherEmail, Pair, Provider, Snapshot
from integration.names import names_agree
from integration.sync.pairing import pairs_kept_apart

MATCHED_BY = {"email": "e-mail address", "other_email": "e-mail address, as a further one,", "phone": "phone number"}
# Gist tells contacts apart by their address (docs/gist-api.md#contacts).
ONE_PER_ADDRESS = "Gist keeps one contact per e-mail address."


@dataclass(frozen=True)
class Found:
    """The strongest evidence there is for a record: `key`, and whom of the other side it points to.

    `free` are those who have no counterpart, `rivals` the records of the own side that the one candidate could be as
    well, the record itself among them. `problem` is why it is not clear: "ambiguous", "other_name", "taken", or "".
    """

    key: str
    others: list[Snapshot]
    free: list[Snapshot] = field(default_factory=list)
    rivals: list[Snapshot] = field(default_factory=list)
    problem: str = ""


def is_taken_by_filter(rules: Rules, snapshot: Snapshot) -> bool:
    """By the values read last. What was read before the filter was set is left out until it is read again."""
    if not rules.filters:
        # Before the values are looked at: they are loaded only where there is a filter.
        return True
    held = snapshot.undecided if snapshot.undecided is not None else snapshot.base
    return rules.is_known_to_take(snapshot.side, held or {})


def unneeded_columns(rules: Rules) -> tuple[str, ...]:
    """Columns that matching does not look at, though they make up most of a row; a filter looks at the values."""
    return ("unconfirmed_writes",) if rules.filters else ("base", "undecided", "unconfirmed_writes")


class Index:
    """Records of one side by their addresses and numbers."""

    def __init__(self) -> None:
        self.main: dict[str, list[Snapshot]] = defaultdict(list)
        self.further: dict[str, list[Snapshot]] = defaultdict(list)
        self.phone: dict[str, list[Snapshot]] = defaultdict(list)

    def find(self, key: str, snapshot: Snapshot) -> list[Snapshot]:
        """Records that this evidence points to, each once."""
        if key == "email":
            return list(self.main[snapshot.email]) if snapshot.email else []
        if key == "phone":
            return list(self.phone[snapshot.phone]) if snapshot.phone else []
        by_main = (one for address in snapshot.other_emails for one in self.main[address])
        by_further = (one for address in snapshot.addresses for one in self.further[address])
        return list({one.pk: one for one in (*by_main, *by_further)}.values())


def index_records(link: Link, rules: Rules, side: str, wanted: Iterable[Snapshot]) -> tuple[Index, Index]:
    """Records of one side that have an address or number of `wanted`: those whom the link's filter takes, and those
    whom it leaves out.
    """
    taken, left_out = Index(), Index()

    def index_for(one: Snapshot) -> Index:
        return taken if is_taken_by_filter(rules, one) else left_out

    people = list(wanted)
    emails = {address for one in people for address in one.addresses}
    phones = {one.phone for one in people} - {""}
    # Records that have a pair are looked up too: they make clear that somebody is taken. One query for each kind.
    rows = Snapshot.objects.filter(link=link, side=side).select_related("pair").defer(*unneeded_columns(rules))
    for one in rows.filter(email__in=emails) if emails else ():
        index_for(one).main[one.email].append(one)
    for one in rows.filter(phone__in=phones) if phones else ():
        index_for(one).phone[one.phone].append(one)
    further = OtherEmail.objects.filter(link=link, email__in=emails, snapshot__side=side)
    for row in further.select_related("snapshot__pair") if emails else ():
        index_for(row.snapshot).further[row.email].append(row.snapshot)
    return taken, left_out


class Candidates:
    """Whom each of `loose`, all of one side, could be."""

    def __init__(self, link: Link, rules: Rules, loose: Sequence[Snapshot]):
        self.link, self.rules, self.loose = link, rules, loose
        self.side = Provider(loose[0].side)
        self.other = self.side.other
        # Main addresses say more than further ones, whatever the order.
        self.keys = [key for name in rules.match for key in KEYS.get(name, ())]
        # By both, whatever the link matches by: an address or number stands in the way all the same. Whom a filter
        # leaves out is no candidate and no rival.
        self.others, self.left_out = index_records(link, rules, self.other, loose)

    @cached_property
    def own(self) -> Index:
        """Asked for only where somebody could be matched: in a first backfill to an empty side nobody can."""
        wanted = {
            one.pk: one for snapshot in self.loose for key in self.keys for one in self.others.find(key, snapshot)
        }
        return index_records(self.link, self.rules, self.side, [*wanted.values(), *self.loose])[0]

    @cached_property
    def partners(self) -> dict[int, Snapshot]:
        """The halves on the own side of the candidates' pairs, by pair."""
        pairs = {
            one.pair_id for snapshot in self.loose for key in self.keys for one in self.others.find(key, snapshot)
        } - {None}
        rows = Snapshot.objects.filter(link=self.link, side=self.side, pair__in=pairs)
        return {one.pair_id or 0: one for one in rows.defer(*unneeded_columns(self.rules))} if pairs else {}

    def partner_of(self, other: Snapshot) -> Snapshot | None:
        return self.partners.get(other.pair_id) if other.pair_id else None

    @cached_property
    def apart(self) -> set[tuple[str, str]]:
        return pairs_kept_apart(self.link)

    def are_apart(self, one: Snapshot, other: Snapshot) -> bool:
        """Whether a person said that these records, one of each side, are two people."""
        ids = {one.side: one.external_id, other.side: other.external_id}
        return (ids["gist"], ids["ghl"]) in self.apart

    def is_kept_apart(self, snapshot: Snapshot) -> bool:
        """Whether a person said so of this record and any other."""
        place = 0 if snapshot.side == Provider.GIST else 1
        return any(ids[place] == snapshot.external_id for ids in self.apart)

    def is_free(self, other: Snapshot) -> bool:
        """Whether nobody has this record: half of a pair whose other half is gone is free as well."""
        if other.pair is None:
            return True
        return other.pair.state not in Pair.TOGETHER and self.partner_of(other) is None

    def find_for(self, snapshot: Snapshot) -> Found | None:
        """What the first key finds that finds anybody; None when no record of the other side could be this person."""
        for key in self.keys:
            others = [other for other in self.others.find(key, snapshot) if self._may_be(key, snapshot, other)]
            if key == "phone":
                others = self._without_strangers(snapshot, others)
            if others:
                return self._judge(key, snapshot, others)
        return None

    def find_left_out(self, snapshot: Snapshot) -> str:
        """The sentence for a record of the other side that could be this person, and that its filter leaves out."""
        for key in self.keys:
            for other in self.left_out.find(key, snapshot):
                is_same = key != "phone" or names_agree(name_of(snapshot), name_of(other))
                if is_same and self._may_be(key, snapshot, other):
                    return (
                        f"{self.other.label}'s {named(other)} has this {MATCHED_BY[key]}, and the link's filter for "
                        f"{self.other.label} does not take that contact."
                    )
        return ""

    def _may_be(self, key: str, snapshot: Snapshot, other: Snapshot) -> bool:
        if self.are_apart(snapshot, other):
            return False
        if key != "phone":
            return True
        # Somebody with a counterpart has that one's addresses too.
        partner = self.partner_of(other)
        theirs = {*other.addresses, *(partner.addresses if partner else ())}
        return not snapshot.addresses or not theirs or bool(theirs & set(snapshot.addresses))

    def _without_strangers(self, snapshot: Snapshot, others: list[Snapshot]) -> list[Snapshot]:
        """Of people with one number those whose names agree, when there are any; who has a counterpart and another
        name is somebody else.
        """
        alike = [other for other in others if names_agree(name_of(snapshot), name_of(other))]
        return alike or [other for other in others if self.is_free(other)]

    def _judge(self, key: str, snapshot: Snapshot, others: list[Snapshot]) -> Found:
        free = [other for other in others if self.is_free(other)]
        rivals = self._rivals(key, snapshot, others[0]) if len(others) == 1 else [snapshot]
        if len(others) == 1 and not free:
            return Found(key, others, problem="taken")
        if key == "phone" and not all(names_agree(name_of(snapshot), name_of(other)) for other in others):
            return Found(key, others, free, rivals, "other_name")
        unclear = len(others) > 1 or len(rivals) > 1
        return Found(key, others, free, rivals, "ambiguous" if unclear else "")

    def _rivals(self, key: str, snapshot: Snapshot, other: Snapshot) -> list[Snapshot]:
        """One record there and several here that could be it is as unclear as the other way round."""
        # Evidence that is as strong or stronger; halves of pairs that are no longer together claim nobody.
        stronger = self.keys[: self.keys.index(key) + 1]
        found = {one.pk: one for name in stronger for one in self.own.find(name, other)}
        rivals = [
            one
            for one in found.values()
            if one.pk == snapshot.pk
            or (
                not self.are_apart(one, other)
                and (one.pair is None or one.pair.state in Pair.TOGETHER)
                and (key != "phone" or (self._agree(one, other) and names_agree(name_of(one), name_of(other))))
            )
        ]
        return rivals or [snapshot]

    @staticmethod
    def _agree(one: Snapshot, other: Snapshot) -> bool:
        return not one.addresses or not other.addresses or bool(set(one.addresses) & set(other.addresses))

    def sharing_email(self, snapshot: Snapshot) -> list[Snapshot]:
        """GHL contacts without a counterpart that have one main address, when they are several: creating them all in
        Gist would write several people into one.
        """
        if self.side != Provider.GHL or not snapshot.email:
            return []
        group = self.own.main[snapshot.email]
        loose = sorted((one for one in group if one.pair_id is None), key=lambda one: one.pk)
        return loose if len(group) > 1 else []

    # In words -------------------------------------------------------------------------------------------

    def why_not_new(self, snapshot: Snapshot) -> str:
        """Why the other side cannot take this record as somebody new, in a sentence; "" when it can."""
        if self.other == Provider.GIST:
            everyone = [*self.others.find("email", snapshot), *self.left_out.find("email", snapshot)]
            holder = next(iter(everyone), None)
            if holder is None:
                return ""
            return f"{ONE_PER_ADDRESS} {snapshot.email} is that of {named(holder)}."
        if self.link.ghl.settings.get("allow_duplicates") is not False:
            return ""
        holder = next((one for key in KEYS["email"] for one in self.others.find(key, snapshot)), None)
        if holder is None and not snapshot.email:
            # Who has an address of their own is created without the number.
            holder = next(iter(self.others.find("phone", snapshot)), None)
        if holder is None:
            return ""
        return f"This location does not allow duplicates, and {named(holder)} stands in the way of somebody new."

    def describe(self, snapshot: Snapshot, found: Found) -> str:
        there, here = self.other.label, self.side.label
        names, by = ", ".join(sorted(map(named, found.others[:5]))), MATCHED_BY[found.key]
        if found.problem == "taken":
            return self.describe_taken(found.others[0], found.key)
        if found.problem == "other_name":
            return f"{there} has this {by} under another name: {names}."
        if len(found.others) > 1:
            return f"{len(found.others)} {there} contacts have this {by}: {names}."
        return f"{len(found.rivals)} {here} contacts share the {by} of {there}'s {names}."

    def describe_taken(self, other: Snapshot, key: str) -> str:
        """The sentence for a candidate that belongs to somebody else."""
        start, partner = f"{self.other.label}'s {named(other)} has this {MATCHED_BY[key]}", self.partner_of(other)
        if other.pair is None:
            # Free when it was looked for, and matched to another record of this very page.
            return f"{start} and is matched to another {self.side.label} contact."
        counterpart = named(partner) if partner else other.pair.external_id(self.side)
        if other.pair.state in Pair.TOGETHER:
            return f"{start} and is paired with {self.side.label}'s {counterpart}."
        return f"{start} and was unlinked from {self.side.label}'s {counterpart}; link the two by hand if they are one."

    def describe_shared_email(self, group: Sequence[Snapshot]) -> str:
        count = len(self.own.main[group[0].email])
        names = ", ".join(map(named, self.own.main[group[0].email][:5]))
        return f"{count} GHL contacts have this e-mail address: {names}. {ONE_PER_ADDRESS}"


KEYS = {"email": ("email", "other_email"), "phone": ("phone",)}


def named(snapshot: Snapshot) -> str:
    return f"“{snapshot.label}” ({snapshot.external_id})"


def name_of(snapshot: Snapshot) -> str:
    """The person's name; "" where the label is an address, a number or an id, for want of a name."""
    label = snapshot.label
    nameless = label == snapshot.external_id or "@" in label or not any(sign.isalpha() for sign in label)
    return "" if nameless else label

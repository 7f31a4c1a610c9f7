"""What the rules say about one person: a pure function of values, with no clock, socket or database.

A three-way merge per mapping row. The base is what both sides held after the last decision. A value equal to its base
is no news (it may be what Gistline wrote itself, see echo_suppression.py), one that changed on one side goes over, and
for one that changed on both the row's owner rule decides. A blank never overwrites unless the row says so.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from integration.mapping.command_tags import is_command, without_commands
from integration.mapping.rules import CHECKS, Row, Rules
from integration.mapping.transforms import Context
from integration.models.choices import Owner, Provider, WriteMode
from integration.phone import is_same_line
from integration.records import EMAIL_CONSENT, OPTED_OUT, Contact, Side, Value, Values, is_blank, is_opted_out
from integration.sync.append import append_values
from integration.sync.consent import decide_consent, explain_difference
from integration.sync.decision import Decision, FieldChange, FieldSkip, plain_base
from integration.sync.echo_suppression import is_news
from integration.values import Unreadable, member_key, same_value, split_members


def decide(
    rules: Rules,
    gist: Contact | None,
    ghl: Contact | None,
    gist_base: Values | None = None,
    ghl_base: Values | None = None,
) -> Decision:
    """What to write so that both sides agree, and why. At least one record must be given."""
    if left_out := rules.why_not_taken((gist, ghl)):
        # An opt-out of two who are one person is carried whatever else the link leaves alone.
        carries = gist and ghl and rules.consent and not rules.new_only
        changes = _merge_consent(rules, gist, ghl, gist_base, ghl_base)[0] if gist and ghl and carries else []
        return Decision("filtered", tuple(changes), message=left_out)
    if gist and ghl:
        merged = _merge_rows(rules, gist, ghl, gist_base, ghl_base)
        return _without_changes(merged) if rules.new_only else merged
    present = gist or ghl
    if present is None:
        raise ValueError("decide needs a record")
    return _only_one(rules, present)


def _without_changes(merged: Decision) -> Decision:
    """As merged, with nothing written: the link only makes new people."""
    if not merged.changes:
        return merged
    skips = tuple(FieldSkip(change.field, "new_only") for change in merged.changes)
    fields = ", ".join(f"{change.field} in {Provider(change.side).label}" for change in merged.changes)
    return Decision("new_only", skips=(*merged.skips, *skips), message=f"Left as it is: {fields}.")


def decide_deleted(rules: Rules, remaining: Side) -> Decision:
    """What becomes of a pair whose one side was deleted; `remaining` is the side that still stands."""
    # A link that goes one way deletes nothing on the side it never writes to.
    if rules.deletes == "propagate" and rules.writes_to(remaining) and not rules.new_only:
        return Decision("deleted", delete=remaining)
    return Decision("unlinked" if rules.deletes == "unlink" else "deleted_there")


def _only_one(rules: Rules, present: Contact) -> Decision:
    other = Provider(present.side).other.side
    if not rules.writes_to(other):
        return Decision("one_way")
    if not rules.creates_on(other):
        return Decision("create_off", message=f"The link creates nobody in {Provider(other).label}.")
    changes: list[FieldChange] = []
    skips: list[FieldSkip] = []
    for row in rules.rows:
        value = without_commands(present.values.get(row.key(present.side)), rules.command_tags)
        if not row.flows_to(other) or is_blank(value):
            continue
        if merges_members(row):
            members, left_out = _offered_members(row, other, split_members(value, row.options))
            value, skips = list(members.values()), [*skips, *left_out]
        try:
            after = row.translate(value, other, rules.context(present.values if present.side == "ghl" else None))
        except Unreadable as problem:
            # One value that cannot be converted must not keep the person from being created.
            skips.append(FieldSkip(row.key(other), problem.reason, str(problem), stays_news=True, value=value))
            continue
        if not is_blank(after):
            changes.append(FieldChange(other, row.key(other), None, after))
    if rules.consent and is_opted_out(present.side, present.values):
        changes.append(FieldChange(other, EMAIL_CONSENT[other], None, OPTED_OUT[other]))
    if not _is_somebody(present, {change.field for change in changes}):
        return Decision("no_identity", skips=tuple(skips))
    return _create_within_filter(rules, Decision("new_contact", tuple(changes), create=other, skips=tuple(skips)))


def _create_within_filter(rules: Rules, decision: Decision) -> Decision:
    """A new record gets the tags and fields by which the filter of its side takes it; where none do, it is not made:
    the link would let go of it at once.
    """
    side = decision.create
    wanted = rules.filter_of(side) if side else None
    if side is None or wanted is None:
        return decision
    made = wanted.complete(decision.values(side))
    if made is None:
        return Decision("filtered", message=f"A new contact would be left out again. {wanted.unmet}")
    return replace(decision, changes=tuple(FieldChange(side, key, None, value) for key, value in made.items()))


def _is_somebody(present: Contact, written: set[str]) -> bool:
    """Whether the new record could be recognised again. A Gist visitor with a name only is nobody yet."""
    if written & {"email", "phone"}:
        return True
    # In Gist anonymous visitors who chatted are contacts too (docs/gist-api.md#contacts): a name is not enough there.
    named = bool(written & {"name", "firstName", "lastName", "user_id"})
    return named and (present.side == "ghl" or not is_blank(present.values.get("user_id")))


def _merge_rows(
    rules: Rules, gist: Contact, ghl: Contact, gist_base: Values | None, ghl_base: Values | None
) -> Decision:
    changes: list[FieldChange] = []
    skips: list[FieldSkip] = []
    newest: Side = "gist" if _is_newer(gist, ghl) else "ghl"
    for row in rules.rows:
        try:
            found = _merge_of(row)(rules, row, gist, ghl, gist_base, ghl_base, newest)
        except Unreadable as problem:
            found = _unfit(row, problem, gist, ghl, newest)
        found = [found] if isinstance(found, FieldSkip) else found
        changes += [one for one in found if isinstance(one, FieldChange)]
        skips += [one for one in found if isinstance(one, FieldSkip)]
    if rules.consent:
        consent = _merge_consent(rules, gist, ghl, gist_base, ghl_base)
        # In front: among several reasons why nothing is written, it is the one that a person must see.
        changes[:0], skips[:0] = consent
    reason = "changed" if changes else (skips[0].reason if skips else "same_value")
    if changes and all(EMAIL_CONSENT[change.side] == change.field for change in changes):
        reason = "opt_out_carried"
    return Decision(reason, tuple(changes), skips=tuple(skips))


def _unfit(row: Row, problem: Unreadable, gist: Contact, ghl: Contact, newest: Side) -> FieldSkip:
    """The value that does not fit: of the only side that has one, or that may go over, else of the newer one."""
    values = {"gist": gist.values.get(row.gist), "ghl": ghl.values.get(row.ghl)}
    others = {"gist": "ghl", "ghl": "gist"}
    given = [side for side in values if row.flows_to(others[side]) and not is_blank(values[side])]
    side = newest if newest in given else next(iter(given), newest)
    return FieldSkip(row.ghl, problem.reason, str(problem), stays_news=True, value=values[side])


def _merge_consent(
    rules: Rules, gist: Contact, ghl: Contact, gist_base: Values | None, ghl_base: Values | None
) -> tuple[list[FieldChange], list[FieldSkip]]:
    bases: Mapping[Side, Values | None] = {"gist": gist_base, "ghl": ghl_base}
    may_write: Mapping[Side, bool] = {"gist": rules.writes_to("gist"), "ghl": rules.writes_to("ghl")}
    decided = decide_consent(gist, ghl, bases, may_write)
    if decided.target is None:
        return [], []
    key = EMAIL_CONSENT[decided.target]
    if decided.reason:
        return [], [FieldSkip(key, decided.reason, explain_difference(decided.target, decided.reason))]
    before = (gist if decided.target == "gist" else ghl).values.get(key)
    return [FieldChange(decided.target, key, before, OPTED_OUT[decided.target])], []


def _merge_of(row: Row) -> "Merge":
    if merges_members(row):
        return _merge_lists
    return append_values if row.write_mode == WriteMode.APPEND else _merge_value


def merges_members(row: Row) -> bool:
    """Whether the row is merged member by member, not as one value."""
    return row.type in ("tags", "choices") and not row.steps


def _is_newer(gist: Contact, ghl: Contact) -> bool:
    if gist.updated_at and ghl.updated_at:
        return gist.updated_at > ghl.updated_at
    return bool(gist.updated_at)


Merged = Sequence[FieldChange | FieldSkip] | FieldSkip
Merge = Callable[[Rules, Row, Contact, Contact, Values | None, Values | None, Side], Merged]


def _merge_value(
    rules: Rules,
    row: Row,
    gist: Contact,
    ghl: Contact,
    gist_base: Values | None,
    ghl_base: Values | None,
    newest: Side,
) -> Merged:
    values = {"gist": gist.values.get(row.gist), "ghl": ghl.values.get(row.ghl)}
    g, h = (without_commands(value, rules.command_tags) for value in values.values())
    gist_base, ghl_base = plain_base(rules, row.gist, gist_base), plain_base(rules, row.ghl, ghl_base)
    # Equal values are no conflict, however they came about: also when both sides made the same edit.
    if _sides_agree(rules, row, g, h, ghl) or _is_same_person_still(row, gist, ghl, rules.country):
        return []
    g_new = is_news(gist_base, row.gist, g, row.type, rules.tzinfo)
    h_new = is_news(ghl_base, row.ghl, h, row.type, rules.tzinfo)
    if not g_new and not h_new:
        return []  # Differs, but nobody changed it since it was decided: the provider keeps it its own way.
    # Asked before the winner: nobody is to be asked which value stands where neither would be written.
    if row.write_mode == WriteMode.ON_CREATE:
        return FieldSkip(row.ghl, "written_once")
    if row.write_mode == WriteMode.IF_BLANK and not is_blank(g) and not is_blank(h):
        return FieldSkip(row.ghl, "filled_only")
    winner = _pick_winner(row, g, h, g_new, h_new, newest)
    if winner is None:
        return FieldSkip(row.ghl, "conflict", f"Gist has {_quote_value(g)}, GHL has {_quote_value(h)}.", held=True)
    return _change_to_write(row, winner, {"gist": g, "ghl": h}, values, rules.context(ghl.values))


def _pick_winner(row: Row, g: Value, h: Value, g_new: bool, h_new: bool, newest: Side) -> Side | None:
    """The side whose value stands, None to ask a person."""
    if not row.flows_to("ghl"):
        return "ghl"
    if not row.flows_to("gist"):
        return "gist"
    # Asked before the owner rule: an emptied field must not win over a value that was entered meanwhile.
    if not row.blank_overwrites and is_blank(g) != is_blank(h) and g_new and h_new:
        return "ghl" if is_blank(g) else "gist"
    if g_new != h_new:
        return "gist" if g_new else "ghl"
    if row.owner == Owner.ASK:
        return None
    if row.owner == Owner.GIST:
        return "gist"
    return "ghl" if row.owner == Owner.GHL else newest


def _change_to_write(
    row: Row, winner: Side, values: Mapping[str, Value], held: Mapping[str, Value], context: Context
) -> Merged:
    """`held` is what the sides hold with the commands among it, which stay where they stand."""
    target = Provider(winner).other.side
    before, key = values[target], row.key(target)
    if is_blank(values[winner]) and not row.blank_overwrites:
        return FieldSkip(key, "blank_kept")
    if (row.owner == Owner.FILL or row.write_mode == WriteMode.IF_BLANK) and not is_blank(before):
        return FieldSkip(key, "filled_only")
    if row.create_only(target):
        return FieldSkip(key, "create_only")
    after = row.translate(values[winner], target, context)
    # The steps of a row can make nothing of something, so the translated value is looked at as well.
    if is_blank(after) and not row.blank_overwrites:
        return FieldSkip(key, "blank_kept")
    commands = [tag for tag in held[target] if tag not in before] if isinstance(before, list) else []  # type: ignore[union-attr]
    return [FieldChange(target, key, held[target], [*after, *commands] if commands else after)]  # type: ignore[misc]


def _sides_agree(rules: Rules, row: Row, g: Value, h: Value, ghl: Contact) -> bool:
    if same_value(g, h, row.type, rules.tzinfo) and not row.steps:
        return True
    # A step may have no way back (capitalised words, say), so it is enough when one side's value becomes the other's.
    for value, other, to in ((g, h, "ghl"), (h, g, "gist")):
        if not row.flows_to(to):
            continue
        try:
            if same_value(row.translate(value, to, rules.context(ghl.values)), other, row.type, rules.tzinfo):
                return True
        except Unreadable:
            continue
    return False


def _is_same_person_still(row: Row, gist: Contact, ghl: Contact, country: str) -> bool:
    """Whether both sides are right, each in its own way: one has an address that the other keeps as a further one,
    which to write there would lose the main one (docs/ghl-api.md#second-addresses); or one has the number of the other
    with an extension.
    """
    if (row.gist, row.ghl) == ("email", "email"):
        return bool(gist.email in ghl.addresses or ghl.email in gist.addresses) and bool(gist.email and ghl.email)
    if "phone" in (row.gist_type, row.ghl_type):
        g, h = gist.values.get(row.gist), ghl.values.get(row.ghl)
        return is_same_line(str(g or ""), str(h or ""), country)
    return False


def _quote_value(value: Value) -> str:
    return "nothing" if is_blank(value) else f"“{value}”"


def _merge_lists(
    rules: Rules,
    row: Row,
    gist: Contact,
    ghl: Contact,
    gist_base: Values | None,
    ghl_base: Values | None,
    newest: Side,
) -> Merged:
    """Sets are merged member by member: what was added or taken off on one side follows on the other.

    `newest` is not needed, since no side wins as a whole; it is there to be called like `_merge_value`.
    """
    g, h = split_members(gist.values.get(row.gist), row.options), split_members(ghl.values.get(row.ghl), row.options)
    g_base = split_members((gist_base or {}).get(row.gist), row.options)
    h_base = split_members((ghl_base or {}).get(row.ghl), row.options)
    removed: set[str] = set()
    if row.flows_to("ghl"):
        removed |= g_base.keys() - g.keys()
    if row.flows_to("gist"):
        removed |= h_base.keys() - h.keys()
    added = (g.keys() - g_base.keys()) | (h.keys() - h_base.keys())
    # A member that one side added since its base is kept, although the other side took it off.
    removed -= added
    found: list[FieldChange | FieldSkip] = []
    sides: tuple[tuple[Side, dict[str, str], dict[str, str], dict[str, str]], ...] = (
        ("ghl", h, g, g_base),
        ("gist", g, h, h_base),
    )
    for side, own, other, other_base in sides:
        if not row.flows_to(side) or not _is_list_open(row, own):
            continue
        # Where nothing is taken away, what one side lacks may have been taken off there: only what is new is added.
        passed_over = removed if row.write_mode == WriteMode.OVERWRITE else other_base.keys()
        new, left_out = _offered_members(
            row, side, {name: other[name] for name in other if name not in own and name not in passed_over}
        )
        found += left_out
        # Members are compared without capitals, and each side keeps its own spelling of those it has.
        # A command never comes over; one that came before there were commands goes where Gist takes it back.
        both = {name: new.get(name, text) for name, text in other.items() if name in new or name in own}
        given = {name: text for name, text in both.items() if not is_command(name, rules.command_tags)}
        gone = removed if row.write_mode == WriteMode.OVERWRITE else set()
        gone = gone if side == "ghl" else {name for name in gone if not is_command(name, rules.command_tags)}
        wanted = {name: text for name, text in {**given, **own}.items() if name not in gone}
        if wanted.keys() != own.keys():
            found.append(_list_change(row, side, list(own.values()), list(wanted.values())))
    return found


def _is_list_open(row: Row, own: Mapping[str, str]) -> bool:
    """Whether the row writes into a list with these members at all."""
    if row.write_mode == WriteMode.ON_CREATE:
        return False
    return not (own and row.write_mode == WriteMode.IF_BLANK)


def _offered_members(row: Row, side: Side, members: dict[str, str]) -> tuple[dict[str, str], list[FieldSkip]]:
    """Members that the field of `side` takes, and a sentence about the others."""
    if side == "gist" or not row.options or row.takes_others:
        return members, []
    offered = {member_key(option): option for option in row.options}
    unknown = ", ".join(f"“{text}”" for key, text in members.items() if key not in offered)
    skips = [FieldSkip(row.ghl, "not_offered", f"The field does not offer {unknown}.")] if unknown else []
    return {key: offered[key] for key in members if key in offered}, skips


def _list_change(row: Row, side: Side, before: list[str], after: list[str]) -> FieldChange:
    """A side whose field holds text gets its members joined. Raises Unreadable where that is too long for it."""
    if row.holds_members(side):
        return FieldChange(side, row.key(side), before, after)
    joined = ", ".join(after) or None
    CHECKS[side](row.key(side), joined)
    return FieldChange(side, row.key(side), ", ".join(before) or None, joined)

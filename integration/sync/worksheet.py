"""The work list of a run: records that were read and not decided yet, as people with both their sides."""

from collections.abc import Iterator
from dataclasses import replace

from django.db.models import F, Q, QuerySet
from django.utils import timezone

from integration.mapping.rules import Rules
from integration.models import Hint, LogEntry, Pair, Run, RunKind, Snapshot
from integration.sync.apply import Person
from integration.sync.asking import about_record, answered, known_as_new
from integration.sync.decide import Decision, decide_deleted
from integration.sync.echo import told
from integration.sync.ledger import Entry
from integration.sync.match import unclear
from integration.sync.observe import as_contact

BATCH = 100


def batches(run: Run, rules: Rules, size: int = BATCH) -> Iterator[list[Entry]]:
    """Everyone undecided, each once, in the order they were first met. Planned entries when the run is a dry run."""
    after = 0
    met: set[int] = set()
    while page := list(_undecided(run).filter(pk__gt=after).order_by("pk").select_related("pair")[:size]):
        after = page[-1].pk
        page = [one for one in page if one.pair_id is None or one.pair_id not in met]
        met |= {one.pair_id for one in page if one.pair_id}
        yield entries_of(run, rules, page)


def _undecided(run: Run) -> QuerySet[Snapshot]:
    found = Snapshot.objects.filter(link=run.link, fresh__isnull=False).exclude(decided_run=run.pk)
    aimed = run.kind in (RunKind.RETRY, RunKind.SINGLE, RunKind.LIVE)
    if run.kind in (RunKind.INCREMENTAL, RunKind.SWEEP):
        # The ladder has its own runs; a full run, which a person asked for, tries everyone.
        found = found.filter(parked=False).filter(Q(retry_at=None) | Q(retry_at__lte=timezone.now()))
    return found.filter(seen_run=run.pk) if aimed else found


def entries_of(run: Run, rules: Rules, page: list[Snapshot]) -> list[Entry]:
    """One decided entry per person among these records; both halves of a pair are one person."""
    pairs = {one.pair_id for one in page if one.pair_id}
    both = Snapshot.objects.filter(pair_id__in=pairs).select_related("pair")
    halves = {(half.pair_id, half.side): half for half in both}
    loose = [one for one in page if not one.pair_id]
    doubts: dict[int, str] = {}
    for side in ("gist", "ghl"):
        doubts |= unclear(run.link, rules, [one for one in loose if one.side == side])
    new = known_as_new(run.link, [(one.side, one.external_id) for one in loose if one.pk in doubts])
    doubts = {
        one.pk: doubts[one.pk]
        for one in loose
        if one.pk in doubts and about_record(one.side, one.external_id) not in new
    }
    answers = answered(run.link, pairs)
    parents = _parents(run)
    entries = [_single(one, rules, doubts.get(one.pk, "")) for one in loose]
    for pk in pairs:
        ruled = _with_answers(rules, {field: side for (pair, field), side in answers.items() if pair == pk})
        entries.append(_paired(halves.get((pk, "gist")), halves.get((pk, "ghl")), ruled, run))
    for entry in entries:
        entry.planned = run.dry_run
        # Between two full reads somebody may have come into being on the other side unheard.
        entry.person.look_first |= run.kind in (RunKind.LIVE, RunKind.SINGLE)
        entry.parent = next(filter(None, (parents.get((s.side, s.external_id)) for s in entry.snapshots)), None)
    return entries


def _with_answers(rules: Rules, answers: dict[str, str]) -> Rules:
    """The rules for one person of whom somebody said whose value of a field stands."""
    if not answers:
        return rules
    rows = tuple(replace(row, owner=answers.get(row.ghl, row.owner)) for row in rules.rows)
    return replace(rules, rows=rows)


APART = {Pair.State.ONE_GONE: "deleted_there", Pair.State.UNLINKED: "unlinked", Pair.State.DELETED: "deleted"}


def parted(run: Run, rules: Rules, hint: Hint) -> Entry | None:
    """The entry of a record that was deleted; None when nobody hangs on it."""
    lost = (
        Snapshot.objects.select_related("pair")
        .filter(link=run.link, side=hint.side, external_id=hint.external_id)
        .first()
    )
    if lost is None or lost.pair is None or lost.pair.state != Pair.State.LINKED:
        Snapshot.objects.filter(pk=lost.pk if lost else 0, pair=None).delete()
        return None
    left = Snapshot.objects.select_related("pair").filter(pair=lost.pair).exclude(pk=lost.pk).first()
    if left is None:
        return None
    person = Person()
    person.put(as_contact(left))
    person.decision = decide_deleted(rules, left.side)  # type: ignore[arg-type]
    person.reason = person.decision.reason
    name = {"gist": "Gist", "ghl": "GHL"}[hint.side]
    entry = Entry(person, hint=hint, planned=run.dry_run, message=f"{name} no longer has {hint.external_id}.")
    if left.side == "gist":
        entry.gist = left
    else:
        entry.ghl = left
    return entry


def _single(one: Snapshot, rules: Rules, doubt: str) -> Entry:
    person = Person(look_first=one.intent, interrupted=one.intent, sent=one.sent)
    person.put(as_contact(one))
    if doubt:
        person.decision, person.reason = Decision("ambiguous"), "ambiguous"
    else:
        person.decide(rules)
    entry = Entry(person, message=doubt, quiet=_is_old_news(one, rules))
    if one.side == "gist":
        entry.gist = one
    else:
        entry.ghl = one
    return entry


def _is_old_news(one: Snapshot, rules: Rules) -> bool:
    """Decided by the same rules before, and looked at again only because others may have changed."""
    return one.base is not None and one.base == one.fresh and one.rules == rules.digest


def _paired(gist: Snapshot | None, ghl: Snapshot | None, rules: Rules, run: Run) -> Entry:
    person = Person(
        gist=as_contact(gist) if gist else None,
        ghl=as_contact(ghl) if ghl else None,
        gist_base=gist.base if gist else None,
        ghl_base=ghl.base if ghl else None,
    )
    known = next(one for one in (gist, ghl) if one)
    person.sent = next((one.sent for one in (gist, ghl) if one and one.sent), None)
    if gist is None or ghl is None:
        person.decision, person.reason = Decision("missing_there"), "missing_there"
    elif known.pair and known.pair.state != Pair.State.LINKED:
        reason = APART.get(Pair.State(known.pair.state), "held")
        person.decision, person.reason = Decision(reason), reason
        return Entry(person, gist, ghl, quiet=known.pair.state != Pair.State.HELD)
    else:
        person.catch_up(rules)
        for half, base in ((gist, person.gist_base), (ghl, person.ghl_base)):
            # Somebody never decided stays new to workflows, whatever was written for them before a kill.
            half.base = base if half.base is not None else None
        person.decide(_pulled(person, rules, _owner(run, known.pair)))
    return Entry(person, gist, ghl)


def _owner(run: Run, pair: Pair | None) -> str:
    """The side whose values stand whatever the rules say, when the run is about this person and somebody said so."""
    people = run.target.get("people", ())
    aimed = pair and {"gist": pair.gist_id, "ghl": pair.ghl_id} in people
    return str(run.target.get("owner", "")) if aimed else ""


def _pulled(person: Person, rules: Rules, owner: str) -> Rules:
    """Rules and bases by which every value of `owner` is news that goes over: lists become equal, blanks erase nothing.

    Rows that never go over from that side are decided as ever.
    """
    if not owner or person.gist is None or person.ghl is None:
        return rules
    towards, other = ("gist_to_ghl", "ghl") if owner == "gist" else ("ghl_to_gist", "gist")
    pulled = [row for row in rules.rows if row.flows_to(other)]
    theirs = person.ghl.values if other == "ghl" else person.gist.values
    # To have had a member that it has no more is how a side takes it off on the other one.
    had = {row.key(owner): theirs.get(row.key(other)) for row in pulled if row.type in ("tags", "choices")}
    bases = {"gist": dict(person.gist_base or {}), "ghl": dict(person.ghl_base or {})}
    for row in pulled:
        bases[owner].pop(row.key(owner), None)
        bases[other][row.key(other)] = theirs.get(row.key(other))
    person.gist_base, person.ghl_base = {**bases, owner: bases[owner] | had}.values()
    rows = (replace(row, owner=owner, direction=towards) if row in pulled else row for row in rules.rows)
    return replace(rules, rows=tuple(rows))


def gone(run: Run, people: list[dict[str, str]]) -> list[Entry]:
    """People a retry is about who are on neither side any more. Records without a counterpart are forgotten."""
    parents = _parents(run)
    entries = []
    for ids in people:
        known = {side: _known(run, side, ids.get(side, "")) for side in ("gist", "ghl")}
        person = Person(**{side: as_contact(one) for side, one in known.items() if one})  # type: ignore[arg-type]
        person.decision, person.reason = Decision("gone"), "gone"
        parent = next((parents[key] for key in ids.items() if key in parents), None)
        entries.append(Entry(person, parent=parent, message="Deleted since it was read."))
        Snapshot.objects.filter(pk__in=[one.pk for one in known.values() if one], pair=None).delete()
    return entries


def _known(run: Run, side: str, external_id: str) -> Snapshot | None:
    return Snapshot.objects.filter(link=run.link, side=side, external_id=external_id).first()


def _parents(run: Run) -> dict[tuple[str, str], LogEntry]:
    """The failures a retry is about, by the records they were about."""
    failures = LogEntry.objects.filter(pk__in=run.target.get("entries", ()))
    sides = (("gist", "gist_id"), ("ghl", "ghl_id"))
    return {(side, getattr(entry, name)): entry for entry in failures for side, name in sides if getattr(entry, name)}


def mark_intents(rules: Rules, entries: list[Entry]) -> None:
    """Remember, before anything is sent, what is about to be written.

    After a kill, those to be created are looked for first, and what was written is not taken for an edit.
    """
    for entry in entries:
        person = entry.person
        sent = told(rules, person.decision, {"gist": person.gist, "ghl": person.ghl})
        for one in entry.snapshots:
            one.intent, one.sent = one.intent or bool(person.decision.create), sent
    Snapshot.objects.save_all(one for entry in entries for one in entry.snapshots)


def take_back_intents(entries: list[Entry]) -> None:
    """For those whose turn did not come: nothing was sent for them."""
    unsent = [entry for entry in entries if not entry.person.interrupted]
    Snapshot.objects.filter(pk__in=_to_create(unsent)).update(intent=False)


def _to_create(entries: list[Entry]) -> list[int]:
    return [one.pk for entry in entries if entry.person.decision.create for one in entry.snapshots]


def look_at_loose_again(run: Run) -> None:
    """A full run decides everyone without a counterpart anew: what stood in the way may be gone."""
    loose = Snapshot.objects.filter(link=run.link, pair=None, fresh=None).exclude(decided_run=run.pk)
    loose.exclude(base=None).update(fresh=F("base"))

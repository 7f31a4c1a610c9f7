"""The work list of a run: records that were read and not decided yet, as people with both their sides."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import chain
from types import MappingProxyType

from django.db.models import F, Max, Q, QuerySet
from django.utils import timezone

from integration.errors import ProviderError
from integration.mapping.rules import Rules
from integration.models import LogEntry, Pair, PendingRead, Run, RunKind, Snapshot
from integration.records import SIDES, Contact
from integration.sync.candidates import is_taken_by_filter, unneeded_columns
from integration.sync.decision import Decision
from integration.sync.entry import Entry, id_of, traces_of, undecided_entry
from integration.sync.interruptions import unconfirmed_writes_of
from integration.sync.match import Ambiguity, find_ambiguities, find_left_out, why_not_new
from integration.sync.observe import as_contact
from integration.sync.one_by_one import all_or_each, as_error
from integration.sync.person import Person
from integration.sync.questions import about_record, conflict_answers, known_as_new
from integration.sync.reasons import LEFT_WAITING
from integration.sync.shared_phones import leave_out_taken_phones
from integration.values import same_value

BATCH = 100
# Runs that a person asked for, about certain people: each of them gets an entry.
ABOUT_PEOPLE = (RunKind.RETRY, RunKind.SINGLE)


def entry_batches(run: Run, rules: Rules) -> Iterator[list[Entry]]:
    """Everyone undecided, each once, in the order they were first read. Planned entries when the run is a dry run."""
    after = 0
    # Both halves of a pair are one entry, and the second may come many pages later.
    seen_pairs: set[int] = set()
    while page := list(_undecided_snapshots(run).filter(pk__gt=after).order_by("pk").select_related("pair")[:BATCH]):
        # By key and not by offset: rows that were decided leave the list while it is read.
        after = page[-1].pk
        page = [one for one in page if one.pair_id is None or one.pair_id not in seen_pairs]
        seen_pairs |= {one.pair_id for one in page if one.pair_id}
        yield entries_of(run, rules, page)


def _undecided_snapshots(run: Run) -> QuerySet[Snapshot]:
    found = Snapshot.objects.filter(link=run.link, undecided__isnull=False).exclude(decided_run=run.pk)
    aimed = run.kind in (*ABOUT_PEOPLE, RunKind.LIVE)
    if run.kind in (RunKind.INCREMENTAL, RunKind.SWEEP):
        # Retries have runs of their own (runs/schedule.py); a full run, which a person asked for, tries everyone.
        found = found.filter(parked=False).filter(Q(retry_at=None) | Q(retry_at__lte=timezone.now()))
    # What waits of pairs that a filter or the link's mode leaves as they are is only looked at again when one of their
    # records is read again.
    found = found.exclude(~Q(seen_run=run.pk), reason__in=LEFT_WAITING, pair__isnull=False)
    # These runs are about certain people: they decide what they read themselves, and leave the rest of the list alone.
    return found.filter(seen_run=run.pk) if aimed else found


# What people asked for, by the record's side and id.
Requests = Mapping[tuple[str, str], PendingRead]


def entries_of(run: Run, rules: Rules, page: list[Snapshot], requests: Requests = MappingProxyType({})) -> list[Entry]:
    """One decided entry per person among these records; both halves of a pair are one person.

    Where one of them makes it fail, the others are decided all the same, and that one's entry says so.
    """
    people: dict[tuple[str, int], list[Snapshot]] = defaultdict(list)
    for one in page:
        people["pair" if one.pair_id else "record", one.pair_id or one.pk].append(one)
    decided = all_or_each(
        list(people.values()),
        lambda some: _decide_together(run, rules, list(chain.from_iterable(some)), requests),
    )
    entries = [entry for batch in decided.results for entry in batch]
    return entries + [_failed_entry(run, snapshots, fault) for snapshots, fault in decided.faults]


def _failed_entry(run: Run, snapshots: list[Snapshot], fault: Exception) -> Entry:
    entry = undecided_entry(as_error(fault), *snapshots)
    entry.planned = run.dry_run
    entry.parent = _parent_of(entry, _retried_failures(run))
    return entry


def _parent_of(entry: Entry, failures: Mapping[tuple[str, str], LogEntry]) -> LogEntry | None:
    """The failure of this person that the run was started for."""
    return next(filter(None, (failures.get((one.side, one.external_id)) for one in entry.snapshots)), None)


def _decide_together(run: Run, rules: Rules, page: list[Snapshot], requests: Requests) -> list[Entry]:
    pairs = {one.pair_id for one in page if one.pair_id}
    both = Snapshot.objects.filter(pair_id__in=pairs).select_related("pair")
    halves = {(half.pair_id, half.side): half for half in both}
    loose = [one for one in page if not one.pair_id]
    taken = [one for one in loose if is_taken_by_filter(rules, one)]
    left_out: dict[int, str] = {}
    for side in SIDES:
        left_out |= find_left_out(run.link, rules, [one for one in taken if one.side == side])
    ambiguities = _ambiguities_about(run, rules, [one for one in taken if one.pk not in left_out])
    answers = conflict_answers(run.link, pairs)
    parents = _retried_failures(run)
    entries = [_unpaired_entry(one, rules, ambiguities.get(one.pk), left_out.get(one.pk, "")) for one in loose]
    for pk in pairs:
        ruled = _with_answers(rules, {field: side for (pair, field), side in answers.items() if pair == pk})
        gist, ghl = halves.get((pk, "gist")), halves.get((pk, "ghl"))
        request = next((requests[key] for key in requests if key in _records_of(gist, ghl)), None)
        entries.append(_pair_entry(gist, ghl, ruled, _side_to_pull_from(run, gist or ghl, request)))
    leave_out_taken_phones(run.link, rules, entries)
    _log_new_ambiguities(run, [entry for entry in entries if entry.quiet and entry.pair_id is None])
    _quiet_still_held(entries)
    for entry in entries:
        entry.planned, entry.traces = run.dry_run, traces_of(entry.snapshots)
        # Said once, not with every edit of somebody who is left out all the same.
        waits = entry.reason in LEFT_WAITING
        entry.quiet |= waits and all(one.reason == entry.reason for one in entry.snapshots)
        entry.quiet &= run.kind not in ABOUT_PEOPLE
        # No page of the other side was read before these runs: somebody may have been made there without an event.
        entry.person.look_first |= run.kind in (RunKind.LIVE, RunKind.SINGLE)
        entry.parent = _parent_of(entry, parents)
        asked = requests.keys() & _records_of(*entry.snapshots)
        entry.requested = bool(asked) or run.kind in (RunKind.RETRY, RunKind.SINGLE)
    return entries


def _records_of(*snapshots: Snapshot | None) -> set[tuple[str, str]]:
    return {(one.side, one.external_id) for one in snapshots if one}


def _ambiguities_about(run: Run, rules: Rules, loose: list[Snapshot]) -> dict[int, Ambiguity]:
    """Which of these records must not be decided without a person. Who was said to be somebody new is no longer one
    of them, unless the other side cannot take somebody new like that by now.
    """
    ambiguities: dict[int, Ambiguity] = {}
    for side in SIDES:
        mine = [one for one in loose if one.side == side]
        found = find_ambiguities(run.link, rules, mine)
        new = known_as_new(run.link, [(one.side, one.external_id) for one in mine if one.pk in found])
        answered = [one for one in mine if about_record(one.side, one.external_id) in new]
        refused = why_not_new(run.link, rules, answered)
        answers = {one.pk: Ambiguity("taken", refused[one.pk]) for one in answered if one.pk in refused}
        settled = {one.pk for one in answered}
        ambiguities |= {pk: ambiguity for pk, ambiguity in found.items() if pk not in settled} | answers
    return ambiguities


def _with_answers(rules: Rules, answers: dict[str, str]) -> Rules:
    """The rules for one person of whom somebody said whose value of a field stands."""
    if not answers:
        return rules
    rows = tuple(replace(row, owner=answers.get(row.ghl, row.owner)) for row in rules.rows)
    return replace(rules, rows=rows)


# Reason codes of pairs that are no longer together: they are counted, and nothing is decided about their fields.
APART = {Pair.State.ONE_GONE: "deleted_there", Pair.State.UNLINKED: "unlinked", Pair.State.DELETED: "deleted"}


def _unpaired_entry(one: Snapshot, rules: Rules, ambiguity: Ambiguity | None, left_out: str) -> Entry:
    person = Person(look_first=one.create_sent, interrupted=one.create_sent, unconfirmed_writes=one.unconfirmed_writes)
    person.set_contact(as_contact(one))
    if ambiguity:
        person.decision, person.reason = Decision(ambiguity.reason), ambiguity.reason
    elif left_out:
        person.leave_out(left_out)
    elif _is_undone_still(one):
        person.decision, person.reason = Decision("undone"), "undone"
    else:
        person.decide(rules)
    entry = Entry(
        person,
        message=ambiguity.sentence if ambiguity else "",
        quiet=_is_old_news(one, rules),
        asked_at=ambiguity.about if ambiguity else None,
    )
    if one.side == "gist":
        entry.gist = one
    else:
        entry.ghl = one
    return entry


def _is_undone_still(one: Snapshot) -> bool:
    """Whether a person took back what was made from this record, and it says the same as it did then."""
    if one.reason != "undone" or one.base is None:
        return False
    now = one.undecided or {}
    return all(same_value(one.base[key], now.get(key)) for key in one.base.keys() & now.keys())


def _is_old_news(one: Snapshot, rules: Rules) -> bool:
    """Whether it was decided before by the same rules, and is looked at again only because others may have changed."""
    return one.base is not None and one.base == one.undecided and one.rules == rules.digest


def _log_new_ambiguities(run: Run, quiet: list[Entry]) -> None:
    """What becomes of old news is no old news: who is written now, or stands aside for another reason, is logged."""
    aside = [entry for entry in quiet if not entry.person.decision.writes]
    ids = {side: {id_of(entry.person.contact(side)) for entry in aside} - {""} for side in SIDES}
    about = Q(gist_id__in=ids["gist"]) | Q(ghl_id__in=ids["ghl"])
    reasons = {entry.reason for entry in aside}
    known = LogEntry.objects.filter(about, link=run.link, kind="contact", reason__in=reasons).order_by()
    logged = set(known.values_list("reason", "gist_id", "ghl_id")) if aside else set()
    for entry in quiet:
        entry.quiet = (entry.reason, entry.ref.gist_id, entry.ref.ghl_id) in logged


def _pair_entry(gist: Snapshot | None, ghl: Snapshot | None, rules: Rules, owner: str) -> Entry:
    person = Person(
        gist=as_contact(gist) if gist else None,
        ghl=as_contact(ghl) if ghl else None,
        gist_base=gist.base if gist else None,
        ghl_base=ghl.base if ghl else None,
    )
    known = next(one for one in (gist, ghl) if one)
    person.unconfirmed_writes = next(
        (one.unconfirmed_writes for one in (gist, ghl) if one and one.unconfirmed_writes), None
    )
    # Asked first: of a pair that fell apart by a deletion only one half is known.
    if known.pair and known.pair.state != Pair.State.LINKED:
        reason = APART.get(Pair.State(known.pair.state), "held")
        person.decision, person.reason = Decision(reason), reason
        return Entry(person, gist, ghl, quiet=known.pair.state != Pair.State.HELD)
    if gist is None or ghl is None:
        person.decision, person.reason = Decision("missing_there"), "missing_there"
    else:
        person.confirm_arrived(rules)
        for half, base in ((gist, person.gist_base), (ghl, person.ghl_base)):
            # The base is kept on the row too, for a kill that comes now. Somebody never decided keeps none, though:
            # workflows know by its absence that the person is new.
            half.base = base if half.base is not None else None
        person.decide(_pull_from(person, rules, owner))
    return Entry(person, gist, ghl)


def _quiet_still_held(entries: list[Entry]) -> None:
    """Pairs that are decided again for their held rows, with nothing to write and nothing else to say than the last
    time, are not logged again.
    """
    held = {entry.pair_id: entry for entry in entries if entry.person.decision.held_rows and entry.pair_id}
    held = {pair: entry for pair, entry in held.items() if not entry.person.decision.writes}
    if not held:
        return
    logged = LogEntry.objects.filter(pair__in=held, kind="contact", planned=False).order_by()
    last = logged.values("pair").annotate(last=Max("pk")).values("last")
    for pair, message in LogEntry.objects.filter(pk__in=last).values_list("pair", "message"):
        held[pair].quiet |= held[pair].sentence == message


def _side_to_pull_from(run: Run, half: Snapshot | None, request: PendingRead | None) -> str:
    """The side whose values stand whatever the rules say, when a person said so of this pair."""
    if request:
        return request.owner
    pair = half.pair if half else None
    aimed = pair and {"gist": pair.gist_id, "ghl": pair.ghl_id} in run.target.people
    return run.target.owner if aimed else ""


def _pull_from(person: Person, rules: Rules, owner: str) -> Rules:
    """Rules and bases by which every value of `owner` is news that goes over: lists become equal, blanks erase nothing.

    Rows that never go over from that side are decided as ever.
    """
    if not owner or person.gist is None or person.ghl is None:
        return rules
    towards, other = ("gist_to_ghl", "ghl") if owner == "gist" else ("ghl_to_gist", "gist")
    pulled = [row for row in rules.rows if row.flows_to(other)]
    theirs = person.ghl.values if other == "ghl" else person.gist.values
    # A member that is in the base of `owner` and not among its values counts as taken off, so the other side loses it.
    had = {row.key(owner): theirs.get(row.key(other)) for row in pulled if row.type in ("tags", "choices")}
    bases = {"gist": dict(person.gist_base or {}), "ghl": dict(person.ghl_base or {})}
    for row in pulled:
        bases[owner].pop(row.key(owner), None)
        bases[other][row.key(other)] = theirs.get(row.key(other))
    # `bases` was made with Gist first, and a key that is set again keeps its place.
    person.gist_base, person.ghl_base = {**bases, owner: bases[owner] | had}.values()
    rows = (replace(row, owner=owner, direction=towards) if row in pulled else row for row in rules.rows)
    return replace(rules, rows=tuple(rows))


def gone_entries(run: Run, people: list[dict[str, str]]) -> list[Entry]:
    """People a retry is about who are on neither side any more. Records without a counterpart are forgotten."""
    parents = _retried_failures(run)
    entries = []
    for ids in people:
        known = {side: _find_snapshot(run, side, ids.get(side, "")) for side in ("gist", "ghl")}
        person = Person(**{side: as_contact(one) for side, one in known.items() if one})  # type: ignore[arg-type]
        person.decision, person.reason = Decision("gone"), "gone"
        parent = next((parents[key] for key in ids.items() if key in parents), None)
        entries.append(Entry(person, parent=parent, message="Deleted since it was read.", requested=True))
        Snapshot.objects.filter(pk__in=[one.pk for one in known.values() if one], pair=None).delete()
    return entries


def erased_entries(run: Run, number: int) -> list[Entry]:
    """Entries without a person, for so many who were asked for and may not be taken in."""
    return [
        Entry(Person(decision=Decision("erased"), reason="erased"), message="Erased here.", requested=True)
        for _ in range(number)
    ]


def unread_entry(
    run: Run, ids: Mapping[str, str], error: ProviderError, label: str = "", pending_read: PendingRead | None = None
) -> Entry:
    """Somebody who could not be read, or not taken in. `ids` are by side, "" where there is none."""
    known = {side: _find_snapshot(run, side, external_id) for side, external_id in ids.items() if external_id}
    entry = undecided_entry(error, *(one for one in known.values() if one))
    for side, one in known.items():
        if one is None:
            name = {"name": label} if label else {}
            entry.person.set_contact(Contact(side, ids[side], name))  # type: ignore[arg-type]
    entry.planned, entry.pending_read = run.dry_run, pending_read
    if pending_read and pending_read.trace:
        entry.traces = (pending_read.trace,)
    entry.requested = run.kind in (RunKind.RETRY, RunKind.SINGLE) or bool(pending_read and pending_read.requested)
    parents = _retried_failures(run)
    entry.parent = next((parents[key] for key in ids.items() if key in parents), None)
    return entry


def _find_snapshot(run: Run, side: str, external_id: str) -> Snapshot | None:
    return Snapshot.objects.filter(link=run.link, side=side, external_id=external_id).first()


def _retried_failures(run: Run) -> dict[tuple[str, str], LogEntry]:
    """The failures a retry is about, by the records they were about."""
    entries, step = run.target.entries, run.checkpoint.step
    if step:
        entries = entries[step["first"] : step["end"]]
    failures = LogEntry.objects.filter(pk__in=entries)
    sides = (("gist", "gist_id"), ("ghl", "ghl_id"))
    return {(side, getattr(entry, name)): entry for entry in failures for side, name in sides if getattr(entry, name)}


def note_unconfirmed_writes(rules: Rules, entries: Sequence[Entry]) -> None:
    """Store what is about to be written. To be called before anything is sent.

    After a kill people to be created are looked for first, and what was written is not taken for an edit.
    """
    interrupted: list[Snapshot] = []
    rows: list[Snapshot] = []
    for entry in entries:
        person = entry.person
        sent = unconfirmed_writes_of(rules, person.decision, person.contacts)
        for one in entry.snapshots:
            # What arrived of an interrupted write stands in the base by now: saved before the next write replaces it.
            (interrupted if one.unconfirmed_writes else rows).append(one)
            one.create_sent, one.unconfirmed_writes = one.create_sent or bool(person.decision.create), sent
    Snapshot.objects.update_rows(rows, ["create_sent", "unconfirmed_writes"])
    Snapshot.objects.update_rows(interrupted, ["base", "create_sent", "unconfirmed_writes"])


def clear_create_sent(entries: list[Entry]) -> None:
    """For people whose turn did not come: nothing was sent for them, so they need not be looked for."""
    # Those of an interrupted run keep the mark: what that one sent is still unknown.
    unsent = [entry for entry in entries if not entry.person.interrupted and entry.person.decision.create]
    Snapshot.objects.filter(pk__in=[one.pk for entry in unsent for one in entry.snapshots]).update(create_sent=False)


def unpaired_news(run: Run, rules: Rules) -> Iterator[list[Snapshot]]:
    """Records without a counterpart that this run read and has not decided, some at a time."""
    after = 0
    news = _undecided_snapshots(run).filter(pair=None, seen_run=run.pk).defer(*unneeded_columns(rules)).order_by("pk")
    while page := list(news.filter(pk__gt=after)[:BATCH]):
        after = page[-1].pk
        yield page


def reopen_unpaired(run: Run) -> None:
    """A full run decides everyone without a counterpart anew: what stood in the way may be gone."""
    # Not `undecided=None`: of a JSON column that means the null of JSON, which no row holds.
    loose = Snapshot.objects.filter(link=run.link, pair=None, undecided__isnull=True, base__isnull=False)
    loose.exclude(decided_run=run.pk).update(undecided=F("base"), trace="")

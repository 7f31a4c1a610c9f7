"""Puts on record what became of some rows, in one transaction with how far the import is: log, counts, snapshots."""

from collections import Counter
from collections.abc import Sequence

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from integration import log
from integration.mapping.rules import Rules
from integration.models import Change, LogEntry, MatchedBy, Outcome, Pair, RejectedRow, Run, Snapshot
from integration.records import SIDES, PersonRef, Side
from integration.related.store import note_written
from integration.runs.context import RunContext
from integration.runs.imports.lookup import group_by_side
from integration.runs.imports.order import ImportOrder
from integration.runs.imports.person import ImportedPerson
from integration.runs.imports.store import Rejection
from integration.sync.observe import mapped_values, observe, take_in
from integration.sync.pairing import make_pairs, relinked_entry
from integration.sync.parity import do_agree, save_agreement
from integration.sync.pending_reads import read_again

# Rejected rows that get an entry in the log each; of more, the file of rejected rows has them all.
MOST_LOGGED = 1000


@transaction.atomic
def record_people(context: RunContext, order: ImportOrder, people: Sequence[ImportedPerson]) -> None:
    """Log entries, counts and rejected rows; of what was written also snapshots and pairs."""
    run = context.run
    logged = RejectedRow.objects.filter(run=run).count()
    pairs: dict[int, Pair] = {} if run.dry_run else keep_people(run, order, people)
    entries, counts = [], Counter[str]()
    for person in people:
        outcome = person.outcome(run.dry_run)
        counts[outcome] += 1
        is_rejected = outcome in (Outcome.SKIPPED, Outcome.FAILED)
        logged += is_rejected
        if outcome == Outcome.UNCHANGED or (outcome == Outcome.SKIPPED and logged > MOST_LOGGED):
            counts["quiet"] += 1
        else:
            entries.append(_draft(run, person, outcome, pairs))
    log.save_entries(entries)
    RejectedRow.objects.bulk_create(
        RejectedRow(run=run, number=one.row.number, reason=one.reason, sentence=one.sentence)
        for one in people
        if one.rejection or one.error
    )
    Run.objects.filter(pk=run.pk).update(**{name: F(name) + number for name, number in counts.items()})
    context.changed += counts[Outcome.CREATED] + counts[Outcome.UPDATED]


def _draft(run: Run, person: ImportedPerson, outcome: Outcome, pairs: dict[int, Pair]) -> LogEntry:
    is_rejected = bool(person.rejection)
    return log.draft_entry(
        run,
        person.ref,
        outcome,
        person.reason,
        message=f"Row {person.row.number}: {person.sentence}" if person.sentence else f"Row {person.row.number}.",
        changes=person.changes,
        calls=() if is_rejected else person.calls,
        planned=run.dry_run,
        pair=pairs.get(person.row.number),
        # Nothing tries it again by itself: who corrects the file of rejected rows does.
        resolved_at=timezone.now() if outcome == Outcome.FAILED else None,
    )


@transaction.atomic
def record_rejections(run: Run, rejected: int, some: Sequence[Rejection], titles: dict[str, str]) -> None:
    """The rows that the check did not let through, of which `some` get an entry. Their cells stay out of the log."""
    log.save_entries(
        [
            log.draft_entry(
                run,
                PersonRef(label=f"Row {one.number}"),
                Outcome.SKIPPED,
                "rejected_row",
                message=f"Row {one.number}: {titles.get(one.reason, one.reason)}.",
                planned=run.dry_run,
            )
            for one in some
        ]
    )
    Run.objects.filter(pk=run.pk).update(skipped=F("skipped") + rejected, quiet=F("quiet") + rejected - len(some))


# What is known then ---------------------------------------------------------------------------------------------


def keep_people(run: Run, order: ImportOrder, people: Sequence[ImportedPerson]) -> dict[int, Pair]:
    """Snapshots and pairs as the import leaves them. Returns the pair of each row that has one, by its number.

    Who was made on both sides is settled: the next run finds nothing to do. What was written to somebody who was there
    is work for the next run, which carries over what the import did not write on the other side.
    """
    for contacts in group_by_side(people).values():
        observe(run.link, run, order.rules, contacts)
    _keep_created(run, order.rules, people)
    pairs = _pair_up(run, people)
    _agree(run, order, people, pairs)
    for person in people:
        for record in person.related:
            note_written(run.link, record)
        for side in person.unexpected:
            read_again(run.link, side, [person.contacts[side].id])
    return pairs


def _keep_created(run: Run, rules: Rules, people: Sequence[ImportedPerson]) -> None:
    made = []
    for person in people:
        for side in person.created:
            contact = person.contacts[side]
            snapshot = Snapshot(link=run.link, side=side, external_id=contact.id, seen_run=run.pk)
            take_in(snapshot, contact, rules, run)
            # With a base, so that nobody is taken for somebody new: no workflow greets whom the import made.
            snapshot.base = mapped_values(contact, rules)
            snapshot.reason = "imported"
            made.append(snapshot)
    Snapshot.objects.save_all(made)


def _pair_up(run: Run, people: Sequence[ImportedPerson]) -> dict[int, Pair]:
    """Pairs of people who are on both sides now; not of two whom a person took apart."""
    both = [one for one in people if len(one.contacts) == len(SIDES) and not _is_apart(run, one)]
    wanted = [(one.contacts["gist"].id, one.contacts["ghl"].id, one.ref.label, _matched_by(one)) for one in both]
    made = make_pairs(run.link, wanted) if wanted else []
    log.save_entries([relinked_entry(run, one) for one in made if one and one.former])
    return {one.row.number: linked.pair for one, linked in zip(both, made, strict=True) if linked}


def _matched_by(person: ImportedPerson) -> MatchedBy:
    if person.created:
        return MatchedBy.CREATED
    addresses = {(contact.email or "").casefold() for contact in person.contacts.values()}
    return MatchedBy.EMAIL if len(addresses) == 1 and "" not in addresses else MatchedBy.PHONE


def _is_apart(run: Run, person: ImportedPerson) -> bool:
    if person.created:
        return False
    known = Pair.objects.filter(link=run.link, kind="contact", state__in=Pair.DISSOLVED)
    return any(known.filter(**{f"{side}_id": one.id}).exists() for side, one in person.contacts.items())


def _agree(run: Run, order: ImportOrder, people: Sequence[ImportedPerson], pairs: dict[int, Pair]) -> None:
    rows = {(one.side, one.external_id): one for one in _snapshots_of(run, people)}
    compared: dict[int, bool] = {}
    for person in people:
        pair = pairs.get(person.row.number)
        found = {side: rows[side, one.id] for side, one in person.contacts.items() if (side, one.id) in rows}
        if pair is None or len(found) < len(SIDES):
            continue
        is_new = any(snapshot.pair_id != pair.pk for snapshot in found.values())
        for side, snapshot in found.items():
            snapshot.pair = pair
            if len(person.created) == len(SIDES):
                _agree_on(snapshot, order.rules, run)
            elif is_new and side not in person.created:
                # Without a base every difference is news, so the first merge asks the owner rules.
                snapshot.undecided, snapshot.base = snapshot.undecided or snapshot.base, None
            elif snapshot.base is not None:
                snapshot.base = {**snapshot.base, **_written(person.changes, side, snapshot.base)}
        if len(person.created) == len(SIDES):
            compared[pair.pk] = do_agree(order.rules, person.contacts["gist"], person.contacts["ghl"])
    Snapshot.objects.update_rows(rows.values(), ["pair", "base", "undecided", "rules", "decided_run"])
    save_agreement(compared.items(), timezone.now())


def _snapshots_of(run: Run, people: Sequence[ImportedPerson]) -> list[Snapshot]:
    found: list[Snapshot] = []
    for side in SIDES:
        ids = [one.contacts[side].id for one in people if side in one.contacts]
        found += Snapshot.objects.filter(link=run.link, side=side, external_id__in=ids)
    return found


def _agree_on(snapshot: Snapshot, rules: Rules, run: Run) -> None:
    snapshot.undecided, snapshot.rules, snapshot.decided_run = None, rules.digest, run.pk


def _written(changes: Sequence[Change], side: Side, base: dict[str, object]) -> dict[str, object]:
    """Fields that the import wrote on both sides of a pair are agreed on."""
    return {one.field: one.after for one in changes if one.side == side and one.is_applied and one.field in base}

"""What was read becomes snapshots: new and changed records are marked as work, the rest only as seen."""

from collections.abc import Collection, Mapping, Sequence
from types import MappingProxyType

from django.db.models import Q, QuerySet
from django.db.models.fields.json import KeyTransform

from integration.mapping.rules import Rules
from integration.models import Link, Pair, Run, Snapshot
from integration.phone import to_e164
from integration.records import CONSENT_FIELDS, EMAIL_CONSENT, Contact, Value, fingerprint
from integration.sync.blockers import HELD, free_contact_keys
from integration.sync.echo_suppression import holds_nothing_new
from integration.sync.retry import clear_retry


def observe(
    link: Link,
    run: Run,
    rules: Rules,
    contacts: Sequence[Contact],
    traces: Mapping[str, str] = MappingProxyType({}),
    asked: Collection[str] = (),
) -> list[Snapshot]:
    """Store a page of one side's contacts; gives their rows. A record without news costs no write beyond "seen in this
    run", but for those `asked` for, which become work all the same. `traces` are those of the events or requests which
    they were read for. Both by the record's id.
    """
    if not contacts:
        return []
    side = contacts[0].side
    # Rows shift while they are read (docs/gist-api.md#pagination), so somebody may come twice; and PostgreSQL refuses
    # an upsert that names the same row twice.
    unique = {contact.id: contact for contact in contacts}
    known = {
        snapshot.external_id: snapshot
        for snapshot in Snapshot.objects.filter(link=link, side=side, external_id__in=unique)
    }
    news: list[Snapshot] = []
    same: list[Snapshot] = []
    readdressed: list[Snapshot] = []
    freed: set[str] = set()
    changed: set[int] = set()
    for read in unique.values():
        snapshot = known.get(read.id)
        contact = _with_known_consent(read, snapshot) if snapshot else read
        if snapshot is None:
            snapshot = Snapshot(link=link, side=side, external_id=contact.id)
        elif holds_nothing_new(snapshot, contact, rules) and (read.id not in asked or snapshot.undecided is not None):
            same.append(snapshot)
            continue
        news.append(snapshot)
        if contact.other_emails is not None and list(contact.other_emails) != snapshot.other_emails:
            readdressed.append(snapshot)
        read_before, keys_before = snapshot.fingerprint, {snapshot.email, snapshot.phone}
        take_in(snapshot, contact, rules, run, traces.get(read.id, ""))
        freed |= keys_before - {snapshot.email, snapshot.phone}
        snapshot.seen_run = run.pk
        if snapshot.pair_id and snapshot.fingerprint != read_before:
            changed.add(snapshot.pair_id)
    # Two workers cannot both be here: the link's lease sees to it.
    Snapshot.objects.save_all(news)
    Snapshot.objects.index_other_emails(readdressed)
    # Other values than were compared: nobody knows whether both sides hold the same until they are decided.
    if changed:
        Pair.objects.filter(pk__in=changed).update(agrees=None)
    Snapshot.objects.filter(pk__in=[one.pk for one in same]).update(seen_run=run.pk)
    free_contact_keys(link, side, freed)
    return [*news, *same]


def _with_known_consent(contact: Contact, snapshot: Snapshot) -> Contact:
    """A page of GHL's search does not say who refuses e-mails: what was known stands until an answer tells."""
    untold = [key for key in CONSENT_FIELDS[contact.side] if key not in contact.values]
    known = snapshot.undecided if snapshot.undecided is not None else snapshot.base or {}
    return contact.with_values({key: known.get(key) for key in untold}) if untold else contact


def known_opted_out(link: Link, among: Collection[str] | None = None) -> QuerySet[Snapshot]:
    """The GHL contacts that refused e-mails when they were last decided; who is in no step any more left out. With
    `among`, those with one of these ids.
    """
    # A key with a dot in it cannot be named by double underscores.
    ghl = Snapshot.objects.filter(link=link, side="ghl").alias(email_dnd=KeyTransform(EMAIL_CONSENT["ghl"], "base"))
    refuses = Q(email_dnd__in=("active", "permanent")) | Q(base__dnd=True)
    in_step = Q(pair=None) | Q(pair__state=Pair.State.LINKED)
    found = ghl.filter(refuses, in_step)
    return found if among is None else found.filter(external_id__in=among)


def take_in(snapshot: Snapshot, contact: Contact, rules: Rules, run: Run, trace: str = "") -> None:
    """Put what was read into `undecided`, where it waits for its decision."""
    values = mapped_values(contact, rules)
    digest = fingerprint(values, values)
    if snapshot.fingerprint != digest:
        # What was refused before may be accepted now: also somebody parked is tried again.
        clear_retry(snapshot)
    # News that waits keeps its trace; another event's is joined to it (runs/listen.py).
    if snapshot.undecided is None or not snapshot.trace:
        snapshot.trace = trace
    snapshot.undecided = values
    if snapshot.decided_run == run.pk:
        # Decided in this very run, and work again: a long one reads the same people more than once. The minus sign says
        # that it was decided before, so that the run's counts balance.
        snapshot.decided_run = -run.pk
    # The column holds 254 characters, the longest address there can be.
    snapshot.email = contact.email[:254]
    if contact.other_emails is not None:
        snapshot.other_emails = list(contact.other_emails)
    snapshot.phone = to_e164(contact.phone, rules.country)
    snapshot.label = contact.label
    snapshot.fingerprint = digest
    snapshot.remote_updated_at = contact.updated_at
    snapshot.remote_created_at = contact.created_at or snapshot.remote_created_at


def held_digest(rules: Rules) -> str:
    """What a snapshot carries in place of the rules' digest while a row of it is held: whenever it is read, it is
    decided again.
    """
    return f"{HELD}{rules.digest}"


def mapped_values(contact: Contact, rules: Rules) -> dict[str, Value]:
    """The values that rules look at."""
    return {key: contact.values.get(key) for key in rules.keys(contact.side)}


def as_contact(snapshot: Snapshot) -> Contact:
    """The record a snapshot holds: the values read last, or when those are decided the ones agreed on."""
    held = snapshot.undecided if snapshot.undecided is not None else snapshot.base
    return Contact(
        snapshot.side,  # type: ignore[arg-type]
        snapshot.external_id,
        held or {},
        snapshot.remote_updated_at,
        other_emails=tuple(snapshot.other_emails),
    )

"""The same person on both sides, and what was last seen of them on each."""

from collections.abc import Iterable, Sequence
from typing import Any, cast

from django.db import connections, models

from integration.models.choices import MatchedBy, Provider
from integration.models.fields import TraceField
from integration.models.link import Link
from integration.records import PersonRef


class PairQuerySet(models.QuerySet["Pair"]):
    def person_ref(self, link: Link, side: str, contact_id: str) -> PersonRef:
        """Who has this id on one side of the link, with both ids while the pair is together; a lone id else."""
        ids = {f"{side}_id": contact_id}
        pair = self.filter(link=link, kind="contact", state__in=Pair.TOGETHER, **ids).first() if contact_id else None
        return PersonRef(pair.gist_id, pair.ghl_id, pair.label) if pair else PersonRef(**ids)


class Pair(models.Model):
    """The identity we keep: ids on both sides."""

    class State(models.TextChoices):
        LINKED = "linked", "Linked"
        HELD = "held", "Held"
        UNLINKED = "unlinked", "Unlinked"
        ONE_GONE = "one_gone", "Deleted on one side"
        DELETED = "deleted", "Deleted on both sides"

    TOGETHER = (State.LINKED, State.HELD)
    """Both records are the same person's, synced or for now not."""
    DISSOLVED = (State.UNLINKED, State.ONE_GONE, State.DELETED)
    """No longer one person: a person took the two apart, or one of them is gone."""

    link = models.ForeignKey(Link, models.CASCADE, related_name="pairs")
    kind = models.CharField(max_length=12, default="contact")
    gist_id = models.CharField(max_length=120)
    ghl_id = models.CharField(max_length=120)
    label = models.CharField(max_length=200, blank=True)
    state = models.CharField(max_length=10, choices=State, default=State.LINKED)
    matched_by = models.CharField("what made it a pair", max_length=12, choices=MatchedBy, blank=True)
    lost_rule = models.CharField(
        "why today's match rules would not make it, as of the last reading; blank where they would",
        max_length=20,
        blank=True,
    )
    agrees = models.BooleanField("both sides hold the same; empty: not compared since they were read", null=True)
    created_at = models.DateTimeField(auto_now_add=True)
    synced_at = models.DateTimeField("last found to hold the same", null=True, blank=True)

    objects = PairQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["link", "kind", "gist_id"], name="one_pair_per_gist_record"),
            models.UniqueConstraint(fields=["link", "kind", "ghl_id"], name="one_pair_per_ghl_record"),
        ]
        # Counted by every look at a link, from the index alone.
        indexes = [
            models.Index(fields=["link", "kind", "state", "agrees"], name="pairs_by_standing"),
            models.Index(fields=["link", "matched_by"], name="pairs_by_key"),
            models.Index(fields=["link", "id"], condition=~models.Q(lost_rule=""), name="pairs_without_rule"),
        ]

    def __str__(self) -> str:
        return self.label or f"{self.gist_id} / {self.ghl_id}"

    def external_id(self, side: str) -> str:
        return self.gist_id if side == Provider.GIST else self.ghl_id


class SnapshotQuerySet(models.QuerySet["Snapshot"]):
    def save_all(self, snapshots: Iterable["Snapshot"]) -> None:
        """Create or overwrite many at once, by the record they are of; much cheaper than `bulk_update`."""
        rows = list(snapshots)
        keys = [row.pk for row in rows]
        for row in rows:
            # With a key set, the conflict would be one of the key instead of the record's identity.
            row.pk = None
        self.bulk_create(rows, update_conflicts=True, unique_fields=RECORD, update_fields=CONTENT)
        for row, key in zip(rows, keys, strict=True):
            # Not every database tells the key of a row that the upsert overwrote.
            row.pk = row.pk or key

    def update_rows(self, snapshots: Iterable["Snapshot"], names: Sequence[str]) -> None:
        """Write these columns of rows that exist, each by its key: one prepared statement for all of them.

        `bulk_update` builds a CASE over all rows for each column, and an upsert sends whole rows.
        """
        rows = [row for row in snapshots if row.pk]
        if not rows:
            return
        connection = connections[self.db]
        fields = [cast("models.Field[Any, Any]", self.model._meta.get_field(name)) for name in names]
        columns = ", ".join(f"{connection.ops.quote_name(str(field.column))} = %s" for field in fields)
        table, key = (connection.ops.quote_name(name) for name in (self.model._meta.db_table, "id"))
        values = [
            [*(field.get_db_prep_save(getattr(row, field.attname), connection) for field in fields), row.pk]
            for row in rows
        ]
        with connection.cursor() as cursor:
            cursor.executemany(f"UPDATE {table} SET {columns} WHERE {key} = %s", values)  # noqa: S608

    def with_address(self, email: str) -> "SnapshotQuerySet":
        """Those that have this address, in lower case, as their main or a further one; main ones first."""
        # By key, and only where there are any: most addresses are nobody's further one, and are found along one index.
        further = list(OtherEmail.objects.filter(email=email).values_list("snapshot", flat=True))
        if not further:
            return self.filter(email=email)
        found = self.filter(models.Q(email=email) | models.Q(pk__in=further))
        return found.order_by(models.Case(models.When(email=email, then=0), default=1), "pk")

    def index_other_emails(self, snapshots: Iterable["Snapshot"]) -> None:
        """Bring the rows by which further addresses are found in step with `other_emails` of these snapshots."""
        rows = list(snapshots)
        if not rows:
            return
        wanted = {(row.pk, address): row for row in rows for address in row.other_emails}
        known = OtherEmail.objects.filter(snapshot__in=[row.pk for row in rows])
        held = {(row.snapshot_id, row.email): row.pk for row in known}
        OtherEmail.objects.filter(pk__in=[pk for key, pk in held.items() if key not in wanted]).delete()
        missing = [(row, address) for (pk, address), row in wanted.items() if (pk, address) not in held]
        OtherEmail.objects.bulk_create(OtherEmail(link=row.link, snapshot=row, email=email) for row, email in missing)


RECORD = ["link", "kind", "side", "external_id"]
CONTENT = [
    "pair", "email", "other_emails", "phone", "label", "base", "undecided", "fingerprint", "rules", "reason",
    "remote_updated_at", "remote_created_at", "seen_run", "decided_run", "create_sent", "unconfirmed_writes", "tries",
    "retry_at", "parked", "trace",
]  # fmt: skip


class Snapshot(models.Model):
    """One record of one side as Gistline knows it.

    `base` holds the mapped values as of the last finished decision, the ancestor of the three-way merge;
    None until there was one. `undecided` holds the values that were read since and not decided yet: such a row is
    work to do, also after a kill. `create_sent` is set before a create is sent for this record and cleared with its
    result: where it is still set after a kill, the record is looked for before it is sent again.
    `unconfirmed_writes` is what is about to be written for this person, on either side, and the values that this was
    decided by (sync/interruptions.py); it is cleared with the result, too.
    `trace` is that of the event or the request which `undecided` was read for; blank where a run read it by itself.
    """

    link = models.ForeignKey(Link, models.CASCADE, related_name="snapshots")
    kind = models.CharField(max_length=12, default="contact")
    side = models.CharField(max_length=8, choices=Provider)
    external_id = models.CharField(max_length=120)
    pair = models.ForeignKey(Pair, models.SET_NULL, null=True, blank=True, related_name="snapshots")
    email = models.CharField("e-mail, lower case", max_length=254, blank=True)
    other_emails = models.JSONField("further e-mails, lower case", default=list, blank=True)
    phone = models.CharField("phone, E.164 and extension", max_length=40, blank=True)
    label = models.CharField(max_length=200, blank=True)
    base = models.JSONField(null=True, blank=True)
    undecided = models.JSONField(null=True, blank=True)
    fingerprint = models.CharField("of the values last read", max_length=40, blank=True)
    rules = models.CharField("digest of the rules it was last decided by", max_length=20, blank=True)
    reason = models.CharField("reason code of its last decision", max_length=40, blank=True)
    remote_updated_at = models.DateTimeField(null=True, blank=True)
    remote_created_at = models.DateTimeField(null=True, blank=True)
    seen_run = models.BigIntegerField("run that last read it", default=0)
    decided_run = models.BigIntegerField("run that last decided it; negative: read again since", default=0)
    refusal_run = models.BigIntegerField("run that last found it among those who refuse e-mails", default=0)
    create_sent = models.BooleanField("a create was sent and not answered yet", default=False)
    unconfirmed_writes = models.JSONField("writes sent and not put on record yet", null=True, blank=True)
    tries = models.PositiveSmallIntegerField("failed tries in a row", default=0)
    retry_at = models.DateTimeField("not tried again before this", null=True, blank=True)
    parked = models.BooleanField("not tried again until it changes or a person asks", default=False)
    trace = TraceField()

    objects = SnapshotQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["link", "kind", "side", "external_id"], name="one_snapshot_per_record")
        ]
        indexes = [
            models.Index(fields=["link", "side", "email"], name="snapshot_by_email"),
            models.Index(fields=["link", "side", "phone"], name="snapshot_by_phone"),
            models.Index(fields=["link", "side", "seen_run"], name="snapshot_by_run"),
            # All that a search for a part of something compares: no row is read that it does not find.
            models.Index(
                fields=["link", "kind", "side", "label", "email", "phone", "external_id", "pair"],
                name="snapshot_search",
            ),
            models.Index(
                fields=["link", "id"],
                condition=models.Q(parked=True) | models.Q(retry_at__isnull=False),
                name="snapshot_waiting",
            ),
            # The work list of a run: undecided records in the order they were read.
            models.Index(
                fields=["link", "side", "id"],
                condition=models.Q(undecided__isnull=False),
                name="snapshot_undecided",
            ),
            models.Index(fields=["link", "reason"], condition=models.Q(pair=None), name="snapshot_alone"),
            # One row per person, newest first: the list of contacts.
            models.Index(
                fields=["link", "-id"],
                condition=models.Q(models.Q(side="ghl") | models.Q(pair=None), kind="contact"),
                name="people_of_link",
            ),
            # Counted by every look at a link, from the index alone.
            models.Index(fields=["link", "side"], condition=~models.Q(reason="filtered"), name="snapshots_by_side"),
            models.Index(fields=["link", "pair"], condition=models.Q(reason="filtered"), name="snapshots_filtered"),
        ]

    def __str__(self) -> str:
        return f"{self.side} {self.external_id}"

    @property
    def addresses(self) -> tuple[str, ...]:
        """Every e-mail address of the record, the main one first."""
        return tuple(dict.fromkeys(one for one in (self.email, *self.other_emails) if one))


class OtherEmail(models.Model):
    """A further e-mail address of a record, so that it is found by each of them along an index.

    Follows `Snapshot.other_emails` (`SnapshotQuerySet.index_other_emails`).
    """

    link = models.ForeignKey(Link, models.CASCADE, related_name="other_emails")
    snapshot = models.ForeignKey(Snapshot, models.CASCADE, related_name="other_email_rows")
    email = models.CharField("e-mail, lower case", max_length=254)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["snapshot", "email"], name="one_row_per_other_email")]
        indexes = [models.Index(fields=["email", "link"], name="snapshot_by_other_email")]

    def __str__(self) -> str:
        return self.email

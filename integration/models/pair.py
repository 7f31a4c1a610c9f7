"""The same person on both sides, and what was last seen of them on each."""

from collections.abc import Iterable

from django.db import models

from integration.models.choices import Provider
from integration.models.link import Link


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

    link = models.ForeignKey(Link, models.CASCADE, related_name="pairs")
    kind = models.CharField(max_length=12, default="contact")
    gist_id = models.CharField(max_length=120)
    ghl_id = models.CharField(max_length=120)
    label = models.CharField(max_length=200, blank=True)
    state = models.CharField(max_length=10, choices=State, default=State.LINKED)
    created_at = models.DateTimeField(auto_now_add=True)
    synced_at = models.DateTimeField("last written or found in step", null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["link", "kind", "gist_id"], name="one_pair_per_gist_record"),
            models.UniqueConstraint(fields=["link", "kind", "ghl_id"], name="one_pair_per_ghl_record"),
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
            row.pk = None
        self.bulk_create(rows, update_conflicts=True, unique_fields=RECORD, update_fields=CONTENT)
        for row, key in zip(rows, keys, strict=True):
            row.pk = row.pk or key


RECORD = ["link", "kind", "side", "external_id"]
CONTENT = [
    "pair", "email", "phone", "label", "base", "fresh", "fingerprint", "rules", "remote_updated_at",
    "remote_created_at", "seen_run", "decided_run", "intent", "sent", "tries", "retry_at", "parked",
]  # fmt: skip


class Snapshot(models.Model):
    """One record of one side as Gistline knows it.

    `base` holds the mapped values as of the last finished decision, the ancestor of the three-way merge;
    None until there was one. `fresh` holds what was read since and is not decided yet: a row with `fresh`
    is work to do, and survives a kill. `intent` is set before a create is sent for this record and cleared
    with its result: after a kill it says "look before sending again". `sent` is what is about to be written for
    this person, on either side, and by which values that was decided (sync/echo.py); it goes with the result, too.
    """

    link = models.ForeignKey(Link, models.CASCADE, related_name="snapshots")
    kind = models.CharField(max_length=12, default="contact")
    side = models.CharField(max_length=8, choices=Provider)
    external_id = models.CharField(max_length=120)
    pair = models.ForeignKey(Pair, models.SET_NULL, null=True, blank=True, related_name="snapshots")
    email = models.CharField("e-mail, lower case", max_length=254, blank=True)
    phone = models.CharField("phone, E.164", max_length=40, blank=True)
    label = models.CharField(max_length=200, blank=True)
    base = models.JSONField(null=True, blank=True)
    fresh = models.JSONField(null=True, blank=True)
    fingerprint = models.CharField("of the values last read", max_length=40, blank=True)
    rules = models.CharField("digest of the rules it was last decided by", max_length=20, blank=True)
    remote_updated_at = models.DateTimeField(null=True, blank=True)
    remote_created_at = models.DateTimeField(null=True, blank=True)
    seen_run = models.BigIntegerField("run that last read it", default=0)
    decided_run = models.BigIntegerField("run that last decided it", default=0)
    intent = models.BooleanField("a create was sent and not answered yet", default=False)
    sent = models.JSONField("writes sent and not put on record yet", null=True, blank=True)
    tries = models.PositiveSmallIntegerField("failed tries in a row", default=0)
    retry_at = models.DateTimeField("not tried again before this", null=True, blank=True)
    parked = models.BooleanField("not tried again until it changes or a person asks", default=False)

    objects = SnapshotQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["link", "kind", "side", "external_id"], name="one_snapshot_per_record")
        ]
        indexes = [
            models.Index(fields=["link", "side", "email"], name="snapshot_by_email"),
            models.Index(fields=["link", "side", "phone"], name="snapshot_by_phone"),
            models.Index(fields=["link", "side", "seen_run"], name="snapshot_by_run"),
            models.Index(
                fields=["link", "id"],
                condition=models.Q(parked=True) | models.Q(retry_at__isnull=False),
                name="snapshot_waiting",
            ),
            # The work list of a run: undecided records in the order they were read.
            models.Index(
                fields=["link", "side", "id"],
                condition=models.Q(fresh__isnull=False),
                name="snapshot_undecided",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.side} {self.external_id}"

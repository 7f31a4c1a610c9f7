"""One Gist connection and one GHL connection with the rules that keep them in step."""

from datetime import timedelta
from typing import Any

from django.db import connection, models
from django.db.models.functions import Now
from django.utils import timezone

from integration.models.choices import CreateOn, Deletes, Direction, Mode, Owner, Provider
from integration.models.connection import Connection

# Log entries that one statement deletes.
DELETED_AT_ONCE = 2_000


def default_match() -> list[str]:
    return ["email", "phone"]


def lease_clock() -> Any:
    """Now, by the clock that all hosts share. One whose own is fast would take leases of the others that still hold."""
    return Now() if connection.vendor == "postgresql" else timezone.now()


class Link(models.Model):
    """Rules of a link. `cursors` holds per side how far changes were read, as ISO time, and beside it what
    runs/checkpoint.py notes about that.

    A filter is what `mapping.filters.check_filter` gives: `{"match", "conditions": [{"field", "op", "value"}]}`.
    """

    key = models.SlugField(max_length=80, unique=True)
    name = models.CharField(max_length=120)
    gist = models.ForeignKey(Connection, models.PROTECT, related_name="gist_links")
    ghl = models.ForeignKey(Connection, models.PROTECT, related_name="ghl_links")
    mode = models.CharField(max_length=8, choices=Mode, default=Mode.LIVE)
    enabled = models.BooleanField(default=True)
    direction = models.CharField(max_length=12, choices=Direction, default=Direction.TWO_WAY)
    create_on = models.CharField("creates contacts", max_length=8, choices=CreateOn, default=CreateOn.BOTH)
    conflict = models.CharField(max_length=8, choices=Owner, default=Owner.NEWEST)
    deletes = models.CharField(max_length=10, choices=Deletes, default=Deletes.IGNORE)
    schedule_minutes = models.PositiveIntegerField(default=15)
    match = models.JSONField("match by, in this order", default=default_match)
    default_country = models.CharField("country of numbers without a prefix", max_length=2, blank=True)
    gist_filter = models.JSONField("whom it takes of Gist, null for everybody", null=True, blank=True)
    ghl_filter = models.JSONField("whom it takes of GHL, null for everybody", null=True, blank=True)
    cursors = models.JSONField(default=dict, blank=True)
    full_run_at = models.DateTimeField("last finished full run", null=True, blank=True)
    lease_owner = models.CharField(max_length=120, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)
    merge_seconds = models.FloatField("seconds in which events about one record are merged", default=0.3)
    change_cap = models.PositiveIntegerField("changes a run may make before a person confirms, 0 for any", default=0)
    approvals = models.PositiveSmallIntegerField("persons who must agree to a plan over the cap", default=1)
    worker_called = models.BooleanField("a worker was called for waiting events", default=False)
    sweep = models.JSONField("how far the present sweep is", default=dict, blank=True)
    import_columns = models.JSONField("what columns of files meant last, by header", default=dict, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["name", "id"]
        constraints = [models.UniqueConstraint(fields=["gist", "ghl"], name="one_link_per_pair_of_accounts")]

    def __str__(self) -> str:
        return self.name

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        """A long history goes a piece at a time: it is more than one statement can name."""
        entries = self.log_entries.order_by("pk").values_list("pk", flat=True)
        while piece := list(entries[:DELETED_AT_ONCE]):
            self.log_entries.filter(pk__in=piece).delete()
        return super().delete(*args, **kwargs)

    def connection(self, side: str) -> Connection:
        return self.gist if side == Provider.GIST else self.ghl

    def creates_on(self, side: str) -> bool:
        """Whether somebody whom this side does not know may be made there."""
        return Direction(self.direction).writes_to(side) and CreateOn(self.create_on).allows(side)

    @property
    def phone_country(self) -> str:
        """Of numbers without a prefix: what the link says, else the location's; "" where none is known."""
        return self.default_country or self.ghl.settings.get("country") or ""

    @property
    def zone(self) -> str:
        """The name of the time zone in which the location's days begin."""
        return self.ghl.settings.get("timezone") or "UTC"

    @property
    def connections(self) -> dict[str, Connection]:
        return {"gist": self.gist, "ghl": self.ghl}

    def take_lease(self, owner: str, seconds: float) -> bool:
        """Become, or stay, the one writer of this link until `seconds` from now. False: somebody else is."""
        now = lease_clock()
        free = models.Q(lease_owner="") | models.Q(lease_until__lt=now) | models.Q(lease_owner=owner)
        # One statement, so that of several processes one gets it. A lease that ran out is that of a killed process.
        taken = Link.objects.filter(free, pk=self.pk).update(
            lease_owner=owner, lease_until=now + timedelta(seconds=seconds)
        )
        return taken == 1

    def is_leased(self) -> bool:
        """Whether somebody writes this link now."""
        return Link.objects.filter(pk=self.pk, lease_until__gt=lease_clock()).exclude(lease_owner="").exists()

    def release_lease(self, owner: str) -> None:
        Link.objects.filter(pk=self.pk, lease_owner=owner).update(lease_owner="", lease_until=None)

"""An address that lets somebody without an account here connect one GHL location."""

from datetime import timedelta

from django.conf import settings
from django.db import models
from django.utils import timezone

from integration.models.choices import ToneChoices
from integration.models.connection import Connection

LASTS = timedelta(hours=72)


class ConnectLinkState(ToneChoices):
    OPEN = "open", "Waits for the client"
    USED = "used", "Connected"
    WITHDRAWN = "withdrawn", "Withdrawn"
    ENDED = "ended", "Ended"


class ConnectLink(models.Model):
    """Good for one connection, until `ends_at`. Only a digest of its secret part is kept: whoever reads the database
    cannot connect anything. `asker` is what the page calls us, `client` what we call whom we ask.
    """

    client = models.CharField(max_length=120)
    asker = models.CharField(max_length=120)
    sandbox = models.BooleanField("connects a location of the built-in twin", default=False)
    digest = models.CharField("digest of the secret part of the address", max_length=64, unique=True)
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+")
    made_at = models.DateTimeField(default=timezone.now)
    ends_at = models.DateTimeField()
    opened_at = models.DateTimeField(null=True, blank=True)
    used_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)
    connection = models.ForeignKey(Connection, models.SET_NULL, null=True, blank=True, related_name="+")

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"Connect link for {self.client}"

    @property
    def state(self) -> ConnectLinkState:
        if self.used_at:
            return ConnectLinkState.USED
        if self.revoked_at:
            return ConnectLinkState.WITHDRAWN
        return ConnectLinkState.ENDED if self.ends_at <= timezone.now() else ConnectLinkState.OPEN

    @property
    def is_open(self) -> bool:
        return self.state == ConnectLinkState.OPEN

    @property
    def dialog_id(self) -> str:
        return f"withdraw-{self.pk}"

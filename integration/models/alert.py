"""What people are alerted about, by which channels, and how far each message is."""

from datetime import time
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.utils import timezone

from integration.models.choices import ToneChoices
from integration.models.connection import Connection
from integration.models.fields import EncryptedJSONField
from integration.models.link import Link


class ChannelKind(models.TextChoices):
    EMAIL = "email", "E-mail"
    SLACK = "slack", "Slack"
    SERVICE = "service", "Another service"
    WEBHOOK = "webhook", "Webhook"


class AlertChannel(models.Model):
    """Where messages go. `address` holds what its kind needs and nothing else (alerts/channels/), as a secret.

    `events` lists the codes of alerts/events.py that go there. `answer` is what came of the last message, in words.
    """

    kind = models.CharField(max_length=10, choices=ChannelKind)
    name = models.CharField(max_length=80)
    address = EncryptedJSONField(default=dict)
    events = models.JSONField(default=list, blank=True)
    enabled = models.BooleanField(default=True)
    answer = models.CharField("what came of the last message", max_length=300, blank=True)
    works = models.BooleanField("whether the last message was taken", null=True, blank=True)
    answered_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["name", "id"]

    def __str__(self) -> str:
        return self.name


class AlertRules(models.Model):
    """One row for the installation: quiet hours and the time of the daily digest, both in `zone`.

    `watched_at` is when conditions were last looked at, `watching_since` since when without a gap: what was silent
    while Gistline itself was down is nobody's silence.
    """

    quiet_from = models.TimeField(null=True, blank=True)
    quiet_to = models.TimeField(null=True, blank=True)
    urgent_passes = models.BooleanField("what needs a person now comes in quiet hours, too", default=True)
    zone = models.CharField(max_length=60, default="UTC")
    digest_at = models.TimeField(default=time(18))
    watched_at = models.DateTimeField(null=True, blank=True)
    watching_since = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return "Rules of alerts"

    def clean(self) -> None:
        if (self.quiet_from is None) != (self.quiet_to is None):
            raise ValidationError("Quiet hours need both ends: from when, and to when.")

    @classmethod
    def load(cls) -> "AlertRules":
        """The one row; made with the zone of the installation when it is first asked for."""
        return cls.objects.get_or_create(pk=1, defaults={"zone": settings.TIME_ZONE})[0]


class AlertState(ToneChoices):
    OPEN = "open", "Open"
    OVER = "over", "Over"


class Alert(models.Model):
    """Something that holds, or held, since `since`: one row per event, subject and beginning.

    `title` says what, `reason` why it is one, `remedy` what to do; `place` and `key` name the page, as a check's button
    does. `ended` says how it ended, "" when nobody needs to know. `returned` counts how often it held again after it
    had ended, of which nobody is written to.
    """

    event = models.CharField(max_length=20)
    subject = models.CharField(max_length=80)
    since = models.DateTimeField()
    title = models.CharField(max_length=200)
    reason = models.CharField(max_length=500, blank=True)
    remedy = models.CharField(max_length=500, blank=True)
    place = models.CharField(max_length=20, blank=True)
    key = models.CharField(max_length=80, blank=True)
    link = models.ForeignKey(Link, models.CASCADE, null=True, blank=True, related_name="alerts")
    connection = models.ForeignKey(Connection, models.CASCADE, null=True, blank=True, related_name="alerts")
    state = models.CharField(max_length=5, choices=AlertState, default=AlertState.OPEN)
    opened_at = models.DateTimeField(default=timezone.now)
    ended_at = models.DateTimeField(null=True, blank=True)
    ended = models.CharField(max_length=300, blank=True)
    returned = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["event", "subject", "since"], name="one_alert_per_event_and_beginning")
        ]
        indexes = [models.Index(fields=["state", "event"], name="alerts_by_state")]

    def __str__(self) -> str:
        return self.title


class DeliveryState(ToneChoices):
    WAITING = "waiting", "Waits"
    SENT = "sent", "Sent"
    GIVEN_UP = "given_up", "Given up"
    DROPPED = "dropped", "Not needed"


class AlertDelivery(models.Model):
    """One message about an alert, to a channel or to one person who may mend a login.

    `due_at` is the next try. `held`: it waits for the end of quiet hours. `batch` names the message that it is sent
    with, the same for every try, so that a receiver can tell a second copy.
    """

    class News(models.TextChoices):
        ALERT = "alert", "Alert"
        RECOVERY = "recovery", "Well again"

    alert = models.ForeignKey(Alert, models.CASCADE, related_name="deliveries")
    channel = models.ForeignKey(AlertChannel, models.CASCADE, null=True, blank=True, related_name="deliveries")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, null=True, blank=True, related_name="+")
    news = models.CharField(max_length=10, choices=News, default=News.ALERT)
    state = models.CharField(max_length=10, choices=DeliveryState, default=DeliveryState.WAITING)
    held = models.BooleanField(default=False)
    tries = models.PositiveSmallIntegerField(default=0)
    due_at = models.DateTimeField(default=timezone.now)
    batch = models.CharField(max_length=32, blank=True)
    answer = models.CharField(max_length=300, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    sent_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["alert", "channel", "news"],
                condition=models.Q(channel__isnull=False),
                name="one_message_per_channel",
            ),
            models.UniqueConstraint(
                fields=["alert", "user", "news"], condition=models.Q(user__isnull=False), name="one_message_per_person"
            ),
        ]
        indexes = [models.Index(fields=["due_at"], condition=models.Q(state="waiting"), name="deliveries_due")]

    def __str__(self) -> str:
        return f"{self.get_news_display()} {self.pk}"


class WebhookRhythm(models.Model):
    """How often webhooks of a connection usually come, as learned from its own (alerts/rhythm.py).

    `gaps` are the longest usual gaps in seconds, by kind of day and hour in which they begin: `{"weekday:14": 600}`;
    `{"": …}` is that of any hour. Empty before enough were seen.
    """

    connection = models.OneToOneField(Connection, models.CASCADE, related_name="rhythm")
    gaps: Any = models.JSONField(default=dict, blank=True)
    seen = models.PositiveIntegerField("webhooks that it was learned from", default=0)
    learned_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"Rhythm of {self.connection_id}"

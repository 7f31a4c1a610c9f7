"""A mail that waits to be sent: one person is to be told that one login broke."""

from django.conf import settings
from django.db import models
from django.utils import timezone

from integration.models.connection import Connection


class Alert(models.Model):
    """Gone once it is sent, given up, or no longer true. `since`: when the login broke; `due_at`: the next try."""

    connection = models.ForeignKey(Connection, models.CASCADE, related_name="alerts")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    since = models.DateTimeField()
    tries = models.PositiveSmallIntegerField(default=0)
    due_at = models.DateTimeField(default=timezone.now, db_index=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["connection", "user", "since"], name="one_alert_per_person_and_break")
        ]

    def __str__(self) -> str:
        return f"Alert {self.pk}"

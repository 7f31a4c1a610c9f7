"""The app in GHL's marketplace, as it was entered on the guide's page."""

from django.db import models
from django.utils import timezone

from integration.models.fields import EncryptedJSONField


class GhlApp(models.Model):
    """Client id and secret of the one app of this installation; at most one row. The environment's come before them
    (integration/oauth/app.py).
    """

    client_id = models.CharField(max_length=200)
    client_secret = EncryptedJSONField(default=str)
    saved_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return self.client_id

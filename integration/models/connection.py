"""An account on one side, with its credentials and health."""

from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import models
from django.utils import timezone

from integration.models.choices import ConnectionStatus, Provider
from integration.models.fields import EncryptedJSONField

SANDBOX_OFF = (
    "This connection speaks to the sandbox, which is off. Delete it, or start Gistline for this machine only, with "
    "DEMO=true."
)


class Connection(models.Model):
    """A Gist workspace or a GHL location.

    `credentials` holds what the provider needs and nothing else: Gist `{"access_token"}`; GHL
    `{"access_token", "refresh_token"}` from OAuth, or `{"private_token"}`.
    """

    key = models.SlugField(max_length=80, unique=True)
    name = models.CharField(max_length=120)
    provider = models.CharField(max_length=8, choices=Provider)
    account_id = models.CharField("location or workspace id", max_length=120, blank=True)
    account_name = models.CharField(max_length=200, blank=True)
    company_id = models.CharField("agency id", max_length=120, blank=True)
    sandbox = models.BooleanField("speaks to the built-in twin", default=False)
    credentials = EncryptedJSONField(default=dict, blank=True)
    token_expires_at = models.DateTimeField(null=True, blank=True)
    token_refreshed_at = models.DateTimeField(null=True, blank=True)
    refreshing_until = models.DateTimeField("lock of the one who refreshes the token", null=True, blank=True)
    scopes = models.TextField("scopes granted", blank=True)
    status = models.CharField(max_length=14, choices=ConnectionStatus, default=ConnectionStatus.NEW)
    status_reason = models.TextField(blank=True)
    status_since = models.DateTimeField(default=timezone.now)
    settings = models.JSONField("facts about the account", default=dict, blank=True)
    check_steps = models.JSONField("last connection check", default=list, blank=True)
    checked_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["name", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["provider", "account_id", "sandbox"],
                condition=~models.Q(account_id=""),
                name="one_connection_per_account",
            )
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def base_url(self) -> str:
        """Where this connection's API answers, without a slash at the end."""
        if self.sandbox:
            return f"{settings.SANDBOX_URL}/{self.provider}"
        return str(settings.GIST_API_URL if self.provider == Provider.GIST else settings.GHL_API_URL)

    @property
    def budget_key(self) -> str:
        """Limits count per account: two connections to one account share one budget."""
        return f"{self.provider}:{'sandbox' if self.sandbox else 'live'}:{self.account_id or self.pk}"

    @property
    def uses_oauth(self) -> bool:
        return bool(self.credentials.get("refresh_token"))

    @property
    def needs_person(self) -> bool:
        return self.status in (ConnectionStatus.RECONNECT, ConnectionStatus.DISCONNECTED)

    def set_status(self, status: ConnectionStatus, reason: str = "") -> bool:
        """Save a new health; the time changes only when the status does.

        True where this call changed the status; of several processes at once, for one of them.
        """
        stored = Connection.objects.filter(pk=self.pk)
        others = stored.exclude(status=status)
        # The database decides who was first: of several processes only one finds a row that still has another status.
        is_news = others.update(status=status, status_reason=reason, status_since=timezone.now()) == 1
        if not is_news:
            stored.filter(status=status).update(status_reason=reason)
        self.refresh_from_db(fields=["status", "status_reason", "status_since"])
        return is_news

    def save_tokens(self, tokens: dict[str, Any], expires_at: datetime | None) -> None:
        """Store a token answer. Both tokens are saved before either is used."""
        self.credentials = tokens
        self.token_expires_at, self.token_refreshed_at = expires_at, timezone.now()
        self.save(update_fields=["credentials", "token_expires_at", "token_refreshed_at"])

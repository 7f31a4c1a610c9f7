"""The audit trail: who did what, from where. Each line carries a digest of itself and of the one before it."""

from django.db import models
from django.utils import timezone


class AuditEntry(models.Model):
    """One line; never changed and never deleted, which `integration.audit.verify` and `doctor` check.

    Who did it stands as text, so that it outlives the account. `what` is a code of integration/audit.py, `subject` what
    it was done to, `link` the link's key, `before` and `after` what changed, without any secret. `origin` is "browser",
    "command", "api" or "system", `address` the client's address or the user of the machine.
    """

    at = models.DateTimeField(default=timezone.now)
    actor = models.CharField("who", max_length=254)
    what = models.CharField(max_length=60)
    subject = models.CharField("to what", max_length=254, blank=True)
    link = models.CharField("key of the link", max_length=80, blank=True)
    before = models.JSONField(null=True, blank=True)
    after = models.JSONField(null=True, blank=True)
    origin = models.CharField(max_length=10)
    address = models.CharField("from where", max_length=80, blank=True)
    digest = models.CharField("of this line and of the one before", max_length=64, unique=True)

    class Meta:
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["what", "-id"], name="audit_by_what"),
            models.Index(fields=["actor", "-id"], name="audit_by_actor"),
            models.Index(fields=["link", "-id"], name="audit_by_link"),
        ]

    def __str__(self) -> str:
        return f"{self.actor}: {self.what} {self.subject}".strip()

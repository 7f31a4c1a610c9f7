"""A person's yes to a plan, tied by its digest to exactly what they read."""

from django.conf import settings
from django.db import models
from django.utils import timezone

from integration.models.run import Run


class Approval(models.Model):
    """One per person and plan; it counts only while the plan still has this digest."""

    plan = models.ForeignKey(Run, models.CASCADE, related_name="approvals")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE)
    digest = models.CharField(max_length=64)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["at"]
        constraints = [models.UniqueConstraint(fields=["plan", "user"], name="one_yes_per_person_and_plan")]

    def __str__(self) -> str:
        return f"{self.user} agrees to plan {self.plan_id}"

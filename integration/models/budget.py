"""Calls left per account, when no Redis serves the budgets."""

from django.db import models


class CallBudget(models.Model):
    """The document of one account; integration/providers/budgets/__init__.py gives its shape."""

    account = models.CharField(max_length=160, primary_key=True)
    document = models.JSONField(default=dict)

    def __str__(self) -> str:
        return self.account

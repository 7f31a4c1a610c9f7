"""Calls left per account, when no Redis serves the budgets."""

from django.db import models


class CallBudget(models.Model):
    """The window document of one account: see integration/providers/budgets.py for its shape."""

    account = models.CharField(max_length=160, primary_key=True)
    document = models.JSONField(default=dict)

    def __str__(self) -> str:
        return self.account

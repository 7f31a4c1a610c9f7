"""What is not deleted by age, and why: every table stands here or in kinds.py (tests/retention/test_every_table.py)."""

from dataclasses import dataclass

from django.db.models import Model

from integration.models import (
    AuditEntry,
    ErasedDigest,
    Erasure,
    KeptApart,
    OtherEmail,
    Pair,
    Related,
    Snapshot,
)


@dataclass(frozen=True)
class Kept:
    """What grows and is kept all the same: shown on the page with `until` and `why`, rows and space."""

    key: str
    title: str
    until: str
    why: str
    models: tuple[type[Model], ...]


KEPT = (
    Kept("pairs", "Pairs and records", "as long as the link", "without them everybody would be matched anew",
         (Pair, Snapshot, OtherEmail, Related, KeptApart)),
    Kept("audit", "Audit trail", "for good", "a line that was deleted would look like one that somebody took out",
         (AuditEntry,)),
    Kept("erasures", "Digests of erased people", "until they are allowed again",
         "without them a sync would bring the people back", (Erasure, ErasedDigest)),
)  # fmt: skip

_SET_UP = "what people set up or publish: it grows by hand"
_ONE_EACH = "one row, or one for each account, connection or link"
_WITH_OTHERS = "goes with the row that it belongs to"
_WORK = "work that waits: deleted when it is done"
BOUNDED = {
    **dict.fromkeys((
        "account.EmailAddress", "auth.Group", "auth.Group_permissions", "auth.Permission", "contenttypes.ContentType",
        "dashboard.ApiKey", "dashboard.ApiKey_links", "dashboard.Invitation", "dashboard.SavedView", "dashboard.User",
        "dashboard.User_groups", "dashboard.User_links", "dashboard.User_user_permissions", "integration.AlertChannel",
        "integration.ConnectLink", "integration.Connection", "integration.Link", "integration.Mapping",
        "integration.MappingVersion", "integration.Workflow", "integration.WorkflowVersion", "mfa.Authenticator",
    ), _SET_UP),
    **dict.fromkeys((
        "integration.AcceptedFields", "integration.AlertRules", "integration.CallBudget", "integration.FieldCheck",
        "integration.GhlApp", "integration.InstallationKey", "integration.MappingDraft", "integration.Retention",
        "integration.WebhookRhythm",
    ), _ONE_EACH),
    **dict.fromkeys(("integration.Approval", "integration.FurtherProblem"), _WITH_OTHERS),
    **dict.fromkeys(("django_q.OrmQ", "django_q.Schedule", "integration.PendingRead"), _WORK),
    "account.EmailConfirmation": "no row is made: the link in the mail is signed",
    "dashboard.CacheEntry": "ends by itself: the cache deletes what is over, and holds so many entries at most",
    **dict.fromkeys(("sessions.Session", "usersessions.UserSession"), "deleted once a day when they are over"),
    **dict.fromkeys(("django_q.Task", "django_q.Success", "django_q.Failure"), "200 results, and failures for 30 days"),
}  # fmt: skip
"""Label of a table to why it needs no time limit."""

"""Where personal data lives: every model of the domain says which of its columns hold it and what erasing does to them.

A column that is named nowhere here fails tests/privacy/test_holdings.py, so that no later model can be forgotten.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Model, Q
from django.utils import timezone

from integration.models import (
    Alert,
    AlertChannel,
    AlertDelivery,
    Change,
    Connection,
    Execution,
    FieldCheck,
    ImportFile,
    InboxEvent,
    KeptApart,
    LogEntry,
    OtherEmail,
    Pair,
    Pause,
    PendingRead,
    Problem,
    Question,
    RejectedRow,
    Related,
    Run,
    Snapshot,
)
from integration.privacy.find import PersonData

NOBODY = "Somebody who was erased"


@dataclass(frozen=True)
class Holding:
    """Rows of one model that may be about a person.

    `find` gives the rows that are the person's own, None where no row is one person's. `blank` is what becomes of their
    columns, as values or functions without arguments; None: the rows go. `texts` are columns in which rows of others
    may name the person, too: there the name alone goes. `title` is what the page calls them.
    """

    model: type[Model]
    title: str
    find: Callable[[PersonData], Q] | None
    blank: dict[str, Any] | None = None
    texts: tuple[str, ...] = ()
    others: tuple[str, ...] = field(default=())
    """Columns that go with the rows, of a model whose rows go whole."""

    @property
    def columns(self) -> set[str]:
        return {*(self.blank or ()), *self.texts, *self.others}


def _own_entries(person: PersonData) -> Q:
    own = person.with_ids("gist_id", "ghl_id")
    return own | Q(pair__in=Pair.objects.filter(person.with_ids("gist_id", "ghl_id")))


def _own_changes(person: PersonData) -> Q:
    return person.of_record() | Q(entry__in=LogEntry.objects.filter(_own_entries(person)))


def _own_questions(person: PersonData) -> Q:
    return person.of_record() | Q(pair__in=Pair.objects.filter(person.with_ids("gist_id", "ghl_id")))


# In this order: what is found by its pair or its entry goes before them. The dashboard adds what it keeps itself
# (dashboard/apps.py).
HOLDINGS: list[Holding] = [
    Holding(
        Question, "Questions", _own_questions, texts=("label", "message", "options"),
        others=("about", "side", "external_id", "field", "answer"),
    ),
    Holding(Change, "Changes: values before and after", _own_changes, texts=("before", "after", "found"),
            others=("external_id", "field", "rule")),
    Holding(
        LogEntry, "Log entries, kept without name and values", _own_entries,
        blank={
            "pair": None, "gist_id": "", "ghl_id": "", "external_id": "", "label": NOBODY, "message": "",
            "noticed": list, "left_out": list, "calls": list, "resolved_at": timezone.now,
        },
        texts=("label", "message", "noticed", "left_out", "calls"),
    ),
    Holding(
        Execution, "Workflows that ran for them", lambda person: person.with_ids("gist_id", "ghl_id"),
        texts=("label", "facts", "message"), others=("cause", "gist_id", "ghl_id"),
    ),
    Holding(Related, "Tasks, notes and appointments", lambda person: person.with_ids(ghl="contact_id"),
            texts=("base", "gist_base"), others=("ghl_id", "contact_id", "gist_key")),
    Holding(
        PendingRead, "Records that wait to be read",
        lambda person: person.of_record() | person.with_ids(ghl="contact_id"),
        others=("external_id", "contact_id", "title"),
    ),
    Holding(
        Snapshot, "Records as they were last seen", lambda person: person.of_record(),
        others=("external_id", "email", "other_emails", "phone", "label", "base", "undecided", "unconfirmed_writes",
                "fingerprint"),
    ),
    Holding(OtherEmail, "Further addresses", None, others=("email",)),
    Holding(KeptApart, "Decisions that two are different people", lambda person: person.with_ids("gist_id", "ghl_id"),
            others=("gist_id", "ghl_id")),
    Holding(Pair, "Pairs", lambda person: person.with_ids("gist_id", "ghl_id"), others=("gist_id", "ghl_id", "label")),
    Holding(Run, "Runs", None, texts=("target", "checkpoint", "error", "wait_reason")),
    # What was read of them on disk goes whole: files.py.
    Holding(ImportFile, "Imported files", None,
            texts=("name", "columns", "tags", "notes", "tasks", "task_due", "leave_blank", "check_result", "problem")),
    Holding(FieldCheck, "Checks of fields", None, texts=("contact", "results", "left_behind")),
    Holding(RejectedRow, "Rejected rows of imports", None, texts=("sentence",)),
    # What an API answered, and what people wrote about it.
    Holding(Problem, "Problems", None, texts=("text", "note", "history")),
    Holding(Pause, "Pauses", None, texts=("reason",)),
    # What a receiver or an API answered, word for word.
    Holding(Alert, "Alerts", None, texts=("title", "reason", "remedy", "ended")),
    Holding(AlertChannel, "Channels of alerts", None, texts=("answer",)),
    Holding(AlertDelivery, "Messages about alerts", None, texts=("answer",)),
    Holding(Connection, "Connections", None, texts=("status_reason", "check_steps")),
    # By its body, which no query looks into: erase.py.
    Holding(InboxEvent, "Stored webhooks", None, others=("body", "headers", "message", "dedupe")),
]  # fmt: skip

# Columns of the domain that hold nothing of the people who are synced: set-up, states and figures of ours. Whom an
# operator names in a set-up is only said when they are erased (setup.py): it is not ours to rewrite.
FREE: dict[str, set[str]] = {
    "Alert": {"event", "subject", "place", "key", "state"},
    "AlertChannel": {"kind", "name", "address", "events"},
    "AlertDelivery": {"news", "state", "batch"},
    "AlertRules": {"zone"},
    "WebhookRhythm": {"gaps"},
    # Of a whole plan: once changes of the person are gone, it agrees to nothing any more.
    "Approval": {"digest"},
    # Names people who use Gistline; of those who are synced it names nobody (dashboard/audit/middleware.py).
    "AuditEntry": {"actor", "what", "subject", "link", "before", "after", "origin", "address", "digest"},
    "CallBudget": {"account", "document"},
    "Change": {"kind", "side", "action", "state"},
    # Names a client and us, and nobody who is synced.
    "ConnectLink": {"client", "asker", "digest"},
    "Connection": {
        "key", "name", "provider", "account_id", "account_name", "company_id", "credentials", "scopes", "status",
        "settings",
    },
    "ErasedDigest": {"digest"},
    "Erasure": {"counts"},
    "GhlApp": {"client_id", "client_secret"},
    "InstallationKey": {"purpose", "key"},
    "Execution": {"trigger", "state", "reason", "trace"},
    "ImportFile": {"folder", "encoding", "delimiter", "target", "mode", "check_state", "check_digest"},
    "InboxEvent": {"provider", "topic", "account", "state", "reason", "trace", "joined"},
    "Link": {
        "key", "name", "mode", "direction", "create_on", "conflict", "deletes", "match", "default_country",
        "gist_filter", "ghl_filter", "cursors", "lease_owner", "sweep", "import_columns",
    },
    "LogEntry": {"kind", "side", "outcome", "reason", "trace"},
    "AcceptedFields": {"gist", "ghl"},
    "Mapping": {"gist_field", "ghl_field", "direction", "owner", "write_mode", "steps", "gist_type"},
    "MappingDraft": {"rows", "history", "page", "dismissed"},
    "MappingVersion": {"name", "carried"},
    "Pair": {"kind", "state", "matched_by", "lost_rule"},
    "Pause": {"what", "key"},
    "PendingRead": {"kind", "side", "owner", "trace"},
    "Problem": {"cause", "subject", "side", "state"},
    "Question": {"kind", "standing"},
    "RejectedRow": {"reason"},
    "Retention": {"kind"},
    "Related": {"kind"},
    "Run": {"kind", "status", "trigger", "rules", "phase", "api_calls", "error_code", "trace"},
    "Snapshot": {"kind", "side", "rules", "reason", "trace"},
    "Workflow": {"template", "name", "definition"},
    "WorkflowVersion": {"definition"},
}  # fmt: skip

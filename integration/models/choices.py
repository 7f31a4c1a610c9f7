"""Status words and their tones: the one place that says what a status is called and how it looks."""

from django.db import models

from integration.records import Side


class Provider(models.TextChoices):
    """A side: `Provider(side).label` is what it is called on screen."""

    GIST = "gist", "Gist"
    GHL = "ghl", "GHL"

    @property
    def other(self) -> "Provider":
        return Provider.GHL if self is Provider.GIST else Provider.GIST

    @property
    def side(self) -> Side:
        """As records and changes carry it."""
        return "gist" if self is Provider.GIST else "ghl"


class ToneChoices(models.TextChoices):
    """A status whose `tone` picks mark and colour on screen: ok, run, wait, bad or idle."""

    @property
    def tone(self) -> str:
        return TONES[type(self).__name__][self.value]


class ConnectionStatus(ToneChoices):
    NEW = "new", "Not checked yet"
    OK = "ok", "Signed in"
    SCOPE = "scope", "One scope missing"
    RECONNECT = "reconnect", "Login broken"
    DISCONNECTED = "disconnected", "Disconnected"


class RunStatus(ToneChoices):
    QUEUED = "queued", "Queued"
    RUNNING = "running", "Running"
    WAITING = "waiting", "Waiting"
    PAUSED = "paused", "Paused"
    SUCCEEDED = "succeeded", "Succeeded"
    PARTIAL = "partial", "Partial"
    FAILED = "failed", "Failed"
    CANCELLED = "cancelled", "Cancelled"


ACTIVE_RUNS = (RunStatus.QUEUED, RunStatus.RUNNING, RunStatus.WAITING, RunStatus.PAUSED)
FINISHED_RUNS = (RunStatus.SUCCEEDED, RunStatus.PARTIAL, RunStatus.FAILED, RunStatus.CANCELLED)


class RunKind(models.TextChoices):
    FULL = "full", "Full sync"
    INCREMENTAL = "incremental", "Sync"
    RETRY = "retry", "Retry"
    SINGLE = "single", "Single contact"
    LIVE = "live", "Live"
    SWEEP = "sweep", "Sweep"
    APPLY = "apply", "Plan applied"
    UNDO = "undo", "Undo"
    IMPORT = "import", "CSV import"


# Runs that read everyone on both sides; a sweep does so slowly, by itself, with a small part of the budget.
FULL_READS = (RunKind.FULL, RunKind.SWEEP)
READING = (*FULL_READS, RunKind.INCREMENTAL)


class Outcome(ToneChoices):
    CREATED = "created", "Created"
    UPDATED = "updated", "Updated"
    UNCHANGED = "unchanged", "Unchanged"
    SKIPPED = "skipped", "Skipped"
    FAILED = "failed", "Failed"


class ChangeAction(models.TextChoices):
    CREATE = "create", "Create"
    UPDATE = "update", "Update"
    DELETE = "delete", "Delete"
    PAIR = "pair", "Pair"
    UNPAIR = "unpair", "Unpair"
    SEND = "send", "Send"


class ChangeState(ToneChoices):
    """What became of a change. Only `applied` and, after that, `undone` ones were ever written."""

    PLANNED = "planned", "Planned"
    EXCLUDED = "excluded", "Left out"
    APPLIED = "applied", "Written"
    HELD = "held", "Held"
    FAILED = "failed", "Not written"
    UNDONE = "undone", "Undone"


class Direction(models.TextChoices):
    TWO_WAY = "two_way", "Both ways"
    GIST_TO_GHL = "gist_to_ghl", "Gist to GHL"
    GHL_TO_GIST = "ghl_to_gist", "GHL to Gist"

    def writes_to(self, side: str) -> bool:
        return self.value != (Direction.GHL_TO_GIST if side == Provider.GHL else Direction.GIST_TO_GHL)


class CreateOn(models.TextChoices):
    """The sides on which a link may make new contacts; elsewhere it only updates those that are there."""

    BOTH = "both", "On both sides"
    GIST = "gist", "In Gist only"
    GHL = "ghl", "In GHL only"
    NONE = "none", "On neither side"

    def allows(self, side: str) -> bool:
        return self.value in (CreateOn.BOTH.value, side)


class Owner(models.TextChoices):
    """Whose value stands when both sides changed."""

    NEWEST = "newest", "Newest"
    GIST = "gist", "Gist"
    GHL = "ghl", "GHL"
    FILL = "fill", "Fill only if blank"
    ASK = "ask", "Ask me"


class MatchedBy(models.TextChoices):
    """What made two records a pair; blank for pairs of before this was kept."""

    EMAIL = "email", "E-mail address"
    OTHER_EMAIL = "other_email", "A further e-mail address"
    PHONE = "phone", "Phone number"
    CREATED = "created", "Created by Gistline"
    FOUND = "found", "Found when it was to be created"
    PERSON = "person", "A person"


class WriteMode(models.TextChoices):
    """When a mapping row writes into a field."""

    OVERWRITE = "overwrite", "Whenever it changes"
    IF_BLANK = "if_blank", "Only into a blank"
    ON_CREATE = "on_create", "Only when the contact is created"
    APPEND = "append", "Add to what stands there"


class Deletes(models.TextChoices):
    IGNORE = "ignore", "Ignore"
    UNLINK = "unlink", "Unlink"
    PROPAGATE = "propagate", "Delete on the other side too"


class Mode(models.TextChoices):
    WATCH = "watch", "Watch: plan, write nothing"
    NEW_ONLY = "new_only", "New only: create who is new, change nobody"
    LIVE = "live", "Live"


TONES: dict[str, dict[str, str]] = {
    "ConnectionStatus": {
        "new": "idle",
        "ok": "ok",
        "scope": "wait",
        "reconnect": "bad",
        "disconnected": "idle",
    },
    "ConnectLinkState": {"open": "wait", "used": "ok", "withdrawn": "idle", "ended": "idle"},
    "RunStatus": {
        "queued": "wait",
        "running": "run",
        "waiting": "wait",
        "paused": "idle",
        "succeeded": "ok",
        "partial": "wait",
        "failed": "bad",
        "cancelled": "idle",
    },
    "ExecutionState": {"waiting": "wait", "running": "run", "done": "ok", "skipped": "idle", "failed": "bad"},
    "EventState": {"waiting": "wait", "done": "ok", "parked": "idle", "refused": "bad"},
    "ChangeState": {
        "planned": "idle",
        "excluded": "idle",
        "applied": "ok",
        "held": "wait",
        "failed": "bad",
        "undone": "idle",
    },
    "ProblemState": {"open": "bad", "acknowledged": "idle", "resolved": "ok", "ignored": "idle"},
    "AlertState": {"open": "bad", "over": "ok"},
    "DeliveryState": {"waiting": "wait", "sent": "ok", "given_up": "bad", "dropped": "idle"},
    "Outcome": {"created": "ok", "updated": "run", "unchanged": "idle", "skipped": "wait", "failed": "bad"},
}

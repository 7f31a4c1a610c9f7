from integration.models.alert import (
    Alert,
    AlertChannel,
    AlertDelivery,
    AlertRules,
    AlertState,
    ChannelKind,
    DeliveryState,
    WebhookRhythm,
)
from integration.models.approval import Approval
from integration.models.audit_entry import AuditEntry
from integration.models.budget import CallBudget
from integration.models.change import Change
from integration.models.choices import (
    ACTIVE_RUNS,
    FINISHED_RUNS,
    FULL_READS,
    READING,
    ChangeAction,
    ChangeState,
    ConnectionStatus,
    CreateOn,
    Deletes,
    Direction,
    MatchedBy,
    Mode,
    Outcome,
    Owner,
    Provider,
    RunKind,
    RunStatus,
    WriteMode,
)
from integration.models.connect_link import ConnectLink, ConnectLinkState
from integration.models.connection import Connection
from integration.models.deleting import delete_row
from integration.models.erasure import ErasedDigest, Erasure, InstallationKey
from integration.models.field_check import FieldCheck
from integration.models.ghl_app import GhlApp
from integration.models.import_file import CheckState, ImportFile, ImportMode, ImportTarget, RejectedRow
from integration.models.inbox_event import EventState, InboxEvent
from integration.models.kept_apart import KeptApart
from integration.models.link import Link
from integration.models.log_entry import FurtherProblem, LogEntry
from integration.models.mapping import AcceptedFields, Mapping, MappingDraft, MappingVersion
from integration.models.pair import OtherEmail, Pair, Snapshot
from integration.models.pause import Pause
from integration.models.pending_read import PendingRead
from integration.models.problem import FAILING, Problem, ProblemState
from integration.models.question import Question
from integration.models.related import Related, RelatedKind
from integration.models.retention import Retention
from integration.models.run import ASKED_FOR, COUNTS, PAUSED_BY_PERSON, Checkpoint, Run, RunTarget
from integration.models.workflow import UNFINISHED, Execution, ExecutionState, Workflow, WorkflowVersion

__all__ = [
    "ACTIVE_RUNS",
    "ASKED_FOR",
    "COUNTS",
    "FAILING",
    "FINISHED_RUNS",
    "FULL_READS",
    "PAUSED_BY_PERSON",
    "READING",
    "UNFINISHED",
    "AcceptedFields",
    "Alert",
    "AlertChannel",
    "AlertDelivery",
    "AlertRules",
    "AlertState",
    "Approval",
    "AuditEntry",
    "CallBudget",
    "Change",
    "ChangeAction",
    "ChangeState",
    "ChannelKind",
    "CheckState",
    "Checkpoint",
    "ConnectLink",
    "ConnectLinkState",
    "Connection",
    "ConnectionStatus",
    "CreateOn",
    "Deletes",
    "DeliveryState",
    "Direction",
    "ErasedDigest",
    "Erasure",
    "EventState",
    "Execution",
    "ExecutionState",
    "FieldCheck",
    "FurtherProblem",
    "GhlApp",
    "ImportFile",
    "ImportMode",
    "ImportTarget",
    "InboxEvent",
    "InstallationKey",
    "KeptApart",
    "Link",
    "LogEntry",
    "Mapping",
    "MappingDraft",
    "MappingVersion",
    "MatchedBy",
    "Mode",
    "OtherEmail",
    "Outcome",
    "Owner",
    "Pair",
    "Pause",
    "PendingRead",
    "Problem",
    "ProblemState",
    "Provider",
    "Question",
    "RejectedRow",
    "Related",
    "RelatedKind",
    "Retention",
    "Run",
    "RunKind",
    "RunStatus",
    "RunTarget",
    "Snapshot",
    "WebhookRhythm",
    "Workflow",
    "WorkflowVersion",
    "WriteMode",
    "delete_row",
]

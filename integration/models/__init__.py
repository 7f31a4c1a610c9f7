from integration.models.alert import Alert
from integration.models.budget import CallBudget
from integration.models.choices import (
    ACTIVE_RUNS,
    CIRCLES,
    FINISHED_RUNS,
    READING,
    ConnectionStatus,
    Deletes,
    Direction,
    Mode,
    Outcome,
    Owner,
    Provider,
    RunKind,
    RunStatus,
)
from integration.models.connection import Connection
from integration.models.hint import Hint
from integration.models.inbox_event import EventState, InboxEvent
from integration.models.link import Link
from integration.models.log_entry import LogEntry
from integration.models.mapping import Mapping, MappingVersion
from integration.models.pair import Pair, Snapshot
from integration.models.question import Question
from integration.models.related import Related, RelatedKind
from integration.models.run import COUNTS, Run
from integration.models.workflow import UNFINISHED, Execution, ExecutionState, Workflow, WorkflowVersion

__all__ = [
    "ACTIVE_RUNS",
    "CIRCLES",
    "COUNTS",
    "FINISHED_RUNS",
    "READING",
    "UNFINISHED",
    "Alert",
    "CallBudget",
    "Connection",
    "ConnectionStatus",
    "Deletes",
    "Direction",
    "EventState",
    "Execution",
    "ExecutionState",
    "Hint",
    "InboxEvent",
    "Link",
    "LogEntry",
    "Mapping",
    "MappingVersion",
    "Mode",
    "Outcome",
    "Owner",
    "Pair",
    "Provider",
    "Question",
    "Related",
    "RelatedKind",
    "Run",
    "RunKind",
    "RunStatus",
    "Snapshot",
    "Workflow",
    "WorkflowVersion",
]

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
from integration.models.notice import Notice
from integration.models.pair import Pair, Snapshot
from integration.models.question import Question
from integration.models.run import COUNTS, Run

__all__ = [
    "ACTIVE_RUNS",
    "CIRCLES",
    "COUNTS",
    "FINISHED_RUNS",
    "READING",
    "CallBudget",
    "Connection",
    "ConnectionStatus",
    "Deletes",
    "Direction",
    "EventState",
    "Hint",
    "InboxEvent",
    "Link",
    "LogEntry",
    "Mapping",
    "MappingVersion",
    "Mode",
    "Notice",
    "Outcome",
    "Owner",
    "Pair",
    "Provider",
    "Question",
    "Run",
    "RunKind",
    "RunStatus",
    "Snapshot",
]

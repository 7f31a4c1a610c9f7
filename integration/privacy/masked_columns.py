"""Which columns are masked for whoever may not see personal values, and how: every column that holdings.py names stands
here, in MASKS or, with the reason, in SHOWN (tests/privacy/test_masked_columns.py).
"""

import copy
from collections.abc import Callable
from functools import partial
from typing import Any, TypeVar, cast

from django.db.models import Field, Model

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
from integration.privacy.masking import (
    Mask,
    MaskedWrite,
    is_masking,
    mask_body,
    mask_calls,
    mask_sentence,
    mask_text,
    mask_tree,
)

M = TypeVar("M", bound=Model)
# When something is due or took place, and whether: pages sort and count by it.
_TIMES = frozenset({"due_at", "start_at", "end_at", "added_at", "completed"})
VALUES_OF_RELATED = frozenset({"status", "assigned_to", "calendar_id", *_TIMES})


def _keep(*names: str) -> Mask:
    return partial(mask_tree, kept=frozenset(names))


def _mask_sentences(value: Any) -> Any:
    return [mask_sentence(str(one)) for one in value] if isinstance(value, list) else mask_tree(value)


_VALUES: Mask = partial(mask_tree, kept=_TIMES)
MASKS: dict[type[Model], dict[str, Mask]] = {
    Question: {"label": mask_text, "message": mask_sentence, "options": _keep("id", "side", "only")},
    Change: {"before": _VALUES, "after": _VALUES, "found": _VALUES},
    LogEntry: {
        "label": mask_text, "message": mask_sentence, "noticed": _keep("side", "field"),
        "left_out": _keep("field", "reason"), "calls": mask_calls,
    },
    Execution: {"label": mask_text, "facts": _keep("id", *_TIMES), "message": mask_sentence},
    Related: {"base": _keep(*VALUES_OF_RELATED), "gist_base": _keep(*VALUES_OF_RELATED)},
    PendingRead: {"title": mask_text},
    Snapshot: {
        "email": mask_text, "other_emails": mask_tree, "phone": mask_text, "label": mask_text, "base": mask_tree,
        "undecided": mask_tree, "unconfirmed_writes": mask_tree,
    },
    OtherEmail: {"email": mask_text},
    Pair: {"label": mask_text},
    Run: {"error": mask_sentence, "wait_reason": mask_sentence},
    ImportFile: {
        "name": mask_text, "tags": mask_tree, "notes": mask_tree, "tasks": mask_tree, "problem": mask_sentence,
    },
    FieldCheck: {
        "contact": mask_text, "results": _keep("side", "key", "label", "type", "state"), "left_behind": _mask_sentences,
    },
    RejectedRow: {"sentence": mask_sentence},
    Problem: {"text": mask_sentence, "note": mask_sentence, "history": _keep("at", "person", "run", "what")},
    Pause: {"reason": mask_sentence},
    InboxEvent: {"body": mask_body, "message": mask_sentence},
    Alert: {"reason": mask_sentence},
    AlertDelivery: {"answer": mask_sentence},
}  # fmt: skip

_ID = "an id: it names nobody without Gist or GHL"
_CODE = "a code of ours"
# Erased with a person, and shown to everybody.
SHOWN: dict[type[Model], dict[str, str]] = {
    Question: {"about": _ID, "side": _CODE, "external_id": _ID, "field": _CODE, "answer": "a side, an id or a code"},
    Change: {"external_id": _ID, "field": _CODE, "rule": _CODE},
    LogEntry: {"pair": _ID, "gist_id": _ID, "ghl_id": _ID, "external_id": _ID, "resolved_at": "a moment"},
    Execution: {"cause": _ID, "gist_id": _ID, "ghl_id": _ID},
    Related: {"ghl_id": _ID, "contact_id": _ID, "gist_key": _ID},
    PendingRead: {"external_id": _ID, "contact_id": _ID},
    Snapshot: {"external_id": _ID, "fingerprint": "a digest"},
    Pair: {"gist_id": _ID, "ghl_id": _ID},
    KeptApart: {"gist_id": _ID, "ghl_id": _ID},
    Run: {"target": "ids, and the titles of problems", "checkpoint": "places in lists"},
    ImportFile: dict.fromkeys(
        ("columns", "task_due", "leave_blank", "check_result"), "of the file's own pages, which need the right"
    ),
    Alert: dict.fromkeys(("title", "remedy", "ended"), "words of ours, with names of links and accounts"),
    AlertChannel: {"answer": "of the settings, which only owners see"},
    Connection: dict.fromkeys(("status_reason", "check_steps"), "how an account answers a check of itself"),
    InboxEvent: {"headers": "of the sender's server", "dedupe": "a digest, or the delivery's id"},
}


def mask_row(row: M) -> M:
    """A copy of the row with its personal columns masked; only those that are loaded."""
    copied = copy.copy(row)
    for name, mask in MASKS.get(type(row), {}).items():
        if name in vars(row):
            setattr(copied, name, mask(getattr(row, name)))
    return copied


def attach_masks() -> None:
    """From now on the columns are masked as they are read, while masking is on, and not saved then."""
    for model, columns in MASKS.items():
        for name, mask in columns.items():
            _attach(cast("Field[Any, Any]", model._meta.get_field(name)), mask)


def _attach(field: Any, mask: Mask) -> None:
    read: Callable[..., Any] = getattr(field, "from_db_value", lambda value, *_: value)
    save: Callable[..., Any] = field.get_db_prep_save

    def from_db_value(value: Any, expression: Any, connection: Any) -> Any:
        found = read(value, expression, connection)
        return found if found is None or not is_masking() else mask(found)

    def get_db_prep_save(value: Any, connection: Any) -> Any:
        if is_masking():
            raise MaskedWrite(f"{field} cannot be saved while personal values are masked")
        return save(value, connection)

    # On the field and not in a class of its own: whatever kind of column it is, also through values() and annotations.
    field.from_db_value, field.get_db_prep_save = from_db_value, get_db_prep_save

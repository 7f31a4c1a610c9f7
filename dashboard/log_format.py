"""Lines of the process log, in which no secret address stands: whoever reads the log could use it.

Each line says the trace that it belongs to (integration/trace.py), so that one search finds all that a webhook, a click
or a run brought about, in every process.
"""

import json
import logging
import re
from datetime import UTC, datetime
from typing import Any

from integration.trace import facts_followed

# What follows these in an address opens something: Gist's webhooks, the reset of a password, a mail address, an
# account, the form in which a client signs in.
_SECRET_PART = re.compile(
    r"(/webhooks/gist/|/accounts/password/reset/key/|/accounts/confirm-email/|/invitation/|/connect/)[^/\s\"'?]+"
)
# A secret in an address that was typed otherwise: as long as the shortest one, and in both cases, as no folder and no
# id of ours is.
_LONG_PART = re.compile(r"(/\s*)(?=[a-z\d_-]*[A-Z])(?=[A-Z\d_-]*[a-z])[\w-]{32,}", re.ASCII)


def mask_addresses(text: str) -> str:
    """`text` with the secret part of every address replaced by “…”."""
    return _LONG_PART.sub(r"\1…", _SECRET_PART.sub(r"\1…", text))


def facts_of(record: logging.LogRecord) -> dict[str, Any]:
    """What is known beside the message: the trace and what else is followed, and `extra={"facts": …}` of the line."""
    return {**facts_followed(), **getattr(record, "facts", {})}


class MaskingFormatter(logging.Formatter):
    """A line for people. Masks the whole of it, tracebacks too: Django alone writes the path of what it refuses in
    nine places.
    """

    def format(self, record: logging.LogRecord) -> str:
        return mask_addresses(super().format(record))

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802
        facts = " ".join(f"{name}={value}" for name, value in facts_of(record).items() if value != "")
        return f"{super().formatMessage(record)} [{facts}]" if facts else super().formatMessage(record)


class JsonFormatter(MaskingFormatter):
    """One JSON object a line: `time` in UTC, `level`, `logger`, `message`, then the facts, and `exception`."""

    def format(self, record: logging.LogRecord) -> str:
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            **{name: value for name, value in facts_of(record).items() if value != ""},
        }
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return mask_addresses(json.dumps(line, ensure_ascii=False, default=str))

"""Lines of the process log, in which no secret address stands: whoever reads the log could use it."""

import logging
import re

# What follows these in an address opens something: Gist's webhooks, the reset of a password, a mail address, an
# account, the form in which a client signs in.
_SECRET_PART = re.compile(
    r"(/webhooks/gist/|/accounts/password/reset/key/|/accounts/confirm-email/|/invitation/|/connect/)[^/\s\"'?]+"
)


def mask_addresses(text: str) -> str:
    """`text` with the secret part of every address replaced by “…”."""
    return _SECRET_PART.sub(r"\1…", text)


class MaskingFormatter(logging.Formatter):
    """Masks the whole line, tracebacks too: Django alone writes the path of what it refuses in nine places."""

    def format(self, record: logging.LogRecord) -> str:
        return mask_addresses(super().format(record))

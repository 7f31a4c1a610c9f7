"""Why a row of a file is not taken: one registry of reasons, and one fault of one row."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Fault:
    """What is wrong with a row. `reason` is a key of REASONS; `column` is a header, "" for the row as a whole."""

    reason: str
    message: str
    """A sentence that may quote the cell: it is for the person whose file it is, never for a log."""
    column: str = ""

    @property
    def sentence(self) -> str:
        return f"{self.column}: {self.message}" if self.column else self.message


REASONS: Mapping[str, str] = {
    "column_count": "Another number of cells than the header",
    "quoting": "Quotes that cannot be read",
    "unreadable_character": "Characters that cannot be read",
    "cell_too_long": "A cell that is too long",
    "bad_email": "No e-mail address",
    "no_phone": "No phone number",
    "no_country": "No country",
    "not_offered": "A value that the field does not offer",
    "too_long": "A value that is too long for its field",
    "bad_date": "A date that cannot be read",
    "unreadable": "A value that does not fit its field",
    "bad_consent": "Neither yes nor no",
    "no_key": "Neither e-mail nor phone",
    "erased": "Somebody who was erased here",
    "double": "The same person as an earlier row",
}
"""Reason to what it is called in totals."""

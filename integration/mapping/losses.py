"""What is lost when values go between a GHL custom field and a Gist property, and why: the one table of it.

The mapping editor, docs/fields.md and "check my fields" read it; a test writes every pair of types, reads it back and
compares it with this.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from integration.providers.gist.fields import CUSTOM
from integration.records import Field, Side

DATA_TYPES = (
    "TEXT", "LARGE_TEXT", "NUMERICAL", "PHONE", "MONETORY", "CHECKBOX", "SINGLE_OPTIONS", "MULTIPLE_OPTIONS", "RADIO",
    "DATE", "TEXTBOX_LIST", "FILE_UPLOAD",
)  # fmt: skip
GIST_TYPES = ("text", "number", "boolean", "date")
_TEXTS, _NUMBERS = ("TEXT", "LARGE_TEXT"), ("NUMERICAL", "MONETORY")
_CHOICES = ("CHECKBOX", "SINGLE_OPTIONS", "MULTIPLE_OPTIONS", "RADIO")


@dataclass(frozen=True)
class Loss:
    """What does not come back of values that went `towards` a side, for these types; empty means each."""

    towards: Side
    data_types: tuple[str, ...]
    gist_types: tuple[str, ...]
    reason: str


# The first that fits counts.
LOSSES = (
    Loss("gist", ("FILE_UPLOAD",), (), "Gist gets the addresses of the files; files cannot be written back to GHL."),
    Loss("gist", ("TEXTBOX_LIST",), (), "Gist gets the texts joined by commas; GHL takes no list of text boxes back."),
    Loss("gist", _NUMBERS, ("date",), "A property that ends in “_at” holds a moment: a number counts as seconds since "
         "1970, without its fraction, and does not come back."),
    Loss("gist", (*_TEXTS, "PHONE", *_CHOICES), ("date",), "A property that ends in “_at” holds a moment: what is no "
         "date of the form YYYY-MM-DD is left out."),
    Loss("gist", ("LARGE_TEXT",), (), "A property takes 255 characters: a longer text is left out, not cut."),
    Loss("ghl", ("FILE_UPLOAD", "TEXTBOX_LIST"), (), "GHL’s field cannot be written: it goes to Gist only."),
    Loss("ghl", _NUMBERS, ("text",), "What is no number is left out; so are “7,5” and “0012”."),
    Loss("ghl", _NUMBERS, ("boolean", "date"), "GHL takes numbers only: left out."),
    Loss("ghl", ("PHONE",), (), "What is no phone number is left out, and so is one with an extension."),
    Loss("ghl", _CHOICES, ("boolean",), "Yes and no go to the options that say so and come back as text; without such "
         "options they are left out."),
    Loss("ghl", _CHOICES, (), "What is not among the options of the field is left out."),
    Loss("ghl", ("DATE",), ("date",), "A date has no time of day: it comes back as the midnight of the location."),
    Loss("ghl", ("DATE",), ("number",), "A number counts as seconds since 1970 and comes back as a date."),
    Loss("ghl", ("DATE",), (), "What is no date of the form YYYY-MM-DD is left out."),
)  # fmt: skip


def loss_of(data_type: str, gist_type: str, towards: str) -> str:
    """What is lost of values of these types on their way to a side, in a sentence; "" when nothing is."""
    return next((one.reason for one in LOSSES if _fits(one, data_type, gist_type, towards)), "")


def _fits(loss: Loss, data_type: str, gist_type: str, towards: str) -> bool:
    is_of_types = data_type in loss.data_types and (not loss.gist_types or gist_type in loss.gist_types)
    return is_of_types and loss.towards == towards


def losses_between(gist: Field, ghl: Field, sides: Iterable[str]) -> list[str]:
    """What is lost between a property and a custom field on the ways that a row goes, a sentence for each; of built-in
    fields nothing is said.
    """
    if not (ghl.data_type and gist.key.startswith(CUSTOM)):
        return []
    gist_type = "date" if gist.type == "moment" else gist.type
    ways = {"gist": "To Gist and back", "ghl": "To GHL and back"}
    found = ((ways[side], loss_of(ghl.data_type, gist_type, side)) for side in sides)
    return [f"{way}: {reason}" for way, reason in found if reason]

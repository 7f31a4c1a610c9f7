"""Words that newcomers did not understand: each is replaced, or explained where it stands."""

import re
from pathlib import Path

import pytest

from dashboard.glossary.words import TERMS

pytestmark = pytest.mark.one_engine

ROOT = Path(__file__).parents[3]
LIST = ROOT.parent / "shared" / "reference" / "words-not-understood.md"
# Old words to what stands there now; a word of the glossary, by its key, where the word is kept and explained.
REPLACED = {
    "No full circle of the sweep is finished, so nothing is claimed": "Not everyone was read yet",
    "Settle window": "Wait for further events, in seconds",
    "Changes a run may make before you confirm": "Cap: changes that a run makes without asking",
    "Full run": "Full sync",
    "Backfill": "Full sync",
    "Look again": "Reload",
    "Only if this holds": "Only if this is so",
    "Leave it": "what stays, as “Change nothing”, “Book nothing”, “Keep them apart”, “Not now”",
    "Leave both": "Keep both values",
    "Parked": "Set aside",
    "Rejected at the door": "Turned away",
    "Tried again": "Retried later",
    "Take the request back in Gist": "Clear the request in Gist",
    "Show it in Gist": "Refresh what Gist shows",
    "Mirror the tag": "Copy the tag to the other side",
    "As asked": "Asked for",
    "Noticed in GHL": "Happened in GHL",
    "Our own echo": "a skip with its reason in words",
    "Members are merged: the next sync writes GHL": "what the next sync writes, member by member",
    "1 kept": "the names of what is kept",
    "Settled or not": "Open or resolved",
    "Nothing to tell": "Nothing but unchanged records; no details",
    "moment": "a date",
    "phone_e164": "Phone, international",
    "Value table … backwards read from right to left": "from GHL to Gist the same the other way",
    "ghl to gist": "GHL to Gist",
    "The page says where it stands": "where to find it in Gist: Settings, API & Webhooks",
    "Comes back without a state": "As when somebody installs the app in GoHighLevel",
    "queue 0.0 s old": "nothing waits",
    "Key ghl-a1derd": "Name in setup files",
    "64 + 106": "each number with what it counts",
    "known by its key": "the workspace of its API key",
    "Two letters, as US or GB": "Its code, as US or GB",
    "About under 1 s left": "no time is named below a second",
    "Report it with this run..": "Report it with the number of this run.",
    "No answer … no answer came": "Error of the API, for an answer of 500",
    "Refused. The API will not accept this record.": "This record cannot be accepted as it is.",
}
EXPLAINED = {
    "Parity": "parity", "Backlog": "backlog", "Full sync": "full-sync", "Carried": "carried", "Scopes": "scope",
    "sub-account": "location", "location": "location", "twin": "twin", "sandbox": "sandbox",
}  # fmt: skip
# Identifiers of code and files, which no page shows.
ONLY_IN_CODE = {"moment", "phone_e164", "ghl to gist", "64 + 106", "1 kept"}


def shown_texts():
    """What stands on pages: templates without their tags and notes, and the texts of code between quotes."""
    for path in (ROOT / "templates").rglob("*.html"):
        text = re.sub(r"{#.*?#}|{% comment %}.*?{% endcomment %}", "", path.read_text(), flags=re.DOTALL)
        yield path.name, re.sub(r"{%.*?%}|<[^>]*>", " ", text)
    for root in ("dashboard", "integration"):
        for path in (ROOT / root).rglob("*.py"):
            if "twin" not in path.parts and "migrations" not in path.parts:
                yield path.name, "\n".join(re.findall(r'(?<!")"([A-Z][^"\n]+)"(?!")', path.read_text()))


def test_every_word_of_the_list_is_replaced_or_explained():
    if not LIST.exists():
        pytest.skip(f"the list of words is not at {LIST}")
    listed = set(re.findall(r'"([^"]+)"', LIST.read_text()))
    assert len(listed) > 30
    assert listed - set(REPLACED) - set(EXPLAINED) == set()


@pytest.mark.parametrize("old", sorted(set(REPLACED) - ONLY_IN_CODE))
def test_what_was_replaced_stands_nowhere_any_more(old):
    # “Leave it out” is a sentence of its own.
    pattern = re.compile(rf"(?<![\w-]){re.escape(old)}(?! (?:out|off|empty|stopped|unmatched))(?![\w-])")
    skips = {"words.py"}
    assert [name for name, text in shown_texts() if name not in skips and pattern.search(text)] == []


def test_what_was_kept_is_explained():
    assert set(EXPLAINED.values()) - set(TERMS) == set()


def test_one_thing_has_one_word():
    """A sync of everybody is a full sync on every page and in every sentence, never a full run or a backfill."""
    wrong = re.compile(r"\b([Ff]ull runs?|[Bb]ackfills?)\b")
    assert [name for name, text in shown_texts() if name != "words.py" and wrong.search(text)] == []

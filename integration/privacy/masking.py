"""Masks in place of personal values, for whoever may not see them.

While `masking` is on, the columns of masked_columns.py are masked as they are read from the database, so that no page,
file or answer of a program has anything to show, whatever its code does with it. What is masked is never written back:
saving such a column raises MaskedWrite.
"""

import json
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar, copy_context
from functools import lru_cache
from typing import Any

Mask = Callable[[Any], Any]
DOTS = "•••"
_EMAIL = re.compile(r"[^\s@]+@[^\s@]+\.[^\s@.]+")
_DATE = re.compile(r"\d{1,4}[-./]\d{1,2}[-./]\d{1,4}")
# It begins where the run of its signs does: to try each sign of a long word takes the square of its length.
_ANY_EMAIL = re.compile(r"(?<![^\s@“”\"'<>(),;:])[^\s@“”\"'<>(),;:]+@[^\s@“”\"'<>(),;:]+")
# Ends where another one begins, or each sign of a row of them would look as far as the end.
_QUOTED = re.compile(r"“[^“”]*”|\"[^\"]*\"|‘[^‘’]*’")
_WORD = re.compile(r"\S+")
# A shorter number is told apart by nothing but all of its digits.
_PHONE_DIGITS = 7
_WORDS_SHOWN = 3
# What consent fields hold: whether somebody may be written to is said in words, and no value of theirs.
_STATES = frozenset({"active", "inactive", "permanent", "true", "false"})
# Of a whole number in a sentence: counts and times.
_COUNT = re.compile(r"[(]?\d{1,3}[%).,:;]*")

_masking: ContextVar[bool] = ContextVar("masking", default=False)


class MaskedWrite(RuntimeError):
    """Something was about to be saved while personal values are masked: the mask would take the value's place."""


class Masked(str):
    """What stands for a personal value. Two are equal where what they stand for is, whatever its case."""

    _hidden: int

    def __new__(cls, shown: str, hidden: object) -> "Masked":
        mask = super().__new__(cls, shown)
        mask._hidden = hash(str(hidden).strip().casefold())
        return mask

    def __eq__(self, other: object) -> bool:
        return self._hidden == other._hidden if isinstance(other, Masked) else str.__eq__(self, other)

    def __ne__(self, other: object) -> bool:
        return not self == other

    def __hash__(self) -> int:
        return self._hidden

    def __str__(self) -> str:
        return self

    # Values are brought into one form before they are compared: a mask stays what it stands for.
    def strip(self, *_: Any) -> "Masked":
        return self

    def lower(self) -> "Masked":
        return self

    def casefold(self) -> "Masked":
        return self


def is_masking() -> bool:
    return _masking.get()


@contextmanager
def masking(on: bool = True) -> Iterator[None]:
    """Whether personal values are masked as they are read meanwhile."""
    token = _masking.set(on)
    try:
        yield
    finally:
        _masking.reset(token)


def start_masking() -> None:
    """For the rest of this context, as of a request whose sender is known only now."""
    _masking.set(True)


def keep_masking(pieces: Iterable[Any]) -> Iterator[Any]:
    """The pieces, each made while personal values are masked."""
    # Taken now: the pieces are asked for when masking is off again.
    context, source = copy_context(), iter(pieces)
    return iter(lambda: context.run(next, source, None), None)


def mask_text(text: str) -> str:
    """`a•••@e•••.com`, `•••• 1234`, `A••• L•••`: enough to tell apart who is known already."""
    if isinstance(text, Masked) or not text.strip() or text in _STATES:
        return text
    return Masked(_shape_of(text.strip()), text)


def _shape_of(text: str) -> str:
    if _EMAIL.fullmatch(text):
        name, _, domain = text.rpartition("@")
        return f"{name[:1]}{DOTS}@{domain[:1]}{DOTS}.{domain.rpartition('.')[2]}"
    if not any(sign.isalpha() for sign in text):
        digits = "".join(sign for sign in text if sign.isdigit())
        is_phone = len(digits) >= _PHONE_DIGITS and not _DATE.match(text)
        return f"•••• {digits[-4:]}" if is_phone else DOTS
    words = text.split()
    shown = [_initial_of(word) for word in words[:_WORDS_SHOWN]]
    return " ".join([*shown, DOTS] if len(words) > _WORDS_SHOWN else shown)


def _initial_of(word: str) -> str:
    # Of a word of two letters the first one tells half.
    return f"{word[0]}{DOTS}" if len(word) > 2 and word[0].isalpha() else DOTS


def mask_sentence(text: str) -> str:
    """A sentence of ours or of an API: words that our own explanations use stay, names and values among them go."""
    if isinstance(text, Masked) or not text.strip():
        return text
    plain = _ANY_EMAIL.sub(lambda found: mask_text(found[0]), _QUOTED.sub(f"“{DOTS}”", text))
    return Masked(_WORD.sub(_mask_word, plain), text)


def _mask_word(found: "re.Match[str]") -> str:
    word = found[0]
    if DOTS in word or _COUNT.fullmatch(word) or not any(sign.isalnum() for sign in word):
        return word
    core = word.strip(".,:;!?()[]’'…")
    starts_sentence = found.start() == 0 or found.string[: found.start()].rstrip().endswith((".", ":", "!", "?"))
    is_ours = core in our_words() or (starts_sentence and core.lower() in our_words())
    return word if is_ours else DOTS


@lru_cache(maxsize=1)
def our_words() -> frozenset[str]:
    """Every word of the explanations of reasons and causes: they name nobody."""
    # Both are read by nobody before the first sentence is masked.
    from integration.causes.registry import CAUSES
    from integration.sync.reasons import REASONS

    explained: list[Any] = [*REASONS.values(), *CAUSES.values()]
    texts = [f"{one.title} {one.meaning} {one.remedy}" for one in explained]
    # A capital letter within a sentence is a name; of those only what the product speaks of is ours.
    known = {word for text in texts for word in re.findall(r"[\w’'-]+", f"{text} {_MORE_WORDS}")}
    return frozenset({word for word in known if word.islower()} | _OUR_NAMES)


_OUR_NAMES = frozenset({"Gist", "Gist’s", "GHL", "GHL’s", "GoHighLevel", "Gistline", "API", "HTTP", "CSV", "URL", "I"})
_MORE_WORDS = (
    "retried opened resolved acknowledged ignored reopened row column limit reached goes on in s min seconds minutes "
    "is no not must be valid invalid refused answered with the of a an and or to for was were it its by from at note "
    "task appointment tag created updated deleted added removed completed moved cancelled person contact field value "
    "blank twice same another already exists here there this that over longer than letters nothing written"
)


def mask_tree(value: Any, kept: Collection[str] = (), name: str = "") -> Any:
    """The same JSON with every text and number masked, but under the names in `kept`. Yes, no and nothing stay."""
    if isinstance(value, Mapping):
        return {key: mask_tree(one, kept, str(key)) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [mask_tree(one, kept, name) for one in value]
    if name in kept or value is None or isinstance(value, bool):
        return value
    if name in ("sentence", "message"):
        return mask_sentence(str(value))
    return mask_text(value) if isinstance(value, str) else Masked(DOTS, value)


# Of HTTP: what kind of answer it was, and which record it is about.
_OF_A_CALL = frozenset({"method", "operation", "status", "statusCode", "milliseconds", "at", "id", "locationId", "kind",
                        "type", "total", "count", "page", "traceId"})  # fmt: skip


def mask_calls(calls: Any) -> Any:
    """Requests and responses as a log entry keeps them: paths without what was searched for, bodies masked."""
    return [mask_call(call) for call in calls] if isinstance(calls, list) else mask_tree(calls)


def mask_body_of_call(body: Any) -> Any:
    """What was sent or answered: names, kinds and ids stay."""
    return mask_tree(body, _OF_A_CALL)


def mask_call(call: Any) -> Any:
    if not isinstance(call, Mapping):
        return mask_tree(call)
    shown = dict(mask_tree(call, _OF_A_CALL))
    return {**shown, **({"path": mask_path(str(call["path"]))} if "path" in call else {})}


def mask_path(path: str) -> str:
    """An address of an API: ids stay, values of its query and addresses of people do not."""
    place, _, query = path.partition("?")
    shown = "/".join(DOTS if "@" in step or "%40" in step or "+" in step else step for step in place.split("/"))
    return f"{shown}?{'&'.join(_mask_parameter(one) for one in query.split('&'))}" if query else shown


def _mask_parameter(text: str) -> str:
    name, is_set, _ = text.partition("=")
    return f"{name}={DOTS}" if is_set else name


def mask_body(body: Any) -> bytes:
    """The body of a webhook: JSON keeps its names, kinds and ids."""
    raw = bytes(body)
    try:
        found = json.loads(raw, strict=False)
    except (ValueError, RecursionError):
        return mask_text(raw.decode(errors="replace")).encode()
    return json.dumps(mask_tree(found, _OF_A_CALL | {"webhookId", "timestamp"}), ensure_ascii=False).encode()

"""No regular expression of the tree can be made slow by the text it is given: one would stop the whole process."""

import ast
import itertools
import re
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.processes import ROOT

LENGTH = 10_000
SECONDS = 0.05
# A pattern in braces is made of what somebody wrote; its escaped words stand for it here.
INSERTED = "ab"


@dataclass(frozen=True)
class Pattern:
    """A pattern, where it stands, and the ways in which it is used."""

    place: str
    text: str | bytes
    flags: int
    uses: tuple[str, ...]


def patterns() -> list[Pattern]:
    """Of every call of `re` and of every `regex = "…"` in the product."""
    paths = sorted([*(ROOT / "dashboard").rglob("*.py"), *(ROOT / "integration").rglob("*.py")])
    # Every process of a test run gathers them, so only what may hold a pattern is parsed.
    sources = {path: text for path in paths if re.search(r"\bre\.|\bregex\b", text := path.read_text())}
    calls = {call for path in paths for call in re.findall(r"\b(\w+)\.(\w+)\(", path.read_text())}
    found = []
    for path, source in sources.items():
        for node in ast.walk(ast.parse(source)):
            text = _pattern_of(node)
            if text is not None:
                place = f"{path.relative_to(ROOT)}:{node.lineno}"
                found.append(Pattern(place, text, _flags_of(node), _uses_of(node, source, calls)))
    return found


def _pattern_of(node: ast.AST) -> str | bytes | None:
    if isinstance(node, ast.Assign) and any(getattr(target, "id", "") == "regex" for target in node.targets):
        return _text_of(node.value)
    return _text_of(node.args[0]) if _is_call_of_re(node) else None


def _is_call_of_re(node: ast.AST) -> bool:
    function = node.func if isinstance(node, ast.Call) else None
    return isinstance(function, ast.Attribute) and isinstance(function.value, ast.Name) and function.value.id == "re"


def _uses_of(node: ast.AST, source: str, calls: set[tuple[str, str]]) -> tuple[str, ...]:
    """Names among search, match and fullmatch; what replaces, splits or collects searches."""
    used = {node.func.attr} if _is_call_of_re(node) else {"match"}
    if used == {"compile"}:
        name = re.search(r"(\w+)\s*(?::[^=]+)?=\s*re\.compile", source.splitlines()[node.lineno - 1])
        used = {method for named, method in calls if name and named == name[1]}
    return tuple(sorted({use if use in ("match", "fullmatch") else "search" for use in used})) or ("search",)


def _text_of(node: ast.AST) -> str | bytes | None:
    if isinstance(node, ast.Constant):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(one.value if isinstance(one, ast.Constant) else INSERTED for one in node.values)
    return None  # From the control of the sandbox: its owner's own pattern.


def _flags_of(node: ast.AST) -> int:
    names = [one.attr for one in ast.walk(node) if isinstance(one, ast.Attribute)]
    return sum(getattr(re, name) for name in {"IGNORECASE", "DOTALL", "MULTILINE", "VERBOSE"} & set(names))


def hostile_texts(pattern: str | bytes) -> list[str]:
    """Long texts of what the pattern likes to repeat, after what it begins with, and before what it does not want."""
    text = pattern.decode() if isinstance(pattern, bytes) else pattern
    literal = sorted({sign for sign in re.sub(r"\\[a-zA-Z]", "", text) if sign not in "\\[](){}?*+|^$"})
    signs = list(dict.fromkeys(["a", "1", " ", ".", "A", *literal]))
    begins = ["", "a", "a.", "+", "+1", "-", "1", "{{", "--", "-----BEGIN PUBLIC KEY-----"]
    units = [*signs, *("".join(pair) for pair in itertools.product(signs[:8], repeat=2)), "1,111", ".111", "a.a "]
    texts = [begin + unit * (LENGTH // len(unit)) + end for begin in begins for unit in units for end in ("", "\0")]
    return [*texts, "-----BEGIN PUBLIC KEY-----" * (LENGTH // 26)]


class TooSlow(Exception):
    pass


@pytest.fixture
def stop_at_the_limit():
    def stop(number, frame):
        raise TooSlow

    before = signal.signal(signal.SIGPROF, stop)
    yield
    signal.setitimer(signal.ITIMER_PROF, 0)
    signal.signal(signal.SIGPROF, before)


def slowest(pattern: Pattern) -> tuple[float, str]:
    """Seconds of processor time, and on which text: of the slowest, or of the first that takes too long."""
    compiled = re.compile(pattern.text, pattern.flags)
    worst = (0.0, "")
    for text in hostile_texts(pattern.text):
        given = text.encode() if isinstance(pattern.text, bytes) else text
        for use in pattern.uses:
            worst = max(worst, (_seconds_of(getattr(compiled, use), given), f"{use} of {text[:20]!r}…"))
            if worst[0] > SECONDS:
                return worst
    return worst


def _seconds_of(use: Callable[[str | bytes], object], text: str | bytes) -> float:
    started = time.process_time()
    signal.setitimer(signal.ITIMER_PROF, 2 * SECONDS)
    try:
        use(text)
    except TooSlow:
        return 2 * SECONDS
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
    return time.process_time() - started


def test_there_are_patterns_to_look_at():
    uses = {pattern.place.partition(":")[0]: pattern.uses for pattern in patterns()}
    assert len(uses) > 20
    assert uses["integration/workflows/placeholders.py"] == ("match",)
    assert uses["integration/twin/ghl/dto.py"] == ("fullmatch",)


@pytest.mark.parametrize("pattern", patterns(), ids=lambda pattern: pattern.place)
def test_every_pattern_is_quick_on_hostile_text(stop_at_the_limit, pattern):
    seconds, text = slowest(pattern)
    assert seconds < SECONDS, f"{pattern.text!r}: {seconds:.3f} s in {text}"


@pytest.mark.parametrize("text", [r"^[A-Za-z][\w]*(\.[\w .-]+)+$", r"\+[\d\s().-]*\d[\d\s().-]*", r"(a+)+b", r"\s+$"])
def test_a_slow_one_is_found(stop_at_the_limit, text):
    assert slowest(Pattern("", text, 0, ("search", "fullmatch")))[0] >= SECONDS


def test_no_pattern_stands_in_a_page_or_script_unseen():
    """Those of the browser stop one person's page only; still they are few, and simple."""
    scripts = [path for path in Path(ROOT / "static").rglob("*.js") if "new RegExp" in path.read_text()]
    assert scripts == []

"""What came of a retry, in words that count both ways."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self


@dataclass(frozen=True)
class Results:
    """Records by what became of them. `problems` is how many causes they are of, `stopped` how many of those stopped,
    `steps` how many steps were taken at most.
    """

    count: int
    passed: int
    same: int
    other: int
    calls: int
    steps: int
    problems: int
    stopped: int

    @classmethod
    def of(cls, ladder: Sequence[dict[str, Any]], results: Sequence[dict[str, int]]) -> Self:
        sums = {name: sum(one[name] for one in results) for name in ("passed", "same", "other", "calls")}
        return cls(
            count=sum(item["count"] for item in ladder),
            steps=max((one["steps"] for one in results), default=0),
            problems=len(ladder),
            stopped=sum(bool(one["same"]) for one in results),
            **sums,
        )

    @property
    def not_tried(self) -> int:
        return self.count - self.passed - self.same - self.other


def describe_results(results: Results) -> str:
    """As `948 passed. 52 still fail for a new reason.` or `Stopped at the first: 2 calls were spent, 999 were not
    tried.`
    """
    rest = f"{_calls(results.calls)} spent, {_records(results.not_tried)} not tried."
    sentences = []
    if results.stopped and not results.passed:
        each = "" if results.problems == 1 else f" of each of {results.stopped} problems"
        sentences.append(f"Stopped at the first{each}: {rest}" if results.steps == 1 else f"Stopped: {rest}")
    elif results.stopped and not results.not_tried:
        still = "fails" if results.same == 1 else "fail"
        sentences.append(f"{results.passed:,} passed. {results.same:,} still {still} for the same reason.")
    elif results.stopped:
        sentences.append(f"{results.passed:,} passed. Stopped as {results.same:,} failed the same way: {rest}")
    elif results.not_tried:
        sentences.append(f"{results.passed:,} passed so far, {results.not_tried:,} to go.")
    elif not results.other:
        sentences.append("It passed." if results.passed == 1 else f"All {results.passed:,} passed.")
    else:
        sentences.append(f"{results.passed:,} passed.")
    if results.other:
        sentences.append(f"{results.other:,} still {'fails' if results.other == 1 else 'fail'} for a new reason.")
    return " ".join(sentences)


def _calls(number: int) -> str:
    return "1 call was" if number == 1 else f"{number:,} calls were"


def _records(number: int) -> str:
    return "1 was" if number == 1 else f"{number:,} were"

"""Which Gist workspace a GHL location belongs to, by what both are called."""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from difflib import SequenceMatcher

# How alike two names must be, from 0 to 1, and by how much more than either is like any other.
LEAST, AHEAD = 0.6, 0.1
# Words that say nothing of whose account it is.
EMPTY_WORDS = {"gist", "ghl", "gohighlevel", "workspace", "location", "the", "inc", "llc", "ltd", "gmbh", "co"}


def propose_pairs(locations: Mapping[str, str], workspaces: Mapping[str, str]) -> dict[str, str]:
    """Location to workspace, by key; both mappings hold names by key. One that could be several is left open, and no
    workspace is proposed twice.
    """
    scores = list(_scores(locations, workspaces))
    best: dict[tuple[str, str], list[float]] = defaultdict(list)
    for location, workspace, score in scores:
        best["location", location].append(score)
        best["workspace", workspace].append(score)
    return {
        location: workspace
        for location, workspace, score in scores
        if score >= LEAST
        and all(_is_ahead(score, best[of]) for of in (("location", location), ("workspace", workspace)))
    }


def _is_ahead(score: float, all_scores: list[float]) -> bool:
    others = sorted(all_scores, reverse=True)[1:2]
    return score == max(all_scores) and (not others or score >= others[0] + AHEAD)


def _scores(locations: Mapping[str, str], workspaces: Mapping[str, str]) -> Iterator[tuple[str, str, float]]:
    """Those that matter, for a proposal or against one."""
    named = {key: _words_of(name) for key, name in locations.items()}
    for workspace, name in workspaces.items():
        words = _words_of(name)
        # What is compared with many comes second: it is read once.
        matcher = SequenceMatcher(None, "", " ".join(words))
        for location, others in named.items():
            matcher.set_seq1(" ".join(others))
            score = _likeness(words, others, matcher)
            if score >= LEAST - AHEAD:
                yield location, workspace, score


def _likeness(words: list[str], others: list[str], matcher: SequenceMatcher[str]) -> float:
    if not words or not others:
        return 0.0
    shared = len({*words} & {*others}) / min(len({*words}), len({*others}))
    # The exact ratio of an agency's names with each other would take seconds.
    is_near = matcher.real_quick_ratio() >= LEAST - AHEAD and matcher.quick_ratio() >= LEAST - AHEAD
    return max(shared, matcher.ratio() if is_near else 0.0)


def _words_of(name: str) -> list[str]:
    return [word for word in re.findall(r"\w+", name.casefold()) if word not in EMPTY_WORDS]

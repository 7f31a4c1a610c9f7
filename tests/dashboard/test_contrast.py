"""What is read stands out from its ground by at least 4.5 to 1, in both themes, at rest and under the pointer."""

import re

import pytest

from tests.processes import ROOT

TOKEN = re.compile(r"--([\w-]+): (?:light-dark\((#\w{6}), (#\w{6})\)|(#\w{6}));")
TOKENS = {
    name: (light or both, dark or both)
    for name, light, dark, both in TOKEN.findall((ROOT / "static/css/tokens.css").read_text())
}
GROUNDS = ("canvas", "sheet", "raised", "sunken", "hover")
PAIRS = [
    *((ink, ground) for ink in ("ink", "ink-2", "ink-3", "accent") for ground in GROUNDS),
    *((tone, f"{tone}-soft") for tone in ("ok", "wait", "bad", "gist", "ghl", "accent")),
    *((tone, "raised") for tone in ("ok", "wait", "bad", "gist", "ghl")),
    ("on-accent", "accent-solid"),
    ("on-accent", "accent-press"),
]


def brightness(colour: str) -> float:
    """Relative luminance, as WCAG has it."""
    parts = (int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5))
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize(("text", "ground"), PAIRS)
def test_text_can_be_read(text, ground, theme):
    darker, brighter = sorted(brightness(TOKENS[name][theme]) for name in (text, ground))
    assert (brighter + 0.05) / (darker + 0.05) >= 4.5

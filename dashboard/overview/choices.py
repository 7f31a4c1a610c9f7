"""How somebody wants the overview to look, kept with the person."""

from typing import Any

from dashboard.overview.filters import ORDERS
from dashboard.overview.windows import STANDARD, WINDOWS

VIEWS = {"cards": "Cards", "table": "Table"}
CHOICES: dict[str, tuple[str, Any]] = {
    "view": ("cards", VIEWS),
    "order": ("worst", ORDERS),
    "window": (STANDARD, WINDOWS),
}


def read_choices(user: Any) -> dict[str, str]:
    """What this person chose; where they chose nothing, or what is no choice any more, the usual."""
    kept = user.preferences.get("overview", {})
    return {name: kept[name] if kept.get(name) in known else usual for name, (usual, known) in CHOICES.items()}


def keep_choice(user: Any, name: str, value: str) -> bool:
    """False where there is no such choice: nothing is kept then."""
    if name not in CHOICES or value not in CHOICES[name][1]:
        return False
    user.preferences["overview"] = {**read_choices(user), name: value}
    user.save(update_fields=["preferences"])
    return True

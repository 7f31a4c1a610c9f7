"""How long ago, in words."""

from datetime import datetime

from django.utils import timezone


def ago(moment: datetime | None, blank: str = "never") -> str:
    """`4 s ago`, `2 min ago`, `5 h ago`, `3 d ago`; in the future `in 4 s`."""
    if moment is None:
        return blank
    seconds = (timezone.now() - moment).total_seconds()
    return f"in {span(-seconds)}" if seconds < 0 else ("now" if seconds < 1 else f"{span(seconds)} ago")


def span(seconds: float | None) -> str:
    """A length of time in one unit, as people say it."""
    seconds = seconds or 0.0
    # A unit begins at two of it: "90 min" says more than "1 h".
    for size, unit in ((86_400 * 2, "d"), (3_600 * 2, "h"), (60 * 2, "min")):
        if seconds >= size:
            return f"{int(seconds // (size / 2))} {unit}"
    return f"{int(seconds)} s" if seconds >= 1 else "under 1 s"

"""Small pieces that templates are made of: icons, badges, times, figures, the balance bar, what changed."""

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from django import template
from django.forms import BoundField
from django.template.defaultfilters import date
from django.utils import timezone
from django.utils.safestring import SafeString
from heroicons.templatetags.heroicons import heroicon_micro, heroicon_outline

from dashboard.ages import ago, span
from dashboard.grants import only_visible
from dashboard.links.env import ENVIRONMENTS, environment_of
from integration.mapping.transforms import TRANSFORMS
from integration.models import (
    COUNTS,
    Connection,
    ConnectionStatus,
    Direction,
    Link,
    Provider,
    Run,
    RunStatus,
)
from integration.oauth.tokens import EARLY
from integration.sync.reasons import Reason
from integration.sync.reasons import reason as reason_of
from integration.trace import current_trace

register = template.Library()


@register.filter
def counted(count: str, things: str) -> str:
    """How many of what a list holds: “1 entry”, “1,204 entries in this part of the log”."""
    kind, within, place = things.partition(" in ")
    single = {"people": "person", "entries": "entry"}.get(kind, kind.removesuffix("s"))
    return f"{count} {single if count == '1' else kind}{within}{place}"


@register.simple_tag
# A page of fifty rows asks for the same few icons hundreds of times, and each is read from a zip file.
@lru_cache(maxsize=256)
def icon(name: str, size: str = "") -> str:
    """An icon beside a word, hidden from screen readers. `size`: "", "small" or "micro"."""
    if size == "micro":
        return heroicon_micro(name, size=None, **{"class": "icon", "aria-hidden": "true"})
    classes = "icon is-small" if size == "small" else "icon"
    return heroicon_outline(name, size=None, stroke_width="1.6", **{"class": classes, "aria-hidden": "true"})


@register.inclusion_tag("components/badge.html")
def badge(status: Any, label: str = "") -> dict[str, str]:
    """A status with its mark. `status` is a tone, or anything with a `tone` and a `label`."""
    tone = status if isinstance(status, str) and not hasattr(status, "tone") else status.tone
    return {"tone": tone, "label": label or getattr(status, "label", "")}


@register.inclusion_tag("components/badge.html")
def status_badge(record: Connection | Run) -> dict[str, str]:
    """The badge of a record's `status`, whether it was just set or read from the database."""
    words = ConnectionStatus if isinstance(record, Connection) else RunStatus
    status = words(record.status)
    return {"tone": status.tone, "label": str(status.label)}


@register.inclusion_tag("components/env.html")
def env(record: Link | Connection, place: str = "title") -> dict[str, str]:
    """The badge that says where a write would go. A link needs both of its connections loaded.

    `place` "row": among many, what is live goes without; a title always says it.
    """
    kind = environment_of(record)
    return {"kind": kind, "label": "" if place == "row" and kind == "live" else ENVIRONMENTS[kind]}


register.simple_tag(ago)
register.simple_tag(current_trace, name="request_trace")
register.filter(span)


@register.filter
def clock(moment: datetime | None) -> str:
    """Today as `13:47:05`, this year as `3 Jun 13:47`, before that with the year."""
    if moment is None:
        return "not yet"
    local, now = timezone.localtime(moment), timezone.localtime()
    if local.date() == now.date():
        return str(date(local, "H:i:s"))
    return str(date(local, "j M H:i" if local.year == now.year else "j M Y H:i"))


@register.filter
def until(moment: datetime | None) -> int:
    """Whole seconds from now, never below 0."""
    left = (moment - timezone.now()) if moment else timedelta()
    return max(0, round(left.total_seconds()))


@register.filter
def initials(name: object) -> str:
    words = str(name).replace("@", " ").replace(".", " ").split()
    return "".join(word[0] for word in words[:2]).upper() or "?"


@register.filter
def reason(code: str) -> Reason:
    """The reason of a log entry, in words."""
    return reason_of(code)


@register.filter
def get(mapping: Mapping[Any, Any], key: Any) -> Any:
    return mapping.get(key)


@register.inclusion_tag("components/balance.html")
def balance(counts: Any, size: str = "") -> dict[str, Any]:
    """The bar of five outcomes of a run or of a mapping with their names; an empty bar when all are 0."""
    numbers = {name: _count_of(counts, name) for name in COUNTS}
    return {"size": size, "words": ", ".join(f"{n:,} {name}" for name, n in numbers.items()), **_bar_parts(numbers)}


def _count_of(counts: Any, name: str) -> int:
    found = counts.get(name, 0) if isinstance(counts, Mapping) else getattr(counts, name)
    return int(found or 0)


def _bar_parts(numbers: dict[str, int]) -> dict[str, Any]:
    """Widths in thousandths; what is there at all is at least 6 wide, so that it can be seen."""
    total = sum(numbers.values())
    widths = {name: max(6, round(1000 * number / total)) for name, number in numbers.items() if number}
    bars, at = [], 0
    for name, width in widths.items():
        bars.append({"name": name, "x": at, "width": width})
        at += width
    return {"bars": bars, "width": at or 1}


@register.inclusion_tag("components/diff.html")
def diff(before: Any, after: Any) -> dict[str, Any]:
    """Before and after of one value; lists by what was taken out and what came in."""
    if isinstance(before, list) or isinstance(after, list):
        old, new = list(before or []), list(after or [])
        gone = [word for word in old if word not in new]
        come = [word for word in new if word not in old]
        return {"gone": gone, "come": come, "kept": len([word for word in old if word in new])}
    return {"gone": [] if before is None else [shown(before)], "come": [shown(after)], "kept": 0}


@register.filter
def shown(value: Any) -> str:
    """A value as text; "" for blank."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(str(item) for item in value)
    return str(value)


@register.simple_tag(takes_context=True)
def with_query(context: template.Context, **changes: Any) -> str:
    """This page's query string with some parameters set, or removed when blank; paging starts anew."""
    query = context["request"].GET.copy()
    # A place in one list means nothing in another.
    query.pop("before", None)
    for name, value in changes.items():
        query.pop(name, None)
        if value not in ("", None):
            query[name] = str(value)
    return f"?{query.urlencode()}" if query else context["request"].path


@register.simple_tag
def mark() -> SafeString:
    """The product's sign."""
    return SafeString(
        '<svg viewBox="0 0 26 26" aria-hidden="true"><rect width="26" height="26" rx="7" class="mark-ground"/>'
        '<path d="M7.5 13h11" class="mark-line"/><circle cx="7.5" cy="13" r="3.5" class="mark-gist"/>'
        '<rect x="15.2" y="9.7" width="6.6" height="6.6" rx="1.6" class="mark-ghl"/></svg>'
    )


@register.filter
def get_direction(value: str) -> str:
    """A direction in words; rows that a one-way link leaves nothing of say so."""
    return dict(Direction.choices).get(value, "nowhere")


@register.filter
def side_name(side: str) -> str:
    return dict(Provider.choices).get(side, side)


@register.filter
def other_side_name(side: str) -> str:
    return str(Provider(side).other.label) if side in Provider.values else "the other side"


@register.filter
def field_name(field: str) -> str:
    """`custom_properties.lead_score` as people say it: `lead score`."""
    return field.rpartition(".")[2].replace("_", " ")


@register.filter
def as_json(value: Any) -> str:
    """A payload, indented; text as it is."""
    return value if isinstance(value, str) else json.dumps(value, indent=2, ensure_ascii=False, default=str)


@register.filter
def age(moment: datetime | None) -> str:
    """How old something is, without "ago"."""
    return span((timezone.now() - moment).total_seconds()) if moment else "unknown"


@register.filter
def renewal(ends: datetime) -> datetime:
    """From when a token that `ends` then is renewed."""
    return ends - EARLY


@register.filter
def rate_words(rate: str) -> str:
    """`100/10` as `100 calls in 10 s`."""
    calls, _, seconds = rate.partition("/")
    return f"{calls} calls in {seconds or 1} s"


@register.filter
def missing_words(number: int) -> str:
    return f"{number} missing"


@register.filter
def links_of(connection: Connection) -> list[Link]:
    """The links that use a connection, from what was prefetched."""
    return only_visible([*connection.gist_links.all(), *connection.ghl_links.all()])


@register.filter
def as_input(field: BoundField) -> SafeString:
    """A field of a form that is not ours, in our look."""
    return field.as_widget(attrs={"class": "input", "placeholder": ""})


@register.filter
def draft_words(changes: list[Any], version: Any) -> str:
    number = f"{len(changes)} change{'' if len(changes) == 1 else 's'}"
    return f"Draft, {number} since version {version.number}" if version else f"Draft, {number}"


@register.filter
def without_stop(sentence: str) -> str:
    """To go on after it: sentences of errors bring their own full stop, reasons of waits do not."""
    return sentence.rstrip(". ")


@register.filter
def step_title(name: str) -> str:
    """A step of a mapping row as the editor calls it; one that a later version dropped by its own name."""
    known = TRANSFORMS.get(name)
    return known.title if known else name


@register.filter
def capfirst_text(value: object) -> str:
    text = str(value)
    return text[:1].upper() + text[1:]


@register.filter
def place(rid: int, step: int) -> str:
    """What names a step's options in the form of the mapping editor."""
    return f"{rid}-{step}"

"""Looking for what is typed into "Find or do": among links, things to do, runs, people and pages, of what the sender
sees and may do.
"""

from collections.abc import Callable
from typing import Any

from django.db.models import Q
from django.urls import NoReverseMatch, reverse

from dashboard.contacts.filters import contact_rows
from dashboard.grants import sees_masks, visible, visible_connections
from dashboard.links.env import ENVIRONMENTS, environment_of
from dashboard.models import Right
from dashboard.palette.options import Group, Option, actions, pages
from dashboard.rights import writes_to_live
from dashboard.runs.filters import run_rows
from dashboard.traces.story import read_story
from integration.models import Connection, Link, Provider, RunStatus, Snapshot
from integration.people.search import find_matching_ids
from integration.trace import read_trace

# Options of one kind: what is not among the first few is looked for with one more word.
MOST = 6
# A single letter means nobody.
SHORTEST_NAME = 2
ONLY = {">": "do", "@": "people", "#": "runs"}


def find(text: str, user: Any) -> list[Group]:
    """Groups of options; empty ones are left out. `>`, `@` and `#` in front look for one kind only."""
    only, text = ONLY.get(text[:1], ""), " ".join(text.lstrip(">@#").split())
    links = _find_links(text)
    look: dict[str, tuple[str, Callable[[], list[Option]]]] = {
        "links": ("Links", lambda: [_link_option(link) for link in links]),
        "do": ("Do", lambda: [*_things_to_do(links, user), *actions(text, user)]),
        "runs": ("Runs", lambda: _find_runs(text)),
        "people": ("People", lambda: _find_people(text)),
        "connections": ("Connections", lambda: _find_connections(text)),
        "pages": ("Pages", lambda: [*(_pages_of(links[0]) if text and links else []), *pages(text, user)]),
    }
    # Before anything is typed, everything would be meant.
    if trace := read_trace(text):
        look = {"traces": ("Traces", lambda: _find_trace(trace)), **look}
    wanted = [only] if only else [*look] if text else ["links", "pages"]
    groups = (Group(look[kind][0], look[kind][1]()) for kind in wanted)
    return [group for group in groups if group.options]


def _find_links(text: str) -> list[Link]:
    rows = visible(Link.objects.select_related("gist", "ghl"), "pk")
    rows = rows.defer("gist__credentials", "ghl__credentials", "sweep", "cursors")
    # Those whose name begins so stand first.
    found = rows.filter(Q(name__icontains=text) | Q(key__icontains=text)) if text else rows
    return sorted(found[: MOST * 4], key=lambda link: not link.name.lower().startswith(text.lower()))[:MOST]


def _link_option(link: Link) -> Option:
    sub = f"{link.gist.name} and {link.ghl.name}"
    return Option(link.name, reverse("link", args=[link.key]), "arrows-right-left", sub=sub, record=link)


def _things_to_do(links: list[Link], user: Any) -> list[Option]:
    if not user.holds(Right.RETRY):
        return []
    options = []
    for link in links[:2]:
        page, address = reverse("link", args=[link.key]), reverse("link_sync", args=[link.key])
        kind = environment_of(link)
        writes = "reads only" if kind == "watch" else f"writes to {ENVIRONMENTS[kind].lower()}"
        sync = Option(
            f"Sync {link.name} now", page, "play", end=writes, post=address, field="kind", value="incremental"
        )
        plan = Option(
            f"Make a plan for {link.name}", page, "eye", end="reads only", post=address, field="dry_run", value="1"
        )
        options += [sync, plan] if user.holds(Right.RUN_LIVE) or not writes_to_live(link) else [plan]
    return options


def _find_runs(text: str) -> list[Option]:
    number = text.replace(",", "")
    is_number = number.isdecimal() and number.isascii() and len(number) < 19
    # Of a short word more than a few would be meant: the newest ones of a link are.
    # Links are named by their keys: through a join, every run there is would be looked at where none fits.
    links = Link.objects.none() if is_number else visible(Link.objects.filter(name__icontains=text), "pk")
    wanted = Q(pk=int(number)) if is_number else Q(link__in=list(links.values_list("pk", flat=True)))
    rows = run_rows().filter(wanted)
    return [
        Option(
            f"Run {run.pk:,}",
            reverse("run", args=[run.pk]),
            "arrow-path",
            sub=f"{run.link.name}, {run.get_kind_display()}{', dry run' if run.dry_run else ''}",
            end=str(RunStatus(run.status).label),
        )
        for run in rows.order_by("-pk")[:3]
    ]


def _find_trace(trace: str) -> list[Option]:
    story = read_story(trace)
    if not story.steps:
        return []
    first = story.steps[0]
    href = reverse("trace", args=[trace])
    return [Option(f"Trace {trace}", href, "queue-list", sub=first.title, end=f"{len(story.steps):,} steps")]


def _find_people(text: str) -> list[Option]:
    if len(text) < SHORTEST_NAME:
        return []
    countries = {link.pk: link.phone_country for link in visible(Link.objects.select_related("ghl"), "pk")}
    ids = find_matching_ids(text, countries, parts=not sees_masks())
    found = contact_rows().filter(pk__in=ids).order_by("-pk")[:MOST]
    return [option for one in found if (option := _person_option(one))]


def _person_option(one: Snapshot) -> Option | None:
    try:
        href = reverse("contact", args=[one.link.key, one.side, one.external_id])
    # An id that no address can hold: such a person is found in the list.
    except NoReverseMatch:
        return None
    sub = ", ".join(filter(None, [one.email or one.phone, one.link.name]))
    end = "" if one.pair else f"only in {Provider(one.side).label}"
    return Option(one.label or one.external_id, href, "users", sub=sub, end=end)


def _find_connections(text: str) -> list[Option]:
    rows = visible_connections(Connection.objects.filter(Q(name__icontains=text) | Q(account_id=text)))
    return [
        Option(
            one.name,
            reverse("connection", args=[one.key]),
            "link",
            sub=f"{one.get_provider_display()}, {one.get_status_display()}",
            record=one,
        )
        for one in rows.defer("credentials")[:3]
    ]


def _pages_of(link: Link) -> list[Option]:
    rooms = (
        ("mapping", "Mapping", "arrows-right-left"),
        ("checks", "Checks", "check-circle"),
        ("match", "Match", "users"),
    )
    return [Option(title, reverse(route, args=[link.key]), icon, sub=link.name) for route, title, icon in rooms]

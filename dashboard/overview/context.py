"""What the templates of the overview need: figures over all links, charts, budgets, and the links in their order."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from dashboard.links.card import Card
from dashboard.links.context import LIST as LINKS
from dashboard.overview.budgets import SHOWN, list_budgets
from dashboard.overview.charts import build_backlog_chart, build_throughput_chart
from dashboard.overview.choices import VIEWS
from dashboard.overview.filters import ORDERS, OverviewFilter, group_cards, sort_cards
from dashboard.overview.todos import list_todos
from dashboard.overview.windows import WINDOWS
from dashboard.paging import Page
from integration.models import COUNTS
from integration.providers.budgets import forecast_days
from integration.sync.parity import Parity

LIST = replace(
    LINKS, search_examples="Name, account or state, health:person, mode:sandbox", no_match="No link fits these filters."
)
# Things that need a person and are shown at once; the rest stands behind a fold.
TODOS_SHOWN = 6


def overview_context(cards: Sequence[Card], wanted: OverviewFilter, choices: dict[str, str]) -> dict[str, Any]:
    """`cards` are all that the person sees, `wanted` which of them the list shows. Figures are of the link that the
    filter names, else of all.
    """
    key = wanted.values.get("link")
    counted = [card for card in cards if card.link.key == key] if key else cards
    link = counted[0].link if key and counted else None
    forecasts = forecast_days(one.budget_key for card in counted for one in card.link.connections.values())
    todos, budgets, window = (
        list_todos(counted, forecasts),
        list_budgets(counted, forecasts),
        WINDOWS[choices["window"]],
    )
    return {
        **_totals(counted),
        "parity": add_parity(counted),
        "todos": todos,
        "todos_shown": todos[:TODOS_SHOWN],
        "todos_folded": todos[TODOS_SHOWN:],
        "budgets": budgets[:SHOWN],
        "budgets_folded": budgets[SHOWN:],
        "chart": build_throughput_chart(window, link),
        "backlog": build_backlog_chart(window, link),
        "window": window,
        "windows": WINDOWS,
        **links_context(cards, wanted, choices),
    }


def links_context(cards: Sequence[Card], wanted: OverviewFilter, choices: dict[str, str]) -> dict[str, Any]:
    """The list alone, as its filter asks for it."""
    shown = sort_cards(wanted.select(cards), choices["order"])
    groups = group_cards(shown) if choices["order"] == "worst" else [("", shown)]
    return {
        "list": LIST,
        "page": Page(shown, None, True),
        "groups": groups,
        "filter": wanted,
        "count": f"{len(shown):,}",
        "things": "link" if len(shown) == 1 else "links",
        "choices": choices,
        "orders": {name: words for name, (words, _) in ORDERS.items()},
        "looks": VIEWS,
    }


def _totals(cards: Sequence[Card]) -> dict[str, Any]:
    totals = {name: sum(card.today.get(name, 0) for card in cards) for name in COUNTS}
    return {
        "counted": cards,
        "totals": totals,
        "written": totals["created"] + totals["updated"],
        "active": [card for card in cards if card.active],
        "failures": sum(card.failures for card in cards),
        "calls": {side: sum(card.calls.get(side, 0) for card in cards) for side in ("gist", "ghl")},
        "pairs": sum(card.pairs for card in cards),
    }


def add_parity(cards: Sequence[Card]) -> dict[str, Any]:
    """Parity over all links that were read whole, with the age of the oldest reading and the oldest count: younger is
    the claim nowhere.
    """
    read = [card for card in cards if card.link.full_run_at]
    total = Parity(
        **{
            name: sum(getattr(card.parity, name) for card in read)
            for name in ("equal", "differs", "unknown", "missing")
        }
    )
    oldest = min((card.link.full_run_at for card in read if card.link.full_run_at), default=None)
    counted = min(read, key=lambda card: card.counts.at).counted_ago if read else ""
    return {"of": total, "oldest": oldest, "counted_ago": counted, "unread": len(cards) - len(read)}

"""The day's calls of each account as bars: what is used, and behind it how far it goes at the pace of the last hour."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from django.utils import timezone

from dashboard.connections.forecast import describe_forecast
from dashboard.links.card import Card
from integration.models import Connection
from integration.providers.budgets import Forecast

# Shares of the day from which a forecast is amber; below, nobody needs to look.
AMBER = 85
# Accounts that are shown at once; the rest stands behind a fold.
SHOWN = 5


@dataclass(frozen=True)
class BudgetBar:
    """`used` and `ahead` (by the end of the provider's day) are in hundredths of the day's calls, at most 100."""

    connection: Connection
    used: int
    ahead: int
    tone: str
    words: str
    sentence: str


def list_budgets(cards: Iterable[Card], forecasts: Mapping[str, Forecast]) -> list[BudgetBar]:
    """One bar per account whose provider counts a day, the fullest first."""
    accounts = {one.budget_key: one for card in cards for one in card.link.connections.values()}
    bars = [_bar_of(one, forecasts[key]) for key, one in accounts.items() if forecasts[key].most_today]
    return sorted(bars, key=lambda bar: (-bar.ahead, -bar.used, bar.connection.name))


def _bar_of(connection: Connection, forecast: Forecast) -> BudgetBar:
    most, left = forecast.most_today or 1, forecast.left_today or 0
    hours = max(0.0, (forecast.begins_again_at - timezone.now()).total_seconds() / 3_600)
    used = 100 * (most - left) / most
    ahead = used + 100 * forecast.per_hour * hours / most
    ends = forecast.runs_out_at
    tone = "bad" if ends else "wait" if ahead >= AMBER else ""
    until = f"ends at {timezone.localtime(ends):%H:%M}" if ends else f"{min(ahead, 100):.0f} % by the end of the day"
    words = f"{used:.0f} %, {until}"
    sentence = f"{connection.name}: {most - left:,} of {most:,} calls used today. {describe_forecast(forecast)}"
    return BudgetBar(connection, min(100, round(used)), min(100, round(ahead)), tone, words, sentence)

"""What needs a person, over all links: one line each, with the button that begins it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from dashboard.connections.forecast import describe_forecast
from dashboard.links.card import Card
from integration.models import Connection, RunStatus
from integration.providers.budgets import Forecast
from integration.runs.progress import waits_for_confirmation


@dataclass(frozen=True)
class Todo:
    """One thing that waits for a person, with the button that begins it."""

    tone: str
    title: str
    sentence: str
    route: str
    key: str
    verb: str
    query: str = ""


def list_todos(all_cards: Sequence[Card], budgets: Mapping[str, Forecast]) -> list[Todo]:
    """The worst first, as the cards come. `budgets` are the forecasts of their accounts."""
    found: list[Todo] = []
    for card in all_cards:
        todos = list(_todos_of(card))
        if card.health.person and not todos:
            # Whatever else keeps it from being in step: nobody may read that nothing needs them beside such a card.
            sentence = f"{card.link.name}: {card.health.sentence}"
            todos = [Todo(card.health.tone, card.health.title, sentence, "link", card.link.key, "Look")]
        found += todos
    accounts = {one.budget_key: one for card in all_cards for one in card.link.connections.values()}
    found += [_budget_todo(one, budgets[key]) for key, one in accounts.items() if budgets[key].runs_out_at]
    # One broken connection may belong to several links.
    return sorted(dict.fromkeys(found), key=lambda todo: todo.tone != "bad")


def _todos_of(card: Card) -> Iterator[Todo]:
    link = card.link
    for connection in (link.gist, link.ghl):
        if connection.needs_person:
            yield _reconnect_todo(connection)
    if card.last and card.last.status == RunStatus.FAILED and not card.active:
        yield Todo("bad", "The last run failed", f"{link.name}: {card.last.error}", "link", link.key, "Look")
    if card.active and waits_for_confirmation(card.active):
        sentence = f"{link.name}: {card.active.error}"
        yield Todo("wait", "A run waits for your yes", sentence, "run", str(card.active.pk), "Look")
    if card.questions:
        title = f"{card.questions:,} {'question waits' if card.questions == 1 else 'questions wait'} for you"
        sentence = f"{link.name}: only a person can decide."
        yield Todo("wait", title, sentence, "problems_person", "", "Decide", f"?link={link.key}")
    if card.failures or card.problems:
        number = f"{card.problems:,} {'problem' if card.problems == 1 else 'problems'}"
        title = f"{card.failures:,} failed" if card.failures else number
        sentence = f"{link.name}: see why by cause, repair it, then retry."
        yield Todo("wait", title, sentence, "problems", "", "Repair", f"?link={link.key}")


def _budget_todo(connection: Connection, forecast: Forecast) -> Todo:
    side = connection.get_provider_display()
    title = f"{side} calls run out today" if forecast.left_today else f"{side} calls of today are used up"
    sentence = f"{connection.name}: {forecast.left_today or 0:,} left. {describe_forecast(forecast)}"
    return Todo("wait" if forecast.left_today else "bad", title, sentence, "connection", connection.key, "Look")


def _reconnect_todo(connection: Connection) -> Todo:
    title = f"{connection.get_provider_display()} login broken"
    sentence = f"{connection.name}: {connection.status_reason or 'reconnect it.'}"
    return Todo("bad", title, sentence, "connection_reconnect", connection.key, "Reconnect")

"""What the catalogue's pages show beside the registry: where an operation is used, who grants its scope."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from django.conf import settings

from dashboard.grants import visible, visible_connections
from dashboard.lists import EmptyState, ListWords
from dashboard.workflows.fields import READERS, known_options
from integration.catalogue import CATALOGUE, CatalogueEntry
from integration.catalogue.try_operation import Tried, as_curl, why_not_tried
from integration.models import Connection, Link, Workflow
from integration.workflows.actions import Input
from integration.workflows.actions.pairs import pairs_text

LIST = ListWords(
    "operations",
    EmptyState("No operations", "The registries hold none."),
    no_match="No operation fits these filters. The words are looked for in title, key and address.",
    search_examples="complete task, side:ghl, kind:trigger, object:tag, scope:contacts.write, used:yes",
)


@dataclass(frozen=True)
class Group:
    """The operations of one side about one kind of object."""

    side: str
    subject: str
    entries: list[CatalogueEntry]


def grouped(entries: Iterable[CatalogueEntry]) -> list[Group]:
    def place(one: CatalogueEntry) -> tuple[str, str]:
        return one.side, one.subject

    return [Group(*key, list(some)) for key, some in groupby(sorted(entries, key=place), place)]


def uses_of(workflows: Iterable[Workflow]) -> Counter[str]:
    """Key of an operation to how many of these workflows name it."""
    return Counter(key for workflow in workflows for key in _keys_of(workflow))


def workflows_using(entry: CatalogueEntry) -> list[Workflow]:
    rows = visible(Workflow.objects.select_related("link")).order_by("name")
    return [one for one in rows if entry.key in _keys_of(one)]


def _keys_of(workflow: Workflow) -> set[str]:
    definition = workflow.definition
    return {one["on"] for one in definition["triggers"]} | {one["do"] for one in definition["actions"]}


@dataclass(frozen=True)
class Grants:
    """How many of the locations that say what they grant allow a scope."""

    granted: int
    known: int

    @property
    def missing(self) -> int:
        return self.known - self.granted


def grants_by_scope() -> dict[str, Grants]:
    rows = visible_connections(Connection.objects.filter(provider="ghl").exclude(scopes=""))
    known = [scopes.split() for scopes in rows.values_list("scopes", flat=True)]
    counted = Counter(scope for scopes in known for scope in scopes)
    wanted = {one.scope for one in CATALOGUE.values() if one.side == "ghl" and one.scope}
    return {scope: Grants(counted[scope], len(known)) for scope in wanted} if known else {}


@dataclass(frozen=True)
class TryField:
    """One field of the form: what it asks for, what stands in it, and what can be picked as `(id, name)`."""

    input: Input
    value: Any
    options: list[tuple[str, str]]

    @property
    def text(self) -> str:
        return pairs_text(self.value) if isinstance(self.value, dict) else str(self.value)


def try_context(
    entry: CatalogueEntry, links: list[Link], link: Link | None, values: dict[str, Any], tried: Tried | None
) -> dict[str, Any]:
    return {
        "entry": entry,
        "links": links,
        "link": link,
        "is_sandbox": bool(link and link.connection(entry.side).sandbox),
        "fields": [
            TryField(one, values.get(one.name, ""), known_options(link, one.type).options)
            if link and one.type in READERS
            else TryField(one, values.get(one.name, ""), [])
            for one in entry.fields
        ],
        "cannot": why_not_tried(entry),
        "tried": tried,
        "curl": _curl(entry, link, tried),
        "used": workflows_using(entry),
        "grants": grants_by_scope().get(entry.scope),
    }


def _curl(entry: CatalogueEntry, link: Link | None, tried: Tried | None) -> str:
    if not (tried and tried.path and link):
        return ""
    connection = link.connection(entry.side)
    live = settings.GIST_API_URL if entry.side == "gist" else settings.GHL_API_URL
    return as_curl(tried, connection.base_url if connection.sandbox else live, entry.version)

"""Of which link and whom an undo is about, from what a person typed."""

from collections.abc import Iterable
from typing import Any

from django.db.models import Q

from integration.errors import SetupError
from integration.models import Change, ChangeState, Link, LogEntry, Pair

SIDES = ("gist", "ghl")


def contact_to_undo(text: str, link: Link | None = None) -> tuple[Link, dict[str, str]]:
    """The link and the ids of the contact that `text` names: a pair's page id, or `gist:ID`, or `ghl:ID`.

    Raises SetupError for nobody, and for somebody of several links when no `link` is given.
    """
    side, _, contact_id = text.partition(":")
    if side in SIDES and contact_id:
        entries = LogEntry.objects.filter(**{f"{side}_id": contact_id, "changes__state": ChangeState.APPLIED})
        found = _only_link(entries.order_by().values_list("link", flat=True), text, link, "--contact")
        pair = Pair.objects.filter(link=found, kind="contact", **{f"{side}_id": contact_id}).first()
        return found, _ids_of(pair) if pair else {side: contact_id}
    pair = Pair.objects.select_related("link").filter(pk=text).first() if text.isdecimal() else None
    if pair is None:
        raise SetupError(f"There is no contact “{text}”. Give the id of its page, or gist:ID, or ghl:ID.", "--contact")
    return pair.link, _ids_of(pair)


def _ids_of(pair: Pair) -> dict[str, str]:
    return {"gist": pair.gist_id, "ghl": pair.ghl_id}


def link_of_rule(rule: str) -> Link:
    """The link in which this rule wrote. Raises SetupError when there is none, or more than one."""
    changes = Change.objects.filter(Q(rule=rule) | Q(rule__startswith=f"{rule}:"), state=ChangeState.APPLIED)
    return _only_link(changes.order_by().values_list("link", flat=True), rule, None, "--rule")


def _only_link(keys: Iterable[Any], text: str, link: Link | None, where: str) -> Link:
    links = list(Link.objects.select_related("gist", "ghl").filter(pk__in=set(keys)))
    links = [one for one in links if link is None or one.pk == link.pk]
    if not links:
        raise SetupError(f"Nothing that stands was written for “{text}”: there is nothing to take back.", where)
    if len(links) > 1:
        names = ", ".join(sorted(one.key for one in links))
        raise SetupError(f"“{text}” wrote in several links: {names}. Name one with --link.", where)
    return links[0]

"""The API's address of a link's rules; changing them needs a key with the scope `rules`."""

from typing import Any

from django.http import HttpRequest
from ninja import Router

from dashboard.api import commands, shapes
from dashboard.api.finding import find_link
from dashboard.api.reading import answers
from integration.models import Link
from integration.setup_file.link_rules import read_rules

router = Router()


@router.get(
    "/links/{link}/setup", response=answers(shapes.SetupReport), url_name="api_setup", operation_id="read_setup",
    summary="A link's rules", exclude_unset=True,
)  # fmt: skip
def read_setup(request: HttpRequest, link: str) -> dict[str, Any]:
    """Rules, filters, mapping and workflows, as the setup file has them. No secret is part of it."""
    return _report(find_link(link))


@router.patch(
    "/links/{link}/setup", response=answers(shapes.SetupAnswer), url_name="api_setup", operation_id="change_setup",
    summary="Change a link's rules", exclude_unset=True,
)  # fmt: skip
def change_setup(request: HttpRequest, link: str, body: shapes.SetupBody) -> dict[str, Any]:
    """Makes the link stand as `setup` says; all of it or nothing. What is left out stays; workflows are known by
    template and name, and none is deleted. Mapping rows are published at once, as a version called after the key.
    409 where somebody changed the link after `state` was read. Sending the same again changes nothing.
    """
    changed, applied = commands.change_setup(request, link, body)
    return {**_report(changed), "dry_run": body.dry_run, "changed": applied.changed, "notes": applied.notes}


def _report(link: Link) -> dict[str, Any]:
    stands = read_rules(link)
    return {"link": link.key, "state": stands.state, "setup": stands.rules}

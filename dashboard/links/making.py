"""A new link: it watches, with the usual fields mapped."""

from typing import Any

from django.db import transaction

from dashboard.links.forms import free_link_key
from dashboard.mapping.drafts import DEFAULT_ROWS
from integration.mapping.carried import NAMES
from integration.mapping.versions import save_version
from integration.models import Connection, Link, Mode


@transaction.atomic
def make_watching_link(name: str, gist: Connection, ghl: Connection, user: Any) -> Link | None:
    """None where a link of these two stands already."""
    if Link.objects.filter(gist=gist, ghl=ghl).exists():
        return None
    # Nothing is written before a person saw what would be (dashboard/links/launch.py).
    made = Link.objects.create(key=free_link_key(name), name=name[:120], gist=gist, ghl=ghl, mode=Mode.WATCH)
    map_usual_fields(made, user)
    return made


def map_usual_fields(link: Link, user: Any) -> None:
    save_version(link, DEFAULT_ROWS, user=user, name="The usual fields", carried=list(NAMES))

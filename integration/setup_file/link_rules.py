"""A link's part of the setup file, for the HTTP API: its rules, filters, mapping and workflows. What it joins, and the
secrets of that, are no part of it.
"""

import hashlib
import json
from dataclasses import dataclass
from typing import Any

from django.db import transaction

from integration.errors import SetupError
from integration.models import Link
from integration.setup_file.changes import Applied, apply_link
from integration.setup_file.checks import check_document
from integration.setup_file.document import Document, LinkEntry, LinkRules
from integration.setup_file.exporting import export_rules
from integration.setup_file.live_fields import check_live

STALE = (
    "“{}” was changed since its setup was read as {}. Nothing was changed: read it again, make your change to what "
    "stands now, and send that."
)


class StaleRules(Exception):
    """Somebody else changed the link after it was read: what they changed would be undone unseen."""


@dataclass(frozen=True)
class StandingRules:
    """`state` names what stands: a change that was made from an older one is refused."""

    rules: dict[str, Any]
    state: str


def read_rules(link: Link) -> StandingRules:
    rules = export_rules(link)
    text = json.dumps(rules, sort_keys=True)
    return StandingRules(rules, hashlib.blake2b(text.encode(), digest_size=8, person=b"link rules").hexdigest())


def change_rules(link: Link, rules: LinkRules, *, state: str, version_name: str, dry_run: bool) -> Applied:
    """Make the link stand as `rules` say, what they leave out stays; or, in a dry run, say only what would change.

    Raises StaleRules where something else stands than `state` named, unless nothing is left to change; SetupError with
    the place in `rules`, as `mappings[2].ghl`.
    """
    try:
        return _change(link, rules, state, version_name, dry_run)
    except SetupError as problem:
        raise SetupError(problem.problem, problem.where.removeprefix("links[0]").lstrip(".")) from None


def _change(link: Link, rules: LinkRules, state: str, version_name: str, dry_run: bool) -> Applied:
    described = rules.model_dump(exclude_unset=True)
    entry = LinkEntry(key=link.key, gist=link.gist.key, ghl=link.ghl.key, **described)
    document = Document(version=1, links=[entry])
    # Custom fields are looked up in the account before the transaction: no row is locked while an API is waited for.
    unasked = list(check_live(check_document(document, {})))
    with transaction.atomic():
        stands = read_rules(Link.objects.select_for_update(no_key=True).get(pk=link.pk))
        changed = list(apply_link(entry, check_document(document, {}), version_name))
        if changed and state != stands.state:
            raise StaleRules(STALE.format(link.name, state))
        # The same code says what would change, and takes it back.
        transaction.set_rollback(dry_run)
    return Applied(changed, unasked)

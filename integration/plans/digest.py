"""The digest of a plan: it ties a yes to exactly the changes that were read."""

import hashlib
import json

from integration.models import ChangeState, Run

CONTENT = ("pk", "kind", "side", "external_id", "action", "field", "before", "after", "rule")


def digest_of(plan: Run) -> str:
    """Sixteen hexadecimal digits over every planned change that is not left out, in the order they were planned."""
    digest = hashlib.sha256()
    rows = plan.changes.filter(state=ChangeState.PLANNED).order_by("pk").values_list(*CONTENT)
    for row in rows.iterator(chunk_size=2_000):
        digest.update(json.dumps(row, sort_keys=True, separators=(",", ":")).encode())
        digest.update(b"\n")
    return digest.hexdigest()[:16]

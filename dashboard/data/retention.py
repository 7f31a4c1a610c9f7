"""What the page shows of retention: each kind with its choice, its rows and its space, and the last pruning."""

from dataclasses import dataclass
from typing import Any

from django.forms import BoundField

from dashboard.data.forms import RetentionForm
from integration.models import Retention
from integration.retention.kept import KEPT
from integration.retention.kinds import KINDS
from integration.retention.space import Space, space_by_kind, whole_space


@dataclass(frozen=True)
class KindRow:
    """One kind; of what is not deleted by age there is no `choice`, and `until` and the reason stand in its place."""

    title: str
    choice: BoundField | None
    until: str
    space: Space | None
    shorter: str


def retention_rows(form: RetentionForm) -> dict[str, Any]:
    spaces = space_by_kind()
    rows = [KindRow(kind.title, form[key], "", spaces.get(key), kind.shorter) for key, kind in KINDS.items()]
    rows += [KindRow(one.title, None, one.until, spaces.get(one.key), one.why) for one in KEPT]
    pruned = Retention.objects.exclude(pruned_at=None)
    last = max((row.pruned_at for row in pruned if row.pruned_at), default=None)
    return {
        "kinds": rows,
        "whole_space": whole_space(),
        "pruned_at": last,
        "pruned_rows": sum(row.pruned_rows for row in pruned),
    }

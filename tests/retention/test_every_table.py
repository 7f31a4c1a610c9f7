"""Every table says how long its rows are kept, or why they need no limit: a new one that grows cannot be forgotten."""

from collections import Counter

from django.apps import apps

from integration.retention.kept import BOUNDED, KEPT
from integration.retention.kinds import KINDS


def test_every_table_is_pruned_or_says_why_not():
    kept = [model._meta.label for one in (*KINDS.values(), *KEPT) for model in one.models]
    stated = Counter([*kept, *BOUNDED])
    assert {label: times for label, times in stated.items() if times > 1} == {}
    tables = {model._meta.label for model in apps.get_models(include_auto_created=True)}
    assert tables == set(stated)
    assert all(one.until and one.why for one in KEPT)
    assert all(BOUNDED.values())

"""A changed name in titles: whole words, once, however often the action is repeated."""

from types import SimpleNamespace

import pytest

from integration.workflows.actions.tasks_notes_appointments import _replace_names


def renamed(title, before, after):
    facts = {"ghl": after, "gist": {}}
    context = SimpleNamespace(event={"before": before}, execution=SimpleNamespace(facts=facts))
    return _replace_names(title, context)


ANNA = ({"name": "Ann Lee", "firstName": "Ann"}, {"name": "Anna Lee", "firstName": "Anna"})
LONGER = ({"name": "Ann Lee", "lastName": "Lee"}, {"name": "Ann Lee Smith", "lastName": "Lee Smith"})
SHORTER = (LONGER[1], LONGER[0])


@pytest.mark.parametrize(
    ("change", "title", "wanted"),
    [
        (ANNA, "Call Ann Lee", "Call Anna Lee"),
        (ANNA, "Call Ann", "Call Anna"),
        (ANNA, "Ann's annual offer for Ann", "Anna's annual offer for Anna"),
        (ANNA, "Annual report of Joann", "Annual report of Joann"),
        (LONGER, "Call Ann Lee", "Call Ann Lee Smith"),
        (SHORTER, "Call Ann Lee Smith", "Call Ann Lee"),
        (({"name": "A.B (x)"}, {"name": "C\\1"}), "Call A.B (x)!", "Call C\\1!"),
        (({}, {"name": "Ann"}), "Call Ann", "Call Ann"),
    ],
)
def test_a_name_is_changed_once(change, title, wanted):
    assert renamed(title, *change) == wanted
    assert renamed(wanted, *change) == wanted

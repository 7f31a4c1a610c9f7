"""Every way in which a call can fail has words of its own; none is told as another."""

import pytest

from integration import errors
from integration.errors import ProviderError
from integration.sync.reasons import REASONS
from integration.workflows.executions import NEVER_CARRIED_OUT
from tests.dashboard import things
from tests.dashboard.browser import words
from tests.world import sync


def kinds_below(kind):
    """In an order that each test process finds alike."""
    found = {kind, *(one for child in kind.__subclasses__() for one in kinds_below(child))} - {ProviderError}
    # To a person it is a login that does not work; that it may work again concerns the code alone.
    found -= {errors.LocationInactive}
    # What only pages raise is never on record.
    return sorted((one for one in found if one.__module__.startswith("integration.")), key=lambda one: one.__name__)


@pytest.mark.parametrize("kind", kinds_below(ProviderError), ids=lambda kind: kind.__name__)
def test_every_error_has_a_reason_of_its_own(kind):
    assert kind.code in REASONS
    assert [other for other in kinds_below(ProviderError) if other.code == kind.code] == [kind]


@pytest.mark.parametrize("kind", kinds_below(errors.Rejected) + kinds_below(errors.MissingScope))
def test_after_a_refusal_nothing_is_looked_for(kind):
    assert kind.code in NEVER_CARRIED_OUT


def shown_words(as_viewer, link):
    """What the log says of the only failure."""
    return words(as_viewer.get("log_entry", link.log_entries.get(outcome="failed").pk))


def test_an_error_of_the_api_is_not_called_no_answer(as_viewer, world, link, one_try):
    world.gist_contact(email="ann@example.test", name="Ann Lee")
    world.fault({"side": "ghl", "kind": "500", "method": "POST", "path": "/contacts/$", "rate": 1})
    sync(link)
    page = shown_words(as_viewer, link)
    assert "Error of the API." in page
    assert "GHL answered 500" in page
    assert "No answer" not in page


def test_a_call_whose_answer_never_came_is_called_that(as_viewer, world, link, one_try):
    world.gist_contact(email="ann@example.test", name="Ann Lee")
    world.fault({"side": "ghl", "kind": "reset_before", "method": "POST", "path": "/contacts/$", "rate": 1})
    sync(link)
    assert "No answer." in shown_words(as_viewer, link)


def test_what_was_never_sent_is_not_called_refused(as_viewer, link):
    things.failure(things.finished_run(link), reason=errors.NotSent.code)
    page = shown_words(as_viewer, link)
    assert "Not sent." in page
    assert "This record cannot be accepted" not in page

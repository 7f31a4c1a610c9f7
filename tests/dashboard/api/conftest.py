"""Programs with keys, and one of everything that they read."""

import pytest

from tests.dashboard import things
from tests.dashboard.api.program import Program

RENAMED = [{"side": "ghl", "field": "name", "before": "Ann", "after": "Anna"}]


@pytest.fixture
def reader(db):
    return Program()


@pytest.fixture
def actor(db):
    return Program("act", name="Runbook")


@pytest.fixture
def failed(link):
    """A failure of Ann's, with its problem, in a finished run."""
    run = things.finished_run(link, status="partial", failed=1)
    entry = things.failure(run, ghl_id="abc", changes=RENAMED)
    things.problem(entry)
    return entry


@pytest.fixture
def elsewhere():
    """The same on another link, with the name Xanadu."""
    (other,) = things.links(1)
    other.name = "Xanadu"
    other.save()
    run = things.finished_run(other, status="failed", failed=1, error="Xanadu")
    entry = things.failure(run, "Xanadu", changes=RENAMED)
    things.problem(entry, subject="Xanadu")
    return entry

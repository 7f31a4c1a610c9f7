"""People at their browsers."""

import pytest

from tests.dashboard.addresses import standing
from tests.dashboard.browser import Browser
from tests.dashboard.things import finished_run

__all__ = ["standing"]


def _browser_of(role: str):
    @pytest.fixture(name=f"as_{role}")
    def browser(request) -> Browser:
        return Browser(request.getfixturevalue(role))

    return browser


as_owner, as_operator, as_viewer = _browser_of("owner"), _browser_of("operator"), _browser_of("viewer")


@pytest.fixture
def as_nobody(db) -> Browser:
    return Browser()


@pytest.fixture
def run(link):
    return finished_run(link)

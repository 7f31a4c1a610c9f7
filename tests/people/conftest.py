"""Rows to look at, as the pages' tests have them."""

import pytest

from tests.dashboard.things import finished_run


@pytest.fixture
def run(link):
    return finished_run(link)

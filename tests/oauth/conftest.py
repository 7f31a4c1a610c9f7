"""The operator's browser."""

import pytest

from tests.dashboard.browser import Browser


@pytest.fixture
def browser(operator) -> Browser:
    return Browser(operator)

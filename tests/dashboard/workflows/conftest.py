"""A workflow, and its editor before an operator."""

import pytest

from tests.dashboard import things
from tests.dashboard.workflows.editor_form import Editor


@pytest.fixture
def workflow(link):
    return things.workflow(link)


@pytest.fixture
def editor(world, workflow, as_operator):
    return Editor(as_operator, workflow)

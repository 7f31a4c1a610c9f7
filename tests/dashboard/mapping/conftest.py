import pytest

from tests.dashboard.mapping.editor import Editor


@pytest.fixture
def editor(world, link, as_operator):
    world.gist_contact(
        email="ann@example.test", name="Ann Lee", phone="(415) 555-2671", custom_properties={"plan": "p"}
    )
    return Editor(as_operator)

"""Operations as data: complete, and strict about what they are given."""

import pytest

from integration.providers.ghl import catalogue as ghl
from integration.providers.ghl import contacts
from integration.providers.gist import catalogue as gist

ALL = ghl.OPERATIONS | gist.OPERATIONS


def test_ghl_s_contact_operations_are_all_there():
    assert (
        len({(o.method, o.path) for o in vars(contacts).values() if hasattr(o, "method") and hasattr(o, "answer")})
        == 32
    )


@pytest.mark.parametrize("operation", ALL.values(), ids=ALL)
def test_every_operation_names_its_source_and_a_title(operation):
    assert operation.source.startswith(f"docs/{operation.provider}-api.md#")
    assert operation.title


@pytest.mark.parametrize("operation", ghl.OPERATIONS.values(), ids=ghl.OPERATIONS)
def test_every_ghl_operation_names_version_and_scope(operation):
    assert operation.version in ("2021-07-28", "2021-04-15")
    assert operation.scope


def test_a_parameter_is_quoted_into_the_path():
    assert contacts.GET(contact_id="a/b ?").path == "/contacts/a%2Fb%20%3F"


def test_a_missing_or_unknown_parameter_is_refused():
    with pytest.raises(TypeError, match="takes"):
        contacts.GET()
    with pytest.raises(TypeError, match="no query parameter"):
        contacts.GET(contact_id="1", query={"page": 1})

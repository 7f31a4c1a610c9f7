"""Who is meant: by the id of a side, or by what an operator typed."""

import pytest

from integration.errors import Gone, SetupError
from integration.models import Pair, Snapshot
from integration.people.find import find_person, read_by_id
from integration.records import Contact, PersonRef


def test_an_id_of_either_side_names_the_person_on_both(ann):
    gist_id = ann.known.gist_id
    both = PersonRef(gist_id, ann.ghl_id, "Ann Lee")
    assert Pair.objects.person_ref(ann.link, "ghl", ann.ghl_id) == both
    assert Pair.objects.person_ref(ann.link, "gist", gist_id) == both


@pytest.mark.parametrize("state", ["unlinked", "one_gone", "deleted"])
def test_what_is_no_pair_any_more_names_the_one_record_alone(ann, state):
    Pair.objects.update(state=state)
    assert Pair.objects.person_ref(ann.link, "ghl", ann.ghl_id) == PersonRef(ghl_id=ann.ghl_id)
    assert find_person(ann.link, ann.ghl_id) == PersonRef(ghl_id=ann.ghl_id, label="Ann Lee")


def test_somebody_held_is_still_one_person(ann):
    Pair.objects.update(state=Pair.State.HELD)
    assert Pair.objects.person_ref(ann.link, "ghl", ann.ghl_id).gist_id


@pytest.mark.parametrize("contact_id", ["", "nobody"])
def test_an_unknown_id_names_nobody_else(ann, contact_id, django_assert_max_num_queries):
    with django_assert_max_num_queries(1):
        assert Pair.objects.person_ref(ann.link, "ghl", contact_id) == PersonRef(ghl_id=contact_id)


def test_what_an_operator_types_finds_the_person_without_a_call(ann, world):
    world.forget_calls()
    for text in (" Ann@example.test ", ann.ghl_id, ann.known.gist_id):
        assert find_person(ann.link, text) == PersonRef(ann.known.gist_id, ann.ghl_id, "Ann Lee")
    assert not any(world.calls().values())


def test_somebody_never_seen_is_asked_for(ann, world):
    bea = world.ghl_contact(email="bea@example.test", firstName="Bea")
    assert not Snapshot.objects.filter(external_id=bea["id"]).exists()
    assert find_person(ann.link, "bea@example.test") == PersonRef(ghl_id=bea["id"], label="Bea")


@pytest.mark.parametrize(("text", "sentence"), [("  ", "say who"), ("cleo@example.test", "neither side has")])
def test_who_is_not_found_is_said(ann, text, sentence):
    with pytest.raises(SetupError, match=sentence):
        find_person(ann.link, text)


class Contacts:
    """Contacts of a side that are never there; keeps what it was asked for."""

    def __init__(self, side):
        self.side, self.asked = side, []

    def read(self, contact_id):
        self.asked.append(contact_id)
        raise Gone("not there")
        yield Contact


@pytest.mark.parametrize(
    ("side", "text", "asked"),
    [
        ("ghl", "ocQHyuzHvysMo5N5VsXc", True),
        # Three in a hundred of GHL's ids are letters alone.
        ("ghl", "jJwLdbYQpXHHyGkPksEK", True),
        ("ghl", "Ann", False),
        ("ghl", "../contacts", False),
        ("gist", "1024", True),
        ("gist", "ocQHyuzHvysMo5N5VsXc", False),
        ("gist", "Ann", False),
    ],
)
def test_a_side_is_asked_only_for_what_could_be_an_id_there(side, text, asked):
    contacts = Contacts(side)
    assert list(read_by_id(contacts, text)) == []
    assert contacts.asked == ([text] if asked else [])

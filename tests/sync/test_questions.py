"""What only a person can decide: asked once, answered once, carried out, remembered."""

import pytest

from integration.errors import SetupError
from integration.models import Pair, Question
from integration.sync.questions import answer
from tests.world import finish, sync


@pytest.fixture
def conflict(world, link):
    """Ann's name was changed on both sides, and the link asks."""
    link.conflict = "ask"
    link.save()
    ann = world.gist_contact(email="ann@example.test", name="Ann")
    sync(link)
    (there,) = world.everyone("ghl")
    world.gist("POST", "/contacts", json={"id": ann["id"], "email": "ann@example.test", "name": "Anna"})
    world.ghl("PUT", f"/contacts/{there['id']}", json={"firstName": "Annie"})
    sync(link, "incremental")
    return Question.objects.get()


def names(world):
    (here,), (there,) = world.everyone("gist"), world.everyone("ghl")
    return here["name"], there["firstName"]


def test_a_conflict_is_asked_with_both_values_and_nothing_is_written(world, conflict):
    assert (conflict.kind, conflict.options) == ("conflict", {"gist": "Anna", "ghl": "Annie"})
    assert names(world) == ("Anna", "Annie")


def test_a_conflict_is_asked_once_however_often_it_is_met(world, link, conflict):
    sync(link, "full")
    assert Question.objects.count() == 1


@pytest.mark.parametrize(("side", "name"), [("gist", "Anna"), ("ghl", "Annie")])
def test_an_answer_is_carried_out_and_the_question_closed(world, link, conflict, side, name):
    answer(conflict, side)
    finish(link.runs.first())
    conflict.refresh_from_db()
    assert (names(world), conflict.closed_at is not None) == ((name, name), True)


def test_a_conflict_that_people_settled_themselves_is_no_longer_asked(world, link, conflict):
    (there,) = world.everyone("ghl")
    world.ghl("PUT", f"/contacts/{there['id']}", json={"firstName": "Anna"})
    sync(link, "incremental")
    conflict.refresh_from_db()
    assert conflict.closed_at


def test_only_offered_answers_are_taken(conflict):
    with pytest.raises(SetupError, match="no answer"):
        answer(conflict, "both")


@pytest.fixture
def match(world, link):
    world.gist_contact(user_id="u1", name="Ann Lee", phone="+14155552671")
    world.gist_contact(user_id="u2", name="Ann L", phone="+14155552671")
    world.ghl_contact(firstName="Ann", lastName="Lee", phone="+14155552671")
    sync(link)
    return Question.objects.get(side="gist", label="Ann Lee")


def test_an_ambiguous_person_is_asked_for_with_the_candidates(match, world):
    assert [option["id"] for option in match.options] == [world.everyone("ghl")[0]["id"]]


def test_the_chosen_candidate_becomes_the_pair(world, link, match):
    answer(match, match.options[0]["id"])
    finish(link.runs.first())
    assert Pair.objects.get().gist_id == match.external_id
    assert len(world.everyone("ghl")) == 1


def test_somebody_new_is_created_and_not_asked_for_again(world, link, match):
    world.ghl("PUT", f"/contacts/{match.options[0]['id']}", json={"phone": "+14155552672"})
    answer(match, "new")
    finish(link.runs.first())
    assert len(world.everyone("ghl")) == 2

"""What only a person can decide: asked once, answered once, carried out, remembered."""

import pytest
from django.utils import timezone

from integration.errors import SetupError
from integration.models import Pair, PendingRead, Question, Run, Snapshot
from integration.people.answers import answer_question
from integration.sync.undecided import reopen_unpaired
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
    answer_question(conflict, side)
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
        answer_question(conflict, "both")


@pytest.fixture
def match(world, link):
    """Two Gist contacts with the number of one GHL contact: one cluster, one question."""
    world.gist_contact(user_id="u1", name="Ann Lee", phone="+14155552671")
    world.gist_contact(user_id="u2", name="Ann L", phone="+14155552671")
    world.ghl_contact(firstName="Ann", lastName="Lee", phone="+14155552671")
    sync(link)
    return Question.objects.get()


def test_an_ambiguous_person_is_asked_for_once_with_the_candidates(match, world):
    assert {option["id"] for option in match.options} == {str(one["id"]) for one in world.everyone("gist")}


def test_the_chosen_candidate_becomes_the_pair(world, link, match):
    answer_question(match, match.options[0]["id"])
    finish(link.runs.first())
    assert Pair.objects.get().gist_id == match.options[0]["id"]
    assert len(world.everyone("ghl")) == 1


def test_somebody_new_is_created_and_not_asked_for_again(world, link, match):
    answer_question(match, "new")
    finish(link.runs.first())
    assert (len(world.everyone("gist")), len(world.everyone("ghl"))) == (3, 1)


def test_somebody_who_was_skipped_is_looked_at_again_by_a_full_run(world, link, match):
    """The rival is gone; the record itself did not change since."""
    rival = next(one for one in world.everyone("gist") if one["user_id"] == "u2")
    world.gist("DELETE", f"/contacts/{rival['id']}")
    sync(link)
    assert Pair.objects.get().ghl_id == match.external_id
    assert not Question.objects.filter(closed_at=None).exists()


@pytest.mark.parametrize("base", [None, {"name": "Ann"}])
@pytest.mark.parametrize("undecided", [None, {"name": "Anna"}])
@pytest.mark.parametrize("paired", [False, True])
def test_a_full_run_reopens_whoever_was_decided_and_is_alone(link, base, undecided, paired):
    """One row per state of a snapshot: only somebody decided, unpaired and without news is decided again."""
    pair = Pair.objects.create(link=link, gist_id="1", ghl_id="a") if paired else None
    one = Snapshot.objects.create(link=link, side="gist", external_id="1", pair=pair, base=base, undecided=undecided)
    reopen_unpaired(Run.objects.create(link=link, kind="full"))
    one.refresh_from_db()
    assert one.undecided == (base if base and not undecided and not paired else undecided)


def test_a_question_about_a_record_that_was_deleted_is_closed(world, link, match):
    now = timezone.now()
    world.ghl("DELETE", f"/contacts/{match.external_id}")
    PendingRead.objects.create(
        link=link, side="ghl", external_id=match.external_id, deleted=True, first_at=now, due_at=now
    )
    sync(link, "live")
    match.refresh_from_db()
    assert match.closed_at

"""Who is who, decided by a person before anything is written, and remembered by every run after that."""

import pytest

from integration.errors import SetupError
from integration.models import KeptApart, Link, Pair, Question, Snapshot
from integration.people.answers import answer_question
from integration.people.find import find_by_id
from integration.people.matches import answer_many, keep_pair, open_questions, undo_answer, unlink_pair
from integration.people.pair_commands import join_records
from tests.world import sync

PHONE = "+12125550100"


def allow_duplicates(world, allowed):
    world.control("POST", "duplicates", {"account": world.location, "allowed": allowed})


@pytest.fixture
def link(link, world) -> Link:
    """As the page makes one: it only watches. The location takes one address or number several times."""
    allow_duplicates(world, True)
    Link.objects.update(mode="watch")
    link.refresh_from_db()
    return link


def go_live(link, times=2):
    """The first syncs that write."""
    Link.objects.update(mode="live")
    return [sync(link) for _ in range(times)][-1]


@pytest.fixture
def cluster(world, link):
    """Ann in Gist, who may be either of two in GHL: three records, one question."""
    world.gist_contact(user_id="u1", name="Ann Lee", phone=PHONE)
    world.ghl_contact(firstName="Ann", lastName="Lee", phone=PHONE, email="ann@work.test")
    world.ghl_contact(firstName="A.", lastName="Lee", phone=PHONE, email="ann@home.test")
    sync(link)
    return Question.objects.get()


def test_a_watch_run_asks_one_question_about_a_cluster_of_three_and_puts_the_likest_first(cluster):
    assert (cluster.kind, cluster.side, cluster.label) == ("match", "gist", "Ann Lee")
    assert [one["label"] for one in cluster.options] == ["Ann Lee", "A. Lee"]
    assert (cluster.score, cluster.standing) == (65, "equal")


def test_looking_again_does_not_ask_again(cluster, link):
    sync(link)
    assert Question.objects.count() == 1


def test_the_chosen_one_is_the_pair_and_the_next_run_obeys(world, link, cluster):
    answer_question(cluster, cluster.options[1]["id"])
    sync(link)
    go_live(link)
    pair = Pair.objects.get(matched_by="person")
    assert pair.ghl_id == cluster.options[1]["id"]
    assert not Question.objects.filter(closed_at=None).exists()
    assert len(world.everyone("ghl")) == 2


def test_three_who_are_kept_apart_are_three_people_on_both_sides_and_are_never_asked_about_again(world, link, cluster):
    answer_question(cluster, "apart")
    sync(link)
    go_live(link, 3)
    assert (len(world.everyone("gist")), len(world.everyone("ghl")), Pair.objects.count()) == (3, 3, 3)
    assert Question.objects.filter(closed_at=None).count() == 0
    assert set(Pair.objects.values_list("matched_by", flat=True)) == {"created"}


def test_somebody_new_is_created_and_the_others_stay_as_they_are(world, link, cluster):
    answer_question(cluster, "new")
    sync(link)
    go_live(link)
    assert (len(world.everyone("gist")), len(world.everyone("ghl"))) == (1, 3)


@pytest.mark.parametrize("answer", ["new", "apart", "link"])
def test_a_decision_that_is_taken_back_is_asked_anew(world, link, cluster, answer):
    answer_question(cluster, cluster.options[0]["id"] if answer == "link" else answer)
    undo_answer(Question.objects.get(), None)
    sync(link)
    (question,) = open_questions(link)
    assert [one["id"] for one in question.options] == [one["id"] for one in cluster.options]
    assert not Pair.objects.exists()
    assert not KeptApart.objects.exists()


def test_taking_back_twice_is_refused(cluster):
    answer_question(cluster, "apart")
    undo_answer(Question.objects.get(), None)
    with pytest.raises(SetupError, match="taken back already"):
        undo_answer(Question.objects.get(), None)


def test_a_link_that_was_written_is_taken_back_by_unlinking(world, link, cluster):
    answer_question(cluster, cluster.options[0]["id"])
    go_live(link)
    before = world.everyone("gist"), world.everyone("ghl")
    undo_answer(Question.objects.get(answer=cluster.options[0]["id"]), None)
    sync(link)
    assert Pair.objects.get(ghl_id=cluster.options[0]["id"]).state == "unlinked"
    assert (world.everyone("gist"), world.everyone("ghl")) == before


def test_what_was_created_since_cannot_be_undone_here(world, link, cluster):
    answer_question(cluster, "new")
    go_live(link)
    with pytest.raises(SetupError, match="was created on the other side since"):
        undo_answer(Question.objects.get(answer="new"), None)


def test_a_person_who_links_two_kept_apart_by_hand_takes_that_back(world, link, cluster):
    answer_question(cluster, "apart")
    Link.objects.update(mode="live")
    link.refresh_from_db()
    join_records(find_by_id(link, "gist", cluster.external_id), "gist", cluster.options[0]["id"], None)
    assert KeptApart.objects.count() == 1
    assert Pair.objects.get().matched_by == "person"


@pytest.mark.parametrize("allow", [True, False])
def test_two_with_one_address_that_are_kept_apart_are_never_paired_or_written_over(world, link, allow):
    """Gist keeps one contact per address, and this location may take no second one: what cannot be is said."""
    allow_duplicates(world, allow)
    ann = world.gist_contact(email="ann@example.test", name="Ann Lee")
    bob = world.ghl_contact(email="ann@example.test", firstName="Bob", lastName="Ray")
    KeptApart.objects.create(link=link, gist_id=str(ann["id"]), ghl_id=bob["id"])
    go_live(link)
    assert [one["name"] for one in world.everyone("gist")] == ["Ann Lee"]
    assert "Bob" in {one["firstName"] for one in world.everyone("ghl")}
    assert not Pair.objects.filter(gist_id=str(ann["id"]), ghl_id=bob["id"]).exists()
    assert Snapshot.objects.get(side="ghl", external_id=bob["id"]).reason == "taken"


# Many at once ---------------------------------------------------------------------------------------------


def add_look_alikes(world, number):
    """People with the same name and part of the address, whom no key finds."""
    for name in ("Ann Lee", "Bob Ray", "Cid Fox")[:number]:
        first, last = name.split()
        local = f"{first}.{last}".lower()
        world.gist_contact(email=f"{local}@home.test", name=name)
        world.ghl_contact(email=f"{local}@work.test", firstName=first, lastName=last)


def test_people_who_look_alike_are_asked_about_before_the_link_is_live(world, link):
    add_look_alikes(world, 2)
    sync(link)
    assert {(one.kind, one.label, one.score) for one in open_questions(link)} == {
        ("near", "Ann Lee", 40),
        ("near", "Bob Ray", 40),
    }


def test_whom_nobody_decided_about_are_two_people_and_are_asked_about_no_longer(world, link):
    add_look_alikes(world, 1)
    sync(link)
    go_live(link)
    assert (len(world.everyone("gist")), len(world.everyone("ghl")), open_questions(link).count()) == (2, 2, 0)


@pytest.mark.parametrize(("verb", "made"), [("apart", 3), ("", 3)])
def test_look_alikes_kept_apart_together_are_never_asked_about_again(world, link, verb, made):
    add_look_alikes(world, 3)
    sync(link)
    if not verb:
        with pytest.raises(SetupError, match="only who stands out"):
            answer_many(link, "equal", "link", None)
        return
    assert answer_many(link, "equal", verb, None).done == made
    sync(link)
    assert open_questions(link).count() == 0


def test_everybody_with_the_same_address_and_name_is_linked_by_one_click(world, link):
    """Each shares the address with a second record, so no run links them by itself."""
    for name in ("Ann", "Bob"):
        email = f"{name.lower()}@example.test"
        world.gist_contact(email=email, name=f"{name} Lee")
        world.ghl_contact(email=email, firstName=name, lastName="Lee")
        world.ghl_contact(email=email, firstName="Zoe", lastName="Ray")
    sync(link)
    assert [one.standing for one in open_questions(link)] == ["same", "same"]
    assert answer_many(link, "same", "link", None).done == 2
    go_live(link)
    assert Pair.objects.filter(matched_by="person").count() == 2


# Later ----------------------------------------------------------------------------------------------------


@pytest.fixture
def lost(world, link):
    """Ann and Bob were paired by their number; since then each has an address of their own."""
    ann = world.gist_contact(user_id="u1", name="Ann Lee", phone=PHONE)
    world.ghl_contact(firstName="Ann", lastName="Lee", phone=PHONE)
    go_live(link)
    Link.objects.update(match=["email"])
    sync(link, dry_run=True)
    return Pair.objects.get(gist_id=str(ann["id"]))


def test_a_pair_that_todays_rules_would_not_make_is_listed_with_the_rule(lost):
    assert (lost.matched_by, lost.lost_rule) == ("phone", "phone_off")


def test_a_pair_that_a_person_keeps_is_not_listed_again(link, lost):
    keep_pair(lost, None)
    sync(link, dry_run=True)
    lost.refresh_from_db()
    assert (lost.lost_rule, lost.state) == ("", "linked")


def test_a_pair_that_a_person_takes_apart_stays_apart(world, link, lost):
    unlink_pair(lost, None)
    Link.objects.update(match=["email", "phone"])
    sync(link)
    lost.refresh_from_db()
    assert (lost.state, Pair.objects.count(), len(world.everyone("gist"))) == ("unlinked", 1, 1)


def test_a_pair_is_no_longer_listed_once_the_rules_would_make_it_again(link, lost):
    Link.objects.update(match=["email", "phone"])
    sync(link, dry_run=True)
    lost.refresh_from_db()
    assert lost.lost_rule == ""

"""Who is who: by every address, by phone where names agree; one person per record, one question per cluster."""

import json

import pytest

from integration.errors import SetupError
from integration.models import Connection, InboxEvent, Link, LogEntry, Pair, Question, Snapshot
from integration.people.answers import answer_question
from integration.people.find import find_person
from integration.people.search import find_matching_ids
from integration.runs.recover import process_name
from integration.webhooks.process import process_link
from tests.world import finish, sync

PHONE = "+12125550100"


def give_addresses(world, contact, *emails):
    """Further addresses, as somebody enters them in GHL's own pages."""
    world.control("POST", "addresses", {"account": world.location, "contact": contact["id"], "emails": list(emails)})


def names(world, side):
    return sorted(
        one.get("name") or f"{one['firstName']} {one.get('lastName', '')}".strip() for one in world.everyone(side)
    )


def reasons(run):
    return sorted(run.entries.filter(kind="contact").values_list("reason", flat=True))


# A phone alone --------------------------------------------------------------------------------------------


def test_a_father_and_a_daughter_with_one_phone_are_asked_about_and_stay_as_they_are(world, link):
    world.ghl_contact(firstName="Otto", lastName="Lee", phone=PHONE)
    world.gist_contact(email="ann@example.test", name="Ann Lee", phone=PHONE)
    run = sync(link)
    assert (names(world, "gist"), names(world, "ghl")) == (["Ann Lee"], ["Otto Lee"])
    assert (Pair.objects.count(), reasons(run)) == (0, ["other_name", "other_name"])
    question = Question.objects.get()
    assert (question.side, question.label, [one["label"] for one in question.options]) == (
        "gist",
        "Ann Lee",
        ["Otto Lee"],
    )
    assert "under another name: “Otto Lee”" in question.message


def test_somebody_new_with_the_phone_of_the_father_is_created_without_it_and_he_in_gist(world, link):
    world.ghl_contact(firstName="Otto", lastName="Lee", phone=PHONE)
    world.gist_contact(email="ann@example.test", name="Ann Lee", phone=PHONE)
    sync(link)
    answer_question(Question.objects.get(), "new")
    finish(link.runs.first())
    sync(link)
    assert (names(world, "gist"), names(world, "ghl")) == (["Ann Lee", "Otto Lee"], ["Ann Lee", "Otto Lee"])
    assert sorted(one.get("phone", "") for one in world.everyone("ghl")) == ["", PHONE]
    assert not Question.objects.filter(closed_at=None).exists()


@pytest.mark.parametrize("name", ["Ann Lee", "A. Lee", "Ann", "Lee, Ann", "ÁNN LEE"])
def test_one_phone_and_names_that_agree_are_one_person(world, link, name):
    world.ghl_contact(firstName="Ann", lastName="Lee", phone=PHONE)
    world.gist_contact(user_id="u1", name=name, phone=PHONE)
    sync(link)
    assert Pair.objects.count() == 1


def test_of_a_family_with_one_phone_the_one_with_the_name_is_the_person(world, link):
    world.ghl_contact(firstName="Ann", lastName="Lee", phone=PHONE)
    Connection.objects.update(settings={"allow_duplicates": False, "timezone": ""})
    world.gist_contact(user_id="u1", name="Ann Lee", phone=PHONE)
    world.gist_contact(email="otto@example.test", name="Otto Lee", phone=PHONE)
    sync(link)
    assert Pair.objects.get(label="Ann Lee").ghl_id
    assert (names(world, "ghl"), len(world.everyone("gist"))) == (["Ann Lee", "Otto Lee"], 2)


def test_two_colleagues_with_one_switchboard_are_two_and_no_extension_is_lost(world, link):
    world.gist_contact(email="kim@example.test", name="Kim Ito", phone="+1 212 555 0100 x12")
    world.gist_contact(user_id="u2", name="Kim Ito", phone="+1 212 555 0100 ext. 14")
    world.ghl_contact(firstName="Kim", lastName="Ito", phone=PHONE)
    run = sync(link)
    assert {one["phone"] for one in world.everyone("gist")} >= {"+1 212 555 0100 x12", "+1 212 555 0100 ext. 14"}
    assert [one.get("phone") for one in world.everyone("ghl") if one.get("email") == "kim@example.test"] == [None]
    assert "has an extension" in run.entries.filter(label="Kim Ito", outcome="created").first().message


def test_an_extension_in_gist_is_not_overwritten_by_the_bare_number_of_ghl(world, link):
    world.gist_contact(email="kim@example.test", name="Kim Ito", phone="+1 212 555 0100 x12")
    world.ghl_contact(firstName="Kim", lastName="Ito", email="kim@example.test", phone=PHONE)
    sync(link)
    assert world.everyone("gist")[0]["phone"] == "+1 212 555 0100 x12"
    assert world.everyone("ghl")[0]["phone"] == PHONE


# Further addresses ----------------------------------------------------------------------------------------


@pytest.fixture
def ann_of_two_addresses(world):
    ann = world.ghl_contact(firstName="Ann", lastName="Lee", email="ann@work.test")
    give_addresses(world, ann, "Ann@Home.test")
    return ann


def test_whose_gist_address_is_ghls_second_one_is_one_person_and_keeps_both(world, link, ann_of_two_addresses):
    world.gist_contact(email="ann@home.test", name="Ann Lee")
    sync(link)
    assert Pair.objects.get().ghl_id == ann_of_two_addresses["id"]
    assert (world.emails("gist"), world.emails("ghl")) == (["ann@home.test"], ["ann@work.test"])
    assert world.everyone("ghl")[0]["additionalEmails"] == [{"email": "Ann@Home.test"}]
    again = sync(link)
    assert (again.unchanged, again.updated, again.skipped) == (1, 0, 0)


def test_the_main_address_says_more_than_a_further_one(world, link, ann_of_two_addresses):
    world.gist_contact(email="ann@home.test", name="Ann Lee")
    main = world.gist_contact(email="ann@work.test", name="Ann Lee")
    run = sync(link)
    assert Pair.objects.get().gist_id == str(main["id"])
    assert len(world.everyone("ghl")) == 1
    assert f"paired with Gist's “Ann Lee” ({main['id']})" in run.entries.get(reason="taken").message


def test_a_further_address_that_is_entered_later_makes_two_records_one_person(world, link):
    link.direction = "ghl_to_gist"
    link.save()
    ann = world.ghl_contact(firstName="Ann", lastName="Lee", email="ann@work.test")
    give_addresses(world, ann, "ann@home.test")
    world.gist_contact(email="ann@home.test", name="Ann Lee")
    give_addresses(world, ann)
    sync(link)
    assert len(world.everyone("gist")) == 2


def test_further_addresses_cost_no_query_for_each_record(world, link, django_assert_max_num_queries):
    for number in range(12):
        one = world.ghl_contact(firstName=f"Person {number}", email=f"p{number}@work.test")
        give_addresses(world, one, f"p{number}@home.test")
        world.gist_contact(email=f"p{number}@home.test", name=f"Person {number}")
    sync(link)
    assert Pair.objects.count() == 12
    with django_assert_max_num_queries(106):
        sync(link)


def test_somebody_is_found_by_a_further_address(world, link, ann_of_two_addresses):
    sync(link)
    ann = ann_of_two_addresses["id"]
    assert find_person(link, "Ann@Home.test").ghl_id == ann
    assert find_matching_ids("ann@home.test", {link.pk: "US"}) == [Snapshot.objects.get(external_id=ann).pk]


@pytest.mark.parametrize("shown", [True, False])
def test_live_somebody_is_looked_for_by_every_address(world, link, ghl, shown):
    """Whether or not a contact read by id shows its further addresses, the answer to a create tells."""
    sync(link)
    world.control("POST", "quirks", {"ghl_get_other_emails": shown})
    ann = world.ghl_contact(firstName="Ann", lastName="Lee", email="ann@work.test")
    give_addresses(world, ann, "ann@home.test")
    there = world.gist_contact(email="ann@home.test", name="Ann Lee")
    # Of the two, the one whose look-up can find the other is heard of.
    if shown:
        event = {"provider": "ghl", "topic": "ContactCreate", "connection": link.ghl, "body": {"id": ann["id"]}}
    else:
        body = {"contact": {"id": there["id"]}}
        event = {"provider": "gist", "topic": "contact_created", "connection": link.gist, "body": body}
    InboxEvent.objects.create(**{**event, "body": json.dumps(event["body"]).encode()})
    process_link(link.pk, process_name(), 10)
    pair = Pair.objects.get()
    assert (pair.gist_id, pair.ghl_id) == (str(there["id"]), ann["id"])
    assert (world.emails("gist"), world.emails("ghl")) == (["ann@home.test"], ["ann@work.test"])


# Answers --------------------------------------------------------------------------------------------------


@pytest.fixture
def two_of_one_address(world, link):
    first = world.ghl_contact(firstName="Nadia", lastName="Haddad", email="first@example.test")
    world.ghl("PUT", f"/contacts/{first['id']}", json={"email": "nadia@example.test"})
    # As in a location that allowed duplicates once.
    second = world.ghl_contact(firstName="Noor", lastName="Haddad", email="second@example.test")
    allow_duplicates(world, True)
    world.ghl("PUT", f"/contacts/{second['id']}", json={"email": "nadia@example.test"})
    allow_duplicates(world, False)
    return first, second


def allow_duplicates(world, allowed):
    world.control("POST", "duplicates", {"account": world.location, "allowed": allowed})


def test_a_cluster_of_records_is_one_question(world, link, two_of_one_address):
    gist = world.gist_contact(email="nadia@example.test", name="Nadia Haddad")
    sync(link)
    question = Question.objects.get()
    assert (question.external_id, len(question.options)) == (str(gist["id"]), 2)


def test_the_second_of_two_with_one_address_never_renames_the_first(world, link, two_of_one_address):
    first, second = two_of_one_address
    world.gist_contact(email="nadia@example.test", name="Nadia Haddad")
    sync(link)
    answer_question(Question.objects.get(), first["id"])
    finish(link.runs.first())
    pair = Pair.objects.get()
    # What stands in Gist under the address is hers: nothing is left to ask, and the second one is told to be alone.
    run = sync(link)
    assert not Question.objects.filter(closed_at=None).exists()
    assert run.entries.get(ghl_id=second["id"]).reason == "taken"
    assert (Pair.objects.get().ghl_id, Pair.objects.get().gist_id) == (first["id"], pair.gist_id)
    assert names(world, "gist") == ["Nadia Haddad"]
    assert Snapshot.objects.filter(pair=pair).count() == 2


def test_an_answer_that_the_other_side_cannot_carry_out_is_refused(world, link, two_of_one_address):
    _, second = two_of_one_address
    world.gist_contact(email="nadia@example.test", name="Nadia Haddad")
    sync(link)
    asked = Question.objects.get()
    old = Question.objects.create(
        link=link, kind="match", about=f"ghl:{second['id']}", side="ghl", external_id=second["id"], label="Noor Haddad"
    )
    with pytest.raises(SetupError, match="Gist keeps one contact per e-mail address"):
        answer_question(old, "new")
    old.refresh_from_db()
    assert (old.answer, asked.answer, names(world, "gist")) == ("", "", ["Nadia Haddad"])


def test_of_two_with_one_address_and_nobody_in_gist_the_chosen_one_is_created(world, link, two_of_one_address):
    _, second = two_of_one_address
    sync(link)
    question = Question.objects.get()
    assert question.is_choice_of_one
    answer_question(question, second["id"])
    finish(link.runs.first())
    assert (names(world, "gist"), Pair.objects.get().ghl_id) == (["Noor Haddad"], second["id"])
    sync(link)
    assert (names(world, "gist"), Pair.objects.count()) == (["Noor Haddad"], 1)
    assert not Question.objects.filter(closed_at=None).exists()


def test_two_of_one_address_who_are_both_said_to_be_new_are_not_written_into_one(world, link, two_of_one_address):
    for one in two_of_one_address:
        Question.objects.create(link=link, kind="match", about=f"ghl:{one['id']}", side="ghl", answer="new")
    sync(link)
    sync(link)
    assert (Pair.objects.count(), len(world.everyone("gist"))) == (1, 1)
    pair = Pair.objects.get()
    there = next(one for one in world.everyone("ghl") if one["id"] == pair.ghl_id)
    assert names(world, "gist") == [f"{there['firstName']} {there['lastName']}"]


def test_a_person_whom_gist_has_under_an_address_nobody_read_is_not_written_over(world, link, ghl):
    """Live: the Gist contact of the address is another pair's by the time the new one is created."""
    link.match = ["phone"]
    link.save()
    world.gist_contact(email="ann@example.test", name="Ann Lee")
    sync(link)
    allow_duplicates(world, True)
    world.ghl_contact(firstName="Eve", lastName="Ito", email="ann@example.test")
    run = sync(link)
    assert (names(world, "gist"), Pair.objects.count()) == (["Ann Lee"], 1)
    assert run.entries.get(label="Eve Ito").reason == "taken"


# People who share a phone ---------------------------------------------------------------------------------


def family(world):
    for name in ("ann", "bea", "cem"):
        world.gist_contact(email=f"{name}@example.test", name=f"{name.title()} Lee", phone=PHONE)


def test_a_family_with_one_phone_is_created_and_who_came_second_without_it(world, link):
    family(world)
    run = sync(link)
    assert (run.created, run.skipped, world.emails("ghl")) == (
        3, 0, ["ann@example.test", "bea@example.test", "cem@example.test"],
    )  # fmt: skip
    assert sorted(one.get("phone", "") for one in world.everyone("ghl")) == ["", "", PHONE]
    said = run.entries.filter(message__contains="belongs to GHL's")
    assert said.count() == 2
    assert {one["phone"] for one in world.everyone("gist")} == {PHONE}


def test_a_second_full_run_over_a_family_is_quiet_and_costs_no_refused_call(world, link):
    family(world)
    sync(link)
    before = LogEntry.objects.count()
    sync(link)
    assert LogEntry.objects.count() == before
    assert {one["phone"] for one in world.everyone("gist")} == {PHONE}


def test_a_number_that_was_left_out_is_written_once_the_location_allows_it(world, link):
    family(world)
    sync(link)
    allow_duplicates(world, True)
    sync(link)
    assert [one.get("phone") for one in world.everyone("ghl")] == [PHONE] * 3


def test_whether_a_location_allows_duplicates_is_asked_and_remembered(world, link):
    sync(link)
    assert Link.objects.get().ghl.settings["allow_duplicates"] is False


# Plans ----------------------------------------------------------------------------------------------------


def counts(run):
    return [getattr(run, name) for name in ("created", "updated", "unchanged", "skipped", "failed")]


def test_a_plan_predicts_what_the_run_does_of_shared_addresses_and_numbers(world, link, two_of_one_address):
    world.gist_contact(email="nadia@example.test", name="Nadia Haddad")
    world.ghl_contact(firstName="Otto", lastName="Lee", phone=PHONE)
    world.gist_contact(email="ann@example.test", name="Ann Lee", phone=PHONE)
    world.gist_contact(email="bea@example.test", name="Bea Ito")
    plan, run = sync(link, dry_run=True), sync(link)
    assert counts(plan) == counts(run)


def test_a_plan_creates_nobody_whom_the_location_refuses(world, link):
    world.gist_contact(email="ann@example.test", name="Ann Lee", phone=PHONE)
    sync(link)
    world.gist_contact(user_id="u9", name="Bea Ito", phone=PHONE)
    plan, run = sync(link, dry_run=True), sync(link)
    assert counts(plan) == counts(run) == [0, 0, 1, 1, 0]
    assert plan.entries.get().reason == run.entries.get().reason == "taken"


def test_a_plan_does_not_claim_that_a_pair_is_in_step(world, link):
    world.gist_contact(email="ann@example.test", name="Ann Lee")
    world.ghl_contact(firstName="Ann", lastName="Lee", email="ann@example.test")
    sync(link, dry_run=True)
    planned = Pair.objects.get()
    assert planned.synced_at is None
    sync(link)
    pair = Pair.objects.get()
    assert pair.synced_at
    assert pair.created_at >= planned.created_at

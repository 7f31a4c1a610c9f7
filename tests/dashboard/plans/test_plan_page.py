"""The page of a plan: what would be written, what stands there now, what is left out, and the one button."""

import re

import pytest

from integration.models import Link, Run
from integration.plans.digest import digest_of
from tests.command_output import Output
from tests.dashboard.browser import html, words
from tests.sync.conftest import pair  # noqa: F401
from tests.sync.hands import edit
from tests.world import finish, sync


@pytest.fixture
def plan(world, link, pair):  # noqa: F811
    """Ann is renamed in Gist and gets a number there; Bo is new."""
    edit(world, pair, gist={"name": "Anna Lee", "phone": "+14155552671"})
    world.gist_contact(email="bo@example.test", name="Bo Hill")
    return sync(link, dry_run=True)


def change(plan, field):
    return plan.changes.get(field=field)


def test_it_shows_before_planned_now_and_the_price(as_viewer, world, plan):
    world.forget_calls()
    page = as_viewer.get("plan", plan.pk)
    text = words(page)
    for sentence in ("Not applied yet", "Ann Lee", "Anna Lee", "as before", "1 new record", "Bo Hill", digest_of(plan)):
        assert sentence in text, sentence
    assert world.calls() == {"gist": 0, "ghl": 0}
    assert "Apply" not in text  # A viewer reads only.


def test_the_one_button_writes_exactly_the_plan(as_operator, world, plan):
    answer = as_operator.post("plan_apply", plan.pk, digest=digest_of(plan))
    run = finish(Run.objects.latest("pk"))
    assert (answer.status_code, run.kind, run.plan_id, run.created, run.updated) == (302, "apply", plan.pk, 1, 1)
    assert "was applied by run" in words(as_operator.get("plan", plan.pk))


def test_a_tick_changes_price_and_digest(as_operator, plan):
    before, name = digest_of(plan), change(plan, "name")
    every = [one.pk for one in plan.changes.all()]
    as_operator.post("plan_choose", plan.pk, shown=every, take=[pk for pk in every if pk != name.pk])
    name.refresh_from_db()
    assert (name.state, digest_of(plan) == before) == ("excluded", False)
    assert "1 left out" in words(as_operator.get("plan", plan.pk))
    as_operator.post("plan_apply", plan.pk, digest=before)
    assert not Run.objects.filter(plan=plan).exists()
    as_operator.post("plan_choose", plan.pk, shown=[name.pk], take=[name.pk])
    assert digest_of(plan) == before


def test_a_rule_is_left_out_as_a_whole(as_operator, plan):
    as_operator.post("plan_choose", plan.pk, rule="mapping:phone", side="ghl", action="update", take="0")
    assert sorted(one.state for one in plan.changes.all()) == ["excluded", "planned", "planned"]
    assert change(plan, "phone").state == "excluded"


def test_what_moved_since_is_shown(as_viewer, world, link, plan, pair):  # noqa: F811
    edit(world, pair, ghl={"phone": "+14155550000"})
    sync(link, dry_run=True)
    assert "+14155550000" in words(as_viewer.get("plan", plan.pk))


def test_filters_stand_in_the_address(as_viewer, plan):
    def people(query):
        return re.findall(r'class="row-link" href="[^"]*">([^<]+)<', html(as_viewer.get("plan", plan.pk, **query)))

    assert people({"show": "new"}) == ["Bo Hill"]
    assert people({"field": "phone"}) == people({"q": "Ann"}) == people({"rule": "mapping:name"})
    assert len(people({"field": "phone"})) == 1
    assert people({"side": "gist"}) == []


def test_over_the_cap_the_number_is_typed(as_operator, plan):
    Link.objects.update(change_cap=1)
    assert "Type 2" in words(as_operator.get("plan", plan.pk))
    as_operator.post("plan_apply", plan.pk, digest=digest_of(plan))
    assert not Run.objects.filter(plan=plan).exists()
    as_operator.post("plan_apply", plan.pk, digest=digest_of(plan), confirm="2")
    assert Run.objects.filter(plan=plan).exists()


def test_an_undo_is_shown_first(as_operator, world, link, plan):
    run = sync(link)
    answer = as_operator.post("run_undo", run.pk)
    undo = finish(Run.objects.latest("pk"))
    assert answer["Location"].endswith(f"/plans/{undo.pk}/")
    text = words(as_operator.get("plan", undo.pk))
    assert "Goes back to" in text
    assert "deleted" in text
    assert "Type 2" in text  # Bo was made by the run, and goes.
    as_operator.post("plan_apply", undo.pk, digest=digest_of(undo), confirm="2")
    finish(Run.objects.latest("pk"))
    assert world.emails("ghl") == ["ann@example.test"]


def test_a_contact_and_a_rule_are_undone_from_their_pages(as_operator, link, plan, pair):  # noqa: F811
    sync(link)
    for name, arguments, posted in (
        ("contact_undo", ("alder", "ghl", pair[1]), {}),
        ("link_undo", ("alder",), {"rule": "mapping:name"}),
    ):
        as_operator.post(name, *arguments, **posted)
        undo = finish(Run.objects.latest("pk"))
        assert (undo.kind, undo.dry_run, undo.changes.filter(state="planned").exists()) == ("undo", True, True)


@pytest.mark.parametrize("people", [3, 60])
def test_its_queries_do_not_grow(as_viewer, world, link, people, django_assert_max_num_queries):
    for number in range(people):
        world.gist_contact(email=f"p{number}@example.test", name=f"Person {number}")
    plan = sync(link, dry_run=True)
    with django_assert_max_num_queries(42):
        as_viewer.get("plan", plan.pk)


def test_over_the_cap_two_persons_agree_to_what_they_read(as_operator, as_owner, plan):
    Link.objects.update(change_cap=1, approvals=2)
    asked = {"digest": digest_of(plan), "confirm": "2"}
    for _ in range(2):
        as_operator.post("plan_apply", plan.pk, **asked)  # The same person twice is one.
    assert "1 of 2 agreed" in words(as_owner.get("plan", plan.pk))
    assert not Run.objects.filter(plan=plan).exists()
    as_owner.post("plan_choose", plan.pk, rule="mapping:phone", side="ghl", action="update", take="0")
    assert "0 of 2 agreed" in words(as_owner.get("plan", plan.pk))
    for person in (as_owner, as_operator):
        person.post("plan_apply", plan.pk, digest=digest_of(plan), confirm="2")
    assert Run.objects.get(plan=plan).kind == "apply"


def test_with_two_persons_asked_for_no_command_applies_alone(plan):
    Link.objects.update(change_cap=1, approvals=2)
    assert "two persons" in Output("apply_plan", plan.pk, "--digest", digest_of(plan)).failure
    assert not Run.objects.filter(plan=plan).exists()

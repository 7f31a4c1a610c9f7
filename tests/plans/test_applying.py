"""A dry run is a plan; applying it writes exactly what it says, and holds what changed meanwhile."""

import pytest

from integration.models import Snapshot
from integration.plans.report import report_of
from integration.plans.start import apply_plan
from tests.sync.hands import edit
from tests.world import finish, sync


def contents(run, state="applied"):
    """What a run planned or wrote, without what only its own rows say."""
    return sorted(
        (one.side, one.kind, one.action, one.field, str(one.before), str(one.after), one.rule)
        for one in run.changes.filter(state=state)
    )


def planned(link, **options):
    return sync(link, dry_run=True, **options)


def applied(plan, **options):
    return finish(apply_plan(plan, **options))


@pytest.fixture
def crowd(world, link):
    """Six people in step; then three are edited in Gist, one in GHL, and two are new."""
    for number in range(6):
        world.gist_contact(email=f"p{number}@example.test", name=f"Person {number}", tags=["vip"])
    sync(link)
    people = {one["email"]: one for one in world.everyone("gist")}
    for number in range(3):
        one = people[f"p{number}@example.test"]
        world.gist("POST", "/contacts", json={"id": one["id"], "email": one["email"], "name": f"Renamed {number}"})
    there = {one["email"]: one for one in world.everyone("ghl")}
    world.ghl("PUT", f"/contacts/{there['p4@example.test']['id']}", json={"phone": "+14155552671"})
    world.gist_contact(email="new@example.test", name="New One")
    world.ghl_contact(email="newer@example.test", firstName="Newer", lastName="One")
    return people, there


def test_what_is_written_is_what_was_planned(world, link, crowd):
    plan = planned(link)
    run = applied(plan)
    assert contents(run) == contents(plan, "planned")
    assert (run.status, run.created, run.updated, run.examined) == ("succeeded", 2, 4, 6)
    assert (run.kind, run.plan_id, report_of(run)["held"]) == ("apply", plan.pk, 0)
    assert world.emails("gist") == world.emails("ghl")
    after = sync(link)
    assert (after.created, after.updated, after.changes.count()) == (0, 0, 0)


def test_the_price_is_the_calls_made(world, link, crowd):
    plan = planned(link)
    price = report_of(plan)["estimated_calls"]
    run = applied(plan)
    for side in ("gist", "ghl"):
        assert abs(price[side] - run.api_calls[side]) <= max(1, 0.1 * run.api_calls[side]), (side, price, run.api_calls)


def test_what_was_edited_since_is_held_with_what_stands_there(world, link, pair):
    edit(world, pair, gist={"name": "Anna Lee"})
    plan = planned(link)
    edit(world, pair, ghl={"firstName": "Annabel", "lastName": "Lee"})
    run = applied(plan)
    held = run.changes.get()
    assert (held.state, held.found, held.after) == ("held", "Annabel Lee", "Anna Lee")
    assert (run.skipped, run.updated, report_of(run)["held"]) == (1, 0, 1)
    assert world.everyone("ghl")[0]["firstName"] == "Annabel"
    assert "held" in run.entries.get().message


def test_another_field_of_the_record_holds_nothing(world, link, pair):
    edit(world, pair, gist={"name": "Anna Lee"})
    plan = planned(link)
    edit(world, pair, ghl={"phone": "+14155552671"})
    run = applied(plan)
    assert (run.updated, run.changes.get().state) == (1, "applied")
    assert world.everyone("gist")[0]["phone"] != "+14155552671"
    # What was not in the plan is news for the next run.
    sync(link, "incremental")
    assert world.everyone("gist")[0]["phone"] == "+14155552671"
    assert world.everyone("ghl")[0]["firstName"] == "Anna"


def test_what_stands_there_already_is_not_written_again(world, link, pair):
    edit(world, pair, gist={"name": "Anna Lee"})
    plan = planned(link)
    edit(world, pair, ghl={"firstName": "Anna", "lastName": "Lee"})
    run = applied(plan)
    assert (run.unchanged, run.changes.count()) == (1, 0)
    assert "already so" in run.entries.get().message
    assert sync(link).changes.count() == 0


def test_a_change_that_is_left_out_is_not_written_and_is_news_for_the_next_run(world, link, pair):
    edit(world, pair, gist={"name": "Anna Lee", "phone": "+14155552671"})
    plan = planned(link)
    name = plan.changes.get(field="name")
    run = applied(plan, exclude=[name.pk])
    assert [one.field for one in run.changes.all()] == ["phone"]
    name.refresh_from_db()
    assert (name.state, world.everyone("ghl")[0]["firstName"]) == ("excluded", "Ann")
    assert [one.field for one in sync(link, "incremental").changes.all()] == ["name"]
    assert sync(link).changes.count() == 0


def test_what_the_source_says_anew_is_news_and_what_was_planned_is_written(world, link, pair):
    edit(world, pair, gist={"name": "Anna Lee"})
    plan = planned(link)
    edit(world, pair, gist={"name": "Annika Lee"})
    applied(plan)
    assert world.everyone("ghl")[0]["firstName"] == "Anna"
    sync(link)
    assert world.everyone("ghl")[0]["firstName"] == "Annika"
    assert world.everyone("gist")[0]["name"] == "Annika Lee"


def test_a_source_that_takes_its_edit_back_is_news_too(world, link, pair):
    edit(world, pair, gist={"name": "Anna Lee"})
    plan = planned(link)
    edit(world, pair, gist={"name": "Ann Lee"})
    applied(plan)
    sync(link)
    assert (world.everyone("ghl")[0]["firstName"], world.everyone("gist")[0]["name"]) == ("Ann", "Ann Lee")


def test_somebody_made_by_hand_meanwhile_holds_the_create(world, link):
    world.gist_contact(email="bo@example.test", name="Bo Hill", phone="+14155552671")
    plan = planned(link)
    world.ghl_contact(email="bo@example.test", firstName="Robert", lastName="Hill")
    run = applied(plan)
    held = run.changes.get()
    assert (held.action, held.state, held.found["email"]) == ("create", "held", "bo@example.test")
    assert (run.created, run.skipped, len(world.everyone("ghl"))) == (0, 1, 1)
    sync(link)
    assert link.pairs.count() == len(world.everyone("ghl")) == 1


def test_in_gist_too_somebody_made_by_hand_is_not_written_over(world, link):
    world.ghl_contact(email="bo@example.test", firstName="Bo", lastName="Hill")
    plan = planned(link)
    world.gist_contact(email="bo@example.test", name="Robert Hill")
    run = applied(plan)
    assert run.changes.get().state == "held"
    assert world.everyone("gist")[0]["name"] == "Robert Hill"


def test_who_is_gone_by_then_is_held(world, link, pair):
    edit(world, pair, gist={"name": "Anna Lee"})
    made = world.gist_contact(email="bo@example.test", name="Bo")
    plan = planned(link)
    world.ghl("DELETE", f"/contacts/{pair[1]}")
    world.gist("DELETE", f"/contacts/{made['id']}")
    run = applied(plan)
    assert sorted((one.action, one.state) for one in run.changes.all()) == [("create", "held"), ("update", "held")]
    assert (run.skipped, run.failed, world.everyone("ghl")) == (2, 0, [])


def test_what_is_written_is_no_news_and_the_pair_is_kept(world, link):
    world.gist_contact(email="bo@example.test", name="Bo")
    applied(planned(link))
    assert link.pairs.count() == 1
    assert not Snapshot.objects.filter(undecided__isnull=False).exists()
    again = sync(link, "incremental")
    assert (again.changes.count(), again.created, again.unchanged) == (0, 0, 1)

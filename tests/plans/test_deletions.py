"""Deletions by the link's rule stand in the plan, and happen only when it is applied, each looked at again before."""

import pytest

from integration.models import Link, PendingRead
from integration.plans.report import report_of
from integration.plans.start import apply_plan
from integration.runs.recover import process_name
from integration.webhooks.process import process_link
from tests.plans.test_applying import contents
from tests.sync.hands import edit
from tests.world import finish, sync


@pytest.fixture
def plan(world, link, pair):
    """Ann is gone in GHL, and the link's rule deletes her in Gist, too."""
    Link.objects.update(deletes="propagate")
    world.gist_contact(email="bo@example.test", name="Bo Hill")
    sync(link)
    world.ghl("DELETE", f"/contacts/{pair[1]}")
    return sync(link, dry_run=True)


def test_a_plan_lists_it_and_deletes_nobody(world, link, pair, plan):
    change = plan.changes.get()
    assert (change.action, change.side, change.external_id) == ("delete", "gist", str(pair[0]))
    assert (change.rule, change.before["email"]) == ("deletes:propagate", "ann@example.test")
    assert (plan.updated, plan.unchanged, plan.total) == (1, 1, plan.examined)
    assert not PendingRead.objects.exists()
    process_link(link.pk, process_name(), 10)
    assert world.emails("gist") == ["ann@example.test", "bo@example.test"]


def test_it_is_carried_out_exactly_and_the_pair_ends(world, link, pair, plan):
    price = report_of(plan)["estimated_calls"]
    run = finish(apply_plan(plan))
    (planned,), (done,) = contents(plan, "planned"), contents(run)
    assert done[:4] == planned[:4]
    assert (run.status, run.entries.get().reason, world.emails("gist")) == ("succeeded", "deleted", ["bo@example.test"])
    assert sorted(link.pairs.values_list("state", flat=True)) == ["deleted", "linked"]
    for side in ("gist", "ghl"):
        assert abs(price[side] - run.api_calls[side]) <= 1, (side, price, run.api_calls)
    after = sync(link)
    assert (after.changes.count(), after.total) == (0, after.examined)


def test_a_contact_that_is_back_holds_it(world, link, pair, plan):
    world.ghl_contact(email="ann@example.test", firstName="Ann", lastName="Lee")
    run = finish(apply_plan(plan))
    held = run.changes.get()
    assert (held.state, held.found) == ("held", {"back": "Ann Lee"})
    assert "Ann Lee stands in GHL again" in held.entry.message
    assert world.emails("gist") == world.emails("ghl") == ["ann@example.test", "bo@example.test"]
    sync(link)
    assert link.pairs.filter(state="linked").count() == 2


def test_who_was_edited_since_is_not_deleted(world, link, pair, plan):
    edit(world, pair, gist={"name": "Anna Lee"})
    held = finish(apply_plan(plan)).changes.get()
    assert (held.state, held.found) == ("held", {"name": "Anna Lee"})
    assert "ann@example.test" in world.emails("gist")


@pytest.mark.parametrize("rule", ["ignore", "unlink"])
def test_another_rule_plans_no_deletion(world, link, pair, rule):
    Link.objects.update(deletes=rule)
    world.ghl("DELETE", f"/contacts/{pair[1]}")
    plan = sync(link, dry_run=True)
    assert (plan.changes.count(), plan.skipped, plan.total) == (0, 1, plan.examined)


def test_who_is_gone_on_both_sides_is_not_deleted_once_more(world, link, pair):
    Link.objects.update(deletes="propagate")
    world.ghl("DELETE", f"/contacts/{pair[1]}")
    world.gist("DELETE", f"/contacts/{pair[0]}")
    plan = sync(link, dry_run=True)
    assert (plan.changes.count(), plan.total) == (0, plan.examined)

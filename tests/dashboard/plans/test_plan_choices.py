"""What is left out of a plan: one field, one person, or all that the filter takes, kept on the server; its export."""

import csv
import io
import json

import pytest

from integration.models import Change, LogEntry
from integration.plans.digest import digest_of
from tests.dashboard.browser import html, words
from tests.sync.conftest import pair
from tests.sync.hands import edit
from tests.world import sync

__all__ = ["pair"]
pytestmark = pytest.mark.one_engine


@pytest.fixture
def plan(world, link, pair):
    """Ann is renamed in Gist, to what a spreadsheet would run, and gets a number there; Bo is new."""
    edit(world, pair, gist={"name": "=Anna+Lee", "phone": "+14155552671"})
    world.gist_contact(email="bo@example.test", name="Bo Hill")
    return sync(link, dry_run=True)


def states(plan):
    return sorted((one.field, one.state) for one in plan.changes.all())


def ann_of(plan):
    return plan.changes.get(field="phone").entry_id


def test_one_person_is_left_out_and_taken_again(as_operator, plan):
    before = digest_of(plan)
    answer = as_operator.post("plan_choose", plan.pk, person=f"{ann_of(plan)}:0")
    assert answer.status_code == 302
    assert states(plan) == [("", "planned"), ("name", "excluded"), ("phone", "excluded")]
    as_operator.post("plan_choose", plan.pk, person=f"{ann_of(plan)}:1")
    assert digest_of(plan) == before


def test_a_tick_answers_with_the_person_and_the_price(as_operator, plan):
    phone, name = plan.changes.get(field="phone"), plan.changes.get(field="name")
    shown = f"{phone.pk},{name.pk}"
    form = {"entry": phone.entry_id, "shown": shown, "take": [name.pk]}
    answer = as_operator.client.post(f"/plans/{plan.pk}/choose/", form, headers={"HX-Request": "true"})
    text = html(answer)
    assert 'aria-checked="mixed"' in text
    assert "1 left out" in words(answer)
    assert "Bo Hill" not in text
    assert states(plan) == [("", "planned"), ("name", "planned"), ("phone", "excluded")]


@pytest.mark.parametrize(
    ("query", "left"),
    [("?show=new", 1), ("?field=phone", 1), ("?q=Ann", 2), ("?side=gist", 0), ("", 3)],
)
def test_all_that_the_filter_takes_is_left_out_at_once(as_operator, plan, query, left):
    answer = as_operator.client.post(f"/plans/{plan.pk}/choose/{query}", {"everybody": "0"})
    assert answer["Location"].endswith(f"/plans/{plan.pk}/{query}")
    assert plan.changes.filter(state="excluded").count() == left


def test_by_a_filter_that_cannot_be_understood_nothing_is_left_out(as_operator, plan):
    answer = as_operator.client.post(f"/plans/{plan.pk}/choose/?side=moon", {"everybody": "0"})
    assert "“moon” is no side; nothing was done." in words(as_operator.go(answer))
    assert {state for _, state in states(plan)} == {"planned"}


def test_somebody_of_another_plan_is_not_touched(as_operator, link, plan):
    newer = sync(link, dry_run=True)
    as_operator.post("plan_choose", newer.pk, person=f"{ann_of(plan)}:0")
    assert not Change.objects.filter(state="excluded").exists()


def test_three_thousand_people_are_chosen_from_in_one_go(as_operator, link, plan, django_assert_max_num_queries):
    common = {"link": link, "run": plan, "outcome": "updated", "reason": "changed", "planned": True}
    people = LogEntry.objects.bulk_create([LogEntry(**common, label=f"P {n}", gist_id=f"g{n}") for n in range(3_000)])
    Change.objects.bulk_create(
        Change(link=link, run=plan, entry=one, side="ghl", action="update", field="city", after="Rome", external_id="x")
        for one in people
    )
    with django_assert_max_num_queries(42):
        assert "more than 1,000 people" in words(as_operator.get("plan", plan.pk))
    as_operator.client.post(f"/plans/{plan.pk}/choose/?field=city", {"everybody": "0"})
    assert plan.changes.filter(state="planned").count() == 3


def test_as_a_table_it_runs_nothing_in_a_spreadsheet(as_viewer, plan):
    plan.changes.filter(field="phone").update(state="excluded")
    answer = as_viewer.get("plan_export", plan.pk, **{"as": "csv"})
    rows = list(csv.DictReader(io.StringIO(b"".join(answer).decode("utf-8-sig"))))
    assert answer["Content-Disposition"] == f'attachment; filename="plan-{plan.pk}.csv"'
    found = {one["field"]: one for one in rows}
    assert found["name"]["after"] == "'=Anna+Lee"
    assert (found["phone"]["after"], found["phone"]["state"], len(rows)) == ("'+14155552671", "excluded", 3)


def test_as_json_it_says_which_plan_and_what_the_filter_takes(as_viewer, plan):
    told = json.loads(b"".join(as_viewer.get("plan_export", plan.pk)))
    assert (told["plan"], told["digest"], len(told["changes"])) == (plan.pk, digest_of(plan), 3)
    assert told["changes"][0] == plan.changes.order_by("pk").first().report()
    narrow = json.loads(b"".join(as_viewer.get("plan_export", plan.pk, field="phone")))
    assert [one["field"] for one in narrow["changes"]] == ["phone"]

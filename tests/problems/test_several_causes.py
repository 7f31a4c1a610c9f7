"""A person of whom fields are left out for different reasons stands under each of the problems."""

import json

import pytest

from integration.causes.group import with_counts
from integration.mapping.versions import save_version
from integration.models import Problem
from integration.problems.retry import retry_problem
from integration.problems.states import set_state
from tests.command_output import Output
from tests.conftest import MAPPING
from tests.dashboard.browser import Browser
from tests.refusals import Refusal, refuse
from tests.sync.hands import edit
from tests.world import finish, sync

CITY = {"gist": "custom_properties.town", "ghl": "city"}
COUNTRY = {"gist": "custom_properties.land", "ghl": "country"}


@pytest.fixture
def pair(world, link):
    """Ann on both sides and in step; her ids in Gist and GHL."""
    gist = world.gist_contact(email="ann@example.test", name="Ann Lee", phone="+15550101234")
    sync(link)
    return gist["id"], link.pairs.get().ghl_id


@pytest.fixture
def as_operator(operator):
    return Browser(operator)


def counts():
    failing = with_counts(Problem.objects.filter(state="open"))
    return {one.cause: one.count for one in failing}


@pytest.fixture
def unfit(world, link, pair):
    """Neither Ann's number nor her country can be carried over."""
    save_version(link, [*MAPPING, COUNTRY])
    edit(world, pair, gist={"phone": "12", "custom_properties": {"land": "Atlantis"}})
    sync(link)


@pytest.fixture
def refused(world, link, pair, monkeypatch):
    """GHL refuses Ann's town, and Bob has her number."""
    save_version(link, [*MAPPING, CITY])
    world.ghl_contact(firstName="Bob", lastName="Hill", email="bob@example.test", phone="+14155552671")
    answer = {"statusCode": 422, "message": ["city must be a real city"], "error": "Unprocessable Entity"}
    refuse(monkeypatch, Refusal("ghl", lambda body: "Atlantis" in json.dumps(body), 422, answer))
    edit(world, pair, gist={"phone": "+14155552671", "name": "Anna Lee", "custom_properties": {"town": "Atlantis"}})
    sync(link)


def test_two_values_that_do_not_fit_for_two_reasons_are_two_problems(unfit):
    assert counts() == {"ghl.phone_unreadable": 1, "ghl.country_unreadable": 1}


def test_two_fields_that_are_refused_for_two_reasons_are_two_problems(refused):
    assert counts() == {"ghl.value_taken": 1, "ghl.value_invalid": 1}
    assert {one.subject for one in Problem.objects.all()} == {"phone", "city"}


@pytest.mark.parametrize("cause", ["ghl.phone_unreadable", "ghl.country_unreadable"])
def test_each_of_them_shows_the_person_with_the_value_and_is_in_the_file(unfit, as_operator, cause):
    found = Problem.objects.get(cause=cause)
    value = {"ghl.phone_unreadable": "12", "ghl.country_unreadable": "Atlantis"}[cause]
    assert "Ann Lee" in as_operator.get("problem", found.pk).content.decode()
    rows = b"".join(as_operator.get("problem_export", found.pk)).decode().splitlines()
    assert len(rows) == 2
    assert value in rows[1]


def test_the_command_counts_both(unfit):
    found = map(json.loads, Output("problems", "--json").lines)
    assert {one["cause"]: one["count"] for one in found} == {"ghl.phone_unreadable": 1, "ghl.country_unreadable": 1}


def test_what_is_mended_ends_its_problem_and_leaves_the_other(unfit, world, link, pair):
    edit(world, pair, gist={"custom_properties": {"land": "DE"}})
    sync(link)
    assert counts() == {"ghl.phone_unreadable": 1}
    edit(world, pair, gist={"phone": "+14155552671"})
    sync(link)
    assert counts() == {}


@pytest.mark.parametrize("cause", ["ghl.value_taken", "ghl.value_invalid"])
def test_a_retry_of_either_tries_the_person_and_says_that_it_failed_again(refused, link, cause):
    found = Problem.objects.get(cause=cause)
    run = finish(retry_problem(found))
    assert [item["problem"] for item in run.target.ladder] == [found.pk]
    assert run.checkpoint.results[0]["same"] == 1
    assert counts() == {"ghl.value_taken": 1, "ghl.value_invalid": 1}


def test_who_stands_under_one_that_is_left_alone_is_retried_for_the_other(refused, link):
    set_state(Problem.objects.get(cause="ghl.value_taken"), "ignore")
    assert finish(retry_problem(Problem.objects.get(cause="ghl.value_invalid"))).examined == 1

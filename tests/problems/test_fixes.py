"""A fixing button says what it would solve before anything is written, and solves just that."""

import pytest

from integration.errors import SetupError
from integration.mapping.versions import save_version
from integration.models import Change, Pause, Problem
from integration.problems.fixes import apply_fix, fixes_of
from integration.problems.fixes.affected import Affected
from integration.problems.pause import resume
from integration.problems.retry import retry_problem
from integration.runs.ladder import results_of
from integration.runs.ladder_words import describe_results
from tests.conftest import MAPPING
from tests.refusals import Refusal, refuse
from tests.world import finish, sync

NUMBERS = [f"0171 23456{number:02}" for number in range(26)]


@pytest.fixture
def phones(world, link):
    """27 people of whom 26 have German numbers, and one has none, in a location of the United States."""
    for place, number in enumerate([*NUMBERS, "call after 5"]):
        world.gist_contact(email=f"p{place:02}@example.test", name=f"Pia {place}", phone=number)
    sync(link)
    return Problem.objects.get()


def offers(problem):
    return {fix.name: fix.offer for fix in fixes_of(Affected(problem))}


def test_the_country_of_numbers_makes_26_of_27_pass(phones, world, link):
    written = Change.objects.count()
    offer = offers(phones)["phone_country"]
    assert (offer.solved, offer.total, offer.verb) == (26, 27, "Set Germany")
    assert offer.outcome.startswith("Makes 26 of the 27 valid.")
    assert Change.objects.count() == written
    apply_fix(phones, "phone_country")
    run = finish(retry_problem(Problem.objects.get()))
    # The one that is no number at all stops what comes after it, unless it is the last.
    assert results_of(run).passed == 26
    assert sum(bool(one.get("phone")) for one in world.everyone("ghl")) == 26
    assert Problem.objects.get().entries.filter(resolved_at=None).count() == 1


def test_leaving_the_field_out_makes_all_pass_and_the_row_rests(phones, world, link):
    assert offers(phones)["leave_out"].solved == 27
    apply_fix(phones, "leave_out")
    run = finish(retry_problem(Problem.objects.get()))
    assert describe_results(results_of(run)) == "All 27 passed."
    assert "leave_out" not in offers(Problem.objects.get())
    assert [row["ghl"] for row in run.rules["rows"] if row["ghl"] == "phone"] == []


def test_a_row_that_goes_on_again_carries_what_waited(phones, world, link):
    apply_fix(phones, "leave_out")
    finish(retry_problem(Problem.objects.get()))
    link.refresh_from_db()
    link.default_country = "DE"
    link.save()
    resume(link, Pause.What.MAPPING, "phone=phone")
    sync(link)
    assert sum(bool(one.get("phone")) for one in world.everyone("ghl")) == 26


def test_a_step_is_tested_on_the_values_and_added_to_the_row(world, link):
    save_version(link, [*MAPPING, {"gist": "custom_properties.land", "ghl": "country"}])
    for place, land in enumerate(["Germany", "France", "Narnia"]):
        world.gist_contact(email=f"p{place}@example.test", name="Pia", custom_properties={"land": land})
    sync(link)
    problem = Problem.objects.get()
    offer = offers(problem)["country_step"]
    assert (problem.cause, offer.solved, offer.total) == ("ghl.country_unreadable", 2, 3)
    assert sorted(offer.values.values()) == ["DE", "FR"]
    apply_fix(problem, "country_step")
    assert link.mapping_versions.first().rows.get(ghl_field="country").steps[0]["name"] == "country"
    sync(link)
    assert sorted(one.get("country") or "" for one in world.everyone("ghl")) == ["", "DE", "FR"]


def test_a_field_that_is_missing_is_created(world, link):
    save_version(link, [*MAPPING, {"gist": "custom_properties.town", "ghl": "customFields.home_town"}])
    world.gist_contact(email="p@example.test", name="Pia", custom_properties={"town": "Ulm"})
    sync(link)
    problem = Problem.objects.get()
    assert (problem.cause, problem.subject) == ("ghl.row_field_missing", "customFields.home_town")
    apply_fix(problem, "create_field")
    assert sync(link).status == "succeeded"
    assert Problem.objects.get().state == "resolved"
    change = Change.objects.get(kind="field")
    assert (change.state, change.after) == ("applied", {"name": "Home town"})


def test_a_refused_value_is_offered_to_be_left_out(world, link, monkeypatch):
    answer = {"statusCode": 422, "message": ["phone must be a valid phone number"]}
    refuse(monkeypatch, Refusal("ghl", lambda body: "phone" in body, 422, answer))
    world.gist_contact(email="p@example.test", name="Pia", phone="+14155552671")
    sync(link)
    problem = Problem.objects.get()
    assert (problem.cause, list(offers(problem))) == ("ghl.phone_invalid", ["leave_out"])
    apply_fix(problem, "leave_out")
    assert describe_results(results_of(finish(retry_problem(problem)))) == "It passed."


def test_what_no_longer_fits_is_refused(phones):
    apply_fix(phones, "phone_country")
    with pytest.raises(SetupError, match="solve nothing"):
        apply_fix(phones, "phone_country")
    with pytest.raises(SetupError, match="no such fix"):
        apply_fix(phones, "reconnect")

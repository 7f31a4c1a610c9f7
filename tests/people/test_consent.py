"""Allowing e-mails again: only by a person's word, on both sides, with their name on record."""

import pytest

from integration.errors import Rejected, SetupError
from integration.mapping.rules import Rules
from integration.models import LogEntry, Mode
from integration.people import consent
from integration.people.compare import compare_records
from integration.people.consent import allow_emails
from integration.records import Contact
from tests.world import sync


@pytest.fixture
def stopped(world, link, ann):
    """Ann, who unsubscribed in Gist; calls are stopped in GHL, too."""
    world.ghl("PUT", f"/contacts/{ann.ghl_id}", json={"dndSettings": {"Call": {"status": "active"}}})
    unsubscribe(world)
    sync(link, "incremental")
    return ann


def unsubscribe(world):
    world.gist("POST", "/contacts", json={"email": "ann@example.test", "unsubscribed_from_emails": True})


def stands(world):
    (there,), (here,) = world.everyone("ghl"), world.everyone("gist")
    channels = {name: one["status"] for name, one in there.get("dndSettings", {}).items()}
    return here["unsubscribed_from_emails"], there["dnd"], channels


def test_it_is_lifted_on_both_sides_and_the_log_names_the_person(world, stopped, operator):
    entry = allow_emails(stopped.known, operator)
    assert stands(world) == ("false", False, {"Call": "active", "Email": "inactive"})
    assert (entry.reason, entry.outcome, entry.run.started_by) == ("opted_in", "updated", operator)
    assert "operator@gistline.example said that Ann Lee asked for e-mails again" in entry.message
    assert {change.rule for change in entry.changes.all()} == {"person:opt_in"}


def test_no_run_takes_the_word_back_and_the_next_opt_out_goes_over(world, link, stopped, operator):
    allow_emails(stopped.known, operator)
    for kind in ("incremental", "full", "full"):
        assert sync(link, kind).updated == 0
    assert stands(world)[::2] == ("false", {"Call": "active", "Email": "inactive"})


def test_an_opt_out_right_after_it_goes_over(world, link, stopped, operator):
    allow_emails(stopped.known, operator)
    unsubscribe(world)
    sync(link, "incremental")
    assert stands(world)[::2] == ("true", {"Call": "active", "Email": "active"})


def test_where_everything_was_stopped_e_mail_alone_is_allowed_again(world, link, ann, operator):
    world.ghl("PUT", f"/contacts/{ann.ghl_id}", json={"dnd": True})
    sync(link, "incremental")
    allow_emails(ann.known, operator)
    subscribed, dnd, channels = stands(world)
    assert (subscribed, dnd, channels.pop("Email")) == ("false", False, "inactive")
    assert channels == dict.fromkeys(("Call", "SMS", "WhatsApp", "GMB", "FB"), "active")


def test_a_refusal_that_ghl_keeps_for_good_stays_on_both_sides(world, link, ann, operator):
    world.ghl("PUT", f"/contacts/{ann.ghl_id}", json={"dndSettings": {"Email": {"status": "permanent"}}})
    sync(link, "incremental")
    with pytest.raises(Rejected, match="for good"):
        allow_emails(ann.known, operator)
    assert stands(world) == ("true", False, {"Email": "permanent"})
    assert LogEntry.objects.latest("pk").outcome == "failed"


def test_nothing_is_lifted_where_nothing_is_stopped_or_the_link_only_watches(link, ann, operator):
    with pytest.raises(Rejected, match="nothing stops e-mails"):
        allow_emails(ann.known, operator)
    link.mode = Mode.WATCH
    link.save()
    with pytest.raises(SetupError, match="only watches"):
        consent.allow_emails(ann.known, operator)


@pytest.mark.parametrize(
    ("gist", "ghl", "words", "why"),
    [
        (False, {}, ("Allowed", "Allowed"), "Allowed on both sides"),
        (True, {"dnd": True}, ("Unsubscribed", "Do not disturb, all channels"), "Stopped on both sides"),
        (True, {}, ("Unsubscribed", "Allowed"), "An opt-out always goes over: the next sync stops e-mails in GHL"),
        (
            False,
            {"dndSettings.Email": "permanent"},
            ("Allowed", "Do not disturb by e-mail, for good"),
            "An opt-out always goes over: the next sync stops e-mails in Gist",
        ),
    ],
)
def test_the_comparison_says_in_words_who_may_be_written_to(gist, ghl, words, why):
    contacts = {
        "gist": Contact("gist", "1", {"unsubscribed_from_emails": gist}),
        "ghl": Contact("ghl", "x", ghl),
    }
    shown = compare_records(Rules(), contacts, {}, {}).consent
    assert (shown.gist, shown.ghl, shown.why) == (*words, why)

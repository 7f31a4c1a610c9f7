"""E-mail consent: an opt-out always wins and travels, on every path; an opt-in is never carried."""

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from integration.errors import Rejected
from integration.mapping.rules import Row, Rules
from integration.mapping.versions import save_version
from integration.models import Link
from integration.records import OPTED_OUT, Contact, is_opted_out
from integration.sync.apply import update_contact
from integration.sync.consent import remember_lifted
from integration.sync.decide import decide
from integration.sync.plan import updates_of
from tests.sync.hands import edit, states
from tests.world import sync

RULES = Rules(rows=(Row("name", "name"),))
ADDRESS = "ann@example.test"


# Decided ----------------------------------------------------------------------------------------------------


def person(side, **values):
    return Contact(side, f"{side}-1", {"name": "Ann", **values})


OUT = {
    "gist": [{"unsubscribed_from_emails": True}],
    "ghl": [{"dndSettings.Email": "active"}, {"dndSettings.Email": "permanent"}, {"dnd": True}],
}
CASES = [(side, values) for side, every in OUT.items() for values in every]


@pytest.mark.parametrize(("side", "values"), CASES)
def test_an_opt_out_of_either_side_is_carried_to_the_other_one(side, values):
    people = {"gist": person("gist"), "ghl": person("ghl"), side: person(side, **values)}
    other = "ghl" if side == "gist" else "gist"
    decision = decide(RULES, people["gist"], people["ghl"])
    assert is_opted_out(other, decision.values(other))
    assert not decision.values(side)


@pytest.mark.parametrize(("side", "values"), CASES)
def test_who_is_created_is_created_opted_out(side, values):
    one = person(side, email=ADDRESS, user_id="7", **values)
    decision = decide(Rules(rows=(Row("email", "email"),)), *((one, None) if side == "gist" else (None, one)))
    assert is_opted_out(decision.create, decision.values(decision.create))


def test_an_opt_out_lifted_on_one_side_stays_a_difference_and_is_said():
    out = {"gist": person("gist", unsubscribed_from_emails=True), "ghl": person("ghl", **{"dndSettings.Email": None})}
    base = {"gist": {"unsubscribed_from_emails": True}, "ghl": {"dndSettings.Email": "active"}}
    decision = decide(RULES, out["gist"], out["ghl"], base["gist"], base["ghl"])
    assert (decision.writes, decision.reason) == (False, "opted_in_there")
    assert "GHL allows e-mails again, Gist still stops them" in decision.skips[0].message


def test_a_one_way_link_never_writes_consent_to_the_side_it_never_writes_to():
    one_way = Rules(direction="gist_to_ghl", rows=RULES.rows)
    from_ghl = decide(one_way, person("gist"), person("ghl", dnd=True))
    assert (from_ghl.writes, from_ghl.reason) == (False, "opt_out_one_way")
    from_gist = decide(one_way, person("gist", unsubscribed_from_emails=True), person("ghl"))
    assert from_gist.values("ghl") == {"dndSettings.Email": "active"}


@pytest.mark.parametrize("rule", ["undo:7", "mapping:dnd", "workflow:1:0", "person", ""])
@pytest.mark.parametrize(("side", "key", "value"), [("gist", "unsubscribed_from_emails", False), ("ghl", "dnd", False)])
def test_no_write_lifts_an_opt_out_whatever_asks_for_it(side, key, value, rule):
    ann = person(side, **{key: True})
    with pytest.raises(Rejected, match="only a person lifts an opt-out"):
        list(update_contact(contacts=None, changes=updates_of(ann, {key: value}, rule), before=ann))


EDITS = list(itertools.product(("out", "in", "run", "name"), ("gist", "ghl")))


@settings(max_examples=400, deadline=None)
@given(st.lists(st.sampled_from(EDITS), max_size=30))
def test_in_no_order_of_edits_is_anybody_opted_in_and_then_nothing_is_written(story):
    now = {"gist": {}, "ghl": {}}
    base = {"gist": None, "ghl": None}
    keys = {"gist": "unsubscribed_from_emails", "ghl": "dndSettings.Email"}

    def run():
        held = {side: Contact(side, "1", dict(values)) for side, values in now.items()}
        decision = decide(RULES, held["gist"], held["ghl"], base["gist"], base["ghl"])
        for side in now:
            written = decision.values(side)
            assert keys[side] not in written or is_opted_out(side, written)
            now[side] |= written
            base[side] = remember_lifted(now[side], decision.lifted_on(side))
        return decision

    for number, (what, side) in enumerate(story):
        if what == "run":
            run()
        elif what == "name":
            now[side]["name"] = f"Ann {number}"
        else:
            now[side][keys[side]] = OPTED_OUT[side] if what == "out" else None
            if what == "out" and not is_opted_out(side, base[side] or {}):
                # An opt-out that is news is on both sides after the next run, whatever was lifted where.
                run()
                assert all(is_opted_out(name, values) for name, values in now.items())
    run()
    assert not run().writes


# Over both twins --------------------------------------------------------------------------------------------


def gist_of(world):
    return {one["email"]: one["unsubscribed_from_emails"] for one in world.everyone("gist")}


def ghl_of(world, address=ADDRESS):
    return next(one for one in world.everyone("ghl") if one["email"] == address)


@pytest.mark.parametrize("refusal", [{"dnd": True}, {"dndSettings": {"Email": {"status": "active"}}}])
def test_the_first_run_creates_opted_out_people_opted_out_in_gist(world, link, refusal):
    world.ghl_contact(email=ADDRESS, firstName="Ann", **refusal)
    world.ghl_contact(email="bo@example.test", firstName="Bo", dndSettings={"SMS": {"status": "active"}})
    assert sync(link).created == 2
    assert gist_of(world) == {ADDRESS: "true", "bo@example.test": "false"}
    # Not even for a moment: the create said it, and no other call was made for her.
    assert link.changes.get(field="", after__email=ADDRESS).after["unsubscribed_from_emails"] is True


def test_the_first_run_creates_an_unsubscribed_person_in_ghl_with_e_mail_stopped_and_nothing_else(world, link):
    world.gist_contact(email=ADDRESS, name="Ann", unsubscribed_from_emails=True)
    sync(link)
    ann = ghl_of(world)
    assert ann["dndSettings"] == {"Email": {"status": "active"}}
    assert ann["dnd"] is False


@pytest.mark.parametrize("newest", ["gist", "ghl"])
def test_two_records_that_meet_end_opted_out_whichever_is_newer(world, link, newest):
    makers = {
        "gist": lambda: world.gist_contact(email=ADDRESS, name="Ann"),
        "ghl": lambda: world.ghl_contact(email=ADDRESS, firstName="Ann", dnd=True),
    }
    for side in sorted(makers, key=lambda side: side == newest):
        makers[side]()
    world.gist_contact(email="bo@example.test", name="Bo", unsubscribed_from_emails=True)
    world.ghl_contact(email="bo@example.test", firstName="Bo")
    sync(link)
    assert gist_of(world) == {ADDRESS: "true", "bo@example.test": "true"}
    assert ghl_of(world, "bo@example.test")["dndSettings"]["Email"]["status"] == "active"
    world.forget_calls()
    assert sync(link).updated == 0


def test_an_unsubscribe_stops_e_mail_only_and_leaves_the_other_channels_as_they_are(world, link, pair):
    edit(world, pair, ghl={"dndSettings": {"SMS": {"status": "active", "message": "asked by phone"}}})
    edit(world, pair, gist={"unsubscribed_from_emails": True})
    run = sync(link, "incremental")
    assert states(run) == {("ghl", "dndSettings.Email"): "applied"}
    assert run.changes.get().rule == "consent:email"
    held = ghl_of(world)
    assert held["dndSettings"] == {
        "SMS": {"status": "active", "message": "asked by phone"},
        "Email": {"status": "active"},
    }
    assert held["dnd"] is False


def test_a_server_that_replaces_all_channels_still_keeps_the_others(world, link, pair, monkeypatch):
    from integration.twin.ghl import fields

    edit(world, pair, ghl={"dndSettings": {"SMS": {"status": "permanent"}, "Call": {"status": "active"}}})
    edit(world, pair, gist={"unsubscribed_from_emails": True})
    monkeypatch.setattr(fields, "_apply_dnd", lambda contact, body: contact.update(dndSettings=body["dndSettings"]))
    sync(link, "incremental")
    assert {name: one["status"] for name, one in ghl_of(world)["dndSettings"].items()} == {
        "SMS": "permanent",
        "Call": "active",
        "Email": "active",
    }


@pytest.mark.parametrize("kind", ["full", "incremental", "sweep"])
@pytest.mark.parametrize("told_by_hits", [True, False])
def test_every_reading_run_sees_an_e_mail_opt_out_although_it_moves_no_date(world, link, pair, kind, told_by_hits):
    world.control("POST", "quirks", {"ghl_search_no_dnd_settings": not told_by_hits})
    edit(world, pair, ghl={"dndSettings": {"Email": {"status": "active"}}})
    sync(link, kind)
    assert gist_of(world)[ADDRESS] == "true"


def test_an_opt_out_goes_over_although_ghl_refuses_another_field(world, link, pair):
    edit(world, pair, gist={"unsubscribed_from_emails": True, "phone": "+1 555 010"})
    sync(link, "incremental")
    assert ghl_of(world)["dndSettings"]["Email"]["status"] == "active"


def test_an_opt_in_is_carried_to_neither_side(world, link, pair):
    edit(world, pair, gist={"unsubscribed_from_emails": True})
    sync(link, "incremental")
    edit(world, pair, ghl={"dndSettings": {"Email": {"status": "inactive"}}})
    run = sync(link, "incremental")
    assert gist_of(world)[ADDRESS] == "true"
    assert ghl_of(world)["dndSettings"]["Email"]["status"] == "inactive"
    assert run.entries.get().reason == "opted_in_there"
    # A second run is quiet, and a third edit of hers changes nothing about it.
    assert not sync(link).entries.exists()
    edit(world, pair, gist={"name": "Ann Moss"})
    sync(link, "incremental")
    assert ghl_of(world)["dndSettings"]["Email"]["status"] == "inactive"


def test_an_opt_in_in_gist_leaves_ghl_stopped_and_the_next_opt_out_goes_over_again(world, link, pair):
    edit(world, pair, ghl={"dnd": True})
    sync(link, "incremental")
    edit(world, pair, gist={"unsubscribed_from_emails": False})
    sync(link, "incremental")
    assert (gist_of(world)[ADDRESS], ghl_of(world)["dnd"]) == ("false", True)
    edit(world, pair, ghl={"dnd": False})
    sync(link, "incremental")
    edit(world, pair, gist={"unsubscribed_from_emails": True})
    sync(link, "incremental")
    assert ghl_of(world)["dndSettings"]["Email"]["status"] == "active"


def test_an_opt_out_lifted_without_a_trace_is_noticed_so_that_the_next_one_goes_over(world, link, pair):
    edit(world, pair, gist={"unsubscribed_from_emails": True})
    sync(link, "incremental")
    sync(link, "incremental")
    edit(world, pair, ghl={"dndSettings": {"Email": {"status": "inactive"}}})
    edit(world, pair, gist={"unsubscribed_from_emails": False})
    sync(link, "incremental")
    edit(world, pair, gist={"unsubscribed_from_emails": True})
    sync(link, "incremental")
    assert ghl_of(world)["dndSettings"]["Email"]["status"] == "active"


def test_a_mapping_row_of_these_fields_is_consent_and_merges_nothing(world, link: Link, pair):
    rows = [{"gist": "email", "ghl": "email"}, {"gist": "unsubscribed_from_emails", "ghl": "dnd", "owner": "newest"}]
    save_version(link, rows)
    edit(world, pair, ghl={"dnd": True})
    edit(world, pair, gist={"name": "Ann the newest"})
    sync(link)
    assert (gist_of(world)[ADDRESS], ghl_of(world)["dnd"]) == ("true", True)
    edit(world, pair, ghl={"dnd": False})
    sync(link)
    assert gist_of(world)[ADDRESS] == "true"


def test_a_create_that_drops_the_opt_out_is_followed_by_it_at_once(world, link, monkeypatch):
    from integration.twin.gist import people

    world.ghl_contact(email=ADDRESS, firstName="Ann", dnd=True)
    real = people.apply_body
    silent = lambda contact, body: real(  # noqa: E731
        contact, {k: v for k, v in body.items() if k != "unsubscribed_from_emails" or "id" in body}
    )
    monkeypatch.setattr(people, "apply_body", silent)
    run = sync(link)
    assert gist_of(world)[ADDRESS] == "true"
    assert states(run) == {("gist", ""): "applied", ("gist", "unsubscribed_from_emails"): "applied"}
    assert "unsubscribed_from_emails" not in run.changes.get(field="").after


def test_a_contact_that_gist_s_create_finds_opted_out_stops_e_mail_in_ghl_at_once(world, link, monkeypatch):
    # Made in Gist after it was read, and before it is written to.
    from integration.runs import phases

    def make_first(context):
        if not world.everyone("gist"):
            world.gist_contact(email=ADDRESS, name="Ann", unsubscribed_from_emails=True)
        return real(context)

    real = phases.PHASES["match"]
    monkeypatch.setitem(phases.PHASES, "match", make_first)
    world.ghl_contact(email=ADDRESS, firstName="Ann")
    sync(link)
    assert (gist_of(world)[ADDRESS], ghl_of(world)["dndSettings"]["Email"]["status"]) == ("true", "active")


def test_a_search_that_ignores_the_filter_unsubscribes_nobody(world, link, monkeypatch):
    from integration.twin.ghl import search

    for name in ("ann", "bo", "cy", "di"):
        world.ghl_contact(email=f"{name}@example.test", firstName=name)
    world.ghl_contact(email="eve@example.test", firstName="Eve", dndSettings={"Email": {"status": "active"}})
    real = search._where_clause
    monkeypatch.setattr(search, "_where_clause", lambda call, body: real(call, {**body, "filters": []}))
    for _ in range(2):
        sync(link)
    assert {address for address, stopped in gist_of(world).items() if stopped == "true"} == {"eve@example.test"}


def test_a_deleted_contact_that_refused_e_mails_is_not_asked_for_for_ever(world, link, pair):
    edit(world, pair, ghl={"dnd": True})
    sync(link)
    world.ghl("DELETE", f"/contacts/{pair[1]}")
    sync(link)
    sync(link, "incremental")
    world.forget_calls()
    sync(link, "incremental")
    assert world.calls() == {"gist": 1, "ghl": 3}


def test_an_incremental_run_looks_for_opt_outs_by_one_call(world, link, pair):
    sync(link, "incremental")
    world.forget_calls()
    sync(link, "incremental")
    # The fields, what changed, and who refuses e-mails.
    assert world.calls() == {"gist": 1, "ghl": 3}

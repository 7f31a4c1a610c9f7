"""What a run wrote is taken back: every record is as it was but for those edited since, and that can be undone too."""

import pytest

from integration.models import Change, Link, Pair, Run
from integration.people import pair_commands
from integration.people.find import find_by_id
from integration.plans.report import report_of
from integration.plans.start import apply_plan, start_undo
from integration.runs import write
from integration.runs.work import work_one_slice
from tests.command_output import Output
from tests.sync.hands import edit
from tests.world import finish, sync

# What moves with every write, whatever it writes.
TIMES = {"dateUpdated", "updated_at", "last_seen_at", "dateAdded", "created_at", "id", "searchAfter"}


def records(world):
    """Everybody on both sides by address, without what the systems keep of their own."""
    return {
        (side, one["email"]): {key: value for key, value in one.items() if key not in TIMES}
        for side in ("gist", "ghl")
        for one in world.everyone(side)
    }


def undo(link, **wanted):
    return finish(start_undo(link, wanted))


@pytest.fixture
def edited(world, link):
    """Ann and Bo in step; then Ann is renamed in Gist, Bo gets a number in GHL, tags move and Cy is new in Gist."""
    world.gist_contact(email="ann@example.test", name="Ann Lee", tags=["vip"])
    world.gist_contact(email="bo@example.test", name="Bo Hill", tags=["vip", "old"])
    sync(link)
    gist = {one["email"]: one["id"] for one in world.everyone("gist")}
    ghl = {one["email"]: one["id"] for one in world.everyone("ghl")}
    ann = {"id": gist["ann@example.test"], "email": "ann@example.test"}
    world.gist("POST", "/contacts", json={**ann, "name": "Anna Lee", "tags": ["new"]})
    body = {"phone": "+14155552671", "customFields": []}
    world.ghl("PUT", f"/contacts/{ghl['bo@example.test']}", json=body)
    world.gist_contact(email="cy@example.test", name="Cy Ray", tags=["vip"])
    return gist, ghl


def test_after_run_and_undo_every_record_is_as_it_was(world, link, edited):
    before = records(world)
    run = sync(link)
    assert records(world) != before
    taken_back = undo(link, run=run.pk)
    assert records(world) == before
    assert (taken_back.kind, taken_back.status, taken_back.undoes_id) == ("undo", "succeeded", run.pk)
    assert {one.state for one in run.changes.all()} == {"undone"}
    assert {(one.state, one.rule) for one in taken_back.changes.all()} == {
        ("applied", f"undo:{one.pk}") for one in run.changes.all()
    }


def test_what_was_undone_is_not_done_again_until_the_source_changes(world, link, edited):
    before = records(world)
    undo(link, run=sync(link).pk)
    for kind in ("incremental", "full"):
        again = sync(link, kind)
        assert (again.changes.count(), records(world)) == (0, before)
    assert link.log_entries.filter(run=again, reason="undone").count() == 1
    assert not link.log_entries.filter(run=sync(link), reason="undone").exists()
    gist, _ = edited
    cy = next(one for one in world.everyone("gist") if one["email"] == "cy@example.test")
    for number, name in ((gist["ann@example.test"], "Annika Lee"), (cy["id"], "Cyrus Ray")):
        email = "ann@example.test" if name.startswith("A") else "cy@example.test"
        world.gist("POST", "/contacts", json={"id": number, "email": email, "name": name})
    sync(link)
    assert sorted(one["firstName"] for one in world.everyone("ghl")) == ["Annika", "Bo", "Cyrus"]


def test_who_was_edited_since_is_left_as_it_is_and_listed(world, link, edited):
    run = sync(link)
    _, ghl = edited
    world.ghl("PUT", f"/contacts/{ghl['ann@example.test']}", json={"firstName": "Annabel"})
    cy = next(one for one in world.everyone("ghl") if one["email"] == "cy@example.test")
    world.ghl("PUT", f"/contacts/{cy['id']}", json={"phone": "+14155550000"})
    taken_back = undo(link, run=run.pk)
    held = {one.entry.label: one.found for one in taken_back.changes.filter(state="held")}
    assert held == {"Anna Lee": "Annabel Lee", "Cy Ray": {"phone": "+14155550000"}} or held == {
        "Annabel Lee": "Annabel Lee", "Cy Ray": {"phone": "+14155550000"},
    }  # fmt: skip
    assert report_of(taken_back)["held"] == 2
    assert {one["firstName"] for one in world.everyone("ghl")} == {"Annabel", "Bo", "Cy"}
    assert next(one for one in world.everyone("gist") if one["email"] == "bo@example.test")["phone"] in ("", None)


def test_an_undo_can_be_undone(world, link, edited):
    run = sync(link)
    after = records(world)
    first = undo(link, run=run.pk)
    second = undo(link, run=first.pk)
    assert records(world) == after
    assert {one.state for one in first.changes.all()} == {"undone"}
    assert second.changes.filter(state="applied").count() == run.changes.count()
    # Cy is a new contact by now, and the pair goes on with it.
    assert Pair.objects.filter(link=link, state="linked").count() == 3
    assert sync(link).changes.count() == 0


def test_an_undo_is_shown_as_a_plan_and_applied(world, link, edited):
    run = sync(link)
    after = records(world)
    report = Output("undo", run.pk, "--dry-run", "--json").json
    assert (report["kind"], report["plan"], report["held"]) == ("undo", report["run"], 0)
    assert records(world) == after
    plan = Run.objects.get(pk=report["plan"])
    assert plan.changes.filter(state="planned").count() == run.changes.count()
    applied = Output("apply_plan", plan.pk, "--digest", report["digest"], "--wait", "--json").json
    assert (applied["kind"], applied["status"], applied["plan"]) == ("undo", "succeeded", plan.pk)
    for side in ("gist", "ghl"):
        made, promised = applied["api_calls"][side], report["estimated_calls"][side]
        assert abs(made - promised) <= max(1, 0.1 * made), (side, report, applied)
    assert {one.state for one in run.changes.all()} == {"undone"}


def test_an_undo_of_what_was_undone_is_refused_in_words(world, link, edited):
    run = sync(link)
    first = undo(link, run=run.pk)
    calls = world.calls()
    assert f"was taken back already, by run {first.pk}" in Output("undo", run.pk, "--wait").failure
    assert "wrote nothing" in Output("undo", sync(link).pk).failure
    assert world.calls()["ghl"] >= calls["ghl"]
    assert Output("undo", 999).failure == "RUN: There is no run 999."


def test_what_is_too_old_is_taken_back_no_more(world, link, edited, settings):
    run = sync(link)
    Change.objects.filter(run=run).update(applied_at="2020-01-01T00:00:00Z")
    assert "can be taken back no more" in Output("undo", run.pk).failure


def test_of_one_contact_everything_goes_back_to_before_the_first(world, link, pair):
    for name in ("Anna Lee", "Annika Lee"):
        edit(world, pair, gist={"name": name})
        sync(link)
    contact = link.pairs.get()
    Change.objects.filter(action="create").update(applied_at="2020-01-01T00:00:00Z")
    assert Output("undo", "--contact", contact.pk, "--wait").failure == ""
    assert world.everyone("ghl")[0]["firstName"] == "Ann"
    assert set(Change.objects.filter(field="name", run__kind="full").values_list("state", flat=True)) == {"undone"}
    assert "nothing to take back" in Output("undo", "--contact", f"ghl:{pair[1]}").failure
    assert "There is no contact “nobody”" in Output("undo", "--contact", "nobody").failure


def test_of_one_rule_nothing_else_goes_back(world, link, pair):
    edit(world, pair, gist={"name": "Anna Lee", "phone": "+14155552671"})
    sync(link)
    assert Output("undo", "--rule", "mapping:name", "--since", "2020-01-01T00:00:00Z", "--wait").failure == ""
    there = world.everyone("ghl")[0]
    assert (there["firstName"], there["phone"]) == ("Ann", "+14155552671")
    assert "is no time" in Output("undo", "--rule", "mapping:name", "--since", "soon").failure


def test_a_deletion_is_brought_back_under_a_new_id(world, link, pair):
    Link.objects.update(deletes="propagate")
    world.ghl("DELETE", f"/contacts/{pair[1]}")
    run = sync(link)
    assert world.everyone("gist") == []
    undo(link, run=run.pk)
    (back,) = world.everyone("gist")
    assert (back["email"], back["name"]) == ("ann@example.test", "Ann Lee")
    kept = link.pairs.get()
    assert (kept.gist_id, kept.state) == (str(back["id"]), "one_gone")
    assert sync(link).changes.count() == 0
    assert world.everyone("ghl") == []


def test_an_opt_out_is_never_taken_back(world, link, pair):
    edit(world, pair, gist={"unsubscribed_from_emails": True})
    run = sync(link)
    taken_back = undo(link, run=run.pk)
    assert taken_back.changes.get().state == "excluded"
    assert (taken_back.skipped, taken_back.entries.get().reason) == (1, "not_taken_back")
    assert "person" in taken_back.entries.get().message
    assert world.everyone("ghl")[0]["dndSettings"]["Email"]["status"] == "active"


def test_a_plan_can_be_undone_too(world, link, pair):
    before = records(world)
    edit(world, pair, gist={"name": "Anna Lee"})
    renamed = {key: value for key, value in records(world).items() if key[0] == "gist"}
    run = finish(apply_plan(sync(link, dry_run=True)))
    undo(link, run=run.pk)
    assert records(world) == {**before, **renamed}


def test_a_record_that_a_person_deleted_comes_back_to_its_pair(world, link, pair, operator):
    person = find_by_id(link, "ghl", pair[1])
    entry = pair_commands.delete_on_side(person, "ghl", "ann@example.test", operator)
    assert world.everyone("ghl") == []
    undo(link, run=entry.run_id)
    (back,) = world.everyone("ghl")
    kept = link.pairs.get()
    assert (kept.ghl_id, kept.state, kept.snapshots.count()) == (back["id"], "linked", 2)
    assert sync(link).changes.count() == 0


def test_what_somebody_put_back_by_hand_is_named_and_ends(world, link, pair):
    edit(world, pair, gist={"name": "Anna Lee"})
    run = sync(link)
    edit(world, pair, ghl={"firstName": "Ann", "lastName": "Lee"})
    taken_back = undo(link, run=run.pk)
    assert (taken_back.unchanged, taken_back.changes.get().state) == (1, "excluded")
    assert "already so" in taken_back.entries.get().message


class Killed(BaseException):
    """Stands for kill -9."""


def test_a_kill_in_the_middle_of_an_undo_does_all_of_it_once(world, link, edited, monkeypatch):
    before = records(world)
    Link.objects.update(deletes="propagate")
    run = start_undo(link, {"run": sync(link).pk})
    real = write._record

    def kill_once(context, entries):
        if any(entry.person.written for entry in entries):
            monkeypatch.setattr(write, "_record", real)
            raise Killed
        real(context, entries)

    monkeypatch.setattr(write, "_record", kill_once)
    with pytest.raises(Killed):
        work_one_slice(run.pk, "a-worker", 20)
    done = finish(run)
    assert {one.state for one in done.changes.all()} == {"applied"}
    assert records(world) == before
    sync(link)
    assert records(world) == before

"""Links: made of two connections, ruled by a form, deleted by their owner only."""

import pytest

from integration.models import Link, LogEntry, Run
from tests.dashboard import things
from tests.dashboard.browser import Form, html, words

RULES = {
    "name": "Alder",
    "direction": "two_way",
    "conflict": "newest",
    "deletes": "ignore",
    "match": "email phone",
    "default_country": "",
    "schedule_minutes": "15",
    "mode": "live",
    "enabled": "on",
}


def saved(link):
    return Link.objects.values().get(pk=link.pk)


# Making one ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("there", "missing"), [([], "Gist is missing"), (["gist"], "GoHighLevel is missing")])
def test_a_link_needs_a_connection_on_each_side(request, as_operator, there, missing):
    for name in there:
        request.getfixturevalue(name)
    assert missing in words(as_operator.get("link_new"))


def test_a_new_link_begins_with_the_usual_fields(as_operator, operator, gist, ghl):
    form = {"name": "Alder Dental", "gist": gist.pk, "ghl": ghl.pk, "direction": "two_way"}
    page = as_operator.go(as_operator.post("link_new", **form))
    made = Link.objects.get()
    version = made.mapping_versions.get()
    assert (made.key, version.created_by) == ("alder-dental", operator)
    assert [row.gist_field for row in version.rows.all()] == ["email", "name", "phone", "tags"]
    assert "“Alder Dental” is made" in words(page)


def test_two_connections_have_one_link_at_most(as_operator, link):
    form = {"name": "Again", "gist": link.gist.pk, "ghl": link.ghl.pk, "direction": "two_way"}
    page = as_operator.post("link_new", **form)
    assert (page.status_code, "“Alder” links these two already." in words(page)) == (422, True)


@pytest.mark.parametrize("sides", [("ghl", "ghl"), ("gist", "gist")])
def test_a_link_cannot_join_two_accounts_of_one_side(as_operator, gist, ghl, sides):
    pks = [{"gist": gist, "ghl": ghl}[side].pk for side in sides]
    page = as_operator.post("link_new", name="Odd", gist=pks[0], ghl=pks[1], direction="two_way")
    assert (page.status_code, Link.objects.count()) == (422, 0)


@pytest.mark.parametrize(("name", "key"), [("New", "new-2"), ("Alder", "alder-2"), ("😀", "link")])
def test_the_key_of_a_new_link_is_free(as_operator, link, name, key):
    gist, ghl = things.connections(1, "gist")[0], things.connections(1)[0]
    as_operator.post("link_new", name=name, gist=gist.pk, ghl=ghl.pk, direction="two_way")
    assert Link.objects.get(gist=gist).key == key


def form_of(page):
    """What the form of the rules showed."""
    return dict(Form(page, "rules").fields)["as_shown"]


# One link ------------------------------------------------------------------------------------------------


def test_a_link_shows_its_sides_mapping_runs_and_failures(as_viewer, link):
    things.failure(things.finished_run(link, status="partial", failed=1), "Bob Ray")
    page = words(as_viewer.get("link", "alder"))
    for text in ("Alder Gist", "Alder GHL", "Mapping version 1 with 5 rows.", "Partial", "Bob Ray"):
        assert text in page


def test_a_settled_failure_is_not_listed_as_open(as_viewer, link, run):
    things.failure(run, "Bob Ray", resolved_at=run.finished_at)
    assert "No failure is open." in words(as_viewer.get("link", "alder"))


def test_the_rules_are_saved_as_the_form_holds_them(as_operator, link):
    changes = {"direction": "gist_to_ghl", "match": "phone", "default_country": "gb", "schedule_minutes": "0"}
    as_operator.post("link", "alder", **{**RULES, **changes})
    link.refresh_from_db()
    assert (link.direction, link.match, link.default_country) == ("gist_to_ghl", ["phone"], "GB")
    assert link.schedule_minutes == 0


def test_an_empty_country_means_the_locations(as_operator, link):
    link.ghl.settings = {"country": "AU"}
    link.ghl.save()
    for typed, counts in (("gb", "GB"), ("", "AU")):
        as_operator.post("link", "alder", **{**RULES, "default_country": typed})
        assert Link.objects.get().phone_country == counts


def test_a_form_sent_as_it_stands_changes_nothing(as_operator, link):
    before = saved(link)
    as_operator.post("link", "alder", **RULES)
    assert saved(link) == before


def test_rules_that_somebody_else_saved_meanwhile_are_not_reverted(as_operator, as_owner, link):
    shown = form_of(as_operator.get("link", "alder"))
    as_owner.post("link", "alder", **RULES | {"direction": "gist_to_ghl", "enabled": ""})
    page = as_operator.post("link", "alder", **RULES | {"schedule_minutes": "30", "as_shown": shown})
    link.refresh_from_db()
    assert (page.status_code, link.direction, link.schedule_minutes) == (422, "gist_to_ghl", 15)
    assert "somebody else saved this after you opened the page" in words(page)
    assert "Direction was Both ways, is now Gist to GHL" in words(page)
    assert "Switched on was on, is now off" in words(page)
    assert dict(Form(page, "rules").fields)["schedule_minutes"] == "30"


def test_rules_are_saved_over_those_that_were_shown(as_operator, as_owner, link):
    shown = form_of(as_operator.get("link", "alder"))
    as_owner.post("link", "alder", **RULES | {"direction": "gist_to_ghl"})
    page = as_operator.post("link", "alder", **RULES | {"as_shown": shown})
    as_operator.post("link", "alder", **RULES | {"as_shown": form_of(page)})
    link.refresh_from_db()
    assert link.direction == "two_way"


@pytest.mark.parametrize("shown", ["", "[", "[1]", "[" * 5000, '{"name": ["x"]}'])
def test_a_form_without_what_it_showed_breaks_nothing(as_operator, link, shown):
    assert as_operator.post("link", "alder", **RULES | {"as_shown": shown}).status_code == (400 if shown else 302)


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("default_country", "XX", "“XX” is no country code."),
        ("schedule_minutes", "-1", "greater than or equal to 0"),
        ("direction", "sideways", "Select a valid choice."),
        ("match", "shoe size", "Select a valid choice."),
        ("name", "", "This field is required."),
    ],
)
def test_a_rule_that_cannot_be_is_named_and_nothing_is_saved(as_operator, link, field, value, said):
    before = saved(link)
    page = as_operator.post("link", "alder", **{**RULES, field: value})
    assert (page.status_code, said in words(page)) == (422, True)
    assert saved(link) == before


def test_a_viewer_reads_the_rules_and_cannot_change_them(as_viewer, link):
    page = as_viewer.get("link", "alder")
    assert '<fieldset class="stack" disabled>' in html(page)
    assert "Save the rules" not in words(page)
    assert "Full sync" not in words(page)


# Deleting ------------------------------------------------------------------------------------------------


def test_deleting_a_link_needs_its_name_typed(as_owner, link):
    page = as_owner.go(as_owner.post("link_delete", "alder", confirm="alder"))
    assert "Nothing was deleted" in words(page)
    assert Link.objects.exists()


def test_deleting_a_link_keeps_both_connections_and_all_contacts(as_owner, world, link, run):
    world.gist_contact(email="ann@example.test", name="Ann")
    things.entry(run)
    page = as_owner.go(as_owner.post("link_delete", "alder", confirm="Alder"))
    assert "The contacts stay on both sides." in words(page)
    assert (Link.objects.count(), Run.objects.count(), len(world.everyone("gist"))) == (0, 0, 1)
    assert type(link.gist).objects.count() == 2


def test_a_long_history_is_deleted_with_its_link(link, run, monkeypatch):
    monkeypatch.setattr("integration.models.link.DELETED_AT_ONCE", 2)
    first = things.entry(run)
    for _ in range(4):
        things.entry(run, parent=first)
    link.delete()
    assert not LogEntry.objects.exists()


def test_a_link_with_a_run_under_way_is_not_deleted(as_owner, link):
    run = Run.objects.create(link=link, status="running")
    page = as_owner.go(as_owner.post("link_delete", "alder", confirm="Alder"))
    assert f"Run {run.pk} of “Alder” is still going on. Cancel it first." in words(page)
    assert Link.objects.exists()

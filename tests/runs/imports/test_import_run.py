"""What an import writes: nobody twice, no blank over a value, and nothing that stands there already."""

import pytest

from integration.models import Change, Pair, RejectedRow
from tests.world import sync

pytestmark = pytest.mark.django_db

ANN, BEN = "ann@example.test", "ben@example.test"
PEOPLE = f"E-mail,Name,Phone,Tags\n{ANN},Ann Lee,+15550101234,vip; new\n{BEN},Ben Ode,,\n"


def reasons(run):
    return {one.number: one.reason for one in RejectedRow.objects.filter(run=run)}


def test_new_people_are_made_on_both_sides_and_paired(imported, figures, world, link):
    run = imported(PEOPLE)
    assert (run.status, figures(run), run.total) == ("succeeded", {"created": 2}, 2)
    assert world.emails("gist") == world.emails("ghl") == [ANN, BEN]
    assert Pair.objects.filter(link=link, state="linked").count() == 2


def test_the_next_sync_changes_nothing(imported, figures, world, link):
    sync(link)
    imported(PEOPLE)
    world.forget_calls()
    assert figures(sync(link, "incremental")) == {"unchanged": 2}
    assert figures(sync(link, "full")) == {"unchanged": 2}


def test_the_same_file_again_writes_nothing(imported, figures, world):
    imported(PEOPLE)
    before = {side: world.everyone(side) for side in ("gist", "ghl")}
    again = imported(PEOPLE)
    assert figures(again) == {"unchanged": 2}
    assert {side: world.everyone(side) for side in ("gist", "ghl")} == before
    assert not Change.objects.filter(run=again).exists()


def test_blank_cells_and_tags_that_stand_there_stay(imported, world):
    there = world.ghl_contact(email=ANN, firstName="Ann", phone="+15550101234", tags=["old"])
    imported(f"E-mail,Phone,Tags\n{ANN},,new\n", target="ghl")
    ann = world.ghl("GET", f"/contacts/{there['id']}")["contact"]
    assert (ann["phone"], sorted(ann["tags"]), ann["firstName"]) == ("+15550101234", ["new", "old"], "Ann")


def test_each_change_says_what_stood_there_and_names_its_row(imported, world):
    world.ghl_contact(email=ANN, firstName="Ann", city="Old")
    run = imported(f"E-mail,City\n{ANN},New\n", target="ghl")
    (change,) = Change.objects.filter(run=run)
    assert (change.field, change.before, change.after, change.rule, change.state) == (
        "city", "Old", "New", "import:2", "applied",
    )  # fmt: skip


@pytest.mark.parametrize("target", ["gist", "ghl"])
def test_one_side_alone_is_written_and_the_next_sync_makes_the_other(imported, figures, world, link, target):
    other = "ghl" if target == "gist" else "gist"
    sync(link)
    assert figures(imported(PEOPLE, target=target)) == {"created": 2}
    assert (len(world.everyone(target)), len(world.everyone(other))) == (2, 0)
    assert figures(sync(link, "incremental")) == {"created": 2}


def test_somebody_on_one_side_is_met_there_and_made_on_the_other_with_all_that_is_known(imported, figures, world, link):
    world.ghl_contact(email=ANN, name="Ann Lee", phone="+15550101234", tags=["old"])
    sync(link, dry_run=True)
    assert figures(imported(f"E-mail,Tags\n{ANN},new\n")) == {"created": 1}
    (ann,) = world.everyone("gist")
    assert (ann["phone"], sorted(tag["name"] if isinstance(tag, dict) else tag for tag in ann["tags"])) == (
        "+15550101234", ["new", "old"],
    )  # fmt: skip
    assert figures(sync(link)) == {"unchanged": 1}


def test_create_only_rejects_who_exists(imported, figures, world):
    world.ghl_contact(email=ANN)
    run = imported(PEOPLE, mode="create", target="ghl")
    assert (figures(run), reasons(run), run.status) == ({"created": 1, "skipped": 1}, {2: "exists_there"}, "succeeded")


def test_update_only_rejects_who_is_unknown(imported, figures, world):
    world.ghl_contact(email=ANN)
    run = imported(PEOPLE, mode="update", target="ghl")
    assert (figures(run), reasons(run)) == ({"updated": 1, "skipped": 1}, {3: "unknown_there"})
    assert len(world.everyone("ghl")) == 1


def test_a_person_is_met_by_phone_where_there_is_no_address(imported, figures, world):
    world.ghl_contact(phone="+15550101234", firstName="Ann", lastName="Lee")
    run = imported("Phone,Name,City\n+1 555 010 1234,Ann Lee,Rome\n", target="ghl")
    assert (figures(run), len(world.everyone("ghl"))) == ({"updated": 1}, 1)


def test_a_phone_alone_is_no_identity_where_the_names_differ(imported, figures, world):
    world.ghl_contact(phone="+15550101234", firstName="Bob", lastName="Oak")
    run = imported("Phone,Name\n+1 555 010 1234,Ann Lee\n", target="ghl")
    assert (figures(run), reasons(run)) == ({"skipped": 1}, {2: "other_name"})


def test_two_rows_that_are_one_contact_are_taken_once(imported, figures, world, link):
    ann = world.ghl_contact(email=ANN, firstName="Ann")
    world.control("POST", "addresses", {"account": world.location, "contact": ann["id"], "emails": [BEN]})
    run = imported(f"E-mail,City\n{ANN},One\n{BEN},Two\n", target="ghl")
    assert (figures(run), reasons(run)) == ({"updated": 1, "skipped": 1}, {3: "double"})
    assert world.everyone("ghl")[0]["city"] == "One"


def test_a_field_that_is_only_taken_from_somebody_new_is_left_as_it_is(imported, figures, world):
    world.ghl_contact(email=ANN, companyName="Old")
    run = imported(f"E-mail,Company\n{ANN},New\n{BEN},New\n", target="ghl")
    assert figures(run) == {"created": 1, "unchanged": 1}
    assert {one["companyName"] for one in world.everyone("ghl")} == {"Old", "New"}


def test_rows_that_cannot_be_read_are_counted_as_skipped(imported, figures, world):
    run = imported(f"E-mail,Phone\n{ANN},\nnobody,\n{ANN},\n,12\n")
    assert (figures(run), run.total, run.status) == ({"created": 1, "skipped": 3}, 4, "succeeded")
    assert run.examined == run.entries.filter(kind="contact").count() + run.quiet
    assert "nobody" not in " ".join(run.entries.values_list("message", flat=True))


def test_notes_and_tasks_are_made_once(imported, figures, world):
    text = f"E-mail,Note,Company\n{ANN},Met in Rome,Acme\n"
    first = imported(text, notes=["From {{ Company }}"], tasks=["Call"])
    assert figures(first) == {"created": 1}
    (ann,) = world.everyone("ghl")
    notes = [one["body"] for one in world.ghl("GET", f"/contacts/{ann['id']}/notes")["notes"]]
    assert sorted(notes) == ["From Acme", "Met in Rome"]
    assert [one["title"] for one in world.ghl("GET", f"/contacts/{ann['id']}/tasks")["tasks"]] == ["Call"]
    assert figures(imported(text, notes=["From {{ Company }}"], tasks=["Call"])) == {"unchanged": 1}


def test_an_opt_out_is_set_and_never_lifted(imported, world):
    world.ghl_contact(email=BEN, dndSettings={"Email": {"status": "active"}})
    imported(f"E-mail,Unsubscribed\n{ANN},yes\n{BEN},no\n")
    gist = {one["email"]: one["unsubscribed_from_emails"] in (True, "true") for one in world.everyone("gist")}
    assert gist == {ANN: True, BEN: True}
    assert all(one["dndSettings"]["Email"]["status"] == "active" for one in world.everyone("ghl"))


def test_somebody_without_an_address_goes_to_gist_by_the_id_of_ghl(imported, figures, world, link):
    run = imported("Phone,Name\n+1 555 010 1234,Ann Lee\n")
    assert figures(run) == {"created": 1}
    assert world.everyone("gist")[0]["user_id"] == f"ghl_{world.everyone('ghl')[0]['id']}"
    assert figures(imported("Phone,Name\n+1 555 010 1234,Ann Lee\n", target="gist")) != {"created": 1}


# Dry runs ---------------------------------------------------------------------------------------------------


def test_a_dry_run_writes_nothing_and_stores_what_it_would(imported, figures, world):
    world.ghl_contact(email=ANN, city="Old")
    before = world.everyone("ghl")
    run = imported(f"E-mail,City,Note\n{ANN},New,\n{BEN},Rome,Hello\n", dry_run=True)
    assert (figures(run), world.everyone("ghl"), world.everyone("gist")) == ({"created": 2}, before, [])
    planned = {(one.side, one.kind, one.action, one.field, one.state) for one in Change.objects.filter(run=run)}
    assert planned == {
        ("ghl", "contact", "update", "city", "planned"),
        ("gist", "contact", "create", "", "planned"),
        ("ghl", "contact", "create", "", "planned"),
        ("ghl", "note", "create", "", "planned"),
    }


def test_a_plan_and_the_import_say_the_same(imported, world):
    world.ghl_contact(email=ANN, city="Old")
    text = f"E-mail,Name,City,Tags\n{ANN},Ann Lee,New,vip\n{BEN},Ben,Rome,\n"

    def content(run):
        rows = Change.objects.filter(run=run).values_list("side", "kind", "action", "field", "before", "after", "rule")
        return sorted(map(str, rows))

    planned = content(imported(text, dry_run=True))
    assert content(imported(text)) == planned


def test_a_link_that_watches_only_plans(imported, world, link):
    link.mode = "watch"
    link.save()
    run = imported(PEOPLE)
    assert (run.dry_run, run.created, world.everyone("ghl")) == (True, 2, [])

"""Sixty-odd people as public bug reports tell of them, on one link: first run, incremental, live, retry, a workflow.

Both sides end right by value, nobody is written over, what was left out is said with its reason, and a second full run
writes nothing.
"""

from datetime import timedelta

import pytest
from django.utils import timezone

from integration.mapping.versions import save_version
from integration.models import Change, LogEntry, Pair, PendingRead, Snapshot
from integration.runs.recover import process_name
from integration.runs.start import retry_failed
from integration.webhooks.process import process_link
from integration.workflows import versions
from tests.conftest import MAPPING
from tests.sync.test_identity import give_addresses
from tests.world import finish, sync

ROWS = [
    *MAPPING,
    {"gist": "custom_properties.size", "ghl": "customFields.size"},
    {"gist": "custom_properties.land", "ghl": "country"},
    {"gist": "custom_properties.town", "ghl": "city"},
    {"gist": "custom_properties.born", "ghl": "dateOfBirth"},
    {"gist": "custom_properties.story", "ghl": "customFields.story"},
]
DESK, FAMILY = "+12125550100", "+12125550111"


@pytest.fixture
def link(world, link):
    for name, kind in (("size", "NUMERICAL"), ("story", "LARGE_TEXT")):
        body = {"name": name, "dataType": kind, "model": "contact"}
        world.ghl("POST", f"/locations/{world.location}/customFields", json=body)
    save_version(link, ROWS)
    link.default_country = "AU"
    link.save()
    return link


@pytest.fixture
def crowd(world, link):
    """Everybody, before Gistline knows any of them."""
    gist, ghl = world.gist_contact, world.ghl_contact
    for number in range(20):
        gist(email=f"gist{number:02}@example.test", name=f"Gwen G{number:02}", tags=["from-gist"])
        ghl(email=f"ghl{number:02}@example.test", firstName="Hal", lastName=f"H{number:02}", tags=["from-ghl"])
    for number in range(8):
        email = f"both{number}@example.test"
        gist(email=email, name=f"Bea B{number}", phone=f"041200011{number}", tags=["a"])
        ghl(email=email, firstName="Bea", lastName=f"B{number}", tags=["b"])
    # A father and a daughter with one phone; a front desk; people at one switchboard.
    ghl(firstName="Otto", lastName="Lee", phone=FAMILY)
    gist(email="ann@example.test", name="Ann Lee", phone=FAMILY)
    gist(email="desk1@example.test", name="Dora Desk", phone=DESK)
    gist(email="desk2@example.test", name="Dan Desk", phone=DESK)
    gist(email="ext1@example.test", name="Ed Ext", phone="+1 212 555 0122 x11")
    gist(email="ext2@example.test", name="Eve Ext", phone="+1 212 555 0122 x12")
    # Opt-outs, per side and channel; the other side's record is the newer one.
    ghl(email="out-all@example.test", firstName="Olga", dnd=True)
    gist(email="out-all@example.test", name="Olga")
    ghl(email="out-mail@example.test", firstName="Omar", dndSettings={"Email": {"status": "active"}})
    gist(email="out-mail@example.test", name="Omar")
    gist(email="out-gist@example.test", name="Orla", unsubscribed_from_emails=True)
    ghl(email="out-gist@example.test", firstName="Orla")
    ghl(email="out-new@example.test", firstName="Otis", dndSettings={"Email": {"status": "active"}})
    # Second addresses.
    second = ghl(email="main@example.test", firstName="Sue", lastName="Two")
    give_addresses(world, second, "second@example.test")
    gist(email="second@example.test", name="Sue Two")
    # Values that do not fit: each keeps out itself, not its person.
    for name, properties in {
        "comma": {"size": "7,5"},
        "zeros": {"size": "0012"},
        "land": {"land": "Germany"},
        "born": {"born": "2023-02-30"},
    }.items():
        gist(email=f"{name}@example.test", name=f"Val {name.title()}", custom_properties=properties)
    long = ghl(email="long@example.test", firstName="Val", lastName="Long")
    fields = world.ghl("GET", f"/locations/{world.location}/customFields")["customFields"]
    story = next(one["id"] for one in fields if one["fieldKey"] == "contact.story")
    world.ghl("PUT", f"/contacts/{long['id']}", json={"customFields": [{"id": story, "field_value": "x" * 300}]})
    gist(email="local@example.test", name="Lou Local", phone="0412 000 999")
    gist(email="wrong@example.test", name="Lou Wrong", phone="12 34")
    # Tags that look alike.
    gist(email="tags@example.test", name="Tia Tags", tags=["Caf\u00e9", "vip"])
    ghl(email="tags@example.test", firstName="Tia", lastName="Tags", tags=["cafe\u0301", "vip\u200b"])


def by_email(world, side):
    return {one["email"]: one for one in world.everyone(side) if one.get("email")}


def tags(contact):
    return sorted(tag if isinstance(tag, str) else tag["name"] for tag in contact["tags"])


def assert_right(world):
    """Everybody who has an address is on both sides once, as they are."""
    gist, ghl = by_email(world, "gist"), by_email(world, "ghl")
    assert len(world.everyone("gist")) == len(gist)
    assert len([one for one in world.everyone("ghl") if one.get("email")]) == len(ghl)
    expected = gist.keys() - {"second@example.test", "ann@example.test"} | {"main@example.test"}
    assert set(ghl) == expected
    for number in range(8):
        both = f"both{number}@example.test"
        assert tags(gist[both]) == tags(ghl[both]) == ["a", "b"]
        assert ghl[both]["phone"] == f"+6141200011{number}"
    assert not any(
        ghl[email].get("phone") for email in ("ext1@example.test", "ext2@example.test", "wrong@example.test")
    )
    assert sorted(bool(ghl[email].get("phone")) for email in ("desk1@example.test", "desk2@example.test")) == [
        False,
        True,
    ]
    assert ghl["local@example.test"]["phone"] == "+61412000999"
    assert [one["firstName"] for one in world.everyone("ghl") if one.get("phone") == FAMILY] == ["Otto"]
    assert gist["ann@example.test"]["name"] == "Ann Lee"
    for name in ("out-all", "out-mail", "out-gist", "out-new"):
        email = f"{name}@example.test"
        assert str(gist[email]["unsubscribed_from_emails"]).lower() == "true", name
        assert ghl[email].get("dnd") or ghl[email]["dndSettings"]["Email"]["status"] == "active", name
    assert "SMS" not in ghl["out-gist@example.test"]["dndSettings"]
    assert not any(ghl[f"{name}@example.test"].get("customFields") for name in ("comma", "zeros"))
    assert ghl["land@example.test"].get("country") in (None, "", "AU", "US")
    assert not ghl["born@example.test"].get("dateOfBirth")
    assert not gist["long@example.test"]["custom_properties"].get("story")
    assert (len(gist["tags@example.test"]["tags"]), len(ghl["tags@example.test"]["tags"])) == (2, 2)


def assert_left_out_is_said():
    said = {entry.label: entry for entry in LogEntry.objects.filter(kind="contact").order_by("pk")}
    for label, word in {
        "Val Comma": "7,5", "Val Zeros": "0012", "Val Land": "Germany", "Val Born": "2023-02-30",
        "Val Long": "255", "Lou Wrong": "12 34", "Ed Ext": "extension", "Eve Ext": "extension",
    }.items():  # fmt: skip
        assert word in said[label].message, (label, said[label].message)
    assert any("phone" in said[label].message for label in ("Dora Desk", "Dan Desk"))
    assert {said[label].reason for label in ("Ann Lee", "Otto Lee")} == {"other_name"}


def assert_quiet(link):
    before = Change.objects.count()
    run = sync(link)
    written = Change.objects.filter(run=run, state="applied")
    assert (run.created, run.updated, run.failed) == (0, 0, 0), list(
        run.entries.values_list("label", "reason", "message")
    )
    assert (written.count(), Change.objects.count()) == (0, before)


def test_a_first_run_leaves_both_sides_right_and_a_second_one_writes_nothing(world, link, crowd):
    sync(link)
    assert_right(world)
    assert_left_out_is_said()
    assert_quiet(link)


def test_edits_reach_the_other_side_by_an_incremental_run_by_webhook_and_by_retry(world, link, crowd):
    sync(link)
    gist = by_email(world, "gist")
    edit = lambda email, **values: world.gist(  # noqa: E731
        "POST", "/contacts", json={"id": gist[email]["id"], "email": email, **values}
    )
    edit("gist00@example.test", name="Gwen Changed")
    edit("comma@example.test", custom_properties={"size": "7.5"})
    sync(link, "incremental")
    ghl = by_email(world, "ghl")
    assert ghl["gist00@example.test"]["lastName"] == "Changed"
    assert [field["value"] for field in ghl["comma@example.test"]["customFields"]] == [7.5]
    # By webhook: an opt-out, and a name.
    edit("gist01@example.test", unsubscribed_from_emails=True)
    edit("gist02@example.test", name="Gwen Live")
    now = timezone.now()
    for email in ("gist01@example.test", "gist02@example.test"):
        PendingRead.objects.create(link=link, side="gist", external_id=str(gist[email]["id"]), first_at=now, due_at=now)
    process_link(link.pk, process_name(), 60)
    ghl = by_email(world, "ghl")
    assert ghl["gist01@example.test"]["dndSettings"]["Email"]["status"] == "active"
    assert ghl["gist02@example.test"]["lastName"] == "Live"
    # By retry: GHL answers 500 once.
    world.fault({"side": "ghl", "method": "PUT", "path": "/contacts/", "kind": "500", "rate": 1})
    edit("gist03@example.test", name="Gwen Later")
    run = sync(link, "incremental")
    world.fault()
    Snapshot.objects.filter(retry_at__isnull=False).update(retry_at=now - timedelta(hours=1))
    finish(retry_failed(run))
    assert by_email(world, "ghl")["gist03@example.test"]["lastName"] == "Later"
    assert_quiet(link)


def test_a_workflow_over_everybody_stops_nobody_and_subscribes_nobody(world, link, crowd):
    sync(link)
    does = [{"do": "ghl.tags.add", "values": {"tags": "seen"}}]
    versions.create_workflow(
        link, "keep_in_step", definition={"triggers": [{"on": "gist.contact_changed"}], "actions": does}, enabled=True
    )
    for contact in world.everyone("gist"):
        world.gist(
            "POST",
            "/contacts",
            json={"id": contact["id"], "email": contact["email"], "custom_properties": {"town": "Bonn"}},
        )
    sync(link)
    sync(link, "live")
    ghl = by_email(world, "ghl")
    linked = {str(pair.ghl_id) for pair in Pair.objects.filter(link=link)}
    assert all(one["city"] == "Bonn" for one in ghl.values() if one["id"] in linked)
    assert all("seen" in one["tags"] for one in ghl.values() if one["id"] in linked)
    assert all(
        str(by_email(world, "gist")[f"{name}@example.test"]["unsubscribed_from_emails"]).lower() == "true"
        for name in ("out-all", "out-mail", "out-gist", "out-new")
    )
    sync(link)
    assert_quiet(link)


def test_records_that_were_merged_or_added_again_are_the_same_people(world, link, crowd):
    sync(link)
    ghl, gist = by_email(world, "ghl"), by_email(world, "gist")
    world.control("POST", "merge", {
        "account": world.location, "keep": ghl["ghl00@example.test"]["id"], "lose": ghl["ghl01@example.test"]["id"],
    })  # fmt: skip
    again = gist["gist05@example.test"]
    world.gist("DELETE", f"/contacts/{again['id']}")
    world.gist_contact(email="gist05@example.test", name="Gwen G05", tags=["from-gist"])
    before = len(world.everyone("gist"))
    sync(link)
    assert len(world.everyone("gist")) == before
    assert "gist05@example.test" in by_email(world, "ghl")
    assert (
        Pair.objects.get(gist_id=str(by_email(world, "gist")["gist05@example.test"]["id"])).ghl_id
        == ghl["gist05@example.test"]["id"]
    )
    assert_quiet(link)

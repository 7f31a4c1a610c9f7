"""What people do leaves a line: who, what, to what, before and after, from where. Never a secret."""

import json

import pytest

from integration.models import AuditEntry
from tests.dashboard.browser import Browser, html, words

pytestmark = pytest.mark.django_db


def last():
    return AuditEntry.objects.order_by("-pk").first()


def lines():
    return list(AuditEntry.objects.exclude(what="signed_in").values_list("what", flat=True))


def test_a_button_leaves_a_line_with_who_what_and_from_where(as_operator, operator, link):
    as_operator.post("connection_rename", link.ghl.key, name="Other")
    line = last()
    assert (line.what, line.actor, line.link) == ("connection_rename", operator.email, "alder")
    assert (line.subject, line.origin, line.address) == ("Alder GHL", "browser", "127.0.0.1")


def test_what_is_deleted_is_named(as_owner, link):
    as_owner.post("link_delete", link.key, confirm="Alder")
    assert (last().what, last().link) == ("link_delete", "alder")


def test_what_was_refused_or_only_looked_at_leaves_none(as_owner, as_viewer, link):
    as_owner.get("link", link.key)
    as_owner.post("link_delete", link.key, confirm="wrong")
    as_owner.post("link_new", name="")
    as_viewer.post("link_sync", link.key)
    assert lines() == []


def test_a_click_in_an_editor_leaves_none(as_operator, link):
    as_operator.post("link_filters", link.key, do="add")
    assert lines() == []


def test_a_changed_role_stands_with_before_and_after(as_owner, viewer):
    as_owner.post("person", viewer.pk, role="operator", scope="all")
    assert (last().what, last().subject) == ("person_changed", viewer.email)
    assert (last().before["role"], last().after["role"]) == ("viewer", "operator")
    assert "role: viewer operator" in words(as_owner.get("audit"))


def test_sign_ins_and_failed_ones_are_recorded_without_the_password(owner):
    browser = Browser()
    browser.post("account_login", login=owner.email, password="wrong-password")
    browser.post("account_login", login=owner.email, password="a-long-password")
    found = list(AuditEntry.objects.order_by("pk").values_list("what", "actor", "subject", "address"))
    assert found == [
        ("sign_in_failed", "Somebody", owner.email, "127.0.0.1"),
        ("signed_in", owner.email, "", "127.0.0.1"),
    ]
    assert "password" not in str(list(AuditEntry.objects.values("before", "after", "subject", "actor")))


def test_an_invitation_and_its_acceptance_are_recorded(as_owner):
    page = as_owner.post("person_invite", email="lee@gistline.example", role="viewer", scope="all")
    token = html(page).split("/invitation/")[1].split("/")[0]
    Browser().post("invitation", token, password="seven-tall-larches")
    assert lines() == ["person_invite", "invitation_accepted"][::-1]
    assert token not in str(list(AuditEntry.objects.values()))


def test_an_erasure_and_what_is_done_to_a_contact_name_no_contact(as_owner, ann):
    as_owner.post("contact_tags", "alder", "ghl", ann.ghl_id, add="gold")
    as_owner.post("data", link="alder", by="email", person="ann@example.test", do="erase", confirm="ann@example.test")
    text = str(list(AuditEntry.objects.exclude(what="signed_in").values()))
    assert lines()[0] == "data"
    assert [one for one in ("ann@example.test", "Ann Lee", ann.ghl_id) if one in text] == []


def test_the_list_is_filtered(as_owner, operator, link):
    Browser(operator).post("connection_rename", link.ghl.key, name="Other")
    shown = words(as_owner.get("audit", kind="rules"))
    assert "Renamed a connection Alder GHL" in shown
    assert "Signed in" not in shown.partition("When Who What")[2]


def test_the_page_says_when_the_trail_is_broken(as_owner):
    assert "The audit trail is whole" in words(as_owner.get("audit_check"))
    AuditEntry.objects.update(actor="other")
    assert "The audit trail is broken" in words(as_owner.get("audit_check"))


def test_exports_are_recorded_and_hold_every_line(as_owner, link):
    as_owner.post("connection_rename", link.ghl.key, name="Other")
    rows = [json.loads(line) for line in b"".join(as_owner.get("audit_export").streaming_content).splitlines()]
    assert rows[-1]["what"] == "audit_export"
    assert "Renamed a connection" in [row["words"] for row in rows]


def test_a_spreadsheet_runs_nothing_of_the_export(as_owner):
    Browser().post("account_login", login="=cmd|calc@x.test", password="x")
    text = b"".join(as_owner.get("audit_export", **{"as": "csv"}).streaming_content).decode()
    assert "'=cmd|calc@x.test" in text


def test_lines_of_100_cost_as_many_queries_as_of_1(as_owner, django_assert_max_num_queries):
    from integration import audit

    for number in range(60):
        audit.record("link", f"rule {number}")
    with django_assert_max_num_queries(13):
        as_owner.get("audit")


def test_nobody_else_reads_it(as_operator):
    assert as_operator.get("audit").status_code == 403


def test_things_are_described_for_every_address_that_changes_something():
    from dashboard.audit.middleware import NOTHING_CHANGED
    from dashboard.audit.words import WORDS
    from dashboard.grants import OWN_PAGES
    from tests.dashboard.form_walk import addresses_that_take

    sent = {name for name in addresses_that_take("POST") if not name.startswith((*OWN_PAGES, "webhook", "sandbox"))}
    assert sent - NOTHING_CHANGED - {"person"} - WORDS.keys() == set()

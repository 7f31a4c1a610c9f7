"""One person is erased from everything that is stored: nothing of theirs is found, nothing of anybody else is missing,
and nothing brings them back.
"""

import json

import pytest
from django.core.cache import cache
from django.db import connection

from integration.errors import SetupError
from integration.models import (
    Erasure,
    InboxEvent,
    KeptApart,
    LogEntry,
    Pair,
    Pause,
    Question,
    RejectedRow,
    Related,
    Run,
    RunTarget,
    Snapshot,
)
from integration.privacy.erase import allow_again, erase
from tests.command_output import Output
from tests.dashboard import things
from tests.world import sync

pytestmark = pytest.mark.django_db(transaction=True)
THEO = {"email": "theo.marsh@example.test", "name": "Theo Marshwiggle", "phone": "+15125550177"}
MARKS = ["theo.marsh@example.test", "Marshwiggle", "5125550177", "MARKED-PLAN", "MARKED-NOTE", "MARKED-CALL"]


@pytest.fixture
def theo(world, link):
    """Theo, synced, with one of everything that is stored of a person, and Zoe beside him."""
    made = world.gist_contact(**THEO, custom_properties={"plan": "MARKED-PLAN"})
    world.gist_contact(email="zoe@example.test", name="Zoe Ray", phone="+15125550188")
    sync(link)
    pair = Pair.objects.get(gist_id=str(made["id"]))
    store_everything(link, pair)
    return pair


def store_everything(link, pair):
    run = things.finished_run(link, error="GHL refused theo.marsh@example.test")
    failed = things.failure(run, "Theo Marshwiggle", ghl_id=pair.ghl_id, calls=[{"body": "MARKED-CALL"}])
    things.conflict(link, "Theo Marshwiggle", pair=pair)
    offered = [{"id": pair.ghl_id, "label": "Theo Marshwiggle", "email": THEO["email"], "phone": ""},
               {"id": "other", "label": "Bob Ray", "email": "bob@example.test", "phone": ""}]  # fmt: skip
    Question.objects.create(link=link, kind="match", about="bob", label="Bob Ray", side="gist", options=offered)
    Related.objects.create(link=link, kind="note", ghl_id="n1", contact_id=pair.ghl_id, base={"body": "MARKED-NOTE"})
    body = json.dumps({"type": "ContactUpdate", "id": pair.ghl_id, "email": THEO["email"]}).encode()
    things.event(link, topic="ContactUpdate", body=body, state="done")
    things.execution(things.workflow(link), "Theo Marshwiggle", ghl_id=pair.ghl_id, facts={"note": "MARKED-NOTE"})
    things.entry(run, "Zoe Ray", "skipped", message=f"GHL's Theo Marshwiggle ({pair.ghl_id}) has this address.")
    things.entry(run, "Xo", "skipped", message="Not xtheo.marsh@example.test, and not Theo Marshwigglesworth.")
    store_of_other_rooms(link, pair, run, failed)
    cache.set("command:1", {"done": "Theo Marshwiggle is synced."})
    return failed


def store_of_other_rooms(link, pair, run, failed):
    """What problems, plans, imports and decisions keep beside the entries."""
    entry = things.entry(run, "Theo Marshwiggle", ghl_id=pair.ghl_id, planned=True)
    LogEntry.objects.filter(pk=entry.pk).update(left_out=[{"field": "x", "reason": "y", "value": "MARKED-NOTE"}])
    things.problem(failed, text="theo.marsh@example.test is taken", note="as Theo Marshwiggle says")
    KeptApart.objects.create(link=link, gist_id=pair.gist_id, ghl_id="other")
    Pause.objects.create(link=link, what="mapping", key="phone=phone", reason="Theo Marshwiggle rang")
    RejectedRow.objects.create(run=run, number=2, reason="double", sentence="GHL has Theo Marshwiggle already.")
    target = RunTarget(undo={"gist": pair.gist_id, "ghl": pair.ghl_id})
    things.finished_run(link, kind="undo", dry_run=True, target=target)
    near = [{"id": pair.ghl_id, "label": "Theo Marshwiggle", "email": "", "phone": "", "side": "ghl"}]
    Question.objects.create(link=link, kind="near", about="near:gist:7", label="Ted", side="gist", options=near)


def stored_text():
    """Everything in every table, as text."""
    with connection.cursor() as cursor:
        texts = []
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f'SELECT * FROM "{table}"')  # noqa: S608
            texts += [str(bytes(one) if isinstance(one, memoryview) else one) for row in cursor for one in row]
    return "\n".join(texts)


def marks_left():
    """Without those that only look like theirs: they are somebody else's."""
    left = stored_text().replace("xtheo.marsh@example.test", "").replace("Marshwigglesworth", "")
    return [mark for mark in MARKS if mark in left]


def everybody_else(link):
    ids = ["external_id", "label", "email", "base"]
    rows = Snapshot.objects.filter(link=link).exclude(label__contains="Marshwiggle")
    return list(rows.order_by("pk").values(*ids)), LogEntry.objects.count(), Run.objects.count()


def test_nothing_of_theirs_is_left_and_nothing_of_others_is_missing(theo, link):
    before = everybody_else(link)
    assert marks_left() == MARKS
    erase(link, email="THEO.marsh@example.test")
    assert marks_left() == []
    assert theo.ghl_id not in stored_text()
    assert everybody_else(link) == before


def test_log_entries_stay_without_the_person(theo, link):
    erase(link, ghl_id=theo.ghl_id)
    assert LogEntry.objects.filter(label="Somebody who was erased", outcome="failed").exclude(resolved_at=None).exists()
    about_zoe = LogEntry.objects.get(label="Zoe Ray", outcome="skipped")
    assert about_zoe.message == "GHL's (erased) ((erased)) has this address."
    assert [one["id"] for one in Question.objects.get(about="bob").options] == ["other"]


@pytest.mark.parametrize("kind", ["full", "incremental", "sweep"])
def test_no_sync_brings_them_back(theo, world, link, kind):
    erase(link, email=THEO["email"])
    before = len(world.everyone("gist")), len(world.everyone("ghl"))
    run = sync(link, kind)
    assert run.is_balanced or kind == "incremental"
    assert marks_left() == []
    assert (len(world.everyone("gist")), len(world.everyone("ghl"))) == before == (2, 2)


def test_a_new_record_with_their_address_is_not_taken_in(theo, world, link):
    erase(link, email=THEO["email"])
    world.gist("DELETE", f"/contacts/{theo.gist_id}")
    world.gist_contact(email="Theo.Marsh@example.test", name="Theo Again")
    sync(link)
    assert Snapshot.objects.filter(link=link, side="gist").count() == 1


def test_an_owner_can_have_them_taken_in_again(theo, link):
    erasure, _ = erase(link, email=THEO["email"])
    allow_again(erasure)
    sync(link)
    assert Pair.objects.filter(gist_id=theo.gist_id).exists()


def test_decisions_and_look_alikes_of_theirs_go(theo, link):
    erase(link, email=THEO["email"])
    assert not KeptApart.objects.exists()
    assert not Question.objects.filter(kind="near").exists()
    assert Run.objects.get(kind="undo").target.undo == {}


def test_the_steps_of_a_retry_keep_their_places(theo, link):
    people = [{"gist": theo.gist_id, "ghl": theo.ghl_id}, {"gist": "7", "ghl": ""}]
    target = RunTarget(people, [1, 2], ladder=[{"problem": None, "first": 0, "count": 2}])
    run = things.finished_run(link, kind="retry", target=target)
    erase(link, email=THEO["email"])
    run.refresh_from_db()
    assert run.target.people == [{}, {"gist": "7", "ghl": ""}]


def test_who_shares_a_number_with_them_is_somebody_else(theo, world, link):
    erase(link, email=THEO["email"])
    world.gist_contact(email="ida@example.test", name="Ida Marsh", phone=THEO["phone"])
    sync(link)
    assert Snapshot.objects.filter(email="ida@example.test", side="gist").exists()


def test_later_webhooks_are_dropped_and_known_as_repeats(theo, link):
    from integration.webhooks.delivery import from_ghl
    from integration.webhooks.store import keep_delivery

    erase(link, email=THEO["email"])
    payload = {"type": "ContactUpdate", "id": theo.ghl_id, "locationId": link.ghl.account_id, "webhookId": "w1"}
    delivery = from_ghl(payload, json.dumps(payload).encode(), {})
    assert (keep_delivery(delivery), keep_delivery(delivery)) == (True, False)
    event = InboxEvent.objects.latest("pk")
    assert (bytes(event.body), event.state, event.reason) == (b"", "done", "erased")


def test_a_new_contact_s_webhook_with_their_address_keeps_no_body(theo, link):
    from integration.webhooks.delivery import from_ghl
    from integration.webhooks.store import keep_delivery

    erase(link, email=THEO["email"])
    payload = {"type": "ContactCreate", "id": "new1", "locationId": link.ghl.account_id, "email": THEO["email"]}
    keep_delivery(from_ghl(payload, json.dumps(payload).encode(), {}))
    assert marks_left() == []


def test_what_waits_on_disk_goes_too(theo, link, settings):
    from integration.webhooks import spool
    from integration.webhooks.delivery import from_ghl

    for contact in (theo.ghl_id, "zoe1"):
        payload = {"type": "ContactUpdate", "id": contact, "locationId": link.ghl.account_id}
        spool.spool_delivery(from_ghl(payload, json.dumps(payload).encode(), {}))
    erase(link, email=THEO["email"])
    (left,) = spool.spooled_files()
    assert b"zoe1" in spool._from_json(json.loads(left.read_bytes())).body


# The command ---------------------------------------------------------------------------------------------


def test_the_command_shows_what_goes_and_waits_for_yes(theo, link):
    shown = Output("erase", "alder", "--email", THEO["email"])
    assert "Add --yes" in shown.failure
    assert "Log entries, kept without name and values" in shown.errors
    assert Snapshot.objects.filter(email=THEO["email"]).exists()


def test_the_command_erases_and_calls_nobody(theo, world, link):
    world.forget_calls()
    shown = Output("erase", "alder", "--gist-id", theo.gist_id, "--yes", "--json")
    assert (shown.json["erased"], shown.json["counts"]["Pairs"]) == (True, 1)
    assert world.calls() == {"gist": 0, "ghl": 0}


def test_an_unknown_person_is_an_error(theo, link):
    assert (
        "nothing here is about nobody@example.test"
        in Output("erase", "alder", "--email", "nobody@example.test", "--yes").failure.lower()
    )
    assert not Erasure.objects.exists()


def test_a_run_under_way_keeps_the_person_until_it_pauses(theo, link):
    link.take_lease("another process", 60)
    with pytest.raises(SetupError, match="nothing was erased"):
        erase(link, email=THEO["email"], patience=0)
    assert Snapshot.objects.filter(email=THEO["email"]).exists()

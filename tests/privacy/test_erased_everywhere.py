"""Two people with unmistakable marks go through everything that stores something of them; then one of them is erased.

Of that one no spelling of any mark is found any more: in no column, file, cached answer, session, page, export or
backup. The other one stays as they were, to the letter, and nothing brings the first one back.
"""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from integration.backup.create import create_backup
from integration.errors import SetupError
from integration.models import Pair, Snapshot
from integration.privacy.erase import erase, find_stored
from integration.privacy.scrub import scrub, scrub_column
from integration.privacy.setup import NAMED
from integration.runs.imports.files import keep_file, remove_bytes
from integration.runs.imports.start import start_import
from integration.webhooks import spool
from integration.webhooks.delivery import from_ghl
from integration.webhooks.store import keep_delivery, keep_refused
from integration.webhooks.unpack import unpack_events
from integration.workflows import versions
from tests.dashboard import things
from tests.dashboard.api.program import Program
from tests.dashboard.browser import Browser
from tests.privacy.lives import OTTO, THEA, live
from tests.privacy.marks import (
    cached_text,
    found_in,
    found_in_archive,
    found_in_database,
    found_in_files,
    stored_rows,
)
from tests.world import finish, sync

pytestmark = pytest.mark.django_db(transaction=True)
# The accounts themselves: erasing writes nothing to Gist or GHL.
ACCOUNTS = ("sandbox",)
PAGES = ("overview", "contacts", "log", "runs", "problems", "problems_person", "problems_rejected", "problems_waiting",
         "imports", "alerts", "connections", "links", "workflows", "audit", "data", "match_people")  # fmt: skip


@pytest.fixture
def lived(world, link, owner):
    return live(THEA, world, link, owner), live(OTTO, world, link, owner)


def marks_of(one):
    return one.who.marks() | {one.ghl_id}


def left_of(one, settings):
    """Where something of theirs stands."""
    marks = marks_of(one)
    return {
        **found_in_database(marks),
        **found_in_files(Path(settings.DATA_DIR), marks, but=ACCOUNTS),
        **({"cache": found} if (found := found_in(cached_text(), marks)) else {}),
    }


def rows_of_other(one, but):
    """Every stored row that names them and not the one who goes."""
    marks, others = marks_of(one), marks_of(but)
    return {
        table: sorted(row for row in rows if found_in(row, marks) and not found_in(row, others))
        for table, rows in stored_rows().items()
    }


def test_nothing_of_one_is_left_anywhere_and_everything_of_the_other(lived, link, owner, settings, tmp_path_factory):
    thea, otto = lived
    before, pairs = rows_of_other(otto, but=thea), list(pairs_of(otto))
    assert len(left_of(thea, settings)) > 20
    erase(link, email=THEA.email)
    assert left_of(thea, settings) == {}
    assert rows_of_other(otto, but=thea) == before
    assert nothing_shown_of(thea, link, owner) == {}
    archive = tmp_path_factory.mktemp("backup") / "after.tar.gz"
    create_backup(archive, with_keys=True)
    assert found_in_archive(archive, marks_of(thea), but=ACCOUNTS) == {}
    assert found_in_archive(archive, marks_of(otto), but=ACCOUNTS)
    bring_back(thea, link)
    assert left_of(thea, settings) == {}
    assert list(pairs_of(otto)) == pairs


def pairs_of(one):
    """Their pairs, without when they were synced last: every run says that anew."""
    columns = [field.attname for field in Pair._meta.concrete_fields if field.attname != "synced_at"]
    return Pair.objects.filter(gist_id=one.gist_id).order_by("pk").values(*columns)


def bring_back(one, link):
    """Everything by which somebody comes in: webhooks at the door and from disk, every kind of run, a file."""
    payload = {
        "type": "ContactUpdate",
        "locationId": link.ghl.account_id,
        "email": one.who.email,
        "phone": one.who.phone,
    }
    for number, contact in enumerate((one.ghl_id, "another1")):
        about = {**payload, "id": contact, "webhookId": f"later{number}"}
        body = json.dumps(about).replace("@", "\\u0040").encode()
        keep_delivery(from_ghl(about, body, {}))
        keep_refused(replace(from_ghl(about, body, {}), refused="bad_signature"))
        spool.spool_delivery(from_ghl({**about, "webhookId": f"disk{number}"}, body, {}))
    spool.drain_spool()
    unpack_events(link)
    for kind in ("incremental", "full", "sweep"):
        sync(link, kind)
    text = f"E-mail,Name,Phone\n{one.who.email},{one.who.name},{one.who.phones[0]}\n{one.who.second_email},,\n"
    file = keep_file(link, "people.csv", [text.encode()])
    assert finish(start_import(file)).skipped == 2
    # What somebody brings stays for as long as files are kept, or until they are erased once more.
    remove_bytes(file)


def nothing_shown_of(one, link, owner):
    """Pages, exports and answers of the API in which one of their marks stands."""
    browser, program, shown = Browser(owner), Program("act"), {}
    lists = {name: browser.get(name, *([link.key, "lost"] if name == "match_people" else [])) for name in PAGES}
    files = {
        name: browser.get(name)
        for name in ("log_export", "runs_export", "contacts_export", "problems_export", "audit_export")
    }
    answers = {path: program.get(path) for path in ("links", "runs", "log", "problems")}
    for name, answer in {**lists, **files, **answers}.items():
        assert answer.status_code == 200, (name, answer.status_code)
        content = b"".join(answer.streaming_content) if answer.streaming else answer.content
        if found := found_in(content, marks_of(one)):
            shown[name] = found
    return shown


# Spellings ------------------------------------------------------------------------------------------------

PHONE = "+15125550177"


@pytest.mark.parametrize(
    "text",
    [
        "+15125550177",
        "(512) 555-0177",
        "512.555.0177",
        "001 512 555 01 77",
        "1-512-555-0177",
        "tel:+1 (512) 555\u20110177",
    ],
)
def test_a_number_is_taken_out_however_it_is_written(text):
    assert scrub(f"Call {text}, then go", {PHONE}) in ("Call (erased), then go", "Call tel:(erased), then go")


@pytest.mark.parametrize(
    "text", ["+44 512 555 0177", "+445125550177", "25125550177", "5125550177 12", "+1 412 555 0177", "x5125550177"]
)
def test_a_number_of_somebody_else_stays(text):
    assert scrub(text, {PHONE}) == text.replace("5125550177 12", "(erased) 12")


def test_a_number_is_known_with_what_its_country_dials_before_it():
    assert scrub("0170 1234567, +49 (0)170 1234567", {"+491701234567"}) == "(erased), (erased)"


@pytest.mark.parametrize(
    ("text", "mark"),
    [("+49 170\u00a01234567", "+491701234567"), ('Bea "Bee" Lang', 'bea "bee" lang'), ('Zoë "Z" Ü', 'zoë "z" ü')],
)
def test_a_mark_is_found_however_json_keeps_it(link, text, mark):
    Snapshot.objects.create(link=link, side="ghl", external_id="x", base={"note": f"Ask {text} first"})
    assert scrub_column(Snapshot, "base", {mark}) == 1
    assert Snapshot.objects.get().base == {"note": "Ask (erased) first"}


def test_somebody_is_found_by_a_second_address_unless_several_have_it(lived_once, link):
    person, _ = find_stored(link, email=THEA.second_email)
    assert person.emails == {THEA.email, THEA.second_email}
    other = Snapshot.objects.create(link=link, side="ghl", external_id="x", base={}, other_emails=[THEA.second_email])
    Snapshot.objects.index_other_emails([other])
    with pytest.raises(SetupError, match="second address of several"):
        erase(link, email=THEA.second_email)


@pytest.fixture
def lived_once(world, link):
    made = world.gist_contact(email=THEA.email, name=THEA.name)
    sync(link)
    ghl_id = Pair.objects.get(gist_id=str(made["id"])).ghl_id
    world.control("POST", "addresses", {"account": world.location, "contact": ghl_id, "emails": [THEA.second_email]})
    sync(link)


def test_a_set_up_that_names_them_is_left_and_said(lived_once, link):
    flow = things.workflow(link)
    named = {"field": "contact.email", "op": "is_not", "value": THEA.email.upper()}
    versions.save_workflow_version(flow, {**flow.definition, "conditions": [named]}, user=None)
    _, notes = erase(link, email=THEA.email)
    assert [note for note in notes if "names them" in note] == [NAMED.format(f"The workflow “{flow.name}”")]

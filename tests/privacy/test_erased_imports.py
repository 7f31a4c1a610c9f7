"""Imports and erased people: files that name them go, and rows that bring them again are rejected."""

from pathlib import Path

import pytest

from integration.connections.samples import find_person, read_people
from integration.models import ImportFile, LogEntry, RejectedRow, Snapshot
from integration.privacy.erase import erase, find_stored
from integration.privacy.files import TITLE, UNREADABLE
from integration.runs.imports.files import folder_of, keep_file
from integration.runs.imports.start import start_import
from tests.world import finish, sync

pytestmark = pytest.mark.django_db
THEO = {"email": "theo.marsh@example.test", "name": "Theo Marshwiggle", "phone": "+15125550177"}


@pytest.fixture
def theo(world, link):
    made = world.gist_contact(**THEO)
    sync(link)
    return str(made["id"])


@pytest.fixture
def erased(theo, link):
    return erase(link, email=THEO["email"])


def bring(link, text, name="people.csv"):
    return keep_file(link, name, [text if isinstance(text, bytes) else text.encode()])


def imported(link, text):
    return finish(start_import(bring(link, text)))


def left_on_disk(settings):
    return b"".join(path.read_bytes() for path in Path(settings.DATA_DIR, "imports").rglob("*") if path.is_file())


@pytest.mark.parametrize(
    "cell", ["THEO.marsh@example.test", "Theo Marshwiggle", "(512) 555-0177"], ids=["address", "name", "number"]
)
def test_a_file_that_names_them_goes_whole_and_others_stay(theo, link, cell):
    named, other = bring(link, f"Anything\n{cell}\n"), bring(link, "E-mail\nzoe@example.test\n")
    assert find_stored(link, email=THEO["email"])[1][TITLE] == 1
    erasure, _ = erase(link, email=THEO["email"])
    assert erasure.counts[TITLE] == 1
    assert (folder_of(named).exists(), folder_of(other).exists()) == (False, True)
    assert ImportFile.objects.get(pk=named.pk).removed_at


def test_what_an_import_read_of_them_goes_with_the_file(theo, link, settings):
    imported(link, f"E-mail,City\n{THEO['email']},Oz\nzoe@example.test,Ur\n")
    assert THEO["email"].encode() in left_on_disk(settings)
    erase(link, email=THEO["email"])
    assert THEO["email"].encode() not in left_on_disk(settings)


def test_a_file_that_cannot_be_read_goes_too_and_makes_nobody_known(theo, link):
    unreadable = bring(link, b"PK\x03\x04 no workbook", "people.xlsx")
    with pytest.raises(Exception, match="nothing here is about"):
        erase(link, email="nobody@example.test")
    erasure, _ = erase(link, email=THEO["email"])
    assert erasure.counts[UNREADABLE] == 1
    assert not folder_of(unreadable).exists()


def test_a_row_that_brings_them_again_is_rejected_and_says_why(erased, world, link):
    run = imported(link, f"E-mail,Name\n{THEO['email'].upper()},{THEO['name']}\nzoe@example.test,Zoe Ray\n")
    assert (run.created, run.skipped) == (1, 1)
    assert "Somebody who was erased here" in LogEntry.objects.get(run=run, reason="rejected_row").message
    assert not Snapshot.objects.filter(email=THEO["email"]).exists()


def test_a_row_that_leads_to_their_record_by_its_number_is_rejected(erased, world, link):
    world.forget_calls()
    run = imported(link, f"Phone,Name,City\n{THEO['phone']},{THEO['name']},Oz\n")
    assert (run.skipped, run.created, run.updated) == (1, 0, 0)
    assert not Snapshot.objects.filter(email=THEO["email"]).exists()
    assert not LogEntry.objects.filter(run=run, label__contains="Theo").exists()


def test_a_record_that_was_erased_meanwhile_is_not_written_to(theo, world, link):
    """By the id of the record alone: it has another address than when it was erased."""
    erase(link, email=THEO["email"])
    world.gist("POST", "/contacts", json={"id": theo, "email": "changed@example.test"})
    run = imported(link, "E-mail,City\nchanged@example.test,Oz\n")
    assert list(RejectedRow.objects.filter(run=run).values_list("reason", flat=True)) == ["erased"]
    assert "theo" not in str(list(LogEntry.objects.filter(run=run).values())).lower()


def test_the_people_on_whom_a_mapping_is_tried_are_others(erased, world, link):
    world.gist_contact(email="zoe@example.test", name="Zoe Ray")
    assert [one.label for one in read_people(link)] == ["Zoe Ray"]
    assert find_person(link, THEO["email"]) is None

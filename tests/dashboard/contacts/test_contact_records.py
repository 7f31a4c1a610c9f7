"""Notes, tags and appointments on the contact page."""

import re

import pytest

from tests.dashboard.browser import html, words
from tests.dashboard.contacts.page import look, send


def test_notes_are_added_and_shown_with_their_lines(as_operator, ann):
    part = send(as_operator, ann, "note", "x", body="One\nTwo")
    assert "One\nTwo" in html(part)
    assert [one["body"] for one in ann.notes()] == ["One\nTwo"]


def test_a_note_of_a_megabyte_is_refused_and_kept_in_the_form(as_operator, ann):
    part = send(as_operator, ann, "note", "x", body="x" * 2**20)
    assert "The note has 1,048,576 characters" in words(part)
    assert ann.notes() == []


def test_tags_are_added_and_taken_off_on_both_sides(as_operator, world, ann):
    look(as_operator, ann)
    assert "recall" in words(send(as_operator, ann, "tags", "x", add="recall"))
    part = words(send(as_operator, ann, "tags", "x", remove="vip"))
    assert "recall" in part
    assert world.everyone("ghl")[0]["tags"] == ["recall"]


def book(browser, ann):
    page = browser.get("contact_book", "alder", "ghl", ann.ghl_id, read="now")
    calendar = re.search(r'name="calendar" value="(\w+)"', html(page))[1]
    slots = re.findall(r'<option value="(20[^"]+)"', html(page))
    return calendar, slots


def test_free_times_stand_under_their_days_and_one_is_booked(as_operator, ann):
    look(as_operator, ann)
    calendar, slots = book(as_operator, ann)
    part = send(as_operator, ann, "book", "x", calendar=calendar, slot=slots[2], title="Check-up")
    assert "Appointment “Check-up” was booked." in words(part)
    assert [one["title"] for one in ann.appointments()] == ["Check-up"]


def test_a_slot_that_somebody_took_is_refused_and_others_are_offered(as_operator, ann):
    look(as_operator, ann)
    calendar, slots = book(as_operator, ann)
    send(as_operator, ann, "book", "x", calendar=calendar, slot=slots[0], title="First")
    part = send(as_operator, ann, "book", "x", calendar=calendar, slot=slots[0], title="Second")
    assert "no longer available" in words(part)
    assert f'value="{slots[0]}"' not in html(part)
    assert 'value="Second"' in html(part)


@pytest.mark.parametrize("slot", ["", "noon", "2030-01-01", "9999-99-99T00:00:00Z"])
def test_a_slot_that_is_none_books_nothing(as_operator, ann, slot):
    look(as_operator, ann)
    calendar, _ = book(as_operator, ann)
    assert "choose one of the free times" in words(send(as_operator, ann, "book", "x", calendar=calendar, slot=slot))
    assert ann.appointments() == []


def test_a_calendar_without_free_times_says_so(as_operator, ann, monkeypatch):
    # Few, since each is taken below; and enough that a working day is among them on a Friday evening, too.
    monkeypatch.setattr("integration.people.directory.SLOT_DAYS", 4)
    look(as_operator, ann)
    for slot in (calendar_slots := book(as_operator, ann))[1]:
        send(as_operator, ann, "book", "x", calendar=calendar_slots[0], slot=slot, title="Taken")
    page = words(as_operator.get("contact_book", "alder", "ghl", ann.ghl_id, read="now"))
    assert "has no free time within the next 14 days" in page


def test_an_appointment_is_moved_and_cancelled(as_operator, ann):
    look(as_operator, ann)
    calendar, slots = book(as_operator, ann)
    send(as_operator, ann, "book", "x", calendar=calendar, slot=slots[0], title="Check-up")
    event = ann.appointments()[0]["id"]
    form = as_operator.get("contact_edit", "alder", "ghl", ann.ghl_id, "appointment", event, part="x")
    assert f'value="{slots[4]}"' in html(form)
    assert "was moved" in words(send(as_operator, ann, f"appointment/{event}", "x", do="move", slot=slots[4]))
    assert "was cancelled" in words(send(as_operator, ann, f"appointment/{event}", "x", do="cancel"))
    assert ann.appointments()[0]["appointmentStatus"] == "cancelled"

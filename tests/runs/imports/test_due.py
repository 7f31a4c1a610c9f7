"""When tasks made of rows are due: a constant, days from the import, or a column, in the zone of the link."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from integration.errors import SetupError
from integration.runs.imports.due import due_moment, read_due_rule
from tests.command_output import Output

ZONE = ZoneInfo("America/New_York")
NOW = datetime(2026, 11, 28, 3, tzinfo=UTC)  # Still the 27th in New York.
FILE = "E-mail;Anrufen am\nann@example.test;24.12.2026\nben@example.test;5\ncy@example.test;\n"


@pytest.mark.parametrize(("text", "due"), [
    ("2026-12-24", "2026-12-24T22:00:00Z"),
    ("2026-12-24 09:30", "2026-12-24T14:30:00Z"),
    ("2026-12-24T09:30:00+00:00", "2026-12-24T09:30:00Z"),
    ("3", "2026-11-30T22:00:00Z"),
    ("+0", "2026-11-27T22:00:00Z"),
    ("", ""),
])  # fmt: skip
def test_a_day_ends_in_the_zone_of_the_link(text, due):
    assert due_moment(read_due_rule(text, [], [], ZONE).of_row([]), ZONE, NOW) == due


@pytest.mark.parametrize("text", ["soon", "2026-02-30", "9999", "{{ Nowhere }}", "{{ When }} and more", "-3", "9" * 40])
def test_what_is_no_date_is_refused_in_words(text):
    with pytest.raises(SetupError) as refused:
        read_due_rule(text, ["When"], [], ZONE)
    assert refused.value.problem.endswith(".")


def tasks_of(world):
    found = ((one["email"], world.ghl("GET", f"/contacts/{one['id']}/tasks")["tasks"]) for one in world.everyone("ghl"))
    return {email: tasks[0]["dueDate"][:16] if tasks else "" for email, tasks in found}


def test_a_column_says_it_in_the_form_of_its_dates_and_a_blank_cell_leaves_it_open(imported, world, link):
    run = imported(FILE, tasks=["Call"], task_due="{{ anrufen am }}")
    due = tasks_of(world)
    assert (run.created, due["ann@example.test"][:10], bool(due["cy@example.test"])) == (3, "2026-12-24", True)


def test_a_cell_that_is_no_date_rejects_its_row_and_can_count_as_blank(imported, world, figures):
    content, settings = FILE.replace(";5", ";gestern"), {"tasks": ["Call"], "task_due": "{{ Anrufen am }}"}
    assert figures(imported(content, **settings)) == {"created": 2, "skipped": 1}
    again = imported(content, **settings, leave_blank=[["bad_date", "Anrufen am"]])
    assert figures(again) == {"created": 1, "unchanged": 2}


def test_without_tasks_nobody_is_rejected_for_a_date(imported, figures):
    content = FILE.replace(";5", ";gestern")
    assert figures(imported(content, task_due="{{ Anrufen am }}")) == {"created": 3}


def test_the_command_takes_it(tmp_path, world, link):
    file = tmp_path / "people.csv"
    file.write_text("E-mail\nann@example.test\n")
    Output("import_csv", link.key, file, "--task", "Call", "--task-due", "2026-12-24 09:30", "--wait")
    assert tasks_of(world)["ann@example.test"].startswith("2026-12-24")
    wrong = Output("import_csv", link.key, file, "--task", "Call", "--task-due", "one day", "--wait")
    assert "is no date on which a task could be due" in wrong.failure

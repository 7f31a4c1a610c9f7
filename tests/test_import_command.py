"""`manage.py import_csv` as a script sees it."""

import csv
import json

import pytest

from integration.models import Change, ImportFile, Run
from tests.command_output import Output

pytestmark = pytest.mark.django_db
ANN, BEN = "ann@example.test", "ben@example.test"


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "people.csv"
    path.write_text(f"E-mail;Name;Stufe\n{ANN};Ann;Gold\n{BEN};Ben;\nnobody;=1+1;\n")
    return path


def test_a_file_is_imported_and_reported(file, world, link):
    output = Output("import_csv", link.key, file, "--wait", "--json")
    report = output.json
    assert (report["kind"], report["status"], report["examined"], report["created"], report["skipped"]) == (
        "import", "succeeded", 3, 2, 1,
    )  # fmt: skip
    assert (output.failure, world.emails("gist"), world.emails("ghl")) == ("", [ANN, BEN], [ANN, BEN])


def test_rejected_rows_are_written_with_the_reason_and_safe_against_formulas(file, tmp_path, link, world):
    target = tmp_path / "rejected.csv"
    Output("import_csv", link.key, file, "--rejected", target)
    with target.open(encoding="utf-8-sig", newline="") as text:
        header, row = csv.reader(text, delimiter=";")
    assert header == ["E-mail", "Name", "Stufe", "Reason"]
    assert row == ["nobody", "'=1+1", "", "E-mail: “nobody” is no e-mail address."]


def test_rows_rejected_by_the_check_and_by_the_import_stand_in_their_order(tmp_path, link, world):
    world.ghl_contact(email=BEN)
    file, target = tmp_path / "people.csv", tmp_path / "rejected.csv"
    file.write_text(f"E-mail\nnobody\n{BEN}\n{ANN}\nnobody\n")
    output = Output("import_csv", link.key, file, "--mode", "create", "--rejected", target, "--json")
    with target.open(encoding="utf-8-sig", newline="") as text:
        assert [row["E-mail"] for row in csv.DictReader(text)] == ["nobody", BEN, "nobody"]
    assert (output.failure, output.json["created"], output.json["skipped"]) == ("", 1, 3)


def test_tags_notes_and_tasks_are_added_to_everybody(file, world, link):
    Output(
        "import_csv", link.key, file, "--target", "ghl", "--tag", "fair", "--tag", "2026",
        "--note", "Level {{ Stufe }}", "--task", "Call", "--wait",
    )  # fmt: skip
    found = {one["email"]: one for one in world.everyone("ghl")}
    assert sorted(found[ANN]["tags"]) == ["2026", "fair"]
    assert [one["body"] for one in world.ghl("GET", f"/contacts/{found[ANN]['id']}/notes")["notes"]] == ["Level Gold"]
    assert world.ghl("GET", f"/contacts/{found[BEN]['id']}/notes")["notes"] == []
    assert [one["title"] for one in world.ghl("GET", f"/contacts/{found[BEN]['id']}/tasks")["tasks"]] == ["Call"]


def test_the_given_mapping_counts_and_is_kept_for_the_next_file(file, tmp_path, world, link):
    mapping = tmp_path / "mapping.json"
    mapping.write_text(json.dumps({"Stufe": "ghl:city"}))
    Output("import_csv", link.key, file, "--mapping", mapping, "--wait")
    assert {one["email"]: one.get("city") for one in world.everyone("ghl")}[ANN] == "Gold"
    file.write_text(f"E-mail;Stufe\n{ANN};Iron\n")
    Output("import_csv", link.key, file, "--wait")
    assert {one["email"]: one.get("city") for one in world.everyone("ghl")}[ANN] == "Iron"


def test_a_dry_run_writes_nothing_and_lists_its_changes(file, world, link):
    report = Output("import_csv", link.key, file, "--dry-run", "--wait", "--json").json
    assert (report["dry_run"], report["created"], world.everyone("ghl")) == (True, 2, [])
    lines = [json.loads(line) for line in Output("changes", report["run"], "--json").lines]
    assert {(one["state"], one["rule"]) for one in lines} == {("planned", "import:2"), ("planned", "import:3")}


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("", "The file is empty"),
        ("\x00\x01\x02" * 500, "people.csv"),
        (f"{ANN},Ann\n", "The file has no header"),
        ("Name,Town\nAnn,Rome\n", "No column gives an e-mail address or a phone number"),
        (f"E-mail,E-Mail\n{ANN},{BEN}\n", "both called"),
        (f"E-mail,Name\n{ANN},Ann\n{BEN},\"open\n", "opens a quote that is not closed"),
    ],
)  # fmt: skip
def test_a_file_that_is_no_table_is_refused_in_words_and_nothing_is_written(tmp_path, world, link, content, words):
    path = tmp_path / "people.csv"
    path.write_text(content)
    output = Output("import_csv", link.key, path, "--wait", "--json")
    assert words in output.failure + output.json["error"]
    assert (world.everyone("ghl"), world.everyone("gist"), Change.objects.count()) == ([], [], 0)


def test_a_mapping_that_cannot_work_is_refused_before_a_run_starts(file, tmp_path, link):
    mapping = tmp_path / "mapping.json"
    for entry, words in (({"Town": "ghl:city"}, "no such column"), ({"Name": "ghl:nothing"}, "has no field “nothing”")):
        mapping.write_text(json.dumps(entry))
        assert words in Output("import_csv", link.key, file, "--mapping", mapping).failure
    assert (Run.objects.count(), ImportFile.objects.count()) == (0, 0)


def test_a_placeholder_that_names_no_column_is_refused(file, link):
    assert "no column “Source”" in Output("import_csv", link.key, file, "--note", "From {{ Source }}").failure


def test_a_file_and_a_link_that_are_not_there_are_named(tmp_path, link, file):
    assert "cannot be opened" in Output("import_csv", link.key, tmp_path / "nothing.csv").failure
    assert "There is no link “nobody”" in Output("import_csv", "nobody", file).failure
    assert "is a folder" in Output("import_csv", link.key, tmp_path).failure


def test_without_wait_it_is_started(file, link):
    report = Output("import_csv", link.key, file, "--json").json
    assert (report["kind"], report["status"]) == ("import", "queued")

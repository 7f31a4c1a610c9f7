"""The pages of an import, from the upload to the rows that are left over."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from integration.models import ImportFile, Run
from tests.dashboard.browser import html, words
from tests.world import finish

pytestmark = pytest.mark.django_db
ANN, BEN = "ann@example.test", "ben@example.test"
FILE = f"E-mail;Stufe;Mobil\n{ANN};Gold;\n{BEN};;12\nnobody;;\n"


def upload(browser, link, content=FILE, name="people.csv", **fields):
    sent = SimpleUploadedFile(name, content.encode() if isinstance(content, str) else content)
    return browser.post("import_upload", file=sent, link=link.pk, **{"target": "both", "mode": "both", **fields})


@pytest.fixture
def file(as_operator, link):
    upload(as_operator, link)
    return ImportFile.objects.get()


@pytest.fixture
def checked(as_operator, file):
    as_operator.post("import", file.pk, target="both", mode="both", do="check")
    file.refresh_from_db()
    return file


@pytest.fixture
def done(as_operator, checked):
    as_operator.post("import_start", checked.pk)
    return finish(Run.objects.get())


def test_an_operator_sees_the_form_with_every_link(as_operator, link):
    page = html(as_operator.get("imports"))
    assert '<form class="split is-flush" id="upload"' in page
    assert f">{link.name}</option>" in page


def test_before_there_is_a_link_the_page_says_what_comes_first(as_operator):
    assert "No link yet" in words(as_operator.get("imports"))


def test_a_file_is_uploaded_and_its_columns_are_shown_with_the_evidence(as_operator, link):
    answer = upload(as_operator, link)
    page = words(as_operator.go(answer))
    assert answer.status_code == 302
    assert "3 columns, UTF-8, separated by semicolon, names in row 1" in page
    assert "“E-mail” means E-mail." in page
    assert "Gold" in page
    assert "Row 2 becomes" in page


def test_without_a_file_the_form_says_so(as_operator, link):
    answer = as_operator.post("import_upload", link=link.pk, target="both", mode="both")
    assert (answer.status_code, "Choose a file first." in words(answer)) == (422, True)


def test_a_file_above_the_limit_is_refused_in_words(as_operator, link, settings):
    settings.IMPORT_MAX_MB = 1
    answer = upload(as_operator, link, b"x" * 1_100_000)
    assert (answer.status_code, "more than 1 MB" in words(answer)) == (422, True)


def test_a_link_that_does_not_exist_is_refused(as_operator, link):
    link.pk += 1000
    assert upload(as_operator, link).status_code == 422


def test_a_file_that_is_no_table_is_explained_on_its_page_and_can_be_read_otherwise(as_operator, link):
    answer = as_operator.go(upload(as_operator, link, f"{ANN};Ann\n{BEN};Ben\n"))
    assert "The file has no header" in words(answer)
    file = ImportFile.objects.get()
    as_operator.post("import", file.pk, target="both", mode="both", encoding="utf-16", do="show")
    assert "The file is not written in UTF-16. Choose another encoding." in words(as_operator.get("import", file.pk))


def test_encoding_separator_and_header_can_be_changed(as_operator, link):
    content = f"A list of people\nE-mail;Town\n{ANN};Köln\n".encode("cp1252")
    upload(as_operator, link, content)
    file = ImportFile.objects.get()
    as_operator.post(
        "import", file.pk, target="both", mode="both", header_row=2, delimiter="semicolon", encoding="cp1252"
    )
    page = words(as_operator.get("import", file.pk))
    assert "2 columns, CP1252, separated by semicolon, names in row 2" in page
    assert "Köln" in page


def test_what_a_column_means_is_chosen_and_kept(as_operator, file):
    form = {"column-1": "ghl:city", "target": "ghl", "mode": "create", "tags": 'fair, "a, b"', "tasks": "Call\nWrite"}
    as_operator.post("import", file.pk, **form)
    file.refresh_from_db()
    assert file.columns == {"Stufe": "ghl:city"}
    assert (file.target, file.mode, file.tags, file.tasks) == ("ghl", "create", ["fair", "a, b"], ["Call", "Write"])
    assert '<option value="ghl:city" selected>' in html(as_operator.get("import", file.pk))


def test_a_field_that_does_not_exist_changes_nothing(as_operator, file):
    answer = as_operator.post("import", file.pk, **{"column-1": "ghl:nothing", "target": "both", "mode": "both"})
    assert "has no field “nothing”" in words(as_operator.go(answer))


def test_the_check_counts_explains_and_shows_the_first_rows(as_operator, checked):
    page = words(as_operator.get("import_check", checked.pk))
    assert "3 rows checked." in page
    assert "“nobody” is no e-mail address." in page
    assert "1 row goes on, 2 are left out" in page
    assert "The first 3 rows" in page


def test_cells_that_do_not_fit_are_left_blank_in_all_rows(as_operator, checked):
    as_operator.post("import_blank", checked.pk, reason="no_phone", column="Mobil")
    assert "2 rows go on, 1 is left out" in words(as_operator.get("import_check", checked.pk))


def test_a_file_that_breaks_half_way_is_explained_and_nothing_is_written(as_operator, link, world):
    upload(as_operator, link, f'E-mail\n{ANN}\n"{BEN}\n')
    file = ImportFile.objects.get()
    page = as_operator.go(as_operator.post("import", file.pk, target="both", mode="both", do="check"))
    assert "opens a quote that is not closed" in words(page)
    assert world.everyone("ghl") == []


def test_a_large_file_is_checked_by_a_worker(as_operator, link, monkeypatch):
    from integration import jobs

    monkeypatch.setattr("integration.runs.imports.check_ahead.CHECKED_AT_ONCE", 10)
    upload(as_operator, link)
    file = ImportFile.objects.get()
    page = as_operator.go(as_operator.post("import", file.pk, target="both", mode="both", do="check"))
    assert "Being checked" in words(page)
    jobs.check_import(file.pk)
    assert "3 rows checked." in words(as_operator.get("import_check", file.pk))


def test_the_rows_are_imported_and_what_is_left_over_can_be_fetched(as_operator, done, world):
    assert world.emails("ghl") == [ANN]
    page = words(as_operator.get("imported", done.pk))
    assert "1 of 3 rows is in" in page
    assert "2 rows left over" in page
    answer = as_operator.get("imported_rejected", done.pk)
    lines = b"".join(answer.streaming_content).decode("utf-8-sig").splitlines()
    assert answer["Content-Disposition"] == 'attachment; filename="rejected-people.csv"'
    assert lines[0] == "E-mail;Stufe;Mobil;Reason"
    assert [line.split(";")[0] for line in lines[1:]] == [BEN, "nobody"]


def test_the_corrected_file_goes_where_the_first_one_did(as_operator, done, link, world):
    sent = SimpleUploadedFile("corrected.csv", f"E-mail;Stufe;Mobil;Reason\n{BEN};;;x\n".encode())
    ImportFile.objects.update(target="ghl", mode="create", tags=["fair"])
    as_operator.post("import_upload", file=sent, like=done.import_file_id)
    file = ImportFile.objects.first()
    assert (file.name, file.target, file.mode, file.tags, file.link) == (
        "corrected.csv",
        "ghl",
        "create",
        ["fair"],
        link,
    )


def test_a_dry_run_leads_to_the_import(as_operator, checked, world):
    as_operator.post("import_start", checked.pk, dry_run="1")
    run = finish(Run.objects.get())
    page = words(as_operator.get("imported", run.pk))
    assert "1 of 3 rows would go in" in page
    assert "Nothing has been written." in page
    assert world.everyone("ghl") == []


def test_while_it_goes_on_nothing_of_the_file_can_be_changed(as_operator, checked):
    as_operator.post("import_start", checked.pk)
    for name in ("import", "import_discard", "import_blank"):
        as_operator.post(name, checked.pk, reason="no_phone", column="Mobil", target="ghl", mode="both")
    checked.refresh_from_db()
    assert (checked.target, checked.leave_blank, checked.removed_at) == ("both", [], None)


def test_an_import_is_paused_and_resumed_on_its_page(as_operator, checked, world):
    as_operator.post("import_start", checked.pk)
    run = Run.objects.get()
    page = words(as_operator.go(as_operator.post("run_pause", run.pk)))
    assert "Paused by operator@gistline.example. Nothing is written." in page
    assert "Resume the run" in page
    page = words(as_operator.go(as_operator.post("run_resume", run.pk)))
    assert ("Resumed. The run goes on where it was." in page, "Pause the run" in page) == (True, True)
    assert finish(run).created == 1


def test_a_discarded_file_is_gone_and_its_import_stays(as_operator, done):
    as_operator.post("import_discard", done.import_file_id)
    page = words(as_operator.get("imported", done.pk))
    assert "Upload it again" in page
    assert as_operator.get("imported_rejected", done.pk).status_code == 302


def test_names_and_cells_with_markup_are_shown_as_text(as_operator, link):
    markup = "<img src=x onerror=alert(1)>"
    upload(as_operator, link, f"E-mail;{markup}\n{ANN};{markup}\n{markup};\n", name=f"{markup}.csv", target="ghl")
    file = ImportFile.objects.get()
    as_operator.post("import", file.pk, **{"target": "ghl", "mode": "both", "do": "check", "column-1": "note"})
    as_operator.post("import_start", file.pk)
    run = finish(Run.objects.get())
    pages = [("imports",), ("import", file.pk), ("import_check", file.pk), ("imported", run.pk), ("run", run.pk)]
    assert not [name for name in pages if "<img src=x" in html(as_operator.get(*name))]


def test_a_viewer_sees_everything_and_no_form(as_viewer, done):
    file = done.import_file_id
    for name, pk in (("import", file), ("import_check", file), ("imported", done.pk)):
        page = html(as_viewer.get(name, pk))
        assert f'action="{reverse("import_start", args=[file])}"' not in page
        assert 'name="do"' not in page.replace("disabled", "") or "<fieldset" in page
    assert "Upload" not in words(as_viewer.get("imports"))


def test_the_list_says_what_became_of_each_file(as_viewer, done):
    page = words(as_viewer.get("imports"))
    assert "people.csv" in page
    assert "Succeeded" in page


def test_the_list_takes_the_same_number_of_queries_for_any_number_of_files(
    as_viewer, link, django_assert_num_queries, done
):
    for number in range(20):
        ImportFile.objects.create(link=link, name=f"{number}.csv", folder=str(number))
    with django_assert_num_queries(8):
        as_viewer.get("imports")

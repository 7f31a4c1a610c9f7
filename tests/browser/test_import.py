"""An import in a browser: from the upload to the corrected file of the rows that were left over."""

import csv
import io

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import sign_in
from tests.processes import SETUP, apply

pytestmark = [pytest.mark.browser, pytest.mark.one_engine, pytest.mark.processes, pytest.mark.enable_socket]
FILE = (
    "E-mail;Vorname;Nachname;Mobil;Stadt\n"
    "ina@example.test;Ina;Berg;;Köln\nnobody;=1+1;Ode;;\nole@example.test;Ole;;12;Bonn\n"
)


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "people.csv"
    path.write_text(FILE)
    return path


def test_a_file_is_imported_and_its_rejected_rows_are_corrected(up, page, file, tmp_path):
    apply(up, SETUP)
    sign_in(page)
    page.get_by_role("link", name="CSV import").first.click()
    page.locator("#upload input[type=file]").set_input_files(file)
    expect(page.get_by_text("Chosen: people.csv")).to_be_visible()
    page.get_by_role("button", name="Upload").click()
    expect(page.get_by_role("heading", name="Columns of the file")).to_be_visible()
    expect(page.get_by_label("What the column Vorname means")).to_have_value("first_name")
    expect(page.get_by_role("heading", name="Row 2 becomes")).to_be_visible()
    page.get_by_label("Tags").fill("open day")
    page.get_by_role("button", name="Check the file").click()
    expect(page.get_by_text("“nobody” is no e-mail address.").first).to_be_visible()
    expect(page.get_by_text("1 row goes on, 2 are left out")).to_be_visible()
    page.get_by_role("button", name="Import 1 row").click()
    expect(page.get_by_role("heading", name="1 of 3 rows is in")).to_be_visible(timeout=60_000)
    with page.expect_download() as loading:
        page.get_by_role("link", name="Download 2 rows").click()
    rejected = tmp_path / "rejected.csv"
    loading.value.save_as(rejected)
    text = rejected.read_text(encoding="utf-8-sig")
    header, *rows = csv.reader(io.StringIO(text, newline=""), delimiter=";")
    assert (header[-1], [row[:2] for row in rows]) == ("Reason", [["nobody", "'=1+1"], ["ole@example.test", "Ole"]])
    rejected.write_text(text.replace("nobody", "nob@example.test").replace(";12;", ";;"))
    page.locator("#corrected input[type=file]").set_input_files(rejected)
    page.get_by_role("button", name="Upload the corrected file").click()
    expect(page.get_by_label("Tags")).to_have_value("open day")
    page.get_by_role("button", name="Check the file").click()
    page.get_by_role("button", name="Import 2 rows").click()
    expect(page.get_by_role("heading", name="2 of 2 rows are in")).to_be_visible(timeout=60_000)
    expect(page.get_by_text("Every row was taken.")).to_be_visible()
    assert page.troubles == []

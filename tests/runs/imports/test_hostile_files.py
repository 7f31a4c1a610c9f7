"""Files that nobody should send: each row is taken or rejected in words, nothing is half-written, nothing is run."""

from integration.models import Change, RejectedRow
from integration.runs.imports.rejected import MARK, rejected_pieces
from integration.runs.imports.start import start_import
from tests.world import finish

ROWS = {
    "formula@example.test,=cmd|'/C calc'!A0,": "",
    "markup@example.test,<script>alert(1)</script>,": "",
    "emoji@example.test,Zoë \U0001f600 Ø,": "",
    "nul@example.test,A\0nn,": "character that cannot be read",
    f"huge@example.test,{'x' * 10_000_000},": "10,000,000 characters",
    f"note@example.test,Ann,{'x' * 70_000}": "The note has 70,000 characters",
    "few@example.test,Ann": "2 cells and the header 3",
    "many@example.test,Ann,a,b,c": "5 cells and the header 3",
    'quote@example.test,"A"nn,': "quotes of this row",
    "two@@example.test,Ann,": "no e-mail address",
    ",Ann,": "neither an e-mail address nor a phone number",
}


def test_every_row_is_taken_whole_or_rejected_in_words(imported, figures, world):
    run = imported("\ufeffE-mail,Name,Note\r\n" + "".join(f"{row}\r\n" for row in ROWS))
    taken = [row.split(",")[0] for row, words in ROWS.items() if not words]
    assert (figures(run), run.status) == ({"created": 3, "skipped": 8}, "succeeded")
    assert world.emails("gist") == world.emails("ghl") == sorted(taken)
    assert {one["name"] for one in world.everyone("gist")} == {
        row.split(",")[1] for row in ROWS if row[:3] in "for mar emo"
    }
    left = b"".join(rejected_pieces(run)).removeprefix(MARK).decode()
    assert [words for words in ROWS.values() if words not in left] == []


def test_a_field_that_is_deleted_between_the_check_and_the_import_stops_it_in_words(bring, world):
    body = {"name": "tier", "dataType": "TEXT", "model": "contact"}
    field = world.ghl("POST", f"/locations/{world.location}/customFields", json=body)["customField"]
    run = start_import(bring("E-mail,Stufe\nann@example.test,Gold\n", columns={"Stufe": "ghl:customFields.tier"}))
    world.ghl("DELETE", f"/locations/{world.location}/customFields/{field['id']}")
    run = finish(run)
    assert (run.status, run.error) == (
        "failed",
        "columns[“Stufe”]: GHL has no field “customFields.tier”. Choose another one.",
    )
    assert (world.emails("ghl"), Change.objects.count(), RejectedRow.objects.count()) == ([], 0, 0)

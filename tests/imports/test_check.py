"""Rows, checked: what they give each side, why they are rejected, doubles, and totals that balance."""

import pytest

from integration.errors import SetupError
from integration.imports.cells import split_tags
from integration.imports.faults import REASONS
from integration.mapping.rules import Row, Rules
from tests.imports.conftest import GERMANY

ANN = "ann@x.example"


def reasons(rows):
    return {row.row.number: [fault.reason for fault in row.faults] for row in rows if row.faults}


def test_a_row_gives_each_side_what_its_fields_take(check):
    (row,), _ = check(
        "E-mail;First name;Last name;Phone;City;Country;Birthday;Tags;Plan;Hobbies;Amount\n"
        "Ann@X.example;Ann;Lee;030 901820;Rome;Italia;31.12.1990;VIP, new;gold;Chess, Red, dark;1.234,5\n"
    )
    assert row.values == {
        "gist": {
            "email": ANN, "name": "Ann Lee", "phone": "+4930901820", "tags": ["VIP", "new"],
            "date_of_birth": "1990-12-31",
        },
        "ghl": {
            "email": ANN, "firstName": "Ann", "lastName": "Lee", "phone": "+4930901820", "tags": ["VIP", "new"],
            "dateOfBirth": "1990-12-31", "city": "Rome", "country": "IT", "customFields.plan": "Gold",
            "customFields.hobbies": ["Chess", "Red, dark"], "customFields.amount": 1234.5,
        },
    }  # fmt: skip
    assert (row.email, row.phone, row.is_rejected) == (ANN, "+4930901820", False)


def test_notes_tasks_and_opt_outs_stand_beside_the_values(check):
    (row,), _ = check(f'E-mail,Note,Comment,Tasks,Opt out\n{ANN},one,two,"call\n\nwrite",yes\n')
    assert (row.notes, row.tasks, row.opts_out) == (("one", "two"), ("call", "write"), True)
    assert set(row.values["ghl"]) == {"email"}


def test_blank_cells_give_nothing(check):
    (row,), _ = check(f"E-mail,Name,Tags,Opt out\n{ANN}, ,,\n")
    assert row.values == {"gist": {"email": ANN}, "ghl": {"email": ANN}}
    assert row.opts_out is False


@pytest.mark.parametrize(
    ("cell", "opts_out"),
    [("ja", True), ("X", True), ("1", True), ("Sí", True), ("Désabonné", True), ("2026-01-02 03:04:05", True),
     ("31.12.2025", True), ("nein", False), ("0", False), ("Não", False), ("0000-00-00", False), (" ", False)],
)  # fmt: skip
def test_an_opt_out_is_read_in_several_languages(check, cell, opts_out):
    (row,), _ = check(f"E-mail,Unsubscribed\n{ANN},{cell}\n")
    assert (row.opts_out, row.faults) == (opts_out, ())


@pytest.mark.parametrize(
    ("header", "cell", "reason", "words"),
    [
        ("Note", "x", "", ""),
        ("Phone", "12", "no_phone", "“12” is no phone number in Germany. Write it with its prefix"),
        ("Phone", "+49 30 901820 x12", "no_phone", "has an extension"),
        ("Phone", "1" * 100_000, "no_phone", "…” is no phone number"),
        ("Country", "Narnia", "no_country", "“Narnia” is the name or code of no country"),
        ("Plan", "Iron", "not_offered", "is not among the options of the field: “Gold”, “Silver”"),
        ("Plan", "x" * 1000, "not_offered", "…"),
        ("Hobbies", "Chess; Golf", "not_offered", "“Golf” is not among the options"),
        ("Birthday", "soon", "bad_date", "“soon” is no date"),
        ("Amount", "many", "unreadable", "“many” is no number"),
        ("Unsubscribed", "perhaps", "bad_consent", "“perhaps” is neither yes nor no"),
        ("gist:custom_properties.town", "x" * 256, "too_long", "Gist takes at most 255"),
    ],
)
def test_a_value_that_does_not_fit_rejects_its_row_in_words(check, header, cell, reason, words):
    (row,), checking = check(f'E-mail,{header}\n{ANN},"{cell}"\n')
    assert [fault.reason for fault in row.faults] == [reason][: bool(reason)]
    assert all(fault.sentence.startswith(f"{header}: ") and words in fault.sentence for fault in row.faults)
    assert all(len(fault.message) <= 301 for fault in row.faults)
    assert dict(checking.totals.by_reason) == ({reason: 1} if reason else {})


def test_signs_that_nobody_sees_are_no_part_of_an_address(check):
    (row,), _ = check("E-mail\n\u200bann@x.example\ufeff\u00a0\n")
    assert row.email == ANN


@pytest.mark.parametrize(
    "address", ["ann", "ann@", "ann@x", "ann@localhost", "a b@x.example", "ann@@x.example", "Ann <ann@x.example>"]
)
def test_what_is_no_address_rejects_its_row(check, address):
    rows, _ = check(f"E-mail,Phone\n{address},+4930901820\nbob@x.example,\n")
    assert reasons(rows) == {2: ["bad_email"]}
    assert rows[0].faults[0].sentence == f"E-mail: “{address}” is no e-mail address."


def test_a_row_that_names_nobody_is_rejected(check):
    rows, _ = check(f"E-mail,Phone,Name\n,,Ann\n{ANN},,\n")
    assert reasons(rows) == {2: ["no_key"]}


def test_all_that_is_wrong_with_a_row_is_said_and_it_counts_once(check):
    rows, checking = check("E-mail,Phone,Country\nann@,12,Narnia\nbob@x.example,,\n")
    assert reasons(rows) == {2: ["bad_email", "no_phone", "no_country"]}
    assert (checking.totals.rows, checking.totals.ok, checking.totals.rejected) == (2, 1, 1)
    assert dict(checking.totals.by_reason) == {"bad_email": 1}


def test_what_reading_found_rejects_the_row_unless_nobody_wants_the_cell(check):
    rows, _ = check(f"E-mail,Name,Foo\n{ANN},A\0,x\nbob@x.example,Bob,\0\ncarl@x.example\n")
    assert reasons(rows) == {2: ["unreadable_character"], 4: ["column_count"]}
    assert rows[1].values["gist"]["name"] == "Bob"


def test_every_reason_has_a_title():
    assert all(title[0].isupper() and not title.endswith(".") for title in REASONS.values())


# Doubles ------------------------------------------------------------------------------------------------


def test_a_later_row_with_the_same_address_is_a_double(check):
    rows, _ = check("E-mail,Name\nann@x.example,Ann\nbob@x.example,Bob\n ANN@x.example,Annie\n")
    assert reasons(rows) == {4: ["double"]}
    assert rows[2].faults[0].sentence.startswith("Row 2 of the file has the same e-mail address.")
    assert rows[2].values == {}


@pytest.mark.parametrize(
    ("first", "second", "is_double"),
    [
        (",+49 30 901820", ",030/901820", True),
        ("ann@x.example,+49 30 901820", ",030/901820", True),
        (",+49 30 901820", "ann@x.example,030/901820", True),
        ("ann@x.example,+49 30 901820", "bob@x.example,030/901820", False),
    ],
)
def test_a_phone_number_makes_a_double_unless_the_addresses_differ(check, first, second, is_double):
    rows, _ = check(f"E-mail,Phone\n{first}\n{second}\ncarl@x.example,\n")
    assert reasons(rows) == ({3: ["double"]} if is_double else {})


def test_a_rejected_row_makes_nobody_a_double(check):
    rows, _ = check("E-mail,Country\nann@x.example,Narnia\nann@x.example,DE\nann@x.example,DE\n")
    assert reasons(rows) == {2: ["no_country"], 4: ["double"]}
    assert rows[2].faults[0].message.startswith("Row 3 ")


# Mappings and sides -------------------------------------------------------------------------------------


def test_the_links_mapping_carries_a_value_to_the_other_side(check):
    country = Row("custom_properties.land", "country", steps=({"name": "country", "gist": "name", "ghl": "code"},))
    town = Row("custom_properties.town", "city")
    rules = Rules(country="DE", rows=(country, town))
    (row,), _ = check(f"E-mail,City,Country\n{ANN},Rome,it\n", rules=rules)
    assert row.values["gist"] == {
        "email": ANN, "custom_properties.town": "Rome", "custom_properties.land": "Italy",
    }  # fmt: skip
    assert row.values["ghl"] == {"email": ANN, "city": "Rome", "country": "IT"}


def test_a_row_against_the_direction_carries_nothing(check):
    rules = Rules(rows=(Row("custom_properties.town", "city", direction="gist_to_ghl"),))
    (row,), _ = check(f"E-mail,City\n{ANN},Rome\n", rules=rules)
    assert row.values == {"gist": {"email": ANN}, "ghl": {"email": ANN, "city": "Rome"}}


def test_the_transforms_of_a_row_count_where_both_sides_have_the_field(check):
    rules = Rules(rows=(Row("name", "name", steps=({"name": "upper"},)),))
    (row,), _ = check(f"E-mail,Name\n{ANN},Ann Lee\n", rules=rules)
    assert (row.values["gist"]["name"], row.values["ghl"]["name"]) == ("Ann Lee", "ANN LEE")
    (row,), _ = check(f"E-mail,Name\n{ANN},Ann Lee\n", rules=rules, sides=("ghl",))
    assert row.values == {"ghl": {"email": ANN, "name": "ANN LEE"}}


def test_a_column_of_its_own_counts_for_more_than_what_the_mapping_carries(check):
    rules = Rules(rows=(Row("custom_properties.town", "city"),))
    (row,), _ = check(f"E-mail,City,gist:custom_properties.town\n{ANN},Rome,Oslo\n", rules=rules)
    assert (row.values["gist"]["custom_properties.town"], row.values["ghl"]["city"]) == ("Oslo", "Rome")


def test_only_the_wanted_side_gets_values_and_has_to_take_them(check):
    rows, checking = check(f"E-mail,City,Country\n{ANN},Rome,Narnia\n", sides=("gist",))
    assert rows[0].values == {"gist": {"email": ANN}}
    assert [note.partition(" is not taken")[0] for note in checking.notes] == ["“City”", "“Country”"]


def test_parts_of_a_name_count_for_more_than_the_whole_in_ghl(check):
    (row,), _ = check(f"E-mail,Name,First name\n{ANN},Dr. Ann Lee,Ann\n")
    assert row.values["gist"]["name"] == "Dr. Ann Lee"
    assert row.values["ghl"] == {"email": ANN, "firstName": "Ann"}


def test_the_steps_of_a_column_are_taken(check):
    saved = {"Born": {"field": "birthday", "steps": [{"name": "date", "gist": "MM/DD/YYYY", "ghl": "YYYY-MM-DD"}]}}
    (row,), _ = check(f"E-mail,Born\n{ANN},03/04/1990\n", saved=saved)
    assert row.values["ghl"]["dateOfBirth"] == "1990-03-04"


def test_without_a_column_that_names_people_nothing_can_be_checked(check):
    with pytest.raises(SetupError, match=r"^columns: No column gives an e-mail address or a phone number"):
        check("Name,City\nAnn,Rome\n")


# Preview and tags ---------------------------------------------------------------------------------------


def test_the_preview_shows_the_first_rows_cut_short(check):
    rows, checking = check("E-mail,Note\n" + "".join(f"p{n}@x.example,{'x' * 5000}\n" for n in range(30)))
    assert [row.row.number for row in checking.preview] == list(range(2, 22))
    assert len(checking.preview[0].row.cells[1]) == 1000
    assert len(rows[0].row.cells[1]) == 5000


@pytest.mark.parametrize(
    ("text", "tags"),
    [
        ("a;b, c", ["a", "b", "c"]),
        ("a,,; ,A", ["a"]),
        ('"Lee, Ann"; b', ["Lee, Ann", "b"]),
        ('5" pipe', ["5", "pipe"]),
        ('""', []),
    ],
)
def test_tags_are_split_at_semicolons_and_commas(text, tags):
    assert split_tags(text) == tags


def test_a_guard_against_formulas_is_taken_off_again(check):
    (row,), _ = check(f"E-mail,Phone,Name,Company\n{ANN},'+49 30 901820,'Ann','@home\n", rules=GERMANY)
    assert (row.phone, row.values["gist"]["name"]) == ("+4930901820", "'Ann'")
    assert row.values["gist"]["company_name"] == "@home"

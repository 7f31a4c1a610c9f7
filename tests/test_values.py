"""Whether two values are equal, as tables: once as the sync asks it, once as one's own write is found again."""

from datetime import date
from unicodedata import normalize

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integration import records
from integration.moments import find_zone
from integration.values import (
    Unreadable,
    as_text,
    comparable_form,
    find_option,
    fit_to_type,
    fold_text,
    is_true,
    keep_if_exact,
    member_difference,
    member_key,
    read_decimal_comma,
    read_number,
    same_as_written,
    same_value,
    split_choices,
    split_members,
)

NOON, SECONDS = "2026-11-24T12:00:00Z", 1_795_521_600
VALUES = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=20),
    st.lists(st.text(max_size=5), max_size=3), st.from_regex(r"[0-9]{1,4}-[01][0-9]-[0-3][0-9]", fullmatch=True),
)  # fmt: skip
TYPES = st.sampled_from(["text", "email", "phone", "number", "boolean", "date", "moment", "choice", "choices", "tags"])


@pytest.mark.parametrize(
    ("field_type", "one", "other"),
    [
        *((field_type, one, other) for field_type in ("text", "tags", "number", "boolean", "date", "moment", "email")
          for one, other in ((None, ""), ("  ", None), ([], ""), ([], None))),
        ("text", "Ann", " Ann "),
        # A side may keep as number what the other keeps as text.
        ("text", 5, "5"),
        ("text", 5, 5.0),
        ("text", 5.0, "5"),
        ("text", True, "true"),
        ("text", ["a", "b"], ["B", " a"]),
        ("email", "Ann@Example.test", "ann@example.test "),
        ("number", 1234, "1,234"),
        ("number", 5, "5.0"),
        ("number", "many", " many"),
        ("number", "nan", "nan"),
        ("number", float("nan"), float("nan")),
        ("boolean", True, "Yes"),
        ("boolean", 1.0, "true"),
        ("boolean", False, "no"),
        ("date", "2026-11-24", "2026-11-24T12:00:00Z"),
        ("date", SECONDS, "2026-11-24"),
        ("date", "2026-11-24T23:30:00-05:00", "2026-11-24"),
        ("date", "soon", " soon"),
        ("moment", NOON, "2026-11-24T12:00:00.000Z"),
        ("moment", NOON, "2026-11-24T14:00:00+02:00"),
        ("moment", NOON, SECONDS),
        ("moment", "soon", " soon "),
        ("tags", ["vip", "New"], ["new", "VIP "]),
        ("tags", ["Café Club"], ["cafe\u0301\u200b  club"]),
        ("tags", ["vip", "new"], "new, vip"),
        ("tags", ", ,", None),
        ("choices", "a, b", "b,A"),
    ],
)  # fmt: skip
def test_these_are_the_same_value(field_type, one, other):
    assert same_value(one, other, field_type)
    assert same_value(other, one, field_type)
    assert same_as_written(one, other, field_type)


@pytest.mark.parametrize(
    ("field_type", "one", "other"),
    [
        ("text", "Ann", "ann"),
        ("text", "5", "5.0"),
        ("text", "01234", "1234"),
        ("text", "", 0),
        ("text", NOON, SECONDS),
        ("text", ["a"], ["a", "b"]),
        ("choice", "Gold", "gold"),
        ("boolean", False, None),
        ("number", 0, None),
        # More digits than a float can hold are told apart: a number may be somebody's id.
        ("number", 12345678901234567, "12345678901234568"),
        ("number", "5", "five"),
        ("date", "2026-11-24", "2026-11-25"),
        ("moment", NOON, "2026-11-24T12:00:01Z"),
        ("tags", ["vip"], ["vip", "new"]),
        ("tags", ["vip"], None),
        ("tags", ["straße"], ["strasse"]),
        ("number", "0012", 12),
        ("number", "7,5", 75),
        ("boolean", False, "later"),
    ],
)
def test_these_are_not(field_type, one, other):
    assert not same_value(one, other, field_type)


@pytest.mark.parametrize(
    ("found", "written"),
    [
        ("ann lee", "Ann Lee"),
        ("5.0", "5"),
        (5.0, "5"),
        ("+14155552671", "+1 (415) 555-2671"),
        (SECONDS, NOON),
        (str(SECONDS), NOON),
        ("2026-11-24T12:00:00.000Z", NOON),
        ("TRUE", True),
    ],
)
def test_what_a_provider_respelled_is_still_what_was_written(found, written):
    assert same_as_written(found, written)


@pytest.mark.parametrize(
    ("found", "written"),
    [
        ("Anna", "Ann"),
        ("1234", "01234"),
        ("version 1", "version 1.0"),
        ("+14155552671", "+14155552672"),
        # A plus does not make a phone number.
        ("+ more sun", "+ less rain"),
        ("", "Ann"),
        (["a"], ["a", "b"]),
        ("a", ["a"]),
    ],
)
def test_what_somebody_else_wrote_is_not(found, written):
    assert not same_as_written(found, written)


@given(VALUES, VALUES, TYPES)
def test_any_two_values_compare_and_what_is_the_same_hashes_alike(one, other, field_type):
    assert same_value(one, one, field_type)
    assert same_value(one, other, field_type) == same_value(other, one, field_type)
    assert hash(comparable_form(one, field_type)) == hash(comparable_form(one, field_type))
    if same_value(one, other, field_type):
        assert same_as_written(one, other, field_type)


@given(VALUES, TYPES)
def test_a_value_that_fits_fits_again_unchanged_and_is_the_same(value, field_type):
    try:
        held = fit_to_type(value, field_type)
    except Unreadable:
        return
    assert fit_to_type(held, field_type) == held
    if field_type not in ("text", "choice"):
        assert same_value(value, held, field_type)


@pytest.mark.parametrize(
    ("field_type", "value", "held"),
    [
        ("number", "1,234", 1234),
        ("number", "2.5", 2.5),
        ("number", "-1,234,567.25", -1234567.25),
        ("number", "1.234.567", 1234567),
        ("boolean", "No", False),
        ("text", 5.0, "5"),
        ("text", True, "true"),
        ("date", SECONDS, "2026-11-24"),
        ("date", "20261124", "2026-11-24"),
        ("moment", SECONDS * 1000, NOON),
        ("moment", " 2026-11-24 ", "2026-11-24T00:00:00Z"),
        ("choices", "a, b", ["a", "b"]),
        ("text", ["a", "b"], "a, b"),
        ("text", None, None),
    ],
)
def test_a_value_takes_the_type_of_its_field(field_type, value, held):
    assert fit_to_type(value, field_type) == held


@pytest.mark.parametrize(
    ("field_type", "value"),
    # Digits in a text are as likely a year or a phone number as seconds.
    [("number", "many"), ("number", "nan"), ("number", "inf"), ("number", float("inf")), ("number", True),
     ("number", "7,5"), ("number", "2.345,60"), ("number", "0012"), ("number", "1,2345"), ("number", "0,234"),
     ("number", "12,34,567"), ("number", "1" * 1001), ("number", "1e5"), ("number", "1_000"),
     ("number", "٣"), ("number", "12345678901234567.5"),
     ("boolean", "later"), ("date", "2023-02-30"), ("date", "0000-00-00"),
     ("date", "24.11.2026"), ("date", "2026"), ("date", "4155552671"), ("moment", True), ("moment", "soon")],
)  # fmt: skip
def test_what_does_not_fit_is_named(field_type, value):
    with pytest.raises(Unreadable, match=str(value)[:40]):
        fit_to_type(value, field_type)


def test_an_option_that_holds_a_comma_stays_whole():
    assert split_choices("Red, dark, Blue,", ("Red, dark", "Blue")) == ["Red, dark", "Blue"]
    assert split_choices("Red, dark, Blue,") == ["Red", "dark", "Blue"]
    assert split_members("red, Dark, Blue", ("Red, dark",)) == {"red, dark": "red, Dark", "blue": "Blue"}


@pytest.mark.parametrize(
    ("value", "text", "without_case"),
    [(None, "", ""), (" Ann ", "Ann", "ann"), (5, "5", "5"), (5.0, "5", "5"), (5.5, "5.5", "5.5"),
     (True, "true", "true"), ("5.0", "5.0", "5"), ("-5.0", "-5.0", "-5"), ("v1.0", "v1.0", "v1.0")],
)  # fmt: skip
def test_a_value_as_text(value, text, without_case):
    assert (as_text(value), fold_text(value)) == (text, without_case)


@pytest.mark.parametrize(
    ("value", "yes"),
    [(True, True), ("TRUE", True), (" yes ", True), (1, True), ("no", False), ("on", False), (2, False)],
)
def test_what_counts_as_yes(value, yes):
    assert is_true(value) is yes


@given(st.one_of(st.integers(), st.floats(allow_nan=False, allow_infinity=False)))
def test_a_number_survives_being_typed(number):
    assert read_number(as_text(number)) == number
    assert read_decimal_comma(as_text(number).replace(".", ",")) == number


@given(st.from_regex(r"[0-9.,]{1,12}", fullmatch=True))
def test_what_is_read_as_a_number_has_all_its_digits_and_no_other(text):
    try:
        number = read_number(text)
    except Unreadable:
        return
    whole, _, part = as_text(number).partition(".")
    assert (whole + part).rstrip("0") == text.replace(",", "").replace(".", "").rstrip("0")


@pytest.mark.parametrize(
    ("text", "number"),
    [("7,5", 7.5), ("2.345,60", 2345.6), ("1.234", 1234), ("1 234,5", 1234.5), ("-0,5", -0.5), (7.5, 7.5)],
)
def test_a_decimal_comma_is_read_where_a_step_says_so(text, number):
    assert read_decimal_comma(text) == number


@pytest.mark.parametrize("text", ["7.5", "1,2,3", "2,345.60", "0012", "many"])
def test_a_decimal_comma_is_not_guessed_either(text):
    with pytest.raises(Unreadable, match=text):
        read_decimal_comma(text)


@pytest.mark.parametrize(
    ("value", "field_type", "kept"),
    [("13", "number", 13), ("0012", "number", "0012"), ("5.0", "number", "5.0"), ("1,234", "number", "1,234"),
     (13, "number", 13), ("true", "boolean", True), ("yes", "boolean", "yes"), (None, "number", None)],
)  # fmt: skip
def test_text_of_a_property_nobody_declared_becomes_a_number_only_as_it_is_spelt(value, field_type, kept):
    assert (keep_if_exact(value, field_type), type(keep_if_exact(value, field_type))) == (kept, type(kept))


@pytest.mark.parametrize(("value", "option"), [("gold", "Gold"), (" Gold ", "Gold"), (True, "Yes"), (False, "No")])
def test_an_option_is_meant_however_it_is_written(value, option):
    assert find_option(value, ("Gold", "Yes", "No")) == option


@pytest.mark.parametrize(("value", "options"), [("Lead", ("Gold",)), (True, ("Gold",)), ("gold", ("GOLD", "Gold"))])
def test_an_option_that_is_not_offered_or_not_clear_is_named(value, options):
    with pytest.raises(Unreadable, match=as_text(value)) as problem:
        find_option(value, options)
    assert problem.value.reason == "not_offered"


def test_a_field_may_take_more_than_it_offers():
    assert fit_to_type("Lead", "choice", ("Gold",), others=True) == "Lead"
    assert fit_to_type("Lead", "choice") == "Lead"


@given(st.text(max_size=30))
def test_a_tag_looks_like_itself_in_every_spelling(text):
    key = member_key(text)
    assert member_key(key) == key
    assert {key} >= {
        member_key(f"\u200b {text}\ufeff"),
        member_key(normalize("NFD", text)),
        member_key(normalize("NFC", text)),
    }


def test_a_side_keeps_its_spelling_of_a_tag():
    assert member_difference(["Café", "New", "new"], ["cafe\u0301", "OLD", "old\u200b"]) == (
        ["New"],
        ["OLD", "old\u200b"],
    )


@pytest.mark.parametrize("zone", ["Europe/Berlin", "America/New_York", "Pacific/Auckland", "Asia/Kolkata", "UTC"])
@given(day=st.dates(date(1900, 1, 1), date(2200, 1, 1)))
def test_a_day_is_the_same_day_after_it_was_a_moment(zone, day):
    zone = find_zone(zone)
    moment = fit_to_type(day.isoformat(), "moment", zone=zone)
    assert fit_to_type(moment, "date", zone=zone) == day.isoformat()
    assert same_value(moment, day.isoformat(), "date", zone)


@pytest.mark.parametrize(
    ("moment", "day"),
    [
        ("2026-07-23T22:00:00Z", "2026-07-24"),
        ("2026-07-23T21:59:59Z", "2026-07-23"),
        # A day without a time, as both APIs write it.
        ("2026-07-24T00:00:00.000Z", "2026-07-24"),
        ("2026-07-23T23:30:00-05:00", "2026-07-23"),
        ("2026-07-24T00:00:00", "2026-07-24"),
    ],
)
def test_a_moment_is_a_day_where_the_account_is(moment, day):
    assert fit_to_type(moment, "date", zone=find_zone("Europe/Berlin")) == day


def test_a_name_that_is_given_twice_is_found_without_comparing_all_with_all():
    compared = []

    class Name(str):
        __hash__ = str.__hash__

        def __eq__(self, other):
            compared.append(other)
            return str.__eq__(self, other)

    pairs = [(Name(number), 0) for number in [*range(500), 499]]
    with pytest.raises(ValueError, match="gives “499” twice in the same object"):
        records._unique_object(pairs)
    assert len(compared) < 5_000

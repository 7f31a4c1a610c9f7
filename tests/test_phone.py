"""Phone numbers in international form."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integration.phone import has_extension, is_same_line, to_e164


@pytest.mark.parametrize(
    ("number", "country", "found"),
    [
        ("(415) 555-2671", "US", "+14155552671"),
        ("+1 415 555 2671", "DE", "+14155552671"),
        ("+49 30 901820", "US", "+4930901820"),
        ("030 901820", "DE", "+4930901820"),
        (" 415-555-2671 ", "US", "+14155552671"),
        ("+1 415 555 2671 x12", "US", "+14155552671;ext=12"),
        ("(415) 555-2671 ext. 12", "US", "+14155552671;ext=12"),
        ("+14155552671;ext=12", "US", "+14155552671;ext=12"),
        # Without a country only international numbers can be read.
        ("+14155552671", "", "+14155552671"),
        ("415 555 2671", "", ""),
        ("415 555 2671", "XX", ""),
        ("", "US", ""),
        # Of the right length, and nobody's number there: it is not taken for one.
        ("0412 000 111", "AU", "+61412000111"),
        ("0412 000 111", "US", ""),
        ("(555) 010-9999", "US", ""),
        ("+1 555 010 9999", "AU", "+15550109999"),
        ("+1 555 010", "US", ""),
        ("12", "US", ""),
        ("rubbish", "US", ""),
        ("+" + "1" * 300, "US", ""),
    ],
)
def test_a_number_is_found_in_whatever_form_it_is_written(number, country, found):
    assert to_e164(number, country) == found


@given(st.text(), st.sampled_from(["US", "DE", ""]))
def test_no_text_breaks_it_and_what_is_found_is_found_again(text, country):
    found = to_e164(text, country)
    assert not found or to_e164(found, "") == found


@pytest.mark.parametrize("number", ["+1 212 555 0100 x12", "212-555-0100 ext. 12", "+12125550100;ext=12", "5550100 #7"])
def test_an_extension_is_seen_in_whatever_form_it_is_written(number):
    assert has_extension(number)


@pytest.mark.parametrize("number", ["", "+1 212 555 0100", "(212) 555-0100", "ext"])
def test_a_number_without_an_extension_has_none(number):
    assert not has_extension(number)


def test_a_number_and_the_same_one_with_an_extension_are_one_line_and_two_extensions_are_not():
    assert is_same_line("+1 212 555 0100 x12", "+12125550100", "US")
    assert not is_same_line("+1 212 555 0100 x12", "+1 212 555 0100 x14", "US")
    assert not is_same_line("+12125550100", "+12125550101", "US")
    assert not is_same_line("", "", "US")

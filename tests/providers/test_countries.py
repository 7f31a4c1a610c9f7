"""Countries by code and by name."""

import phonenumbers
import pytest

from integration.providers.ghl.countries import find_country_code, is_country_code, name_of_country


@pytest.mark.parametrize(
    ("text", "code"),
    [("Germany", "DE"), ("deutschland", "DE"), ("gb", "GB"), ("UK", "GB"), ("u.s.a.", "US"),
     ("Co\u0302te d'Ivoire", "CI"),
     ("Bonaire, Sint Eustatius and Saba", "BQ"), ("Narnia", ""), ("", "")],
)  # fmt: skip
def test_a_country_is_found_by_code_or_name(text, code):
    assert find_country_code(text) == code


def test_every_code_has_a_name_that_leads_back_to_it():
    codes = set(phonenumbers.SUPPORTED_REGIONS) - {"AC", "TA", "XK"}  # Regions of numbers that ISO does not list.
    assert all(find_country_code(name_of_country(code)) == code for code in codes)
    assert (is_country_code("DE"), is_country_code("de"), is_country_code("XX"), name_of_country("XX")) == (
        True, False, False, "",
    )  # fmt: skip

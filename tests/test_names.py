"""Where a full name is cut into first and last name, and whether two names can be one person's."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integration.names import names_agree, split_name


@pytest.mark.parametrize(
    ("full", "first", "last", "parts"),
    [
        ("Ann Lee", None, None, ("Ann", "Lee")),
        ("Mary Ann Smith", None, None, ("Mary", "Ann Smith")),
        ("Mary Ann Smith", "Mary Ann", "Smith", ("Mary Ann", "Smith")),
        ("Mary Ann Jones", "Mary Ann", "Smith", ("Mary Ann", "Jones")),
        ("MARY ANN  Jones", "Mary Ann", "Smith", ("MARY ANN", "Jones")),
        ("Eva Maria Smith", "Mary Ann", "Smith", ("Eva Maria", "Smith")),
        ("Ann van der Berg", "Anna", "van der Berg", ("Ann", "van der Berg")),
        ("Eva Maria Jones", "Mary Ann", "Smith", ("Eva Maria", "Jones")),
        ("Mary Ann", "Mary Ann", "Smith", ("Mary Ann", "")),
        ("Bo Ray", "Mary Ann", "Smith", ("Bo", "Ray")),
        ("Smith", None, "Smith", ("", "Smith")),
        ("Smith", "Mary", "Smith", ("Smith", "")),
        ("", "Mary", "Smith", ("", "")),
    ],
)
def test_a_name_is_cut_where_it_was_cut_before_if_that_fits(full, first, last, parts):
    assert split_name(full, first, last) == parts


WORDS = st.text("abc é", max_size=12)


@given(WORDS, WORDS, WORDS)
def test_no_word_is_lost(full, first, last):
    assert " ".join(filter(None, split_name(full, first, last))) == " ".join(full.split())


@given(st.lists(st.text("abc", min_size=1), max_size=3), st.lists(st.text("abc", min_size=1), max_size=3))
def test_a_name_that_did_not_change_is_cut_as_it_was(firsts, lasts):
    first, last = " ".join(firsts), " ".join(lasts)
    assert split_name(f"{first} {last}", first, last) == (first, last)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Ann Lee", "ann  lee"),
        ("Ann Lee", "Lee, Ann"),
        ("Ann", "Ann Lee"),
        ("A. Lee", "Ann Lee"),
        ("Ann L", "Ann Lee"),
        ("Ann Marie Lee", "Ann Lee"),
        ("Zoë Núñez", "ZOE NUNEZ"),
        ("", "Ann Lee"),
        ("نور الهاشمي", "نور الهاشمي"),
    ],
)
def test_names_that_can_be_one_persons(one, other):
    assert names_agree(one, other)
    assert names_agree(other, one)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Otto Lee", "Ann Lee"),
        ("Lee", "Ann Lee"),  # The family's name says nothing about who of them it is.
        ("Ann Lee", "Ann Ito"),
        ("Ann", "Bea"),
        ("Ann", "Anna Lee"),
        ("Ann Ann", "Ann Lee"),
    ],
)
def test_names_that_contradict(one, other):
    assert not names_agree(one, other)
    assert not names_agree(other, one)

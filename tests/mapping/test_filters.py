"""A filter by itself: whom it takes, what it says, what it adds to a new record."""

import pytest

from integration.errors import SetupError
from integration.mapping.filters import Filter, check_filter, read_filter, words_of_filter
from integration.mapping.rules import Rules


def of(side, *conditions, match="all") -> Filter:
    named = [dict(zip(("field", "op", "value"), one, strict=False)) for one in conditions]
    found = read_filter(side, check_filter(side, {"match": match, "conditions": named}))
    assert found
    return found


TAG, CITY = ("tags", "is", "clinic-a"), ("city", "is", "Rome")


@pytest.mark.parametrize(
    ("found", "takes", "leaves_out"),
    [
        (of("gist", TAG), {"tags": ["vip", "Clinic-A"]}, {"tags": ["clinic-ab"]}),
        (of("gist", ("tags", "is_not", "x")), {"tags": None}, {"tags": ["X"]}),
        (of("gist", ("segments", "contains", "vip")), {"segments": ["Old VIPs"]}, {"segments": []}),
        (of("ghl", ("customFields.plan", "is_not_blank")), {"customFields.plan": "gold"}, {"customFields.plan": " "}),
        (of("ghl", ("city", "is_blank")), {}, {"city": "Rome"}),
        (of("ghl", TAG, CITY), {"tags": ["clinic-a"], "city": "rome"}, {"tags": ["clinic-a"], "city": "Oslo"}),
        (of("ghl", TAG, CITY, match="any"), {"tags": [], "city": "rome"}, {"tags": [], "city": "Oslo"}),
        (of("gist", ("opt_in",)), {"unsubscribed_from_emails": None}, {"unsubscribed_from_emails": True}),
        (of("ghl", ("opt_in",)), {"dnd": False, "dndSettings.Email": "inactive"}, {"dndSettings.Email": "permanent"}),
        (of("ghl", ("opt_in",)), {"dnd": None}, {"dnd": True}),
    ],
)
def test_whom_a_filter_takes(found, takes, leaves_out):
    assert (found.takes(takes), found.takes(leaves_out)) == (True, False)


@pytest.mark.parametrize(
    ("found", "words"),
    [
        (of("gist", TAG), "Only contacts with the tag “clinic-a”"),
        (of("ghl", TAG, CITY), "Only contacts with the tag “clinic-a” and whose city is “Rome”"),
        (of("gist", TAG, ("opt_in",), match="any"),
         "Only contacts with the tag “clinic-a” or who have not opted out of e-mail"),
        (of("ghl", ("customFields.plan", "is_not_blank")), "Only contacts whose “plan” is set"),
    ],
)  # fmt: skip
def test_it_says_in_words_whom_it_takes(found, words):
    assert found.words == words


def test_no_condition_is_no_filter():
    assert check_filter("gist", {"conditions": []}) is None
    assert words_of_filter("gist", None) == "Everybody"


@pytest.mark.parametrize("raw", ["tags", {}, {"conditions": "tags"}, {"conditions": [7]}, {"conditions": [{}] * 21}])
def test_what_is_no_filter_is_refused(raw):
    with pytest.raises(SetupError, match="gist_filter"):
        check_filter("gist", raw, "links[0].gist_filter")


def test_a_new_record_gets_the_tags_and_custom_fields_that_are_asked_for_and_nothing_else():
    plan = ("customFields.plan", "is", "gold")
    made = of("ghl", TAG, plan).complete({"tags": ["vip"], "email": "a@example.test"})
    assert made == {"tags": ["vip", "clinic-a"], "email": "a@example.test", "customFields.plan": "gold"}
    assert of("ghl", TAG, plan, match="any").complete({}) == {"tags": ["clinic-a"]}
    assert of("ghl", plan).complete({"customFields.plan": "silver"}) is None
    assert of("ghl", CITY).complete({}) is None


def test_frozen_rules_keep_their_filters_and_another_filter_is_another_digest():
    rules = Rules(filters=(of("gist", TAG),))
    assert Rules.from_json(rules.as_json()) == rules
    assert rules.digest != Rules().digest
    assert "tags" in rules.keys("gist")
    assert "dndSettings.Email" in Rules(filters=(of("ghl", ("opt_in",)),)).keys("ghl")


def test_values_read_before_the_filter_was_set_do_not_count_as_taken():
    rules = Rules(filters=(of("ghl", ("city", "is_not", "Rome")),))
    assert rules.takes("ghl", {})
    assert not rules.is_known_to_take("ghl", {})

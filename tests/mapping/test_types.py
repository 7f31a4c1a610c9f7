"""Which fields make a row: one table for saving, suggestions and the greying of fields."""

import itertools

import pytest

from integration.mapping.checks import check_rows
from integration.mapping.types import NAMES, explain_misfit, fits, why_impossible
from integration.providers.ghl.fields import BUILT_IN as GHL_FIELDS
from integration.providers.gist.fields import BUILT_IN as GIST_FIELDS
from integration.records import Field

CONSENTS = Field("customFields.consents", "Consents", "choices", options=("Calls", "SMS"))
VISITS = Field("customFields.visits", "Visits", "number")
SMOKER = Field("customFields.smoker", "Smoker", "choice", options=("Never", "Daily"))
GRADE = Field("customFields.grade", "Grade", "choice", options=("1", "2"))
COUNT = Field("custom_properties.count", "count", "number")


def test_a_text_takes_every_type_and_goes_into_every_one():
    assert all(fits(kind, "text") and fits("text", kind) for kind in NAMES)


@pytest.mark.parametrize(
    ("source", "target", "why"),
    [
        (GIST_FIELDS["tags"], GHL_FIELDS["dateOfBirth"], "a list of tags is no date"),
        (GIST_FIELDS["email"], VISITS, "an e-mail address is no number"),
        (GIST_FIELDS["tags"], SMOKER, "several values do not go into one"),
        (COUNT, SMOKER, "2 options, none of them a number"),
        (COUNT, GRADE, ""),
        (GIST_FIELDS["tags"], CONSENTS, ""),
        (GHL_FIELDS["tags"], COUNT, ""),
        (GHL_FIELDS["city"], GIST_FIELDS["city"], "read only"),
    ],
)
def test_a_field_that_does_not_take_another_says_why(source, target, why):
    assert explain_misfit(source, target) == why


def test_a_pair_is_impossible_only_where_neither_way_works():
    assert why_impossible(GIST_FIELDS["tags"], GHL_FIELDS["dateOfBirth"]) == "a list of tags is no date"
    assert why_impossible(GIST_FIELDS["created_at"], GHL_FIELDS["city"]) == ""
    assert why_impossible(GIST_FIELDS["created_at"], GHL_FIELDS["dateAdded"]) == "both are read only"


def test_what_is_greyed_is_what_saving_refuses():
    ghl = GHL_FIELDS | {one.key: one for one in (CONSENTS, VISITS, SMOKER, GRADE)}
    pairs = itertools.product(GIST_FIELDS.values(), ghl.values())
    ordinary = [(g, h) for g, h in pairs if "dnd" not in h.key and not g.key.startswith("unsubscribed")]
    for gist, other in ordinary:
        ways = ("two_way", "gist_to_ghl", "ghl_to_gist")
        refused = [check_rows([row(gist, other, way)], GIST_FIELDS, ghl) for way in ways]
        assert all(refused) == bool(why_impossible(gist, other)), (gist.key, other.key)


def row(gist, ghl, direction):
    return {"gist": gist.key, "ghl": ghl.key, "direction": direction}


def test_steps_are_tried_on_real_values_instead():
    steps = [{"name": "fixed", "value": "2020-01-01"}]
    tags = {"gist": "tags", "ghl": "dateOfBirth", "direction": "gist_to_ghl"}
    assert check_rows([tags], GIST_FIELDS, GHL_FIELDS)
    assert check_rows([{**tags, "steps": steps}], GIST_FIELDS, GHL_FIELDS) == []


def test_nothing_is_added_to_a_field_of_one_value():
    row = {"gist": "custom_properties.day", "ghl": "dateOfBirth", "write_mode": "append"}
    (problem,) = check_rows([row], GIST_FIELDS, GHL_FIELDS)
    assert problem.message == "Nothing can be added to GHL's Date of birth: that needs a text or a list."

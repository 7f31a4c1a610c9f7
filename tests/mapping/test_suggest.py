"""Which fields are suggested for each other, and what speaks for it."""

from integration.mapping.suggest import find_suggestions
from integration.providers.ghl.fields import BUILT_IN as GHL_FIELDS
from integration.providers.gist.fields import BUILT_IN as GIST_FIELDS
from integration.providers.gist.fields import custom_property
from integration.records import Field

REFERRAL = custom_property("referred_by")
CODE = custom_property("code")
GIST = {one.key: one for one in (GIST_FIELDS["tags"], REFERRAL, CODE)}
GHL = {
    one.key: one
    for one in (
        GHL_FIELDS["dateOfBirth"],
        Field("customFields.referral", "Referred by"),
        Field("customFields.member", "Member number", "number"),
    )
}


def suggested(*couples):
    return {one.pair: one.evidence for one in find_suggestions(GIST, GHL, couples)}


def test_a_name_alone_is_suggested_with_what_it_proves():
    found = suggested(({"custom_properties.referred_by": "Dr. Cole"}, {}))
    assert found == {
        ("custom_properties.referred_by", "customFields.referral"): "Similar name and type; GHL is blank for all 1, so "
        "values prove nothing."
    }
    assert "nobody on both sides was read" in next(iter(suggested().values()))


def test_equal_values_are_evidence_whatever_the_names():
    couples = [({"custom_properties.code": str(n)}, {"customFields.member": n}) for n in range(10, 15)]
    found = suggested(*couples, ({"custom_properties.code": "99"}, {}), ({}, {}))
    pair = ("custom_properties.code", "customFields.member")
    assert found[pair] == "5 of 7 have the same value on both sides, 1 is blank on one."


def test_values_that_differ_speak_against_a_name():
    couples = [({REFERRAL.key: f"a{n}"}, {"customFields.referral": f"b{n}"}) for n in range(4)]
    assert suggested(*couples) == {}


def test_a_tick_that_agrees_by_chance_is_no_evidence():
    couples = [({CODE.key: "yes"}, {"customFields.member": "yes"}) for _ in range(9)]
    assert ("custom_properties.code", "customFields.member") not in suggested(*couples)


def test_what_cannot_be_a_row_is_not_suggested():
    birthday = {**GHL, "customFields.tags": Field("customFields.tags", "Tags", "number")}
    assert all(one.gist != "tags" for one in find_suggestions(GIST, birthday, []))

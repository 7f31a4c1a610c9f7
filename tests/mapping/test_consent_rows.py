"""Mapping rows that name consent: it may be shown elsewhere, and is written by no row."""

import pytest

from integration.mapping.checks import check_rows
from integration.mapping.rules import freeze_rules
from integration.mapping.versions import save_version
from integration.providers.ghl.fields import BUILT_IN as GHL
from integration.providers.gist.fields import BUILT_IN as GIST
from integration.records import CONSENT_FIELDS, Field


@pytest.mark.parametrize("key", CONSENT_FIELDS["ghl"])
def test_a_row_of_both_sides_consent_is_right_and_merges_nothing(link, key):
    row = {"gist": "unsubscribed_from_emails", "ghl": key, "owner": "newest"}
    assert check_rows([row], GIST, GHL) == []
    assert freeze_rules(link, save_version(link, [row]), GIST, GHL).rows == ()


@pytest.mark.parametrize(
    "row",
    [
        {"gist": "custom_properties.plan", "ghl": "dnd", "direction": "gist_to_ghl"},
        {"gist": "unsubscribed_from_emails", "ghl": "source", "direction": "ghl_to_gist"},
    ],
)
def test_a_row_that_would_write_consent_is_refused_with_the_reason(row):
    (problem,) = check_rows([row], GIST, GHL)
    assert "cannot be written. No mapping row writes it: an opt-out is always carried" in problem.message


def test_consent_may_be_shown_in_another_field(link):
    row = {"gist": "custom_properties.ghl_dnd", "ghl": "dnd"}
    assert check_rows([row], GIST, GHL) == []
    (frozen,) = freeze_rules(link, save_version(link, [row]), GIST, GHL).rows
    assert (frozen.flows_to("gist"), frozen.flows_to("ghl")) == (True, False)


def test_fields_kept_from_before_do_not_make_consent_writable(link):
    old = GHL | {"dnd": Field("dnd", "DND", "boolean")}
    version = save_version(link, [{"gist": "custom_properties.plan", "ghl": "dnd"}])
    (frozen,) = freeze_rules(link, version, GIST, old).rows
    assert not frozen.flows_to("ghl")

"""Every column that holds personal data is masked for whoever may not see it, or says why it is not."""

from integration.privacy.holdings import HOLDINGS
from integration.privacy.masked_columns import MASKS, SHOWN

# Of the dashboard: what a person keeps for themselves.
OWN = {"SavedView"}


def test_every_personal_column_is_masked_or_says_why_not():
    missing = {
        f"{one.model.__name__}.{name}"
        for one in HOLDINGS
        if one.model.__name__ not in OWN
        for name in one.columns - MASKS.get(one.model, {}).keys() - SHOWN.get(one.model, {}).keys()
        if any(field.name == name for field in one.model._meta.concrete_fields)
    }
    assert missing == set()

"""Who was made on the machine gets links to reset a password; earlier versions kept no record of those addresses."""

from importlib import import_module

from django.apps import apps


def test_addresses_without_a_record_count_as_confirmed_after_an_upgrade(db, owner, viewer, operator):
    owner.emailaddress_set.all().delete()
    viewer.emailaddress_set.update(verified=False)
    # Somebody else has shown that this address is theirs.
    operator.emailaddress_set.all().delete()
    viewer.emailaddress_set.create(email=operator.email, verified=True)
    import_module("dashboard.migrations.0004_confirm_given_addresses").confirm_given_addresses(apps, None)
    assert [(row.email, row.verified, row.primary) for row in owner.emailaddress_set.all()] == [
        ("owner@gistline.example", True, True)
    ]
    assert not viewer.emailaddress_set.get(email=viewer.email).verified
    assert not operator.emailaddress_set.exists()

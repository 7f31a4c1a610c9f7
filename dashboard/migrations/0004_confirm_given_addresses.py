"""People who were made on the machine (`createsuperuser`) had no record of their address: it counts as confirmed."""

from typing import Any

from django.db import migrations


def confirm_given_addresses(apps: Any, schema_editor: Any) -> None:
    EmailAddress = apps.get_model("account", "EmailAddress")
    User = apps.get_model("dashboard", "User")
    taken = set(EmailAddress.objects.filter(verified=True).values_list("email", flat=True))
    for user in list(User.objects.filter(emailaddress__isnull=True)):
        if user.email and user.email.lower() not in taken:
            EmailAddress.objects.create(user=user, email=user.email.lower(), verified=True, primary=True)
            taken.add(user.email.lower())


class Migration(migrations.Migration):
    dependencies = [("dashboard", "0003_cache_entry"), ("account", "0009_emailaddress_unique_primary_email")]
    operations = [migrations.RunPython(confirm_given_addresses, migrations.RunPython.noop)]

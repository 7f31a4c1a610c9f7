"""Keys of authenticator apps and seeds of recovery codes stood in the clear: they are encrypted with the key ring."""

from typing import Any

from django.db import migrations

from integration.models.fields import encrypt_text


def encrypt_second_factors(apps: Any, schema_editor: Any) -> None:
    for factor in apps.get_model("mfa", "Authenticator").objects.exclude(type="webauthn"):
        # Restated here: what later versions store must not change what this one does.
        secrets = {name: factor.data[name] for name in ("secret", "seed") if name in factor.data}
        clear = {name: value for name, value in secrets.items() if not value.startswith("gAAAAA")}
        if clear:
            factor.data |= {name: encrypt_text(value) for name, value in clear.items()}
            factor.save(update_fields=["data"])


class Migration(migrations.Migration):
    dependencies = [("dashboard", "0004_confirm_given_addresses"), ("mfa", "0003_authenticator_type_uniq")]
    operations = [migrations.RunPython(encrypt_second_factors, migrations.RunPython.noop)]

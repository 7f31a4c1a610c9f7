"""Rights of their own for persons, and whether an API key is answered personal values.

Whoever is there keeps what they could do and see: every right is given to everybody and to every key. From then on a
new key is answered masks until an owner says otherwise.
"""

from django.db import migrations, models


def _right(label: str) -> "models.BooleanField[bool, bool]":
    return models.BooleanField(label, default=True)


class Migration(migrations.Migration):
    dependencies = [("dashboard", "0008_api_keys")]

    operations = [
        migrations.AddField("user", "sees_personal_data", _right("may see personal data")),
        migrations.AddField("user", "may_retry", _right("may retry and decide")),
        migrations.AddField("user", "may_change_rules", _right("may change rules")),
        migrations.AddField("user", "may_run_live", _right("may run on live")),
        migrations.AddField("apikey", "sees_personal_data", _right("is answered personal values")),
        migrations.AlterField(
            "apikey", "sees_personal_data", models.BooleanField("is answered personal values", default=False)
        ),
    ]

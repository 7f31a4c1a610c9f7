"""A database of today is taken back to the version before the present names."""

import pytest

from integration.models import Change, Connection, Link, LogEntry, Run
from tests.test_upgrade import BEFORE, change, migrate, upgrade


@pytest.mark.django_db(transaction=True)
def test_going_back_keeps_the_log():
    """Whoever has to return to the version before finds the fields of their entries there."""
    gist = Connection.objects.create(key="g", name="G", provider="gist")
    ghl = Connection.objects.create(key="h", name="H", provider="ghl")
    link = Link.objects.create(key="acme", name="Acme", gist=gist, ghl=ghl)
    run = Run.objects.create(link=link, kind="full", status="succeeded")
    about = {"link": link, "run": run}
    entry = LogEntry.objects.create(outcome="updated", reason="changed", ghl_id="h1", **about)
    rows = [change("ghl", "name", "Ann", "Anna")]
    Change.objects.create(entry=entry, action="update", external_id="h1", state="applied", **about, **rows[0])
    try:
        assert migrate(BEFORE).get_model("integration", "LogEntry").objects.get().changes == rows
    finally:
        upgrade()

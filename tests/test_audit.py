"""The audit trail: lines that cannot be changed, taken out or put in without showing."""

import pytest
from cryptography.fernet import Fernet

from integration import audit
from integration.models import AuditEntry
from tests.command_output import Output

pytestmark = pytest.mark.django_db


@pytest.fixture
def lines():
    with audit.acting("tom@gistline.example", audit.BROWSER, "203.0.113.9"):
        return [audit.record("link", f"rule {n}", link="alder", before={"n": n}, after={"n": 1.5}) for n in range(5)]


def test_an_untouched_trail_is_whole(lines):
    verdict = audit.verify()
    assert (verdict.count, verdict.last, verdict.broken_at) == (5, lines[-1].digest, None)


@pytest.mark.parametrize("column", ["actor", "what", "subject", "link", "origin", "address", "before", "after"])
def test_a_changed_line_shows(lines, column):
    AuditEntry.objects.filter(pk=lines[2].pk).update(**{column: "other"})
    assert audit.verify().broken_at == lines[2]


def test_a_line_that_was_taken_out_shows(lines):
    AuditEntry.objects.filter(pk=lines[1].pk).delete()
    assert audit.verify().broken_at == lines[2]


def test_a_line_that_was_put_in_shows(lines):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(audit, "_locked_key", lambda: "guessed")
        forged = audit.record("link", "forged")
    assert audit.verify().broken_at == forged


def test_two_lines_that_changed_places_show(lines):
    first, second = lines[1].digest, lines[2].digest
    AuditEntry.objects.filter(pk=lines[1].pk).update(digest="x")
    AuditEntry.objects.filter(pk=lines[2].pk).update(digest=first)
    AuditEntry.objects.filter(pk=lines[1].pk).update(digest=second)
    assert audit.verify().broken_at == lines[1]


def test_the_doctor_checks_the_trail(lines):
    assert "5 lines" in str(Output("doctor", "--offline", "--json").json)
    AuditEntry.objects.filter(pk=lines[2].pk).update(actor="other")
    assert f"line {lines[2].pk} was changed" in Output("doctor", "--offline").failure + str(
        Output("doctor", "--offline").lines
    )


def test_commands_that_change_something_leave_a_line():
    Output("rotate_keys")
    Output("export")
    line = AuditEntry.objects.get()
    assert (line.what, line.origin, line.actor) == ("command:rotate_keys", "command", audit.system_user())


def test_the_command_that_erases_names_nobody(ann):
    Output("erase", "alder", "--email", "ann@example.test", "--yes")
    line = AuditEntry.objects.get()
    assert (line.what, line.link) == ("command:erase", "alder")
    assert "ann" not in str(AuditEntry.objects.values()).lower().replace("ann lee", "ann")


def test_a_key_that_was_lost_stops_nobody_and_shows_until_it_is_back(lines, settings):
    own = settings.ENCRYPTION_KEYS
    settings.ENCRYPTION_KEYS = [Fernet.generate_key().decode()]
    later = audit.record("link_sync")
    assert audit.verify().broken_at == lines[0]
    settings.ENCRYPTION_KEYS = [*settings.ENCRYPTION_KEYS, *own]
    assert audit.verify() == audit.Verdict(6, later.digest)
    AuditEntry.objects.filter(pk=lines[4].pk).update(actor="other")
    assert audit.verify().broken_at == lines[4]

"""A host without the key of what another host saved waits and says so; no login is taken for broken. With both keys, in
either order, every secret is read.
"""

from pathlib import Path

import pytest
from allauth.mfa.models import Authenticator
from cryptography.fernet import Fernet
from django.contrib.sessions.backends.db import SessionStore

from dashboard.accounts.second_factor import Adapter
from dashboard.oauth import sign_in
from integration import audit
from integration.connections.check import verify_connection
from integration.encryption.rotate import count_by_key, rotate_all
from integration.errors import Retryable
from integration.models import Alert, AlertChannel, Connection, GhlApp, InboxEvent, LogEntry, Run
from integration.models.fields import UNKNOWN_KEY, UndecryptableValue
from integration.oauth.own_app import find_own_app
from integration.oauth.tokens import FixedLogin
from integration.runs.start import start_run
from integration.runs.work import STUMBLES, work_one_slice
from integration.webhooks import spool
from integration.webhooks.addresses import webhook_token
from integration.webhooks.receive import receive_gist
from tests.dashboard.browser import Browser, words
from tests.world import finish

pytestmark = pytest.mark.django_db
OLD, NEW = Fernet.generate_key().decode(), Fernet.generate_key().decode()
SECRET = "JBSWY3DPEHPK3PXP"


@pytest.fixture(autouse=True)
def _old_key(settings):
    settings.ENCRYPTION_KEYS = [OLD]


def saved_by_another_host(settings, connection):
    """Under the new key alone, which this host does not know."""
    settings.ENCRYPTION_KEYS = [NEW]
    connection.save()
    settings.ENCRYPTION_KEYS = [OLD]


def test_a_run_waits_for_the_key_and_then_goes_on(world, link, settings):
    world.gist_contact(email="ann@example.test", name="Ann")
    _ = link.ghl.credentials["private_token"]
    run = start_run(link)
    saved_by_another_host(settings, link.ghl)
    assert not work_one_slice(run.pk, "me", 20)
    run.refresh_from_db()
    assert (run.status, run.wait_reason) == ("waiting", UNKNOWN_KEY)
    with pytest.raises(UndecryptableValue):
        verify_connection(Connection.objects.get(pk=link.ghl.pk))
    assert set(Connection.objects.values_list("status", flat=True)) == {"ok"}
    assert not Alert.objects.exists()
    settings.ENCRYPTION_KEYS = [OLD, NEW]
    Run.objects.update(wait_until=None)
    assert finish(run).created == 1


def test_a_key_that_is_missing_half_way_leaves_nothing_unrecorded(world, link, monkeypatch):
    """As where another host refreshes the login with a new key while this one writes."""
    for name in ("ann", "bea", "cleo"):
        world.gist_contact(email=f"{name}@example.test", name=name)
    run = start_run(link)
    with monkeypatch.context() as patch:
        # A page of each side, three searches, and two of the three who are created.
        patch.setattr(FixedLogin, "header", readable_for(7, FixedLogin.header))
        assert not work_one_slice(run.pk, "me", 20)
    run.refresh_from_db()
    assert (run.status, run.wait_reason) == ("waiting", UNKNOWN_KEY)
    written = len(world.everyone("ghl"))
    assert 0 < written < 3
    assert run.created == LogEntry.objects.filter(run=run, outcome="created").count() == written
    Run.objects.update(wait_until=None)
    assert finish(run).created == 3
    assert world.emails("ghl") == world.emails("gist")


def test_waiting_for_a_key_counts_for_nothing_else(world, link, settings, monkeypatch):
    world.gist_contact(email="ann@example.test", name="Ann")
    _ = link.ghl.credentials["private_token"]
    run = start_run(link)
    saved_by_another_host(settings, link.ghl)
    for _ in range(STUMBLES):
        assert not work_one_slice(run.pk, "me", 20)
        Run.objects.update(wait_until=None)
    settings.ENCRYPTION_KEYS = [OLD, NEW]
    with monkeypatch.context() as patch:
        patch.setattr("integration.runs.work.run_phases", refuse_once)
        assert not work_one_slice(run.pk, "me", 20)
    run.refresh_from_db()
    assert run.status == "waiting"
    Run.objects.update(wait_until=None)
    assert finish(run).created == 1


def refuse_once(context):
    raise Retryable("GHL does not answer.", provider="ghl")


def readable_for(times, header):
    left = iter(range(times))

    def read(login):
        if next(left, None) is None:
            raise UndecryptableValue(UNKNOWN_KEY)
        return header(login)

    return read


def test_a_webhook_waits_on_disk_for_the_key_of_its_address(link, settings):
    token = webhook_token(link.gist)
    saved_by_another_host(settings, link.gist)
    answer = receive_gist(token, "contact_created", b'{"contact": {"id": 1}}', {})
    assert (answer.verdict, InboxEvent.objects.count()) == ("spooled", 0)
    assert spool.drain_spool() == 0
    assert len(list(Path(settings.DATA_DIR, "spool").glob("*.json"))) == 1
    settings.ENCRYPTION_KEYS = [OLD, NEW]
    webhooks_are_read_anew()
    assert spool.drain_spool() == 1
    assert InboxEvent.objects.get().connection == link.gist


def webhooks_are_read_anew():
    """As after the restart by which a process gets a key."""
    from integration.webhooks import find_connections

    find_connections._digest_in.cache_clear()


def test_a_page_says_which_key_is_missing_and_that_nobody_has_to_reconnect(owner, settings):
    Authenticator.objects.create(user=owner, type="totp", data={"secret": Adapter().encrypt(SECRET)})
    settings.ENCRYPTION_KEYS = [NEW]
    browser = Browser()
    browser.post("account_login", login=owner.email, password="a-long-password")
    page = browser.post("mfa_authenticate", code="123456")
    assert (page.status_code, page["Retry-After"]) == (503, "30")
    assert UNKNOWN_KEY in words(page)
    assert "nobody has to reconnect" in words(page)


def test_both_keys_in_either_order_read_everything_and_the_new_one_alone_does_once_they_are_rotated(
    link, owner, settings
):
    request = make_one_of_each(link, owner)
    before = read_one_of_each(link, request)
    for keys in ([OLD, NEW], [NEW, OLD]):
        settings.ENCRYPTION_KEYS = keys
        assert read_one_of_each(link, request) == before
    assert rotate_all()["unreadable"] == 0
    # A row that was read before and is saved after the rotation does not come back under the old key.
    stale = Connection.objects.get(pk=link.gist.pk)
    stale.save()
    settings.ENCRYPTION_KEYS = [NEW]
    assert read_one_of_each(link, request) == before
    counted = count_by_key()
    assert (counted.to_rotate, counted.unreadable) == (0, 0)
    settings.ENCRYPTION_KEYS = [OLD]
    assert count_by_key().by_key == [0]


def make_one_of_each(link, owner):
    GhlApp.objects.create(pk=1, client_id="app", client_secret="secret of the app")
    AlertChannel.objects.create(kind="webhook", name="Hook", address={"url": "https://hook.example/x"})
    Authenticator.objects.create(user=owner, type="totp", data={"secret": Adapter().encrypt(SECRET)})
    audit.record("link", "first")

    class Request:
        session = SessionStore()

    sign_in.keep_secret(Request, "ghl_tokens", {"access_token": "half-way"})
    Request.session.save()
    return Request


def read_one_of_each(link, request):
    audit.record("link", "another")
    assert audit.verify().broken_at is None
    request.session = SessionStore(request.session.session_key)
    return (
        [{**one.credentials} for one in Connection.objects.order_by("pk")],
        find_own_app().client_secret,
        AlertChannel.objects.get().address,
        Adapter().decrypt(Authenticator.objects.get().data["secret"]),
        sign_in.take_secret(request, "ghl_tokens", keep=True),
    )

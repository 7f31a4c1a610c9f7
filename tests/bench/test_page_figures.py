"""B7: what a million log entries cost the pages, as the ratio of their p95 to that with a thousand."""

import time
from statistics import quantiles

import pytest
import requests

from tests.processes import prepare

pytestmark = [pytest.mark.bench, pytest.mark.enable_socket]
FEW, MANY, OF_ONE = 1_000, 1_000_000, 50
PEOPLE = 20
TIMES = 40
PAGES = {
    "log": "/log/",
    "runs": "/runs/",
    "problems": "/problems/",
    "links": "/links/",
    "contacts": "/contacts/?q=person7",
}
ENTRIES = """
INSERT INTO integration_logentry (
    link_id, run_id, kind, external_id, side, gist_id, ghl_id, label, outcome, reason, message, noticed, calls,
    left_out, planned, attempt, created_at)
WITH RECURSIVE number(i) AS (SELECT {first} UNION ALL SELECT i + 1 FROM number WHERE i < {last})
SELECT {link}, {run}, 'contact', '', 'ghl', 'g' || (i / {of_one}), 'h' || (i / {of_one}), 'Somebody', 'updated',
    'changed', '', {none}, {none}, {none}, FALSE, 1, CURRENT_TIMESTAMP FROM number
"""


SIGN_IN = """
from django.contrib.auth import get_user_model
from django.test import Client
user = get_user_model().objects.create_user("bench@gistline.example", "a-long-password", role="owner")
client = Client()
client.force_login(user)
print(client.cookies["sessionid"].value)
"""


@pytest.fixture(scope="module")
def browser(up):
    """Somebody signed in."""
    session = requests.Session()
    session.cookies.set("sessionid", up.manage("shell", "-v0", "-c", SIGN_IN).strip())
    return session


def entries(up, first, last):
    """Numbers `first` to `last` of the log, fifty of each person."""
    link, run = up.ask("[Link.objects.get().pk, Run.objects.latest('pk').pk]")
    none = "'[]'::jsonb" if up.database_url else "'[]'"
    sql = " ".join(ENTRIES.format(first=first, last=last, link=link, run=run, of_one=OF_ONE, none=none).split())
    up.ask(f"(__import__('django.db').db.connection.cursor().execute({sql!r}), 1)[1]")


def p95(up, browser, path):
    """Milliseconds; the first answers only warm up."""
    took = []
    for _ in range(TIMES + 3):
        began = time.monotonic()
        answer = browser.get(up.url + path, timeout=60)
        took.append((time.monotonic() - began) * 1000)
        assert answer.ok, path
        assert "/login/" not in answer.url
    return quantiles(took[3:], n=20)[-1]


def test_b7_a_million_log_entries_make_no_page_slow(up, browser, table):
    up.ask("[*(link.delete() for link in Link.objects.all()), Connection.objects.all().delete()] and 1")
    prepare(up, gist=PEOPLE)
    up.report("sync", "alder", "--wait")
    gist, ghl = up.ask("Pair.objects.values_list('gist_id', 'ghl_id').first()")
    pages = {**PAGES, "contact": f"/contacts/alder/gist/{gist}/"}
    entries(up, 1, FEW - OF_ONE)
    up.ask(
        "LogEntry.objects.filter(pk__in=list(LogEntry.objects.order_by('-pk').values_list('pk', flat=True)[:50]))"
        f".update(gist_id='{gist}', ghl_id='{ghl}')"
    )
    before = {name: p95(up, browser, path) for name, path in pages.items()}
    entries(up, FEW, MANY)
    for name, path in pages.items():
        after = p95(up, browser, path)
        ratio = after / before[name]
        measured = f"{ratio:.2f} ({before[name]:.0f} and {after:.0f} ms)"
        table.add(f"B7 {name} page, p95 with {MANY:,} entries against {FEW:,}", measured, "≤ 1.3", ratio <= 1.3)

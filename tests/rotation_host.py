"""One of several hosts while keys are rotated, as a process of its own.

A thread works without a pause: it takes webhooks, refreshes GHL's login and works on runs. The main thread answers
lines from its input, which are expressions over the functions here, with JSON.
"""

import json
import sys
import threading
import time
from collections import Counter

import requests
from cryptography.fernet import InvalidToken, MultiFernet
from django.conf import settings
from django.db import connection as database

from integration.encryption.rotate import count_by_key
from integration.errors import SetupError
from integration.models import ACTIVE_RUNS, Connection, Link, Run
from integration.oauth.tokens import login_for
from integration.runs.recover import process_name
from integration.runs.start import start_run
from integration.runs.work import work_one_slice
from integration.webhooks import find_connections
from integration.webhooks.addresses import webhook_token
from integration.webhooks.receive import receive_gist
from integration.webhooks.unpack import unpack_events

counts: Counter[str] = Counter()
"""What happened since the start: "undecryptable", "refreshed", "slices", "fault …", and webhooks by their verdict."""
_wanted: list[list[str]] = []
_over = threading.Event()


def main(name: str) -> None:
    """`name` begins the addresses of the people that this host makes."""
    global _name
    _name, MultiFernet.decrypt = name, _count_undecryptable  # type: ignore[method-assign]
    _worker.start()
    for line in sys.stdin:
        print(json.dumps(eval(line)), flush=True)  # noqa: S307 -- lines of tests/test_rotation.py


def restart(*keys: str) -> dict[str, int]:
    """Go on as a process that was started with these keys; returns once it has worked through everything once more."""
    _wanted.append(list(keys))
    return worked()


def worked() -> dict[str, int]:
    """What happened so far, once everything was done twice more: at least once from beginning to end."""
    goal = counts["rounds"] + 2
    while counts["rounds"] < goal:
        time.sleep(0.02)
    return dict(counts)


def stop() -> dict[str, int]:
    _over.set()
    _worker.join()
    return dict(counts)


def opened_by(key: str) -> list[int]:
    """How many secrets the key opens alone, and how many it does not."""
    settings.ENCRYPTION_KEYS = [key]
    counted = count_by_key()
    return [sum(counted.by_key), counted.unreadable + counted.clear]


def finish_runs() -> str:
    run = _run("full")
    while not work_one_slice(run.pk, process_name(), 20):
        Run.objects.filter(pk=run.pk).update(wait_until=None)
    return Run.objects.get(pk=run.pk).status


def statuses() -> list[str]:
    """Of both connections; "reconnect" stays until a person has signed in."""
    return list(Connection.objects.order_by("key").values_list("status", flat=True))


def _count_undecryptable(self, token, ttl=None, decrypt=MultiFernet.decrypt):
    try:
        return decrypt(self, token, ttl)
    except InvalidToken:
        counts["undecryptable"] += 1
        raise


def _work() -> None:
    while not _over.is_set():
        if _wanted:
            settings.ENCRYPTION_KEYS = _wanted.pop(0)
            find_connections._digest_in.cache_clear()
        for step in (_take_webhook, _refresh, _work_on_run):
            try:
                step()
            except Exception as fault:
                counts[f"fault {type(fault).__name__}: {fault}"] += 1
        counts["rounds"] += 1
    database.close()


def _take_webhook() -> None:
    """Somebody new in Gist, whose webhook says so."""
    number = counts["rounds"]
    person = {"email": f"{_name}{number}@example.test", "name": f"Somebody {_name}{number}"}
    headers = {"Authorization": "Bearer gist-demo-alder"}
    made = requests.post(f"{settings.SANDBOX_URL}/gist/contacts", json=person, headers=headers, timeout=30).json()
    token = webhook_token(Connection.objects.get(provider="gist"))
    body = json.dumps({"contact": made["contact"]}).encode()
    counts[receive_gist(token, "contact_created", body, {}).verdict] += 1
    unpack_events(Link.objects.get())


def _refresh() -> None:
    login = login_for(Connection.objects.get(provider="ghl"))
    login.renew(login.header())
    counts["refreshed"] += 1


def _work_on_run() -> None:
    work_one_slice(_run("incremental").pk, process_name(), 1)
    counts["slices"] += 1


def _run(kind: str) -> Run:
    link = Link.objects.get()
    run = Run.objects.filter(link=link, status__in=ACTIVE_RUNS).first()
    try:
        return run or start_run(link, kind, queued=False)
    except SetupError:
        # The other host was a moment sooner.
        return Run.objects.filter(link=link).latest("pk")


_name = ""
_worker = threading.Thread(target=_work, daemon=True)

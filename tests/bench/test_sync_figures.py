"""B1 to B4, B9 and B13: how fast and how cheap contacts are synced, against the twin of a running server."""

import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

import pytest
import redis
import requests

from integration.providers.exchange import Exchange
from integration.runs.checkpoint import OVERLAP
from tests.processes import ROOT, prepare

pytestmark = [pytest.mark.bench, pytest.mark.enable_socket]
LOCATION = "A1derDenta1Group0001"


def start_over(up, gist=0, ghl=0):
    """The same link with an empty memory, over a sandbox with so many people."""
    up.ask("[*(link.delete() for link in Link.objects.all()), Connection.objects.all().delete()] and 1")
    # The limit of an earlier figure would be believed for ever, and its calls counted for a while.
    up.ask("CallBudget.objects.all().delete()")
    if address := up.env.get("REDIS_URL"):
        server = redis.Redis.from_url(address)
        for key in server.scan_iter("gistline:budget:*"):
            server.delete(key)
    prepare(up, gist, ghl)
    up.control("DELETE", "calls")


def synced(up, *args):
    report = up.report("sync", "alder", "--wait", *args)
    assert report["status"] == "succeeded", report
    return report


def test_b1_b2_a_backfill_uses_the_whole_allowance_and_never_more(up, table):
    # With the seven calls that read GHL (people and opt-outs, the location, tasks, calendars, appointments) these fill
    # eleven windows, of which one call each is kept for people and live events. One person more, and the last call
    # waits for a twelfth.
    people, calls, seconds = 1_082, 100, 10
    start_over(up, gist=people)
    up.control("POST", "limits", {"ghl": {"calls": calls, "seconds": seconds, "daily": 200_000}})
    up.settings |= {"GHL_RATE": f"{calls}/{seconds}"}
    try:
        report = up.report("sync", "alder", "--wait")
    finally:
        up.settings.pop("GHL_RATE")
    counted = up.control("GET", "calls")["ghl"]
    first, last = up.ask("[LogEntry.objects.earliest('id').created_at, LogEntry.objects.latest('id').created_at]")
    took = (datetime.fromisoformat(last) - datetime.fromisoformat(first)).total_seconds()
    # The first window's allowance may be used at once; from then on it comes back with time.
    share = (counted["total"] - calls) / (calls / seconds * took)
    refused = counted["by_status"].get("429", 0)
    per_contact = report["api_calls"]["ghl"] / report["created"]
    table.add(
        "B1 share of GHL's allowance used", f"{share:.3f}; {refused} × 429", "≥ 0.97; 0", share >= 0.97 and not refused
    )
    table.add("B2 GHL calls per contact created", f"{per_contact:.3f}", "≤ 1.05", per_contact <= 1.05)


def test_b3_b9_reading_costs_no_more_for_more_people(up, table):
    spent = {}
    for count in (5_000, 50_000):
        start_over(up, gist=count, ghl=count)
        peak = peak_megabytes(up, "sync", "alder", "--wait", "--full")
        # Until Gist's index hides no change any more, the last minute's are read again; the sandbox made one a second.
        time.sleep(OVERLAP["gist"].total_seconds())
        synced(up)
        spent[count] = sum(synced(up)["api_calls"].values())
    above = peak - peak_megabytes(up, "sync", "alder", "--wait")
    grown = spent[50_000] - spent[5_000]
    met = max(spent.values()) <= 4 and grown == 0
    table.add(
        "B3 calls of an incremental run, 5,000 and 50,000 pairs",
        f"{spent[5_000]} and {spent[50_000]}",
        "≤ 4, no growth",
        met,
    )
    table.add("B9 memory of a full reading of 50,000 above a quiet one", f"{above:.0f} MB", "≤ 100 MB", above <= 100)


def test_b4_speed_without_a_limit_against_a_bare_loop(up, table):
    people = 1_000
    start_over(up, gist=people)
    bare = people / bare_loop(up, people)
    start_over(up, gist=people)
    ours = people / up.report("sync", "alder", "--wait")["seconds"]
    share = ours / bare
    measured = f"{share:.2f} ({ours:.0f} of {bare:.0f} contacts/s)"
    table.add("B4 contacts per second as a share of a bare loop", measured, "≥ 0.7", share >= 0.7)


def test_b13_processor_time_of_a_backfill_against_a_bare_loop(up, table):
    people, bare, ours = 1_000, [], []
    for _ in range(3):
        start_over(up, gist=people)
        began = time.process_time()
        bare_loop(up, people)
        bare.append(time.process_time() - began)
        start_over(up, gist=people)
        backfill = processor_seconds(lambda: synced(up))
        # A worker has started long ago: what a run without work costs does not count.
        ours.append(backfill - processor_seconds(lambda: synced(up)))
    ratio = min(ours) / min(bare)
    each = f"{min(ours) / people * 1000:.2f} of {min(bare) / people * 1000:.2f} ms"
    table.add("B13 processor time per contact against a bare loop", f"{ratio:.2f} ({each})", "≤ 2.0", ratio <= 2)


def test_b13_a_command_starts_hardly_later_than_django(up, table):
    setup = ["-c", "import os, django; os.environ['DJANGO_SETTINGS_MODULE'] = 'dashboard.settings'; django.setup()"]
    commands = {name: ["manage.py", *name.split()] for name in ("help", "doctor --offline", "export")}
    spent: dict[str, list[float]] = {}
    for _ in range(7):
        for name, args in {"": setup, **commands}.items():
            command = [sys.executable, *args]
            once = processor_seconds(
                lambda command=command: subprocess.run(command, cwd=ROOT, env=up.env, capture_output=True)
            )
            spent.setdefault(name, []).append(once)
    ratios = {name: min(spent[name]) / min(spent[""]) for name in commands}
    measured = ", ".join(f"{name} {ratio:.2f}" for name, ratio in ratios.items())
    table.add("B13 start of a command against django.setup()", measured, "≤ 1.5", max(ratios.values()) <= 1.5)


def processor_seconds(do: Callable[[], object]) -> float:
    """What the processes need that `do` starts and waits for."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    do()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def peak_megabytes(up, *args) -> float:
    """The most memory that a command had, which must succeed."""
    command = subprocess.Popen([sys.executable, "manage.py", *args], cwd=ROOT, env=up.env, stdout=subprocess.DEVNULL)
    _, status, used = os.wait4(command.pid, 0)
    command.returncode = os.waitstatus_to_exitcode(status)
    assert command.returncode == 0, args
    return used.ru_maxrss / 1024


def bare_loop(up, people) -> float:
    """Seconds a plain `requests` loop needs for the same calls with the same concurrency."""
    session = requests.Session()
    base = f"{up.url}/sandbox"
    session.mount("http://", requests.adapters.HTTPAdapter(pool_maxsize=32))
    ghl = {"Authorization": "Bearer pit-sandbox-alder", "Version": "2021-07-28"}
    gist = {"Authorization": "Bearer gist-demo-alder"}

    def create(contact):
        body = {
            "locationId": LOCATION,
            "firstName": contact["name"].partition(" ")[0],
            "lastName": contact["name"].partition(" ")[2],
            "email": contact["email"],
            "phone": contact["phone"],
            "tags": [tag["name"] for tag in contact["tags"]],
        }
        answer = session.post(f"{base}/ghl/contacts/", json=body, headers=ghl, timeout=30)
        assert answer.status_code == 201, answer.text

    started = time.monotonic()
    found, page = [], 1
    while len(found) < people:
        listed = session.get(f"{base}/gist/contacts", params={"page": page, "per_page": 60}, headers=gist, timeout=30)
        found += listed.json()["contacts"]
        page += 1
    with ThreadPoolExecutor(Exchange.concurrency) as pool:
        list(pool.map(create, found))
    return time.monotonic() - started

"""Nothing lost, with real processes: people on both sides, every fault at once, logins that end, workers killed.

Both sides end equal in every mapped field, each person once, and every run balances. The size is small by default;
NOTHING_LOST_PEOPLE=2000 runs the full one.
"""

import copy
import os
import signal
from datetime import datetime

import pytest

from integration.providers.ghl.oauth import NEEDED_SCOPES
from tests import consent
from tests.processes import SETUP, Shell, Up, a_writer, apply, clear, contacts, database, fill, people

pytestmark = [pytest.mark.processes, pytest.mark.enable_socket]
PEOPLE = int(os.environ.get("NOTHING_LOST_PEOPLE", "300"))
KILLS = 5 if PEOPLE >= 2_000 else 2
PATIENCE = 300

# A lost answer has GHL's token endpoint meet a spent token rightly; tests/oauth/test_tokens.py has those, and with
# them the count of spent tokens would say nothing here.
BUT_TOKENS = "^(?!/oauth/token)"
STORM = [
    {"side": None, "kind": "500", "rate": 0.05},
    {"side": None, "kind": "hang", "rate": 0.02, "seconds": 3},
    {"side": None, "kind": "reset_before", "rate": 0.01},
    {"side": None, "kind": "reset_after", "rate": 0.01, "path": BUT_TOKENS},
    {"side": None, "kind": "broken_json", "rate": 0.01, "path": BUT_TOKENS},
    {"side": None, "kind": "429", "rate": 0.05, "retry_after": 0.2},
    {"side": None, "kind": "latency", "rate": 1, "seconds": 0.1},
]
FLOOD = {"side": None, "kind": "429", "rate": 0.8, "retry_after": 0.2}
RUNS = """[
    {**run.report(), "again": run.met_again,
     "log": {kind: run.entries.filter(outcome=kind).count() for kind in ("created", "updated")}}
    for run in Run.objects.order_by("pk")
]""".replace("\n", "")


@pytest.fixture
def up(tmp_path):
    with database(tmp_path) as address:
        running = Up(tmp_path / "data", address)
        running.settings["HTTP_TIMEOUT_SECONDS"] = "2"
        yield running
        running.end()


def settle(up):
    """Four tenths are in Gist only, four in GHL only; two are on both sides and differ, newer in the one or other."""
    first, middle, last = PEOPLE * 4 // 10, PEOPLE // 2, PEOPLE * 6 // 10
    clear(up)
    fill(up, "gist", range(middle))
    fill(up, "ghl", range(middle, PEOPLE))
    fill(up, "ghl", range(first, middle), edition=1)
    fill(up, "gist", range(middle, last), edition=1)


def connect(up):
    setup = copy.deepcopy(SETUP)
    ghl = setup["connections"][1]
    del ghl["private_token"]
    ghl["oauth"] = consent.login(f"{up.url}/sandbox", NEEDED_SCOPES)
    apply(up, setup)


def newer_in_gist(up):
    changed = {one["email"]: datetime.fromisoformat(one["dateUpdated"]).timestamp() for one in contacts(up, "ghl")}
    return {one["email"] for one in contacts(up, "gist") if one["updated_at"] > changed.get(one["email"], 0)}


def in_step(before, newer):
    """Each person as both sides should have them: the newest name and phone, and all tags."""
    gist, ghl = before["gist"], before["ghl"]
    expected = {}
    for email in gist.keys() | ghl.keys():
        first, other = (gist, ghl) if email in newer else (ghl, gist)
        name, phone, own = first[email]
        expected[email] = (name, phone, own | other.get(email, ("", "", set()))[2])
    return expected


def trouble(up, shell, run):
    """Kill workers, end logins and flood the run with 429s while it works. Returns how many logins had to be renewed.

    A login that was ended before anyone used it is not ended again.
    """
    ended = up.control("POST", "expire")["expired"]
    for number in range(KILLS):
        reach(up, shell, run, (number + 1) / (KILLS + 3))
        faults(up, FLOOD, *STORM, seed=10 + number)
        kill_writer(up, shell)
        faults(up, *STORM, seed=20 + number)
        ended += up.control("POST", "expire")["expired"]
    for share in (0.8, 0.9):
        reach(up, shell, run, share)
        ended += up.control("POST", "expire")["expired"]
    return ended


def faults(up, *rules, seed=2):
    up.control("POST", "faults", {"faults": rules, "seed": seed})


def reach(up, shell, run, share):
    done = f"Run.objects.get(pk={run}).examined"
    up.wait_for(lambda: shell.ask(done) > PEOPLE * share, PATIENCE, f"{share:.0%} are done")


def kill_writer(up, shell):
    """The worker that works on the link is killed, and another takes its place."""
    killed = a_writer(up, shell)
    os.kill(killed, signal.SIGKILL)
    a_writer(up, shell, but=killed)


def test_a_two_way_backfill_survives_every_fault_at_once(up):
    settle(up.start())
    expected = in_step(people(up), newer_in_gist(up))
    connect(up)
    faults(up, *STORM)
    with Shell(up) as shell:
        run = up.report("sync", "alder")["run"]
        ended = trouble(up, shell, run)
        up.wait_for(lambda: shell.ask(f"Run.objects.get(pk={run}).is_finished"), PATIENCE, "the run finishes")
        storm = up.control("GET", "calls")
        faults(up)
        if shell.ask(f"Run.objects.get(pk={run}).failed"):
            assert up.report("sync", "alder", "--full", "--wait")["failed"] == 0
        calm = up.report("sync", "alder", "--full", "--wait")
        runs = shell.ask(RUNS)
        login = shell.ask("Connection.objects.get(key='h').status")
    after, sent = people(up), up.control("GET", "tokens")["refreshes"]
    tell(up, after, expected, runs, ended, sent, storm)

    assert after["gist"] == expected
    assert after["ghl"] == expected
    assert len(contacts(up, "gist")) == len(contacts(up, "ghl")) == PEOPLE
    assert (calm["unchanged"], calm["created"], calm["updated"]) == (PEOPLE, 0, 0)
    # Somebody whose answer showed an edit of somebody else is read and decided once more.
    assert {one["examined"] - one["again"] for one in runs if one["kind"] == "full"} == {PEOPLE}
    for one in runs:
        assert one["examined"] == sum(one[name] for name in ("created", "updated", "unchanged", "skipped", "failed"))
        assert one["log"] == {"created": one["created"], "updated": one["updated"]}
    assert ended >= 3
    # A kill may cut a refresh short: then its token is sent once more, within GHL's grace.
    assert (sent["fresh"], sent["again"] <= KILLS, sent["spent"]) == (ended, True, 0)
    assert login in ("ok", "new")


def tell(up, after, expected, runs, ended, sent, storm):
    """The counts in one line."""
    sizes = {side: len(contacts(up, side)) for side in after}
    twice = sum(sizes.values()) - sum(map(len, after.values()))
    lost = sum(len(expected.keys() - found.keys()) for found in after.values())
    differ = sum(expected[email] != found for side in after.values() for email, found in side.items())
    answers = {status: sum(one["by_status"].get(status, 0) for one in storm.values()) for status in ("500", "429", "0")}
    kinds = ", ".join(f"{one['kind']} {one['status']} {one['examined']}/{one['failed']} failed" for one in runs)
    print(
        f"\n{PEOPLE} people: {sizes['gist']} in Gist, {sizes['ghl']} in GHL, {twice} twice, {lost} lost,"
        f" {differ} differ; {KILLS} kills; {ended} logins ended, refresh tokens sent: {sent};"
        f" answers 500: {answers['500']}, 429: {answers['429']}, none: {answers['0']};"
        f" runs: {kinds}; first run {runs[0]['seconds']} s"
    )

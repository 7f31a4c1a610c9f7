"""A storm of webhooks, with real processes: duplicates, reordering, replays, forgeries, kills and a locked database.

Every genuine event is stored once and applied once, every refusal can be seen. The size is small by default;
NOTHING_LOST_WEBHOOKS=10000 runs the full one. The twins run in a process of their own, so that what is killed is
Gistline and every call of the twins is counted.
"""

import copy
import os
import signal
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from integration.webhooks.store import REFUSED_KEPT
from tests.crowd import ANSWERS, Crowd, Senders
from tests.processes import (
    SETUP,
    Shell,
    Up,
    Web,
    a_writer,
    apply,
    clear,
    contacts,
    database,
    fill,
    locked,
    people,
    writes,
)

pytestmark = [pytest.mark.processes, pytest.mark.enable_socket]
WEBHOOKS = int(os.environ.get("NOTHING_LOST_WEBHOOKS", "1000"))
PEOPLE = max(40, WEBHOOKS // 20)
AT_ONCE = 16
PATIENCE = 300
IN_DOUBT = 60
"""Writes that a killed worker may have sent and not put on record: those under way, and a handful of finished ones."""

RESTING = " + ".join(
    [
        "InboxEvent.objects.filter(state='waiting').count()",
        "PendingRead.objects.count()",
        "Run.objects.filter(finished_at=None).count()",
    ]
)
INBOX = "[[one.provider, one.state, one.reason, bytes(one.body).decode()] for one in InboxEvent.objects.order_by('pk')]"
WRITTEN = (
    "[[one.side, one.entry.gist_id, one.after]"
    " for one in Change.objects.filter(run__kind='live', state='applied', action='update').select_related('entry')]"
)


@pytest.fixture
def twin(tmp_path):
    running = Web(tmp_path / "twin").start()
    yield running
    running.end()


@pytest.fixture
def up(tmp_path, twin):
    with database(tmp_path) as address:
        running = Up(tmp_path / "data", address)
        running.settings = {
            "GHL_API_URL": f"{twin.url}/sandbox/ghl",
            "GIST_API_URL": f"{twin.url}/sandbox/gist",
            "GHL_WEBHOOK_PUBLIC_KEYS": twin.control("GET", "hooks")["public_keys"],
        }
        yield running
        running.end()


def bring_in_step(up, twin):
    clear(twin)
    for side in ("gist", "ghl"):
        fill(twin, side, range(PEOPLE))
    setup = copy.deepcopy(SETUP)
    for connection in setup["connections"]:
        connection["sandbox"] = False
    apply(up.start(), setup)
    assert up.report("sync", "alder", "--wait")["examined"] == PEOPLE
    twin.control("DELETE", "calls")


def crowd_for(up, twin):
    return Crowd(twin, urlsplit(up.report("webhooks", "g")["contact_email_updated"]["url"]).path)


# Trouble ------------------------------------------------------------------------------------------------


def lock_the_database(seconds):
    def trouble(up, shell, senders):
        with locked(up, "integration_inboxevent"):
            time.sleep(seconds)
            senders.spooled += len(spooled(up))

    return trouble


def kill_the_web(up, shell, senders):
    up.wait_for(lambda: web_of(up), PATIENCE, "there is a web server")
    os.kill(web_of(up)[0], signal.SIGKILL)


def web_of(up):
    """The process that answers."""
    return [pid for pid in children(up.process.pid) if b"web_server" in Path(f"/proc/{pid}/cmdline").read_bytes()]


def children(pid):
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def kill_the_writer(up, shell, senders):
    os.kill(a_writer(up, shell), signal.SIGKILL)


ROUND = [lock_the_database(1), kill_the_web, kill_the_writer, lock_the_database(2.5), kill_the_web]
TROUBLES = ROUND * (4 if WEBHOOKS >= 10_000 else 1)
WRITERS_KILLED = TROUBLES.count(kill_the_writer)


def storm(up, shell, crowd):
    """Everyone sends at once; each trouble comes while messages are under way. Returns the senders."""
    senders, fifties = Senders(up.url, AT_ONCE), WEBHOOKS // 50
    with ThreadPoolExecutor(AT_ONCE) as pool, ThreadPoolExecutor(1) as aside:
        for number, trouble in enumerate(TROUBLES):
            meeting = aside.submit(meet, trouble, up, shell, senders, len(senders.done) + 40)
            share = range(fifties * number // len(TROUBLES), fifties * (number + 1) // len(TROUBLES))
            send_all(pool, senders, (message for _ in share for message in crowd.fifty()))
            while not meeting.done():
                send_all(pool, senders, crowd.fifty())
            meeting.result()
        send_all(pool, senders, crowd.late)
    return senders


def meet(trouble, up, shell, senders, after):
    up.wait_for(lambda: len(senders.done) >= after, PATIENCE, "messages are under way")
    trouble(up, shell, senders)


def send_all(pool, senders, messages):
    for sending in [pool.submit(senders.send, message) for message in messages]:
        sending.result()


# Afterwards ---------------------------------------------------------------------------------------------


def spooled(up):
    return [path.name for path in (up.folder / "spool").glob("*") if path.suffix in (".json", ".bad")]


def stored(inbox, provider):
    """What was let in, and how often."""
    return Counter(body.encode() for side, state, _, body in inbox if side == provider and state != "refused")


def sent_often(senders):
    """What was sent more than once: a duplicate, or the connection broke before the answer."""
    times = Counter(message.body for message in [*senders.done, *senders.broken])
    return {body for body in times if times[body] > 1}


def shown(inbox):
    """What was refused, by reason."""
    return {
        reason: {body.encode() for _, state, why, body in inbox if (state, why) == ("refused", reason)}
        for reason in ANSWERS
    }


def test_of_a_storm_every_genuine_event_is_applied_once_and_every_refusal_is_visible(up, twin):
    bring_in_step(up, twin)
    crowd = crowd_for(up, twin)
    with Shell(up) as shell:
        senders = storm(up, shell, crowd)
        up.wait_for(lambda: not spooled(up) and shell.ask(RESTING) == 0, PATIENCE, "nothing waits any more")
        inbox, written = shell.ask(INBOX), [tuple(one) for one in shell.ask(WRITTEN)]
        failed = shell.ask("LogEntry.objects.filter(outcome='failed').count()")
    after = people(twin)
    in_doubt = {side: writes(twin, side) - crowd.calls[side] - count(written, side) for side in after}
    tell(crowd, senders, inbox, written, in_doubt)

    assert senders.wrong == []
    assert after["gist"] == after["ghl"]
    assert len(contacts(twin, "gist")) == len(contacts(twin, "ghl")) == len(after["gist"]) == PEOPLE
    assert {email: after["gist"][email][0] for email in crowd.names} == crowd.names

    assert stored(inbox, "ghl") == Counter(crowd.genuine("ghl"))
    again = stored(inbox, "gist") - Counter(crowd.genuine("gist"))
    # Gist gives no id: equal bodies are one event within ten seconds, and two afterwards.
    assert stored(inbox, "gist").keys() == crowd.genuine("gist")
    assert again.keys() <= sent_often(senders)
    assert {state for _, state, _, _ in inbox} == {"done", "refused"}
    refused = {reason: crowd.refused(reason) for reason in ANSWERS}
    assert shown(inbox) == refused or sum(map(len, refused.values())) > REFUSED_KEPT

    # Each write is that of one edit, and nobody was written the same twice.
    assert set(written) <= crowd.edits
    assert (len(written) - len(set(written)), failed) == (0, 0)
    assert all(0 <= number <= IN_DOUBT * WRITERS_KILLED for number in in_doubt.values())
    calm = up.report("sync", "alder", "--full", "--wait")
    assert (calm["unchanged"], calm["created"], calm["updated"]) == (PEOPLE, 0, 0)


def count(written, side):
    return sum(one[0] == side for one in written)


def tell(crowd, senders, inbox, written, in_doubt):
    """The counts in one line."""
    often = {side: Counter(stored(inbox, side).values()) for side in ("gist", "ghl")}
    genuine = {side: len(crowd.genuine(side)) for side in often}
    refused = ", ".join(f"{reason} {len(found)}/{len(crowd.refused(reason))}" for reason, found in shown(inbox).items())
    statuses = Counter()
    for (_, status), times in senders.answers.items():
        statuses[status] += times
    print(
        f"\n{len(senders.done)} webhooks about {PEOPLE} people: {often['ghl'][1]} of {genuine['ghl']} genuine ones"
        f" of GHL stored once, {often['gist'].total()} of {genuine['gist']} of Gist, {often['gist'][1]} of them once;"
        f" {len(crowd.edits)} edits became {len(written)} writes, {len(written) - len(set(written))} twice,"
        f" {sum(in_doubt.values())} sent again after a kill; shown of refused: {refused};"
        f" answers {dict(sorted(statuses.items()))}, {len(senders.broken)} broken off,"
        f" {senders.spooled} spooled;"
        f" {TROUBLES.count(kill_the_web)} web and {WRITERS_KILLED} job workers killed,"
        f" {len(TROUBLES) - TROUBLES.count(kill_the_web) - WRITERS_KILLED} locks"
    )

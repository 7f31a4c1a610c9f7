"""Many links at once on real processes, by hand: docs/performance.md says how.

    DATABASE_URL=postgres://…/any REDIS_URL=redis://… python -m tests.bench.links --links 200 --large 1 --seconds 120

Each link has two accounts of its own on the twin. The first `--large` links have all of `--contacts` still to create;
the others have `--people` each, all in step, of whom somebody is edited in GHL every 1 / `--edits` seconds, always
another one. Their quick runs are due every `--minutes` minutes, all at the same time. Prints one figure a line.
"""

import argparse
import json
import os
import random
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from statistics import fmean, quantiles
from tempfile import TemporaryDirectory
from threading import Event, Thread
from typing import Any

import requests

from tests.bench.test_memory_figures import megabytes, workers
from tests.fairness import jain
from tests.processes import SETUP, Up, apply, clear, database

VERSION = {"Version": "2021-07-28"}


@dataclass(frozen=True)
class Sizes:
    links: int
    large: int
    contacts: int
    people: int
    edits: float
    seconds: int
    minutes: int

    @property
    def others(self) -> range:
        return range(self.large + 1, self.links + 1)


def account_names(number: int) -> dict[str, str]:
    return {
        "location": f"BenchLocation{number:07}", "workspace": str(900_000 + number),
        "key": f"gist-bench-{number}", "token": f"pit-bench-{number}",
    }  # fmt: skip


def seed_accounts(sizes: Sizes) -> None:
    """Called beside the server: the twin's control address knows the accounts of the demo only."""
    from integration.twin import worlds
    from integration.twin.fill import Look, fill_account
    from integration.twin.store import Row, current_store

    store = current_store()
    alder = worlds.LOCATION_IDS["alder"]
    place = store.get("ghl.location", worlds.COMPANY_ID, alder)
    token = store.get("ghl.token", "", worlds.PRIVATE_TOKENS["alder"])
    for number in range(1, sizes.links + 1):
        one = account_names(number)
        worlds.LOCATION_IDS[one["token"]], worlds.WORKSPACE_IDS[one["token"]] = one["location"], one["workspace"]
        worlds.API_KEYS[one["token"]], worlds.PRIVATE_TOKENS[one["token"]] = one["key"], one["token"]
        store.put(Row("ghl.location", worlds.COMPANY_ID, one["location"], {**(place or {}), "id": one["location"]}))
        store.put(Row("ghl.token", "", one["token"], {**(token or {}), "locationId": one["location"]}))
        store.put(Row("gist.key", "", one["key"], {"workspace": one["workspace"], "name": one["key"]}))
        is_large = number <= sizes.large
        for side in ("gist",) if is_large else ("gist", "ghl"):
            numbers = range(sizes.contacts if is_large else sizes.people)
            fill_account(store, side, one["key" if side == "gist" else "token"], numbers, Look(with_tags=True))


def setup(sizes: Sizes) -> dict[str, Any]:
    connections, links = [], []
    for number in range(1, sizes.links + 1):
        one = account_names(number)
        gist, ghl = {"key": f"g{number}", "name": f"G{number}"}, {"key": f"h{number}", "name": f"H{number}"}
        connections += [
            {**SETUP["connections"][0], **gist, "access_token": one["key"]},
            {**SETUP["connections"][1], **ghl, "location_id": one["location"], "private_token": one["token"]},
        ]
        link = {"key": f"link-{number}", "gist": gist["key"], "ghl": ghl["key"], "schedule_minutes": 0}
        links.append({**SETUP["links"][0], **link})
    return {"version": 1, "connections": connections, "links": links}


def start_runs(up: Up, numbers: range) -> None:
    """Everybody of these links, one job for each in the queue."""
    keys = [f"link-{number}" for number in numbers]
    start = "__import__('integration.runs.start').runs.start.start_run"
    up.ask(f"[{start}(link).pk for link in Link.objects.filter(key__in={keys!r}).order_by('pk')]")


@dataclass
class Editors:
    """Edits people of the other links, each once; `edited`: link's number and moment, by the name that was given."""

    up: Up
    sizes: Sizes
    edited: dict[str, tuple[int, float]] = field(default_factory=dict)

    def run(self) -> None:
        turns, began = self._turns(), time.monotonic()
        session = requests.Session()
        for number in range(int(self.sizes.edits * self.sizes.seconds)):
            time.sleep(max(0.0, began + number / self.sizes.edits - time.monotonic()))
            link, contact = next(turns)
            headers = {"Authorization": f"Bearer {account_names(link)['token']}", **VERSION}
            address = f"{self.up.url}/sandbox/ghl/contacts/{contact}"
            session.put(address, json={"firstName": f"Edit{number}"}, headers=headers, timeout=60).raise_for_status()
            self.edited[f"Edit{number}"] = link, time.time()

    def _turns(self) -> Iterator[tuple[int, str]]:
        """Everybody of all links in an order of chance, every link once before any comes again."""
        chance = random.Random(200)
        pairs = self.up.ask("list(Pair.objects.order_by('pk').values_list('link__key', 'ghl_id'))")
        ids: dict[int, list[str]] = defaultdict(list)
        for key, ghl_id in pairs:
            ids[int(key.removeprefix("link-"))].append(ghl_id)
        for turn in range(self.sizes.people):
            for link in chance.sample(self.sizes.others, len(self.sizes.others)):
                yield link, ids[link][turn]


@dataclass
class Watch:
    """Memory of the workers each second, until stopped."""

    up: Up
    peak: float = 0.0
    ended: Event = field(default_factory=Event)

    def run(self) -> None:
        while not self.ended.wait(1):
            self.peak = max(self.peak, megabytes(workers(self.up)))


STORED = (
    "[(bytes(body).decode(), at) for body, at in InboxEvent.objects.order_by('pk').values_list('body', 'received_at')]"
)
APPLIED = "list(Change.objects.filter(state='applied', side='gist', applied_at__gte={since!r}, kind='contact')" \
    ".values_list('after', 'applied_at'))"  # fmt: skip
RUNS = "list(Run.objects.filter(created_at__gte={since!r}).exclude(link__key__in={large!r}).order_by('pk')" \
    ".values_list('link_id', 'trigger', 'kind', 'status', 'created_at', 'started_at', 'finished_at'))"  # fmt: skip


def applied_edits(up: Up, since: str) -> dict[str, list[float]]:
    """When each edit was written to Gist, by its name."""
    found: dict[str, list[float]] = defaultdict(list)
    for after, at in up.ask(APPLIED.format(since=since)):
        if isinstance(after, str) and after.startswith("Edit"):
            found[after.split()[0]].append(datetime.fromisoformat(at).timestamp())
    return found


def stored_edits(up: Up) -> dict[str, float]:
    """When the webhook of each edit was first stored, by its name."""
    found: dict[str, float] = {}
    for body, at in up.ask(STORED):
        name = json.loads(body).get("firstName") or ""
        if name.startswith("Edit"):
            found.setdefault(name, datetime.fromisoformat(at).timestamp())
    return found


def describe(name: str, seconds: list[float]) -> None:
    cuts = quantiles(seconds, n=100) if len(seconds) > 1 else [*seconds, *[0.0] * 99]
    p50, p95, p99 = cuts[49], cuts[94], cuts[98]
    print(
        f"{name}: p50 {p50:.2f} s, p95 {p95:.2f} s, p99 {p99:.2f} s, most {max(seconds, default=0):.2f} s", flush=True
    )


def report_events(up: Up, editors: Editors, since: str) -> None:
    applied, stored = applied_edits(up, since), stored_edits(up)
    waited: dict[int, list[float]] = defaultdict(list)
    for name, (link, _) in editors.edited.items():
        if name in applied and name in stored:
            waited[link].append(max(0.0, applied[name][0] - stored[name]))
    means = {link: fmean(some) for link, some in waited.items() if some}
    times = Counter(len(applied.get(name, [])) for name in editors.edited)
    print(f"edits: {len(editors.edited)}; written never {times[0]}, once {times[1]}, "
          f"more than once {sum(times.values()) - times[0] - times[1]}")  # fmt: skip
    describe(
        "edit to the stored webhook", [stored[name] - at for name, (_, at) in editors.edited.items() if name in stored]
    )
    describe("stored webhook to the write on the other side", [one for some in waited.values() for one in some])
    worst = max(means, key=lambda link: means[link])
    print(f"fairness of the mean of {len(means)} links: {jain(list(means.values())):.4f}; "
          f"worst link {worst}: {means[worst]:.2f} s on average")  # fmt: skip


def report_runs(up: Up, sizes: Sizes, since: str, due: datetime) -> None:
    """How late the scheduled runs were: first until the watchdog starts them, then until a worker begins."""
    large = [f"link-{number}" for number in range(1, sizes.large + 1)]
    started, begun, kinds, ends = [], [], Counter[str](), dict[int, datetime]()
    live: list[float] = []
    for link, trigger, kind, status, *moments in up.ask(RUNS.format(since=since, large=large)):
        created, began, ended = (datetime.fromisoformat(one) if one else None for one in moments)
        kinds[f"{kind} {status}"] += 1
        if kind == "live" and created and ended:
            live.append((ended - created).total_seconds())
        if trigger == "schedule" and created:
            started.append((created - ends.get(link, due)).total_seconds())
            begun += [(began - created).total_seconds()] if began else []
        if trigger == "schedule" and ended:
            ends[link] = ended + timedelta(minutes=sizes.minutes)
    describe(f"{len(started)} scheduled runs, due to started", started)
    describe("scheduled runs, started to begun", begun)
    describe("live runs, from start to end", live)
    print(f"runs of the other links: {dict(kinds)}")


def measure(up: Up, sizes: Sizes) -> None:
    print(f"load {os.getloadavg()[0]:.1f} of {os.cpu_count()} cores")
    began = time.monotonic()
    start_runs(up, sizes.others)
    unfinished = "Run.objects.exclude(status='succeeded').count()"
    up.wait_for(lambda: up.ask(unfinished) == 0, 900, "the first runs are over")
    print(f"first runs of {len(sizes.others)} links, {sizes.people} people each: {time.monotonic() - began:.0f} s")
    up.control("POST", "hooks", {"ghl": {"url": up.report("webhooks", "h1")["ghl"]["url"]}})
    watch, editors = Watch(up), Editors(up, sizes)
    print(f"memory of the workers before: {megabytes(workers(up)):.0f} MB")
    now = datetime.fromisoformat(up.ask("__import__('django.utils.timezone').utils.timezone.now()"))
    keys = [f"link-{number}" for number in sizes.others]
    # As after a stop of all: every quick run is due at this moment.
    old = (now - timedelta(minutes=sizes.minutes)).isoformat()
    up.ask(f"Run.objects.all().update(finished_at={old!r})")
    up.ask(f"Link.objects.filter(key__in={keys!r}).update(schedule_minutes={sizes.minutes})")
    start_runs(up, range(1, sizes.large + 1))
    threads = [Thread(target=watch.run), Thread(target=editors.run)]
    [one.start() for one in threads]
    threads[1].join()
    done = 0.0
    while time.monotonic() < began + 1800 and done < 120:
        if len(applied_edits(up, now.isoformat())) >= len(editors.edited):
            break
        time.sleep(1)
        done += 1
    watch.ended.set()
    print(f"most memory of the workers: {watch.peak:.0f} MB; load {os.getloadavg()[0]:.1f}")
    report_events(up, editors, now.isoformat())
    report_runs(up, sizes, now.isoformat(), now)
    made = up.ask(
        "list(Run.objects.filter(link__key='link-1').order_by('pk').values_list('created', 'active_seconds'))"
    )
    print(f"the first large link: {made}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    usual = {"links": 200, "large": 1, "contacts": 5_000, "people": 5, "edits": 2.0, "seconds": 120, "minutes": 1}
    for name, value in usual.items():
        parser.add_argument(f"--{name}", type=type(value), default=value)
    sizes = Sizes(**vars(parser.parse_args()))
    with TemporaryDirectory() as folder, database(Path(folder)) as address:
        up = Up(Path(folder) / "data", address, {"GHL_RATE": "100/10", "GIST_RATE": "100/10"})
        keys = up.folder / "sandbox-webhook-keys"
        up.settings["GHL_WEBHOOK_PUBLIC_KEYS"] = str(keys / "public.pem")
        try:
            clear(up.start(90))
            up.control("GET", "hooks")
            seed = f"from tests.bench.links import *; seed_accounts(Sizes(**{json.dumps(vars(sizes))}))"
            up.manage("shell", "-v0", "-c", seed)
            apply(up, setup(sizes))
            measure(up, sizes)
        finally:
            up.stop()
            up.end()


if __name__ == "__main__":
    main()

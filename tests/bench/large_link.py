"""A link with very many pairs, by hand: docs/performance.md says how. Needs a database that large.py filled.

    DATABASE_URL=postgres://…/large REDIS_URL=redis://… python -m tests.bench.large_link

Gist and GHL are answered for in this process, page by page and from nothing but a number, so that the memory that is
measured is Gistline's. Everybody is as the database has them. Prints what each slice of a run took.
"""

import argparse
import json
import os
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import django
import requests

LINK = 1
LONG_AGO = datetime(2024, 1, 1, tzinfo=UTC)


# What stands in for Gist and GHL ------------------------------------------------------------------------------


def person(number: int) -> dict[str, Any]:
    """As large.py makes them."""
    return {"email": f"person{number}@clinic{LINK}.example", "phone": f"+4420{number:08}"}


def changed_at(number: int) -> datetime:
    """Nobody in the same minute as somebody else, the last one last."""
    return LONG_AGO + timedelta(minutes=number)


def ghl_contact(number: int) -> dict[str, Any]:
    return {
        **person(number), "id": f"h{LINK}-{number}", "firstName": "Person", "lastName": f"{number} of Clinic {LINK}",
        "tags": ["newsletter", "from-gist"], "customFields": [], "dateAdded": LONG_AGO.isoformat(),
        "dateUpdated": changed_at(number).isoformat(),
        "searchAfter": [number], "dnd": False,
    }  # fmt: skip


def gist_contact(number: int) -> dict[str, Any]:
    return {
        **person(number), "id": f"g{LINK}-{number}", "name": f"Person {number} of Clinic {LINK}", "type": "user",
        "tags": [{"id": 1, "name": "newsletter"}, {"id": 2, "name": "from-gist"}], "custom_properties": {},
        "created_at": int(LONG_AGO.timestamp()),
        "updated_at": int(changed_at(number).timestamp()), "unsubscribed_from_emails": False,
    }  # fmt: skip


@dataclass
class Wire:
    """Answers every call of `requests`: lists of everybody, oldest or newest first, and nobody who refuses e-mails."""

    people: int
    calls: Counter[str] = field(default_factory=Counter)

    def send(self, adapter: Any, request: requests.PreparedRequest, **options: Any) -> requests.Response:
        parts = urlsplit(request.url or "")
        self.calls[f"{request.method} {parts.path}"] += 1
        body = json.loads(request.body or b"{}") if request.method == "POST" else {}
        answer = requests.Response()
        answer.status_code, answer.url, answer.request = 200, request.url or "", request
        answer.headers["Content-Type"] = "application/json"
        answer._content = json.dumps(self._answer(parts.path, parse_qs(parts.query), body)).encode()
        return answer

    def _in_order(self, direction: str) -> range:
        return range(self.people - 1, -1, -1) if direction == "desc" else range(self.people)

    def _answer(self, path: str, query: dict[str, list[str]], body: dict[str, Any]) -> dict[str, Any]:
        if path.endswith("/contacts/search"):
            everybody = range(0) if body.get("filters") else self._in_order(body["sort"][0]["direction"])
            first = everybody.index(body["searchAfter"][0]) + 1 if "searchAfter" in body else 0
            numbers = everybody[first : first + body["pageLimit"]]
            return {"contacts": [ghl_contact(number) for number in numbers], "total": self.people}
        if path.endswith("/contacts"):
            page, size = int(query["page"][0]), int(query["per_page"][0])
            numbers = self._in_order(query["order"][0])[(page - 1) * size : page * size]
            following = f"?page={page + 1}" if page * size < self.people else None
            return {"contacts": [gist_contact(number) for number in numbers], "pages": {"next": following}}
        if "/locations/" in path:
            return {"location": {"id": path.rsplit("/", 1)[1], "settings": {"allowDuplicateContact": False}}}
        raise AssertionError(f"nobody said what {path} answers")


# The database ---------------------------------------------------------------------------------------------


def lay_fingerprints(people: int) -> None:
    """Everybody counts as decided by today's rules, as they are now."""
    from django.db import connection

    from integration.mapping.rules import Rules
    from integration.providers.ghl import schemas as ghl
    from integration.providers.ghl.records import GhlContacts
    from integration.providers.gist import schemas as gist
    from integration.providers.gist.records import GistContacts
    from integration.records import fingerprint
    from tests.bench.large import frozen_rules

    rules = Rules.from_json(json.loads(frozen_rules()))
    makers = {
        "gist": lambda number: GistContacts().to_record(gist.Contact.model_validate(gist_contact(number))),
        "ghl": lambda number: GhlContacts("").to_record(ghl.Contact.model_validate(ghl_contact(number))),
    }
    letters = {"gist": "g", "ghl": "h"}
    with connection.cursor() as cursor:
        cursor.execute("SET synchronous_commit = off")
        cursor.execute("CREATE TEMPORARY TABLE prints (external_id text, fingerprint text)")
        with cursor.copy("COPY prints FROM STDIN") as copy:
            for side, make in makers.items():
                values = dict(make(0).values)
                for number in range(people):
                    values |= person(number) | {"name": f"Person {number} of Clinic {LINK}"}
                    copy.write_row((f"{letters[side]}{LINK}-{number}", fingerprint(values, rules.keys(side))))
        cursor.execute(
            "UPDATE integration_snapshot s SET fingerprint = p.fingerprint, rules = %s FROM prints p "
            "WHERE s.link_id = %s AND s.external_id = p.external_id",
            [rules.digest, LINK],
        )
        cursor.execute("DROP TABLE prints")
        cursor.execute("VACUUM ANALYZE integration_snapshot")


# What is measured -----------------------------------------------------------------------------------------


def memory(name: str) -> float:
    """Megabytes of this process; VmRSS: now, VmHWM: the most since `forget_peak`."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith(name)).split()[1]) / 1024


def forget_peak() -> None:
    Path("/proc/self/clear_refs").write_text("5")


@contextmanager
def measured(what: str, wire: Wire, idle: float) -> Iterator[None]:
    from django.db import connection

    queries: list[tuple[float, str]] = []

    def count(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        began = time.monotonic()
        try:
            return execute(sql, params, many, context)
        finally:
            queries.append((time.monotonic() - began, sql))

    wire.calls.clear()
    forget_peak()
    began = time.monotonic()
    with connection.execute_wrapper(count):
        yield
    seconds, calls = time.monotonic() - began, sum(wire.calls.values())
    print(
        f"{what}: {seconds:.1f} s, {calls} calls, {len(queries)} queries, {memory('VmHWM') - idle:.0f} MB above idle",
        flush=True,
    )
    for took, sql in queries:
        if took > 1:
            print(f"   {took:.1f} s: {sql[:60]} … {sql[-500:] if len(sql) > 560 else sql[60:]}")


def work(run: Any, what: str, wire: Wire, idle: float, seconds: float, most: int = 1_000) -> None:
    from integration.runs.recover import process_name
    from integration.runs.work import work_one_slice

    for number in range(most):
        with measured(f"{what}, slice {number + 1}", wire, idle):
            done = work_one_slice(run.pk, process_name(), seconds)
        run.refresh_from_db()
        print(f"   then in {run.phase}, read {run.checkpoint.read}, {run.status} {run.error}")
        if done or run.status == "waiting":
            return


def run_with_everybody_read(kind: str, dry_run: bool, people: int) -> Any:
    """A run that goes on after its reading: the first one, by which large.py had everybody read and decided."""
    from integration.models import Checkpoint, Run
    from integration.trace import new_trace

    marks = dict.fromkeys(("gist", "ghl"), changed_at(people - 1).isoformat())
    checkpoint = Checkpoint(read={"gist": people, "ghl": people}, marks=marks)
    Run.objects.filter(pk=1).update(
        kind=kind, dry_run=dry_run, status="queued", phase="match", checkpoint=checkpoint, rules={}, trace=new_trace(),
        finished_at=None, unchanged=0, updated=0,
    )  # fmt: skip
    return Run.objects.get(pk=1)


def cancel() -> None:
    from integration.models import Run

    Run.objects.filter(link=LINK, finished_at=None).update(status="cancelled", finished_at=django.utils.timezone.now())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=20, help="of a slice")
    parser.add_argument("--lay", action="store_true", help="once, after large.py")
    parser.add_argument("--only", default="end,slices,quick")
    given = parser.parse_args()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dashboard.settings")
    os.environ |= {"GHL_RATE": "100000/1", "GIST_RATE": "100000/1"}
    django.setup()
    from requests.adapters import HTTPAdapter

    from integration.models import Link, MappingVersion, Pair, PendingRead, Workflow
    from integration.runs.start import start_run

    people = Pair.objects.filter(link=LINK).count()
    if given.lay:
        lay_fingerprints(people)
    wire = Wire(people)
    HTTPAdapter.send = lambda adapter, request, **options: wire.send(adapter, request, **options)  # type: ignore
    cancel()
    # Contacts alone: no tasks of theirs, and nothing that waits from an earlier time.
    Workflow.objects.filter(link=LINK).update(enabled=False)
    MappingVersion.objects.filter(link=LINK).update(carried=[])
    PendingRead.objects.filter(link=LINK).delete()
    link = Link.objects.get(pk=LINK)
    idle = memory("VmRSS")
    print(f"{people:,} pairs; idle {idle:.0f} MB; load {os.getloadavg()[0]:.1f}")
    # First: a reading in between would leave others unread.
    if "end" in given.only:
        work(run_with_everybody_read("sweep", False, people), "sweep, everybody read", wire, idle, given.seconds)
        work(run_with_everybody_read("full", True, people), "plan, everybody read", wire, idle, given.seconds)
        cancel()
    if "slices" in given.only:
        work(start_run(link, "sweep", queued=False), "sweep", wire, idle, given.seconds, most=2)
        cancel()
        work(start_run(link, "full", dry_run=True, queued=False), "plan", wire, idle, given.seconds, most=2)
        cancel()
    if "quick" in given.only:
        work(start_run(Link.objects.get(pk=LINK), "incremental", queued=False), "quick run", wire, idle, given.seconds)


if __name__ == "__main__":
    main()

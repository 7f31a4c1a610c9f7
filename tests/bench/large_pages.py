"""Times every page of a large installation, by hand, after `tests.bench.large` filled it: docs/performance.md says how.

    DATABASE_URL=postgres://…/large python -m tests.bench.large_pages [--only log] [--explain]

Each page is asked for in this process, without network or templates' first compilation; the median of five. `--explain`
has the database say how it answered each statement that took more than 100 ms.
"""

import argparse
import os
import time
from collections.abc import Iterator
from statistics import median
from typing import Any

import django

TIMES = int(os.environ.get("TIMES", "5"))
SLOW = 0.1


def pages() -> Iterator[tuple[str, str]]:
    """A name and an address of each page, with the ways in which its list is filtered."""
    from integration.models import InboxEvent, LogEntry, Pair, Problem, Question, Run, Workflow

    entry = LogEntry.objects.order_by("-pk")[0]
    pair = Pair.objects.filter(link=1).order_by("pk")[777]
    other = Pair.objects.order_by("-pk")[0]
    key, middle = "clinic-1", entry.pk // 2
    began = f"{entry.created_at:%Y-%m-%dT00:00}/{entry.created_at:%Y-%m-%dT23:59}"
    day = f"{entry.created_at:%Y-%m-%d}"
    yield from {
        "overview": "/",
        "overview, of one link": f"/?link={key}",
        "rail": "/rail/health/",
        "palette": "/palette/",
        "palette: person": "/palette/?q=person 77",
        "palette: address": f"/palette/?q=person7@{key.replace('-', '')}.example",
        "palette: rare text": "/palette/?q=zzqx",
        "links": "/links/",
        "link, large": f"/links/{key}/",
        "link, small": "/links/clinic-7/",
        "link checks": f"/links/{key}/checks/",
        "mapping": f"/links/{key}/mapping/",
        "match": f"/links/{key}/match/",
        "match both": f"/links/{key}/match/both/",
        "match both, q": f"/links/{key}/match/both/?q=person 77",
        "match gist": f"/links/{key}/match/gist/",
        "match lost": f"/links/{key}/match/lost/",
        "match decided": f"/links/{key}/match/decided/",
        "connections": "/connections/",
        "connection": "/connections/ghl-1/",
        "imports": "/imports/",
        "runs": "/runs/",
        "runs of link": f"/runs/?link={key}",
        "runs failed": "/runs/?status=failed",
        "runs full": "/runs/?kind=full",
        "runs q": "/runs/?q=clinic 77",
        "runs deep": f"/runs/?before={Run.objects.count() // 2}",
        "run, large": "/runs/1/",
        "run, last": f"/runs/{entry.run_id}/",
        "run, failures": "/runs/1/?outcome=failed",
        "log": "/log/",
        "log deep": f"/log/?before={middle}",
        "log of link": f"/log/?link={key}",
        "log of small link": "/log/?link=clinic-7",
        "log failed": "/log/?outcome=failed",
        "log created": "/log/?outcome=created",
        "log skipped of link": f"/log/?outcome=skipped&link={key}",
        "log open": "/log/?open=yes",
        "log open of link": f"/log/?open=yes&link={key}",
        "log reason": "/log/?reason=refused",
        "log rare reason": "/log/?reason=held",
        "log rare reason of link": f"/log/?reason=held&link={key}",
        "log field": "/log/?field=phone",
        "log rare field": "/log/?field=custom_properties.none",
        "log began": f"/log/?began={began}",
        "log days": f"/log/?since={day}",
        "log old days": "/log/?since=2026-09-20&until=2026-09-22",
        "log q name": "/log/?q=Person 777",
        "log q rare": "/log/?q=zzqx",
        "log q address": f"/log/?q=person7@{key.replace('-', '')}.example",
        "log q id": f"/log/?q={pair.gist_id}",
        "log q of link": f"/log/?q=zzqx&link={key}",
        "log run": "/log/?run=1",
        "log entry": f"/log/{entry.pk}/",
        "problems": "/problems/",
        "problem": f"/problems/{Problem.objects.order_by('pk')[0].pk}/",
        "questions": "/problems/person/",
        "questions q": "/problems/person/?q=person 77",
        "rejected": "/problems/rejected/",
        "rejected q": "/problems/rejected/?q=zzqx",
        "rejected one": f"/problems/rejected/{InboxEvent.objects.filter(state='refused').order_by('-pk')[0].pk}/",
        "waiting": "/problems/waiting/",
        "waiting events": "/problems/waiting/events/",
        "waiting events gist": "/problems/waiting/events/?provider=gist",
        "alerts": "/alerts/",
        "contacts": "/contacts/",
        "contacts of link": f"/contacts/?link={key}",
        "contacts state": "/contacts/?state=held",
        "contacts only gist": "/contacts/?state=gist",
        "contacts q name": "/contacts/?q=Person 777",
        "contacts q rare": "/contacts/?q=zzqx",
        "contacts q number": "/contacts/?q=%2B442000000777",
        "contacts q address": f"/contacts/?q=person7@{key.replace('-', '')}.example",
        "contacts deep": "/contacts/?before=2000000",
        "timeline": f"/contacts/{key}/gist/{pair.gist_id}/timeline/",
        "timeline, small link": f"/contacts/{other.link.key}/ghl/{other.ghl_id}/timeline/",
        "contact": f"/contacts/{key}/gist/{pair.gist_id}/",
        "workflows": "/workflows/",
        "workflow": f"/workflows/{Workflow.objects.order_by('pk')[0].pk}/",
        "workflow history": f"/workflows/{Workflow.objects.order_by('pk')[0].pk}/runs/",
        "workflow history failed": f"/workflows/{Workflow.objects.order_by('pk')[0].pk}/runs/?state=failed",
        "workflow history q": f"/workflows/{Workflow.objects.order_by('pk')[0].pk}/runs/?q=Person 77",
        "capabilities": "/capabilities/",
        "catalogue": "/catalogue/",
        "guide": "/guide/",
        "people": "/settings/people/",
        "audit": "/settings/audit/",
        "data": "/settings/data/",
        "health": "/settings/health/",
        "readyz": "/readyz",
        "metrics": "/metrics",
    }.items()
    assert Question.objects.exists()


API = {
    "api links": "/api/v1/links",
    "api link": "/api/v1/links/clinic-1",
    "api runs": "/api/v1/runs?limit=200",
    "api log": "/api/v1/log?limit=200",
    "api log failed of link": "/api/v1/log?outcome=failed&link=clinic-1",
    "api changes": "/api/v1/runs/1/changes?limit=200",
    "api changes failed": "/api/v1/runs/1/changes?state=failed",
    "api problems": "/api/v1/problems",
    "api timeline": "/api/v1/links/clinic-1/timeline?person=g1-777",
}
EXPORTS = {
    "export log": "/log/export/?as=csv",
    "export log failed": "/log/export/?outcome=failed",
    "export runs": "/runs/export/",
    "export contacts": "/contacts/export/",
    "export contacts of link": "/contacts/export/?link=clinic-7",
    "export problems": "/problems/export/",
}


class Timer:
    """Remembers every statement with the seconds it took."""

    def __init__(self) -> None:
        self.took: list[tuple[float, str, Any]] = []

    def __call__(self, execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        began = time.perf_counter()
        try:
            return execute(sql, params, many, context)
        finally:
            self.took.append((time.perf_counter() - began, sql, params))


def measure(client: Any, path: str, headers: dict[str, str]) -> tuple[int, list[float], Timer]:
    """Status, seconds of each time, and the statements of the last one."""
    from django.db import connection

    took = []
    for _ in range(TIMES):
        timer, began = Timer(), time.perf_counter()
        with connection.execute_wrapper(timer):
            answer = client.get(path, headers=headers)
            if answer.streaming:
                # The first rows are what somebody waits for; the rest comes as fast as it is taken.
                pieces = iter(answer.streaming_content)
                for _ in range(50):
                    next(pieces, None)
                answer.close()
        took.append(time.perf_counter() - began)
    return answer.status_code, took, timer


def explain(timer: Timer) -> None:
    from django.db import connection

    for seconds, sql, params in sorted(timer.took, key=lambda one: -one[0]):
        if seconds < SLOW or not sql.startswith(("SELECT", "(SELECT")):
            continue
        with connection.cursor() as cursor:
            cursor.execute(f"EXPLAIN (ANALYZE, BUFFERS) {sql}", params)
            print(f"\n  {seconds * 1000:.0f} ms: {sql[:3000]}\n  params {str(params)[:300]}")
            print("\n".join(f"    {line}" for (line,) in cursor.fetchall())[:6000])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", default="", help="pages whose names contain this")
    parser.add_argument("--explain", action="store_true")
    wanted = parser.parse_args()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dashboard.settings")
    django.setup()
    from django.contrib.auth import get_user_model
    from django.core.management import call_command
    from django.test import Client

    from dashboard.keys.issue import make_key

    # Pages name their style sheets by what is in them.
    call_command("collectstatic", verbosity=0, interactive=False)
    owner = get_user_model().objects.get(email="bench@gistline.example")
    key, token = make_key("bench", "read", None, 1, owner)
    client = Client(SERVER_NAME="127.0.0.1")
    client.force_login(owner)
    try:
        for name, path in [*pages(), *API.items(), *EXPORTS.items()]:
            if wanted.only not in name:
                continue
            headers = {"Authorization": f"Bearer {token}"} if path.startswith("/api/") else {}
            status, took, timer = measure(client, path, headers)
            slowest = max((seconds for seconds, *_ in timer.took), default=0)
            mark = "SLOW" if median(took) > 0.3 else ""
            print(
                f"{name:28} {status} {median(took) * 1000:8.0f} ms  {len(timer.took):3} queries, "
                f"slowest {slowest * 1000:8.0f} ms  {mark}",
                flush=True,
            )
            if wanted.explain:
                explain(timer)
    finally:
        key.delete()


if __name__ == "__main__":
    main()

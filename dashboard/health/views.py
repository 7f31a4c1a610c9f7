"""What probes and monitors ask without a login, and the same in words for owners."""

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.crypto import constant_time_compare
from django.views.decorators.cache import never_cache
from prometheus_client import generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST

from dashboard.environment import is_loopback
from dashboard.health.checks import check_readiness
from dashboard.health.figures import figures_of_today
from dashboard.health.metrics import build_registry
from dashboard.permissions import settings_for_owners
from integration.management.findings import run_checks


@login_not_required
@never_cache
def healthz(request: HttpRequest) -> HttpResponse:
    return HttpResponse("ok", content_type="text/plain")


@login_not_required
@never_cache
def readyz(request: HttpRequest) -> JsonResponse:
    """200 when work can be taken: database, queue, at least one worker, no migration left to run."""
    facts = check_readiness()
    ready = all(facts[name] for name in ("database", "broker", "worker", "migrations"))
    return JsonResponse(facts, status=200 if ready else 503)


@login_not_required
@never_cache
def metrics(request: HttpRequest) -> HttpResponse:
    """Prometheus text, for whoever has METRICS_TOKEN; when there is none, on an installation for this machine only."""
    if not _may_read_metrics(request):
        raise PermissionDenied("Metrics need the bearer token of METRICS_TOKEN.")
    return HttpResponse(generate_latest(build_registry()), content_type=CONTENT_TYPE_LATEST)


def _may_read_metrics(request: HttpRequest) -> bool:
    if settings.METRICS_TOKEN:
        given = request.headers.get("Authorization", "").removeprefix("Bearer ")
        # An ordinary comparison takes longer the more of the token is right, which lets it be guessed piece by piece.
        return constant_time_compare(given, settings.METRICS_TOKEN)
    # Behind a proxy on this machine everybody comes from 127.0.0.1, and a plain one says nothing of anybody: a public
    # address always needs the token.
    proxied = {"X-Forwarded-For", "X-Forwarded-Proto", "X-Real-Ip", "Forwarded", "Via"} & request.headers.keys()
    return settings.IS_LOCAL and not proxied and is_loopback(request.META.get("REMOTE_ADDR", ""))


@settings_for_owners
@never_cache
def health(request: HttpRequest) -> HttpResponse:
    """Settings → Health: what `manage.py doctor` says, without asking Gist or GHL."""
    findings = list(run_checks(live=False))
    context = {
        "settings_page": "health",
        "failing": [one for one in findings if not one.ok],
        "fine": [one for one in findings if one.ok],
        "figures": figures_of_today(),
    }
    return render(request, "settings/health.html", context)

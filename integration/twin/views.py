"""The doors of the two twins."""

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponseBase
from django.views.decorators.csrf import csrf_exempt

from integration.twin.ghl import GHL
from integration.twin.gist import GIST
from integration.twin.serve import serve


@csrf_exempt
@login_not_required
def ghl(request: HttpRequest, path: str) -> HttpResponseBase:
    return serve(GHL, request, f"/{path}")


@csrf_exempt
@login_not_required
def gist(request: HttpRequest, path: str) -> HttpResponseBase:
    return serve(GIST, request, f"/{path}")

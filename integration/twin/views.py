"""The views of the two twins: every path below their addresses goes to `serve.answer_request`."""

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponseBase
from django.views.decorators.csrf import csrf_exempt

from integration.twin.ghl import GHL
from integration.twin.gist import GIST
from integration.twin.serve import answer_request


@csrf_exempt
@login_not_required
def serve_ghl(request: HttpRequest, path: str) -> HttpResponseBase:
    return answer_request(GHL, request, f"/{path}")


@csrf_exempt
@login_not_required
def serve_gist(request: HttpRequest, path: str) -> HttpResponseBase:
    return answer_request(GIST, request, f"/{path}")

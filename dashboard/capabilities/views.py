"""What Gist can do: one page, made from the registry."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from integration.workflows.capabilities import CAPABILITIES


def capabilities(request: HttpRequest) -> HttpResponse:
    return render(request, "capabilities/detail.html", {"capabilities": CAPABILITIES})

"""The page of one trace."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from dashboard.traces.story import read_story


def trace(request: HttpRequest, trace: str) -> HttpResponse:
    """404 with a sentence when nothing is stored under it, as of a page that could not be made."""
    story = read_story(trace)
    return render(request, "traces/detail.html", {"story": story}, status=200 if story.steps else 404)

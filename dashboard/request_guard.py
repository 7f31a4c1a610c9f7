"""The guard at the door: what no database can store, or nobody can read, is refused before any view sees it.

A NUL breaks a statement on PostgreSQL; half of a surrogate pair is saved and then breaks every page that shows it.
"""

from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import urlsplit

from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse, UnreadablePostError
from django.template.loader import render_to_string

from integration.records import is_storable

# The one form that takes more than so many bytes.
TAKES_FILES, LARGEST_FORM = "import_upload", 64 * 1024**2
NOTHING_CHANGED = "Nothing was changed. Go back, load the page again and repeat what you did."


class RefusedRequest(BadRequest):
    """Refused with a sentence for the person who sent it."""


class RequestGuard:
    """Middleware. Before whatever reads the session: its key comes out of a cookie, which anybody can write."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        # Whatever encoding a sender names: with some, plain letters become half of a surrogate pair, and others are
        # no encodings of text at all.
        request.encoding = "utf-8"
        _refuse_unstorable("the address", [request.path_info])
        _refuse_unstorable("a cookie", _texts_in(request.COOKIES.items()))
        _refuse_unstorable("the address", _texts_in(request.GET.lists()))
        _refuse_unreadable_address(request.headers.get("HX-Current-URL", ""))
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: Any) -> None:
        # What is free of the CSRF check reads its body itself, and says what is too large: webhooks, and the sandbox.
        if getattr(view, "csrf_exempt", False):
            return
        _refuse_large(request)
        if request.method == "POST":
            _check_form(request)


def _refuse_large(request: HttpRequest) -> None:
    """Before the body is read."""
    length = request.META.get("CONTENT_LENGTH") or "0"
    takes_files = request.resolver_match is not None and request.resolver_match.view_name == TAKES_FILES
    if length.isdecimal() and int(length) > LARGEST_FORM and not takes_files:
        raise RefusedRequest(f"What was sent has more than {LARGEST_FORM // 1024**2} MB. {NOTHING_CHANGED}")


def _check_form(request: HttpRequest) -> None:
    try:
        form, files = request.POST, request.FILES
    except UnreadablePostError as error:
        raise RefusedRequest(f"The form was cut off on its way. {NOTHING_CHANGED}") from error
    # A file's name may be written in an encoding of its own, of which there are some that Python cannot use.
    except (LookupError, ValueError) as error:
        raise RefusedRequest(f"The form cannot be read. {NOTHING_CHANGED}") from error
    for name, values in form.lists():
        _refuse_unstorable(_describe_field(name), [name, *values])
    for name, sent in files.lists():
        _refuse_unstorable("the name of a file", [name, *(str(file.name) for file in sent)])


def _describe_field(name: str) -> str:
    return f"the field “{name[:60]}”" if name.isprintable() else "the name of a field"


def _texts_in(pairs: Iterable[tuple[str, Any]]) -> Iterable[str]:
    for name, values in pairs:
        yield name
        yield from values if isinstance(values, list) else [values]


def _refuse_unstorable(place: str, texts: Iterable[str]) -> None:
    if not all(is_storable(text) for text in texts):
        raise RefusedRequest(
            f"There is a character in {place} that cannot be stored: NUL, or half of an emoji. {NOTHING_CHANGED}"
        )


def _refuse_unreadable_address(address: str) -> None:
    """The page that htmx says it stands on, to which an ended session comes back."""
    try:
        urlsplit(address)
    except ValueError as error:
        raise RefusedRequest(f"The page's own address cannot be read. {NOTHING_CHANGED}") from error


def answer_bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Django's handler400: a page with the sentence; for htmx the sentence alone, which static/js/page.js shows."""
    sentence = str(exception) if isinstance(exception, RefusedRequest) else f"It cannot be read. {NOTHING_CHANGED}"
    if request.headers.get("HX-Request") == "true":
        return HttpResponse(sentence, status=400, content_type="text/plain; charset=utf-8")
    # Without the request: what is wrong with it may be what the page would read of it, such as its cookies.
    return HttpResponse(render_to_string("400.html", {"sentence": sentence}), status=400)

"""Every error of the API in one shape: `{"error": {"code", "message"}}`, the message a sentence for a person."""

import logging
from typing import Any

from django.core.exceptions import RequestDataTooBig
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse, UnreadablePostError
from django.views.defaults import page_not_found
from ninja import NinjaAPI
from ninja.errors import HttpError, ValidationError

from dashboard import request_guard
from dashboard.grants import describe_problem
from dashboard.keys.access import Refused
from dashboard.request_guard import RefusedRequest
from integration.errors import ProviderError, SetupError
from integration.runs.start import AlreadyRunning
from integration.setup_file.document import place_of

logger = logging.getLogger(__name__)

# Addresses of programs: their errors are JSON, whatever goes wrong.
FOR_PROGRAMS = ("/api/", "/mcp/")
NOT_FOUND = "There is no such thing here, or this key does not see it. GET /api/v1/openapi.json lists the addresses."
WRONG_METHOD = "This address does not take {}. It takes {}."
TOO_LARGE = "What was sent is too large. Nothing was done."
CUT_OFF = "What was sent was cut off on its way. Nothing was done; send it again."
# Words for what a library says of a value; of the rest its own.
WORDS = {"missing": "is missing", "extra_forbidden": "is not known here"}
LONGEST = 1_000
FAULT = "Gistline failed over it; the server’s log says where. Try again, or tell whoever runs this installation."


def answer_error(status: int, code: str, message: str, wait: int = 0) -> JsonResponse:
    """`wait`: seconds until it may be sent again, as Retry-After."""
    response = JsonResponse({"error": {"code": code, "message": message}}, status=status)
    if wait:
        response["Retry-After"] = str(wait)
    if status == 401:
        response["WWW-Authenticate"] = 'Bearer realm="Gistline"'
    return response


def answer_refused(problem: Refused) -> JsonResponse:
    return answer_error(problem.status, problem.code, problem.sentence, problem.wait)


def answer_wrong_method(method: str, taken: tuple[str, ...]) -> JsonResponse:
    response = answer_error(405, "wrong_method", WRONG_METHOD.format(method, ", ".join(taken)))
    response["Allow"] = ", ".join(taken)
    return response


def is_for_programs(request: HttpRequest) -> bool:
    return request.path_info.startswith(FOR_PROGRAMS)


def answer_not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Django's handler404."""
    if is_for_programs(request):
        return answer_error(404, "not_found", NOT_FOUND)
    return page_not_found(request, exception)


def answer_bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Django's handler400."""
    if is_for_programs(request):
        sentence = str(exception) if isinstance(exception, RefusedRequest) else CUT_OFF
        return answer_error(400, "unreadable", sentence)
    return request_guard.answer_bad_request(request, exception)


def add_handlers(api: NinjaAPI) -> None:
    """How the API answers each kind of error."""
    api.add_exception_handler(Refused, _answer_refusal)
    api.add_exception_handler(Http404, lambda request, problem: answer_error(404, "not_found", NOT_FOUND))
    api.add_exception_handler(ValidationError, _answer_invalid)
    api.add_exception_handler(HttpError, _answer_unreadable)
    api.add_exception_handler(RequestDataTooBig, lambda request, problem: answer_error(413, "too_large", TOO_LARGE))
    api.add_exception_handler(UnreadablePostError, lambda request, problem: answer_error(400, "unreadable", CUT_OFF))
    api.add_exception_handler(SetupError, _answer_not_possible)
    api.add_exception_handler(ProviderError, _answer_provider)
    api.add_exception_handler(Exception, _answer_fault)


def _answer_refusal(request: HttpRequest, problem: Any) -> HttpResponse:
    return answer_refused(problem)


def _answer_invalid(request: HttpRequest, problem: Any) -> HttpResponse:
    words = "; ".join(map(_say_invalid, problem.errors[:3]))
    return answer_error(422, "invalid", f"{words[:LONGEST]}. Nothing was done.")


def _say_invalid(error: Any) -> str:
    """The place in what was sent, as `setup.mappings[2].ghl`, and what is wrong with it."""
    source, *place = error["loc"]
    # A body has a name of its own before the names in it, which nobody sends.
    where = place_of(tuple(place[1:] if source == "body" else place)) or source
    message = str(error["msg"]).removeprefix("Value error, ").rstrip(".")
    return f"{where}: {WORDS.get(error['type'], message.replace('Input should', 'should'))}"


def _answer_unreadable(request: HttpRequest, problem: Any) -> HttpResponse:
    why = problem.message.rstrip(".")
    if isinstance(problem.__cause__, ValueError) and not isinstance(problem.__cause__, UnicodeError):
        why = f"What was sent {problem.__cause__}"
    return answer_error(problem.status_code, "unreadable", f"{why}. Nothing was done.")


def _answer_not_possible(request: HttpRequest, problem: Any) -> HttpResponse:
    code = "already_running" if isinstance(problem, AlreadyRunning) else "not_possible"
    return answer_error(409, code, str(problem))


def _answer_provider(request: HttpRequest, problem: Any) -> HttpResponse:
    return answer_error(502, problem.code, describe_problem(problem))


def _answer_fault(request: HttpRequest, problem: Any) -> HttpResponse:
    logger.error("a request to %s failed", request.path_info, exc_info=problem)
    return answer_error(500, "fault", FAULT)

"""POST /mcp/: assistants ask here, with an API key. Every message is answered by itself; nothing is kept."""

import json
import logging
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.core.serializers.json import DjangoJSONEncoder
from django.http import HttpRequest, HttpResponse, JsonResponse, UnreadablePostError

from dashboard.api.errors import CUT_OFF, FAULT, TOO_LARGE, answer_refused
from dashboard.api.service import for_programs
from dashboard.keys.access import Refused, admit
from dashboard.mcp import protocol
from dashboard.mcp.protocol import INVALID_PARAMS, PARSE_ERROR, UNKNOWN_METHOD, VERSIONS, Message, ProtocolError
from dashboard.mcp.tools import TOOLS, call_tool, list_tools
from dashboard.models import ApiKey
from dashboard.routes import SEND
from integration.records import parse_json

logger = logging.getLogger(__name__)
FOREIGN_PAGE = "A page of another site sent this. Assistants send no Origin, or this installation’s own."
OTHER_VERSION = "The header MCP-Protocol-Version names a version that is not spoken here: {} are."
INSTRUCTIONS = (
    "Gistline keeps contacts of Gist and GoHighLevel (GHL) in step. Begin with list_links. To say why a person is "
    "missing, call explain_person and pass on answer, reason and what_to_do. Try a problem again only when asked to."
)


def _receive(request: HttpRequest) -> HttpResponse:
    number: str | int | None = None
    try:
        key = admit(request)
        _refuse_foreign(request)
        value = _read_body(request)
        number = protocol.read_id(value)
        message = protocol.read_message(value)
        if message.is_answer or message.id is None:
            # A notification: taken note of, and nothing is answered.
            return HttpResponse(status=202)
        return _answer(protocol.answer_result(number, _carry_out(request, key, message)))
    except Refused as problem:
        return answer_refused(problem)
    except ProtocolError as problem:
        status = 400 if number is None else 200
        return _answer(protocol.answer_problem(number, problem), status)
    except Exception:
        logger.exception("a message to /mcp/ failed")
        return _answer(protocol.answer_problem(number, ProtocolError(protocol.FAULT, FAULT)))


receive = for_programs(_receive, SEND)


def _answer(content: dict[str, Any], status: int = 200) -> HttpResponse:
    return JsonResponse(content, status=status)


def _refuse_foreign(request: HttpRequest) -> None:
    """A page in a browser on this machine must not be made to speak for an assistant. Raises Refused."""
    origin = request.headers.get("Origin")
    if origin and origin.rstrip("/") != _origin_of(settings.PUBLIC_URL):
        raise Refused(403, "foreign_origin", FOREIGN_PAGE)
    if request.headers.get("MCP-Protocol-Version", VERSIONS[0]) not in VERSIONS:
        raise Refused(400, "unknown_version", OTHER_VERSION.format(", ".join(VERSIONS)))


def _origin_of(address: str) -> str:
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc}"


def _read_body(request: HttpRequest) -> Any:
    try:
        return parse_json(request.body.decode())
    except RequestDataTooBig:
        raise Refused(413, "too_large", TOO_LARGE) from None
    except UnreadablePostError:
        raise Refused(400, "unreadable", CUT_OFF) from None
    except ValueError as problem:
        raise ProtocolError(PARSE_ERROR, f"What was sent {problem}.") from None


def _carry_out(request: HttpRequest, key: ApiKey, message: Message) -> dict[str, Any]:
    """The result of one request. Raises ProtocolError."""
    if message.method == "initialize":
        return _initialize(message.params)
    if message.method == "ping":
        return {}
    if message.method == "tools/list":
        return {"tools": list_tools(key)}
    if message.method == "tools/call":
        return _call(request, message.params)
    raise ProtocolError(UNKNOWN_METHOD, "There are initialize, ping, tools/list and tools/call here.")


def _initialize(params: dict[str, Any]) -> dict[str, Any]:
    return {
        "protocolVersion": protocol.choose_version(params.get("protocolVersion")),
        "capabilities": {"tools": {"listChanged": False}},
        "serverInfo": {"name": "gistline", "title": "Gistline", "version": "1"},
        "instructions": INSTRUCTIONS,
    }


def _call(request: HttpRequest, params: dict[str, Any]) -> dict[str, Any]:
    name, arguments = params.get("name"), params.get("arguments", {})
    tool = TOOLS.get(name) if isinstance(name, str) else None
    if tool is None:
        raise ProtocolError(INVALID_PARAMS, f"There is no such tool. There are {', '.join(TOOLS)}.")
    if not isinstance(arguments, dict):
        raise ProtocolError(INVALID_PARAMS, "“arguments” is an object.")
    answer, problem = call_tool(request, tool, arguments)
    if problem:
        return {"content": [{"type": "text", "text": problem}], "isError": True}
    text = json.dumps(answer, cls=DjangoJSONEncoder, ensure_ascii=False)
    return {"content": [{"type": "text", "text": text}], "structuredContent": json.loads(text), "isError": False}

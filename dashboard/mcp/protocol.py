"""The Model Context Protocol as far as tools need it: JSON-RPC 2.0, one message a request, nothing kept in between.

As https://modelcontextprotocol.io/specification/2025-06-18 has it: streamable HTTP, without a session and without a
stream, which a server may leave out.
"""

from dataclasses import dataclass, field
from typing import Any

VERSIONS = ("2025-11-25", "2025-06-18")
PARSE_ERROR, INVALID_REQUEST, UNKNOWN_METHOD, INVALID_PARAMS, FAULT = -32700, -32600, -32601, -32602, -32603
ONE_MESSAGE = "Send one JSON-RPC 2.0 message: an object with “jsonrpc”: “2.0” and a “method”."
WRONG_ID = "The “id” of a request is a text or a whole number."


class ProtocolError(Exception):
    """A message that is not carried out; `code` is one of JSON-RPC's."""

    def __init__(self, code: int, sentence: str):
        super().__init__(sentence)
        self.code, self.sentence = code, sentence


@dataclass(frozen=True)
class Message:
    """`id` is None for a notification, which nobody answers."""

    method: str
    id: str | int | None = None
    params: dict[str, Any] = field(default_factory=dict)
    is_answer: bool = False


def read_message(value: Any) -> Message:
    """Raises ProtocolError for what is no message. Batches went with protocol version 2025-06-18."""
    if not isinstance(value, dict) or value.get("jsonrpc") != "2.0":
        raise ProtocolError(INVALID_REQUEST, ONE_MESSAGE)
    if "method" not in value and ("result" in value or "error" in value):
        # An answer to something that a server asked: this one asks nothing.
        return Message("", is_answer=True)
    if not isinstance(value.get("method"), str):
        raise ProtocolError(INVALID_REQUEST, ONE_MESSAGE)
    number = read_id(value)
    if "id" in value and number is None:
        raise ProtocolError(INVALID_REQUEST, WRONG_ID)
    params = value.get("params", {})
    if not isinstance(params, dict):
        raise ProtocolError(INVALID_PARAMS, "“params” is an object.")
    return Message(value["method"], number, params)


def read_id(value: Any) -> str | int | None:
    """What an answer to this message names, None where it has nothing that can be named."""
    number = value.get("id") if isinstance(value, dict) else None
    return number if isinstance(number, str | int) and not isinstance(number, bool) else None


def choose_version(asked: Any) -> str:
    """The client's, where it is spoken here; else the newest, which the client may refuse."""
    return asked if asked in VERSIONS else VERSIONS[0]


def answer_result(number: str | int | None, result: dict[str, Any]) -> dict[str, Any]:
    return {"jsonrpc": "2.0", "id": number, "result": result}


def answer_problem(number: str | int | None, problem: ProtocolError) -> dict[str, Any]:
    return {"jsonrpc": "2.0", "id": number, "error": {"code": problem.code, "message": problem.sentence}}

"""An assistant that speaks MCP: sends a message, reads the answer."""

import json
from typing import Any

from django.http import HttpResponse

from tests.dashboard.api.program import Program


class Assistant:
    def __init__(self, scope: str = "read", links: Any = None):
        self.program = Program(scope, links, "Assistant", raise_request_exception=False)
        self.client = self.program.client

    def message(self, method: str, **params: Any) -> dict[str, Any]:
        return {"jsonrpc": "2.0", "id": 7, "method": method, "params": params}

    def send(self, message: Any, **headers: str) -> HttpResponse:
        headers = {"Accept": "application/json, text/event-stream", **headers}
        return self.client.post("/mcp/", json.dumps(message), "application/json", headers=headers)

    def ask(self, method: str, **params: Any) -> Any:
        answer = self.send(self.message(method, **params)).json()
        assert (answer["jsonrpc"], answer["id"], "error" in answer) == ("2.0", 7, False), answer
        return answer["result"]

    def call(self, tool: str, **arguments: Any) -> Any:
        """What a tool answers."""
        result = self.ask("tools/call", name=tool, arguments=arguments)
        assert not result["isError"], result
        assert json.loads(result["content"][0]["text"]) == result["structuredContent"]
        return result["structuredContent"]

    def fail(self, tool: str, **arguments: Any) -> str:
        """The sentence with which a tool says why it did nothing."""
        result = self.ask("tools/call", name=tool, arguments=arguments)
        assert result["isError"], result
        return result["content"][0]["text"]

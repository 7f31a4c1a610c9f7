"""Conversations, their messages, teams and teammates, and whose key it is (docs/gist-api.md#conversations, #teams)."""

from functools import partial

from integration.providers.gist import schemas as s
from integration.providers.operations import Operation

_read = partial(Operation, source="docs/gist-api.md#conversations", scope="read_conversations")
_write = partial(Operation, source="docs/gist-api.md#conversations", scope="write_conversations")
_team = partial(Operation, source="docs/gist-api.md#teams")
ONE = "/conversations/{conversation_id}"
PAGED = ("page", "per_page")

LIST = _read(
    "gist.conversations.list", "List conversations", "GET", "/conversations", s.ConversationList,
    query=(*PAGED, "order", "order_by", "state"),
)  # fmt: skip
GET = _read("gist.conversations.get", "Read a conversation", "GET", ONE, s.ConversationAnswer)
SEARCH = _read(
    "gist.conversations.search", "Search conversations", "POST", "/conversations/search", s.ConversationList,
    body=s.AnyAnswer,
)  # fmt: skip
COUNT = _read("gist.conversations.count", "Count conversations", "GET", "/conversations/count", s.AnyAnswer)
COUNT_BY_TEAM = _read(
    "gist.conversations.count_by_team", "Count conversations by team", "GET", "/conversations/count/teams", s.AnyAnswer
)
COUNT_BY_TEAMMATE = _read(
    "gist.conversations.count_by_teammate", "Count conversations by teammate", "GET",
    "/conversations/count/teammates", s.AnyAnswer,
)  # fmt: skip
CREATE = _write(
    "gist.conversations.create", "Open a conversation", "POST", "/conversations", s.ConversationAnswer,
    body=s.ConversationBody, repeatable=False,
)  # fmt: skip
UPDATE = _write(
    "gist.conversations.update",
    "Change a conversation or its state",
    "PATCH",
    ONE,
    s.AnyAnswer,
    body=s.ConversationChange,
)
DELETE = _write("gist.conversations.delete", "Delete a conversation", "DELETE", ONE, s.AnyAnswer)
ASSIGN = _write(
    "gist.conversations.assign", "Assign a conversation", "PATCH", f"{ONE}/assign", s.AnyAnswer, body=s.Assignment
)
PRIORITISE = _write(
    "gist.conversations.prioritise", "Set a conversation's priority", "PATCH", f"{ONE}/priority", s.AnyAnswer,
    body=s.Priority,
)  # fmt: skip
ADD_TAG = _write("gist.conversations.add_tag", "Tag a message", "POST", f"{ONE}/tags", s.AnyAnswer, body=s.MessageTags)
REMOVE_TAG = _write(
    "gist.conversations.remove_tag",
    "Take a tag off a message",
    "DELETE",
    f"{ONE}/tags",
    s.AnyAnswer,
    body=s.MessageUntag,
)
MESSAGES = _read("gist.messages.list", "List messages", "GET", f"{ONE}/messages", s.MessageList, query=PAGED)
CREATE_MESSAGE = _write(
    "gist.messages.create", "Reply or add a note", "POST", f"{ONE}/messages", s.MessageAnswer, body=s.MessageBody,
    repeatable=False,
)  # fmt: skip

TEAMS = _team("gist.teams.list", "List teams", "GET", "/teams", s.AnyAnswer, scope="read_teams")
TEAM = _team("gist.teams.get", "Read a team", "GET", "/teams/{team_id}", s.AnyAnswer, scope="read_teams")
TEAMMATES = _team("gist.teammates.list", "List teammates", "GET", "/teammates", s.AnyAnswer, scope="read_teammates")
TEAMMATE = _team(
    "gist.teammates.get", "Read a teammate", "GET", "/teammates/{teammate_id}", s.AnyAnswer, scope="read_teammates"
)
TOKEN_INFO = Operation(
    "gist.token.info", "Ask whose key it is", "GET", "/token/info", s.AnyAnswer, "docs/gist-api.md#auth"
)

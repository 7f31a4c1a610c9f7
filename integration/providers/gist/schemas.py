"""Bodies and answers of Gist's API. Names follow the wire; answers keep what they do not name (docs/gist-api.md)."""

from typing import Any

from pydantic import Field, field_validator

from integration.moments import seconds_of
from integration.providers.operations import Listing, Schema


class AnyAnswer(Schema):
    """An answer whose shape is not documented."""


class OpenBody(Schema):
    """A body that is not fully documented: it may hold more than it names."""


class Pages(Schema):
    """Addresses of neighbouring pages; there is no total (docs/gist-api.md#pagination)."""

    next: str | None = None
    last: str | None = None


class Contact(Schema):
    id: str
    user_id: str | None = None
    email: str | None = None
    name: str | None = None
    created_at: int | None = None
    updated_at: int | None = None
    tags: list[dict[str, Any]] = Field(default_factory=list)
    custom_properties: dict[str, Any] = Field(default_factory=dict)

    @field_validator("id", "user_id", mode="before")
    @classmethod
    def _as_text(cls, value: Any) -> Any:
        return value if value is None else str(value)

    @field_validator("created_at", "updated_at", mode="before")
    @classmethod
    def _as_seconds(cls, value: Any) -> Any:
        """Gist gives seconds; a moment spelt out says as much. What is none stays as it is, and is malformed."""
        return seconds_of(value) or value if isinstance(value, str) else value

    @field_validator("tags", "custom_properties", mode="before")
    @classmethod
    def _never_null(cls, value: Any, info: Any) -> Any:
        return value if value is not None else ([] if info.field_name == "tags" else {})


class ContactAnswer(Schema):
    contact: Contact


class MaybeContact(Schema):
    """A look-up's answer: an unknown address is answered with `errors` (docs/gist-api.md#errors)."""

    contact: Contact | None = None


class ContactList(Listing):
    list_name, item = "contacts", Contact
    contacts: list[Contact]
    pages: Pages | None = None


class ContactBody(Schema):
    """Create or update; found by id, then user_id, then email."""

    id: int | str | None = None
    email: str | None = None
    user_id: str | None = None
    name: str | None = None
    phone: str | None = None
    tags: list[str] | None = None
    custom_properties: dict[str, Any] | None = None
    unsubscribed_from_emails: bool | None = None


class Batch(Schema):
    contacts: list[dict[str, Any]]


class Tag(Schema):
    id: int | str
    name: str


class TagList(Schema):
    tags: list[Tag]
    pages: Pages | None = None


class TagAnswer(Schema):
    tag: Tag | None = None


class TagBody(OpenBody):
    """Creates, renames, tags and untags, by what is given (docs/gist-api.md#tags)."""

    name: str
    id: int | str | None = None
    contacts: list[dict[str, Any]] | None = None


class EventBody(Schema):
    event_name: str
    email: str | None = None
    user_id: str | None = None
    properties: dict[str, Any] | None = None
    occurred_at: int | None = None


class Conversation(Schema):
    id: int | str
    state: str | None = None
    contacts: list[dict[str, Any]] | None = None


class ConversationAnswer(Schema):
    conversation: Conversation


class ConversationList(Schema):
    conversations: list[Conversation]
    pages: Pages | None = None


class ConversationBody(OpenBody):
    body: str
    sender: dict[str, Any] | None = Field(default=None, alias="from")
    title: str | None = None
    custom_properties: dict[str, Any] | None = None


class ConversationChange(OpenBody):
    title: str | None = None
    state: str | None = None
    teammate_id: int | str | None = None
    custom_properties: dict[str, Any] | None = None


class Assignment(OpenBody):
    """`teammate_id` is who acts; without an assignee it is taken off."""

    teammate_id: int | str
    assignee_id: int | str | None = None
    assignee_type: str | None = None


class Priority(OpenBody):
    teammate_id: int | str
    priority: str


class MessageTags(OpenBody):
    message_id: int | str
    tags: str


class MessageUntag(OpenBody):
    message_id: int | str
    tag_id: int | str


class SubscriptionBody(OpenBody):
    """How a contact is taken off is unknown (docs/gist-api.md#subscription-types)."""

    contact_id: int | str | None = None
    detach: bool | None = None


class CampaignBody(OpenBody):
    id: int | str
    email: str | None = None
    user_id: str | None = None
    starting_email_index: int | None = None
    reactivate_if_removed: bool | None = None
    unsubscribed: bool | None = None


class FormBody(OpenBody):
    email: str | None = None
    name: str | None = None
    phone: str | None = None


class Message(Schema):
    id: int | str
    body: str | None = None
    author: dict[str, Any] | None = None


class MessageAnswer(Schema):
    message: Message


class MessageList(Schema):
    messages: list[Message]
    pages: Pages | None = None


class MessageBody(OpenBody):
    message_type: str
    body: str
    sender: dict[str, Any] = Field(alias="from")

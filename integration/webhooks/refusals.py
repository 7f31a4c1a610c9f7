"""Why a webhook is refused, with which status, and what is kept of it."""

from dataclasses import dataclass, replace

from integration.models import EventState, InboxEvent

# Enough of a body to see who sent it and why.
REFUSED_BYTES = 4_096


@dataclass(frozen=True)
class Answer:
    """What the sender is told: HTTP status and one sentence. `verdict` is what became of the webhook, in one word for
    the log and the figures: of a refused one its reason.
    """

    status: int
    text: str
    verdict: str = ""


STORED = Answer(200, "stored", "stored")
# On disk, until the database answers again.
SPOOLED = Answer(200, "stored", "spooled")
DUPLICATE = Answer(200, "known already", "duplicate")
# Never 500: GHL sends again after 429 only (docs/ghl-api.md#webhooks).
TRY_AGAIN = Answer(429, "It cannot be stored at the moment. Send it again later.", "not_stored")

# Reason code of a refused event to the answer. Never 410: Gist would switch the webhook off for good. 200 where the
# sender did nothing wrong and there is nothing to send again.
_REFUSALS = {
    "too_large": Answer(413, "The body is larger than 4 MiB, or than 1 MiB without a signature."),
    "no_signature": Answer(401, "There is no signature."),
    "bad_signature": Answer(401, "The signature does not fit the body."),
    "too_old": Answer(401, "The event is older than the limit."),
    "unreadable": Answer(400, "The body is not a JSON object."),
    "unknown_token": Answer(404, "There is no such address."),
    "unknown_topic": Answer(404, "There is no such address."),
    "unknown_location": Answer(200, "No connection here has this location."),
    "other_app": Answer(200, "It is about another app than Gistline's."),
    "no_app": Answer(200, "It does not say which app it is about."),
    "other_login": Answer(200, "No connection of this location signs in through the app."),
}
REFUSALS = {code: replace(answer, verdict=code) for code, answer in _REFUSALS.items()}


def turned_away(event: InboxEvent, reason: str) -> InboxEvent:
    """The event as it is kept to be shown: cut, with the reason in words."""
    event.state, event.reason, event.message = EventState.REFUSED, reason, REFUSALS[reason].text
    event.body, event.handled_at = event.body[:REFUSED_BYTES], event.received_at
    return event

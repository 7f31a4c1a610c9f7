"""Events, segments, subscription types, campaigns and forms (docs/gist-api.md#events and the sections after it)."""

from functools import partial

from integration.providers.gist import schemas as s
from integration.providers.operations import Operation

DOCS = "docs/gist-api.md"
PAGED = ("page", "per_page")
_event = partial(Operation, source=f"{DOCS}#events")
_segment = partial(Operation, source=f"{DOCS}#segments")
_type = partial(Operation, source=f"{DOCS}#subscription-types")
_campaign = partial(Operation, source=f"{DOCS}#campaigns")
_form = partial(Operation, source=f"{DOCS}#forms")

TRACK_EVENT = _event(
    "gist.events.track", "Record an event", "POST", "/events", s.AnyAnswer, body=s.EventBody, repeatable=False
)
EVENT_TYPES = _event(
    "gist.events.types", "List event types", "GET", "/events", s.AnyAnswer, query=("event_type",), scope="read_events"
)
SEGMENTS = _segment(
    "gist.segments.list", "List segments", "GET", "/segments", s.AnyAnswer, query=(*PAGED, "include_count")
)
SEGMENT = _segment(
    "gist.segments.get", "Read a segment", "GET", "/segments/{segment_id}", s.AnyAnswer, query=("include_count",)
)
SUBSCRIPTION_TYPES = _type(
    "gist.subscription_types.list", "List subscription types", "GET", "/subscription_types", s.AnyAnswer, query=PAGED
)
SUBSCRIPTION_TYPE = _type(
    "gist.subscription_types.get", "Read a subscription type", "GET", "/subscription_types/{type_id}", s.AnyAnswer
)
SET_SUBSCRIPTION = _type(
    "gist.subscription_types.set", "Attach or detach a contact", "POST", "/subscription_types/{type_id}", s.AnyAnswer,
    body=s.SubscriptionBody,
)  # fmt: skip
CAMPAIGNS = _campaign(
    "gist.campaigns.list", "List campaigns", "GET", "/campaigns", s.AnyAnswer, query=(*PAGED, "campaign_id")
)
CAMPAIGN = _campaign("gist.campaigns.get", "Read a campaign", "GET", "/campaigns/{campaign_id}", s.AnyAnswer)
SET_CAMPAIGN = _campaign(
    "gist.campaigns.set",
    "Subscribe to a campaign or unsubscribe",
    "POST",
    "/campaigns",
    s.AnyAnswer,
    body=s.CampaignBody,
)
FORMS = _form("gist.forms.list", "List forms", "GET", "/forms", s.AnyAnswer, query=(*PAGED, "form_id"))
SUBMISSIONS = _form(
    "gist.forms.submissions", "List a form's submissions", "GET", "/forms/{form_id}/submissions", s.AnyAnswer,
    query=PAGED,
)  # fmt: skip
SUBSCRIBE_FORM = _form(
    "gist.forms.subscribe", "Submit a form", "POST", "/forms/{form_id}/subscribe", s.AnyAnswer, body=s.FormBody,
    repeatable=False,
)  # fmt: skip

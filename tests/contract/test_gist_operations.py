"""Every Gist operation, sent by our client and answered by the twin in the documented shape (docs/gist-api.md)."""

import pytest

from integration.connections.session import session_for
from integration.errors import Gone, ReconnectRequired
from integration.providers.exchange import Exchange
from integration.providers.gist import audience, contacts, conversations, tags
from integration.providers.gist.catalogue import OPERATIONS


@pytest.fixture
def speak(gist):
    with Exchange({"gist": session_for(gist)}) as exchange:
        yield exchange


def test_every_operation_is_answered_in_the_documented_shape(speak, world):
    called = Scenario(speak).play()
    assert {operation.key for operation in OPERATIONS.values()} - called.keys() == set()


def test_a_contact_that_does_not_exist_is_gone(speak):
    with pytest.raises(Gone):
        speak.send(contacts.GET(contact_id=999_999))


def test_a_wrong_key_says_where_the_right_one_stands(gist, speak):
    gist.credentials = {"access_token": "wrong"}
    with Exchange({"gist": session_for(gist)}) as wrong, pytest.raises(ReconnectRequired, match="API & Webhooks"):
        wrong.send(contacts.LIST())


class Scenario:
    def __init__(self, speak):
        self.speak, self.called = speak, {}

    def __call__(self, operation, *, query=None, body=None, **path):
        answer = self.speak.send(operation(query=query, body=body, **path)).model_dump(by_alias=True)
        self.called[operation.key] = answer
        return answer

    def play(self):
        self.people()
        self.audiences()
        self.talk()
        return self.called

    def people(self):
        body = {"email": "ann@example.test", "name": "Ann Lee", "tags": ["vip"], "custom_properties": {"plan": "pro"}}
        one = self(contacts.SAVE, body=body)["contact"]
        assert (one["type"], one["tags"][0]["name"], one["custom_properties"]["plan"]) == ("lead", "vip", "pro")
        assert isinstance(one["updated_at"], int)
        assert one["unsubscribed_from_emails"] == "false"
        self.one = one["id"]
        assert self(contacts.GET, contact_id=self.one)["contact"]["email"] == "ann@example.test"
        assert self(contacts.FIND, query={"email": "ANN@example.test"})["contact"]["id"] == self.one
        listed = self(contacts.LIST, query={"per_page": 1, "page": 1})
        assert len(listed["contacts"]) == 1
        assert listed["pages"]["next"] is None
        batch = self(contacts.BATCH, body={"contacts": [{"email": "bob@example.test"}]})
        self(contacts.BATCH_STATUS, batch_id=batch.get("batch_id") or batch.get("id") or 1)
        self(contacts.DELETE_BY, query={"email": "bob@example.test"})
        tag = self(tags.SAVE, body={"name": "spring", "contacts": [{"id": int(self.one)}]})["tag"]
        assert tag["name"] == "spring"
        assert {"vip", "spring"} <= {row["name"] for row in self(tags.LIST)["tags"]}
        self(tags.DELETE, tag_id=tag["id"])

    def audiences(self):
        event = {"event_name": "GHL task completed", "email": "ann@example.test", "properties": {"title": "Call"}}
        self(audience.TRACK_EVENT, body=event)
        assert self(audience.EVENT_TYPES, query={"event_type": "all"})["events"]
        segment = self(audience.SEGMENTS, query={"include_count": "true"})["segments"][0]
        self(audience.SEGMENT, segment_id=segment["id"])
        kind = self(audience.SUBSCRIPTION_TYPES)["subscription_types"][0]
        self(audience.SUBSCRIPTION_TYPE, type_id=kind["id"])
        self(audience.SET_SUBSCRIPTION, type_id=kind["id"], body={"id": int(self.one)})
        campaign = self(audience.CAMPAIGNS)["campaigns"][0]
        self(audience.CAMPAIGN, campaign_id=campaign["id"])
        self(audience.SET_CAMPAIGN, body={"id": campaign["id"], "email": "ann@example.test"})
        form = self(audience.FORMS)["forms"][0]
        self(audience.SUBMISSIONS, form_id=form["id"])
        self(audience.SUBSCRIBE_FORM, form_id=form["id"], body={"email": "ann@example.test"})

    def talk(self):
        self(conversations.TOKEN_INFO)
        team = self(conversations.TEAMS)["teams"][0]
        self(conversations.TEAM, team_id=team["id"])
        mate = self(conversations.TEAMMATES)["teammates"][0]["id"]
        self(conversations.TEAMMATE, teammate_id=mate)
        opened = self(conversations.CREATE, body={"from": {"id": int(self.one)}, "body": "Hello"})["conversation"]
        here = {"conversation_id": opened["id"]}
        assert opened["state"] == "open"
        self(conversations.GET, **here)
        self(conversations.LIST, query={"order": "desc", "order_by": "updated_at"})
        self(conversations.SEARCH, body={"query": "Hello"})
        for count in (conversations.COUNT, conversations.COUNT_BY_TEAM, conversations.COUNT_BY_TEAMMATE):
            assert "conversation_count" in self(count)
        reply = {"message_type": "reply", "from": {"type": "teammate", "teammate_id": mate}, "body": "Hi"}
        message = self(conversations.CREATE_MESSAGE, body=reply, **here)["message"]
        assert message["author"]["type"] == "teammate"
        assert self(conversations.MESSAGES, **here)["messages"]
        assign = {"teammate_id": mate, "assignee_id": mate, "assignee_type": "teammate"}
        self(conversations.ASSIGN, body=assign, **here)
        self(conversations.PRIORITISE, body={"teammate_id": mate, "priority": "priority"}, **here)
        self(conversations.ADD_TAG, body={"message_id": message["id"], "tags": "urgent"}, **here)
        (tag,) = self(conversations.GET, **here)["conversation"]["tags"]
        self(conversations.REMOVE_TAG, body={"message_id": message["id"], "tag_id": tag["id"]}, **here)
        self(conversations.UPDATE, body={"state": "closed", "teammate_id": mate}, **here)
        assert self(conversations.GET, **here)["conversation"]["state"] == "closed"
        self(conversations.DELETE, **here)
        self(contacts.DELETE, contact_id=self.one)

"""The Gist twin keeps to the documented API, oddities included (docs/gist-api.md)."""

from typing import Any

import pytest

from tests.twin.conftest import Api

Contact = dict[str, Any]


@pytest.fixture
def eva(gist: Api) -> Contact:
    """A lead in Gist."""
    return gist.post("/contacts", {"email": "Eva@stone.test", "name": "Eva Stone"}).json()["contact"]


def errors(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["errors"][0]["message"]


def test_a_wrong_key_is_a_401_in_the_errors_envelope(gist: Api) -> None:
    assert errors(gist.get("/tags", Authorization="Bearer no")) == (401, "Access token is invalid")


def test_a_key_opens_only_its_own_workspace(gist: Api, eva: Contact) -> None:
    assert gist.get(f"/contacts/{eva['id']}", Authorization="Bearer gist-demo-bluefin").status_code == 404


def test_an_unknown_path_is_a_404_in_the_errors_envelope(gist: Api) -> None:
    assert errors(gist.get("/contacts/1/tasks")) == (404, "Cannot GET /contacts/1/tasks")


def test_upsert_needs_email_or_user_id(gist: Api) -> None:
    assert errors(gist.post("/contacts", {"name": "Nobody"})) == (400, "Either email or user_id is required")


def test_upsert_matches_email_in_any_case_and_keeps_what_is_left_out(gist: Api, eva: Contact) -> None:
    again = gist.post("/contacts", {"email": "eva@STONE.test", "phone": 123}).json()["contact"]
    assert (again["id"], again["name"], again["phone"]) == (eva["id"], "Eva Stone", "123")


def test_id_goes_before_user_id_before_email(gist: Api, eva: Contact) -> None:
    other = gist.post("/contacts", {"user_id": 77, "email": "other@stone.test"}).json()["contact"]
    assert (other["user_id"], other["type"], eva["type"]) == ("77", "user", "lead")
    moved = gist.post("/contacts", {"id": eva["id"], "email": "moved@stone.test"}).json()["contact"]
    assert (moved["id"], moved["email"]) == (eva["id"], "moved@stone.test")
    named = gist.post("/contacts", {"user_id": "77", "name": "O"}).json()["contact"]
    assert named["id"] == other["id"]


def test_an_email_that_is_taken_is_refused(gist: Api, eva: Contact) -> None:
    other = gist.post("/contacts", {"email": "other@stone.test"}).json()["contact"]
    assert gist.post("/contacts", {"id": other["id"], "email": "eva@stone.test"}).status_code == 422


def test_a_user_id_makes_the_lead_a_user(gist: Api, eva: Contact) -> None:
    contact = gist.post("/contacts", {"email": "eva@stone.test", "user_id": "e1"}).json()["contact"]
    assert (contact["id"], contact["type"]) == (eva["id"], "user")


def test_lookup_by_email_is_singular_and_an_error_when_unknown(gist: Api, eva: Contact) -> None:
    assert gist.get("/contacts?email=eva%40stone.test").json()["contact"]["id"] == eva["id"]
    assert errors(gist.get("/contacts?email=nobody%40stone.test")) == (404, "Contact not found")


def test_unsubscribed_is_a_string_and_times_are_seconds(gist: Api, eva: Contact) -> None:
    contact = gist.post("/contacts", {"id": eva["id"], "unsubscribed_from_emails": True}).json()["contact"]
    assert contact["unsubscribed_from_emails"] == "true"
    assert contact["signed_up_at"] == 0
    assert contact["created_at"] < 10_000_000_000


def test_tags_in_an_upsert_are_only_added(gist: Api, eva: Contact) -> None:
    gist.post("/contacts", {"id": eva["id"], "tags": ["One"]})
    contact = gist.post("/contacts", {"id": eva["id"], "tags": ["two", "ONE"]}).json()["contact"]
    assert [tag["name"] for tag in contact["tags"]] == ["One", "two"]


def test_custom_properties_are_merged_and_hold_plain_values(gist: Api, eva: Contact) -> None:
    gist.post("/contacts", {"id": eva["id"], "custom_properties": {"a": 1}})
    contact = gist.post("/contacts", {"id": eva["id"], "custom_properties": {"b": None}}).json()["contact"]
    assert contact["custom_properties"] == {"a": 1, "b": None}
    for bad in ({"a.b": 1}, {"a": [1]}, {"a": "x" * 256}):
        assert gist.post("/contacts", {"id": eva["id"], "custom_properties": bad}).status_code == 422


def test_pages_hold_addresses_and_no_total(gist: Api) -> None:
    page = gist.get("/contacts?per_page=10&page=2&order=asc").json()
    assert len(page["contacts"]) == 10
    assert "per_page=10" in page["pages"]["next"]
    assert "order=asc" in page["pages"]["next"]
    assert "page=1" in page["pages"]["prev"]
    assert set(page["pages"]) == {"first", "prev", "next", "last"}


def test_a_page_never_holds_more_than_60(gist: Api) -> None:
    assert len(gist.get("/contacts?per_page=100").json()["contacts"]) == 60
    assert len(gist.get("/contacts").json()["contacts"]) == 50


def test_walking_the_pages_meets_everybody_once(gist: Api, control: Api) -> None:
    seen: list[int] = []
    path: str | None = "/contacts?per_page=25&order_by=updated_at"
    while path:
        page = gist.get(path).json()
        seen += [contact["id"] for contact in page["contacts"]]
        path = page["pages"]["next"] and page["pages"]["next"].split("/sandbox/gist")[1]
    stored = control.get("/contacts/gist/alder/").json()["contacts"]
    assert sorted(seen) == sorted(contact["id"] for contact in stored)


@pytest.mark.parametrize(
    "query", ["email_like=va%40stone", "tags=STONY", "status=unsubscribed", "created_since={created}"]
)
def test_filters_of_the_list_find_eva(gist: Api, eva: Contact, query: str) -> None:
    gist.post("/contacts", {"id": eva["id"], "tags": ["stony"], "unsubscribed_from_emails": True})
    found = gist.get(f"/contacts?{query.format(created=eva['created_at'])}").json()["contacts"]
    assert [contact["id"] for contact in found] == [eva["id"]]


def test_a_deleted_contact_is_gone(gist: Api, eva: Contact) -> None:
    assert gist.delete("/contacts?email=eva%40stone.test").status_code == 200
    assert gist.delete(f"/contacts/{eva['id']}").status_code == 404


def test_a_batch_takes_many_and_tells_its_status(gist: Api) -> None:
    answer = gist.post("/contacts/batch", {"contacts": [{"email": "b1@x.test"}, {"email": "b2@x.test"}]}).json()
    assert [contact["email"] for contact in answer["contacts"]] == ["b1@x.test", "b2@x.test"]
    assert gist.get(f"/contacts/batch/{answer['batch_id']}").json()["processed"] == 2


def test_posting_a_tag_makes_it_renames_it_puts_it_on_and_takes_it_off(gist: Api, eva: Contact) -> None:
    tag = gist.post("/tags", {"name": "Fresh"}).json()["tag"]
    assert gist.post("/tags", {"name": "FRESH", "contacts": [{"id": eva["id"]}]}).json()["tag"]["id"] == tag["id"]
    gist.post("/tags", {"id": tag["id"], "name": "Ripe"})
    worn = gist.get(f"/contacts/{eva['id']}").json()["contact"]["tags"]
    assert worn == [{"id": tag["id"], "name": "Ripe"}]
    gist.post("/tags", {"name": "Ripe", "contacts": [{"id": eva["id"], "untag": True}]})
    assert gist.get(f"/contacts/{eva['id']}").json()["contact"]["tags"] == []


def test_an_unknown_contact_fails_the_whole_tag_call(gist: Api, eva: Contact) -> None:
    answer = gist.post("/tags", {"name": "all", "contacts": [{"id": eva["id"]}, {"id": 1}]})
    assert answer.status_code == 404
    assert gist.get(f"/contacts/{eva['id']}").json()["contact"]["tags"] == []


def test_deleting_a_tag_takes_it_off_everybody(gist: Api, eva: Contact) -> None:
    tag = gist.post("/tags", {"name": "gone", "contacts": [{"id": eva["id"]}]}).json()["tag"]
    assert gist.delete(f"/tags/{tag['id']}").status_code == 200
    assert gist.get(f"/contacts/{eva['id']}").json()["contact"]["tags"] == []


def test_an_event_is_taken_and_only_its_type_can_be_read(gist: Api, eva: Contact) -> None:
    event = gist.post("/events", {"event_name": "Paid 5.00$", "email": "eva@stone.test"}).json()["event"]
    assert event == {"name": "Paid 5-00-", "email": "Eva@stone.test"}
    assert "Paid 5-00-" in [kind["name"] for kind in gist.get("/events?event_type=all").json()["events"]]
    assert gist.post("/events", {"name": "x", "email": "eva@stone.test"}).status_code == 400


def test_campaigns_are_joined_and_left(gist: Api, eva: Contact) -> None:
    campaign = gist.get("/campaigns").json()["campaigns"][0]["id"]
    body = {"id": campaign, "email": "eva@stone.test"}
    assert gist.post("/campaigns", body).json()["campaign"]["active_subscriber_count"] == 1
    gist.post("/campaigns", {**body, "unsubscribed": True})
    assert gist.post("/campaigns", body).json()["campaign"]["active_subscriber_count"] == 0
    back = gist.post("/campaigns", {**body, "reactivate_if_removed": True}).json()["campaign"]
    assert back["active_subscriber_count"] == 1
    assert gist.get(f"/contacts?campaign_id={campaign}").json()["contacts"][0]["id"] == eva["id"]


def test_a_form_makes_a_lead_and_keeps_the_submission(gist: Api) -> None:
    form = gist.get("/forms").json()["forms"][0]["id"]
    gist.post(f"/forms/{form}/subscribe", {"email": "form@x.test"})
    assert gist.get("/contacts?email=form%40x.test").json()["contact"]["type"] == "lead"
    assert gist.get(f"/forms/{form}/submissions").json()["submissions"][0]["data"] == {"email": "form@x.test"}


def test_segments_count_only_when_asked(gist: Api) -> None:
    segment = gist.get("/segments").json()["segments"][0]
    assert "count" not in segment
    assert "count" in gist.get(f"/segments/{segment['id']}?include_count=true").json()["segment"]


def test_a_subscription_type_is_attached_and_detached(gist: Api, eva: Contact) -> None:
    kind = gist.get("/subscription_types").json()["subscription_types"][0]["id"]
    path = f"/subscription_types/{kind}"
    assert gist.post(path, {"id": eva["id"]}).json()["subscription_type"]["contact_count"] == 1
    assert gist.post(path, {"id": eva["id"], "detach": True}).json()["subscription_type"]["contact_count"] == 0


def test_a_conversation_from_opening_to_deletion(gist: Api, eva: Contact) -> None:
    maren, iris = (row["id"] for row in gist.get("/teammates").json()["teammates"][:2])
    opened = gist.post("/conversations", {"from": {"id": eva["id"]}, "body": "Hello?"}).json()["conversation"]
    one = f"/conversations/{opened['id']}"
    assert opened["contacts"] == [{"id": eva["id"]}]
    assigned = gist.patch(f"{one}/assign", {"teammate_id": maren, "assignee_id": iris}).json()["conversation"]
    assert assigned["assignee"] == {"id": iris, "type": "teammate"}
    assert gist.patch(f"{one}/priority", {"teammate_id": maren, "priority": "priority"}).status_code == 200
    who = {"type": "teammate", "teammate_id": maren}
    note = gist.post(f"{one}/messages", {"message_type": "note", "from": who, "body": "Careful"}).json()["message"]
    assert (note["author"]["type"], note["message_type"]) == ("teammate", "note")
    assert [row["body"] for row in gist.get(f"{one}/messages").json()["messages"]] == ["Hello?", "Careful"]
    closed = gist.patch(one, {"state": "closed", "teammate_id": maren}).json()["conversation"]
    assert closed["state"] == "closed"
    assert gist.delete(one).json()["conversation"]["id"] == opened["id"]
    assert gist.get(one).status_code == 404


def test_a_property_of_a_conversation_may_hold_a_list(gist: Api, eva: Contact) -> None:
    given = {"topics": ["price", "date"], "seats": 2}
    body = {"from": {"id": eva["id"]}, "body": "Hello?", "custom_properties": given}
    opened = gist.post("/conversations", body).json()["conversation"]
    assert opened["custom_properties"] == given
    one = f"/conversations/{opened['id']}"
    changed = gist.patch(one, {"custom_properties": {"topics": ["place"]}}).json()["conversation"]
    assert changed["custom_properties"] == {**given, "topics": ["place"]}
    assert gist.patch(one, {"custom_properties": {"topics": [{"name": "place"}]}}).status_code == 422
    assert gist.patch(one, {"custom_properties": {"topics": ["x" * 256]}}).status_code == 422


def test_a_conversation_is_tagged_by_message(gist: Api) -> None:
    one = f"/conversations/{gist.get('/conversations').json()['conversations'][0]['id']}"
    message = gist.get(f"{one}/messages").json()["messages"][0]["id"]
    tags = gist.post(f"{one}/tags", {"message_id": message, "tags": "asks"}).json()["conversation"]["tags"]
    assert [tag["name"] for tag in tags] == ["asks"]
    body = {"message_id": message, "tag_id": tags[0]["id"]}
    assert gist.delete(f"{one}/tags", body).json()["conversation"]["tags"] == []


def test_conversations_are_searched_and_counted(gist: Api) -> None:
    closed = gist.post("/conversations/search", {"state": "closed"}).json()["conversations"]
    assert {row["state"] for row in closed} == {"closed"}
    counts = gist.get("/conversations/count").json()["conversation_count"]
    assert (counts["open"], counts["closed"]) == (4, len(closed))
    assert len(gist.get("/conversations/count/teammates").json()["conversation_count"]) == 4


def test_only_a_teammate_acts_on_a_conversation(gist: Api) -> None:
    one = f"/conversations/{gist.get('/conversations').json()['conversations'][0]['id']}"
    assert errors(gist.patch(one, {"state": "closed"})) == (400, "teammate_id is required")


def test_the_key_tells_its_workspace(gist: Api) -> None:
    assert gist.get("/token/info").json()["workspace_id"] == gist.get("/token").json()["workspace_id"] == 48211


def test_the_awkward_people_are_there(gist: Api, control: Api) -> None:
    people = control.get("/contacts/gist/alder/").json()["contacts"]
    names = [person["name"] or "" for person in people]
    assert '<script>alert("hi")</script> Moss' in names
    assert any(len(name) == 240 for name in names)
    assert "" in names
    assert next(person for person in people if not person["email"])["user_id"] == "ext-900"
    emails = [person["email"] for person in control.get("/contacts/ghl/alder/").json()["contacts"] if "email" in person]
    assert emails.count("nadia.haddad@example.test") == 2

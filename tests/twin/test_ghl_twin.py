"""The GHL twin keeps to the documented API, oddities included (docs/ghl-api.md)."""

from typing import Any

import pytest

from tests.twin.conftest import COMPANY, LOCATION, OTHER_LOCATION, Api

Contact = dict[str, Any]


def test_a_call_without_version_header_is_refused(ghl: Api) -> None:
    assert ghl.get("/contacts/x", Version=None).json()["message"] == "version header was not found."
    assert ghl.get("/contacts/x", Version="1999-01-01").json()["message"] == "version header is invalid"


def test_an_unknown_token_is_refused(ghl: Api) -> None:
    answer = ghl.get("/contacts/x", Authorization="Bearer nonsense")
    assert (answer.status_code, answer.json()["message"]) == (401, "Invalid JWT")
    assert "Private Integration" in ghl.get("/contacts/x", Authorization="Bearer pit-no").json()["message"]


def test_an_unknown_path_says_cannot_get(ghl: Api) -> None:
    answer = ghl.get("/nowhere")
    assert (answer.status_code, answer.json()) == (404, {"statusCode": 404, "message": "Cannot GET /nowhere"})


def test_another_location_is_out_of_reach(ghl: Api) -> None:
    answer = ghl.post("/contacts/", {"locationId": OTHER_LOCATION, "email": "a@b.test"})
    assert (answer.status_code, answer.json()["message"]) == (403, "The token does not have access to this location.")


def test_an_unknown_contact_is_a_400(ghl: Api) -> None:
    answer = ghl.get("/contacts/nobody")
    assert (answer.status_code, answer.json()["message"]) == (400, "Contact with id nobody not found")


def test_create_answers_201_with_a_smaller_contact(ghl: Api) -> None:
    body = {"locationId": LOCATION, "name": "Al Zed", "phone": "(212) 555-0199", "tags": [" VIP"]}
    answer = ghl.post("/contacts", {**body, "dateOfBirth": "09-25-1990"})
    contact = answer.json()["contact"]
    assert answer.status_code == 201
    assert (contact["firstName"], contact["lastName"], contact["phone"]) == ("Al", "Zed", "+12125550199")
    assert (contact["tags"], contact["dateOfBirth"]) == (["vip"], "1990-09-25T00:00:00.000Z")
    assert "name" not in contact
    assert "email" not in contact  # left out, not null


def test_a_duplicate_names_the_contact_in_the_way(ghl: Api, ada: Contact) -> None:
    answer = ghl.post("/contacts/", {"locationId": LOCATION, "email": "ADA@marsh.test"})
    assert answer.status_code == 400
    assert answer.json()["meta"] == {"contactId": ada["id"], "contactName": "Ada Marsh", "matchingField": "email"}


@pytest.mark.parametrize(
    ("body", "complaint"),
    [
        ({"gender": "f"}, "property gender should not exist"),
        ({"locationId": LOCATION}, "property locationId should not exist"),
        ({"companyName": "X"}, "property companyName should not exist"),
        ({"email": "no address"}, "email must be an email"),
        ({"customFields": {"id": "x"}}, "customFields must be an array"),
        ({"postalCode": None}, "postalCode must not be null"),
    ],
)
def test_update_complains_about_each_property(ghl: Api, ada: Contact, body: Contact, complaint: str) -> None:
    answer = ghl.put(f"/contacts/{ada['id']}", body)
    assert (answer.status_code, answer.json()["message"]) == (422, [complaint])


def test_update_changes_only_what_is_given_and_null_empties(ghl: Api, ada: Contact) -> None:
    answer = ghl.put(f"/contacts/{ada['id']}", {"lastName": None, "city": "Rome"}).json()
    assert answer["succeded"] is True
    assert answer["contact"]["email"] == "ada@marsh.test"
    assert answer["contact"]["city"] == "Rome"
    assert "lastName" not in answer["contact"]
    assert answer["contact"]["dateUpdated"] > ada["dateUpdated"]


def test_update_replaces_all_tags(ghl: Api, ada: Contact) -> None:
    ghl.post(f"/contacts/{ada['id']}/tags", {"tags": ["One", "two"]})
    assert ghl.put(f"/contacts/{ada['id']}", {"tags": ["three"]}).json()["contact"]["tags"] == ["three"]


def test_upsert_answers_200_and_says_whether_it_is_new(ghl: Api, ada: Contact) -> None:
    known = ghl.post("/contacts/upsert", {"locationId": LOCATION, "email": "ada@marsh.test", "gender": "f"})
    new = ghl.post("/contacts/upsert", {"locationId": LOCATION, "email": "new@marsh.test", "gender": "f"})
    assert (known.status_code, known.json()["new"], known.json()["contact"]["id"]) == (200, False, ada["id"])
    assert (new.status_code, new.json()["new"]) == (200, True)
    assert "gender" not in known.json()["contact"]
    assert new.json()["contact"]["gender"] == "f"


def test_upsert_between_two_contacts_updates_the_first_and_drops_the_phone(ghl: Api, ada: Contact) -> None:
    ghl.post("/contacts/", {"locationId": LOCATION, "phone": "+12125550111"})
    body = {"locationId": LOCATION, "email": "ada@marsh.test", "phone": "+12125550111", "city": "Rome"}
    contact = ghl.post("/contacts/upsert", body).json()["contact"]
    assert (contact["id"], contact["city"]) == (ada["id"], "Rome")
    assert "phone" not in contact


def test_duplicates_are_found_by_email_or_number(ghl: Api, ada: Contact) -> None:
    where = f"/contacts/search/duplicate?locationId={LOCATION}"
    assert ghl.get(f"{where}&email=ADA%40marsh.test").json()["contact"]["id"] == ada["id"]
    assert ghl.get(f"{where}&number=%2B12129990000").json() == {"contact": None}


def test_custom_fields_are_written_by_key_or_id_and_read_by_id(ghl: Api, ada: Contact) -> None:
    fields = ghl.get(f"/locations/{LOCATION}/customFields").json()["customFields"]
    by_name = {field["name"]: field for field in fields}
    given = [
        {"key": "plan", "field_value": "gold"},
        {"id": by_name["Loyalty points"]["id"], "value": "12"},
        {"id": by_name["Consents"]["id"], "field_value": ["Photos"]},
        {"id": "unknown", "field_value": "x"},
    ]
    stored = ghl.put(f"/contacts/{ada['id']}", {"customFields": given}).json()["contact"]["customFields"]
    assert {item["id"]: item["value"] for item in stored} == {
        by_name["Plan"]["id"]: "gold",
        by_name["Loyalty points"]["id"]: 12,
        by_name["Consents"]["id"]: ["Photos"],
    }


def test_delete_takes_tasks_along(ghl: Api, ada: Contact) -> None:
    ghl.post(f"/contacts/{ada['id']}/tasks", {"title": "x", "dueDate": "2026-12-01T00:00:00Z", "completed": False})
    assert ghl.delete(f"/contacts/{ada['id']}").json() == {"succeded": True}
    assert ghl.get(f"/contacts/{ada['id']}").status_code == 400
    found = ghl.post(f"/locations/{LOCATION}/tasks/search", {"contactId": [ada["id"]]}).json()
    assert found == {"tasks": []}


def test_a_task_is_made_moved_completed_and_deleted(ghl: Api, ada: Contact) -> None:
    base = f"/contacts/{ada['id']}/tasks"
    made = ghl.post(base, {"title": "Call", "dueDate": "2026-12-01T10:00:00Z", "completed": False})
    assert (made.status_code, made.json()["task"]["dueDate"]) == (201, "2026-12-01T10:00:00.000Z")
    one = f"{base}/{made.json()['task']['id']}"
    assert ghl.put(one, {"title": "Ring"}).json()["task"]["title"] == "Ring"
    assert ghl.put(f"{one}/completed", {"completed": True}).json()["task"]["completed"] is True
    assert ghl.get(base).json()["tasks"][0]["contactId"] == ada["id"]
    assert ghl.delete(one).json() == {"succeded": True}
    assert ghl.get(one).status_code == 404


def test_a_task_needs_title_due_date_and_state(ghl: Api, ada: Contact) -> None:
    answer = ghl.post(f"/contacts/{ada['id']}/tasks", {})
    assert answer.status_code == 422
    assert len(answer.json()["message"]) == 3


def test_tasks_and_notes_leave_the_contact_untouched(ghl: Api, ada: Contact) -> None:
    ghl.post(f"/contacts/{ada['id']}/notes", {"body": "Hi"})
    assert ghl.get(f"/contacts/{ada['id']}").json()["contact"]["dateUpdated"] == ada["dateUpdated"]


def test_a_note_is_made_changed_and_deleted(ghl: Api, ada: Contact) -> None:
    base = f"/contacts/{ada['id']}/notes"
    made = ghl.post(base, {"body": "Hi", "color": "#aabbcc"})
    assert made.status_code == 201
    one = f"{base}/{made.json()['note']['id']}"
    assert ghl.put(one, {"pinned": True}).json()["note"]["pinned"] is True
    assert ghl.get(base).json()["notes"][0]["body"] == "Hi"
    assert ghl.delete(one).json() == {"succeded": True}


def test_tags_are_added_and_taken_off_with_a_body(ghl: Api, ada: Contact) -> None:
    path = f"/contacts/{ada['id']}/tags"
    added = ghl.post(path, {"tags": ["Vip", "new"]})
    assert (added.status_code, added.json()) == (201, {"tags": ["vip", "new"]})
    assert ghl.delete(path, {"tags": ["VIP"]}).json() == {"tags": ["new"]}
    dictionary = [tag["name"] for tag in ghl.get(f"/locations/{LOCATION}/tags").json()["tags"]]
    assert "new" in dictionary


def test_followers_campaigns_and_workflows_answer_as_documented(ghl: Api, ada: Contact) -> None:
    one = f"/contacts/{ada['id']}"
    assert ghl.post(f"{one}/followers", {"followers": ["u1"]}).json() == {"followers": ["u1"], "followersAdded": ["u1"]}
    assert ghl.delete(f"{one}/followers", {"followers": ["u1"]}).json()["followersRemoved"] == ["u1"]
    assert ghl.post(f"{one}/campaigns/c1", {}).status_code == 201
    assert ghl.delete(f"{one}/campaigns/removeAll").json() == {"succeded": True}
    assert ghl.post(f"{one}/workflow/w1", {}).status_code == 200
    assert ghl.delete(f"{one}/workflow/w1", {}).json() == {"succeded": True}


def test_bulk_tags_report_each_contact(ghl: Api, ada: Contact) -> None:
    body = {"contacts": [ada["id"], "nobody"], "tags": ["Bulk"], "locationId": LOCATION}
    answer = ghl.post("/contacts/bulk/tags/update/add", body)
    assert (answer.status_code, answer.json()["errorCount"]) == (201, 1)
    assert [row["type"] for row in answer.json()["responses"]] == ["success", "error"]


def test_contacts_are_put_under_a_business(ghl: Api, ada: Contact) -> None:
    made = ghl.post("/businesses/", {"name": "Marsh Ltd", "locationId": LOCATION})
    business = made.json()["buiseness"]["id"]
    assert made.status_code == 201
    ghl.post("/contacts/bulk/business", {"locationId": LOCATION, "ids": [ada["id"]], "businessId": business})
    found = ghl.get(f"/contacts/business/{business}?locationId={LOCATION}").json()
    assert [contact["id"] for contact in found["contacts"]] == [ada["id"]]
    ghl.post("/contacts/bulk/business", {"locationId": LOCATION, "ids": [ada["id"]], "businessId": None})
    assert ghl.get(f"/contacts/business/{business}?locationId={LOCATION}").json()["count"] == 0


def search(ghl: Api, **body: Any) -> dict[str, Any]:
    answer = ghl.post("/contacts/search", {"locationId": LOCATION, "pageLimit": 100, **body})
    assert answer.status_code == 200, answer.content
    return answer.json()


def test_search_needs_a_page_limit(ghl: Api) -> None:
    assert ghl.post("/contacts/search", {"locationId": LOCATION}).status_code == 422
    assert ghl.post("/contacts/search", {"locationId": LOCATION, "pageLimit": 501}).status_code == 422


def test_search_after_walks_through_everybody_once(ghl: Api) -> None:
    seen: list[str] = []
    after: dict[str, Any] = {}
    while True:
        page = search(ghl, pageLimit=7, sort=[{"field": "dateUpdated", "direction": "asc"}], **after)
        if not page["contacts"]:
            break
        seen += [contact["id"] for contact in page["contacts"]]
        after = {"searchAfter": page["contacts"][-1]["searchAfter"]}
    assert len(seen) == len(set(seen)) == page["total"]


def test_search_after_works_with_two_directions(ghl: Api) -> None:
    sort = [{"field": "source", "direction": "asc"}, {"field": "email", "direction": "desc"}]
    first = search(ghl, pageLimit=5, sort=sort)["contacts"]
    second = search(ghl, pageLimit=5, sort=sort, searchAfter=first[-1]["searchAfter"])["contacts"]
    both = search(ghl, pageLimit=10, sort=sort)["contacts"]
    assert [contact["id"] for contact in [*first, *second]] == [contact["id"] for contact in both]


def test_pages_of_the_search_end_at_10000_records(ghl: Api) -> None:
    assert search(ghl, page=100)["contacts"] == []
    answer = ghl.post("/contacts/search", {"locationId": LOCATION, "pageLimit": 100, "page": 101})
    assert answer.status_code == 400


@pytest.mark.parametrize(
    "found",
    [
        {"field": "email", "operator": "eq", "value": "ADA@marsh.test"},
        {"field": "firstNameLowerCase", "operator": "eq", "value": "ada"},
        {"field": "lastNameLowerCase", "operator": "contains", "value": "mars"},
        {"field": "tags", "operator": "eq", "value": "only-ada"},
        {"field": "dateAdded", "operator": "range", "value": {"gte": "2026-01-01T00:00:00Z"}},
        {"field": "website", "operator": "not_exists"},
        {"field": "city", "operator": "not_eq", "value": "Rome"},
        {"field": "tags", "operator": "not_contains", "value": "vip"},
        {"group": "OR", "filters": [
            {"field": "phone", "operator": "eq", "value": "+1"},
            {"group": "AND", "filters": [{"field": "email", "operator": "eq", "value": "ada@marsh.test"}]},
        ]},
    ],
)  # fmt: skip
def test_filters_find_ada(ghl: Api, ada: Contact, found: dict[str, Any]) -> None:
    ghl.post(f"/contacts/{ada['id']}/tags", {"tags": ["only-ada"]})
    one = {"field": "id", "operator": "eq", "value": ada["id"]}
    assert [contact["id"] for contact in search(ghl, filters=[one, found])["contacts"]] == [ada["id"]]


@pytest.mark.parametrize(
    "missed",
    [
        {"field": "email", "operator": "not_eq", "value": "ada@marsh.test"},
        {"field": "tags", "operator": "exists"},
        {"field": "dateUpdated", "operator": "range", "value": {"lt": "2020-01-01T00:00:00Z"}},
        {"field": "city", "operator": "exists"},
        {"field": "opportunities.status", "operator": "eq", "value": "open"},
    ],
)
def test_filters_leave_ada_out(ghl: Api, ada: Contact, missed: dict[str, Any]) -> None:
    one = {"field": "id", "operator": "eq", "value": ada["id"]}
    assert search(ghl, filters=[one, missed])["total"] == 0


def test_search_by_custom_field_takes_its_id(ghl: Api, ada: Contact) -> None:
    field = ghl.get(f"/locations/{LOCATION}/customFields/contact.consents").json()["customField"]["id"]
    ghl.put(f"/contacts/{ada['id']}", {"customFields": [{"id": field, "field_value": ["Photos", "Reminders"]}]})
    found = search(ghl, filters=[{"field": f"customFields.{field}", "operator": "eq", "value": "reminders"}])
    assert [contact["id"] for contact in found["contacts"]] == [ada["id"]]


def test_an_unknown_search_field_is_refused(ghl: Api) -> None:
    body = {"locationId": LOCATION, "pageLimit": 1, "filters": [{"field": "shoeSize", "operator": "eq", "value": 1}]}
    assert ghl.post("/contacts/search", body).json()["message"] == "Invalid field shoeSize"


def test_a_hit_says_address_where_a_contact_says_address1(ghl: Api, ada: Contact) -> None:
    ghl.put(f"/contacts/{ada['id']}", {"address1": "1 Road"})
    hit = search(ghl, filters=[{"field": "id", "operator": "eq", "value": ada["id"]}])["contacts"][0]
    assert hit["address"] == "1 Road"
    assert "address1" not in hit


def test_the_deprecated_list_starts_over_without_both_cursors(ghl: Api) -> None:
    first = ghl.get(f"/contacts/?locationId={LOCATION}&limit=5").json()
    meta = first["meta"]
    half = ghl.get(f"/contacts/?locationId={LOCATION}&limit=5&startAfterId={meta['startAfterId']}").json()
    both = f"&startAfterId={meta['startAfterId']}&startAfter={meta['startAfter']}"
    second = ghl.get(f"/contacts/?locationId={LOCATION}&limit=5{both}").json()
    assert half["contacts"] == first["contacts"]
    assert not {row["id"] for row in first["contacts"]} & {row["id"] for row in second["contacts"]}


def test_an_appointment_is_booked_moved_and_deleted(ghl: Api, ada: Contact) -> None:
    calendar = ghl.get(f"/calendars/?locationId={LOCATION}").json()["calendars"][0]
    body = {"calendarId": calendar["id"], "locationId": LOCATION, "contactId": ada["id"]}
    made = ghl.post("/calendars/events/appointments", {**body, "startTime": "2027-03-01T10:00:00-05:00"})
    assert (made.status_code, made.json()["endTime"]) == (200, "2027-03-01T10:30:00-05:00")
    taken = ghl.post("/calendars/events/appointments", {**body, "startTime": "2027-03-01T10:15:00-05:00"})
    assert taken.json()["message"] == "The slot you have selected is no longer available."
    one = f"/calendars/events/appointments/{made.json()['id']}"
    assert ghl.put(one, {"appointmentStatus": "cancelled"}).json()["appointmentStatus"] == "cancelled"
    assert ghl.get(one).json()["event"]["contactId"] == ada["id"]
    listed = ghl.get(f"/contacts/{ada['id']}/appointments").json()["events"]
    assert listed[0]["startTime"] == "2027-03-01 10:00:00"  # no zone
    gone = ghl.delete(f"/calendars/events/{made.json()['id']}", {})
    assert (gone.status_code, gone.json()) == (201, {"succeeded": True})


def test_free_slots_leave_out_what_is_booked(ghl: Api, ada: Contact) -> None:
    calendar = ghl.get(f"/calendars/?locationId={LOCATION}").json()["calendars"][0]["id"]
    where = f"/calendars/{calendar}/free-slots?startDate=1803877200000&endDate=1803963600000"  # 1 March 2027
    before = ghl.get(where).json()
    body = {"calendarId": calendar, "locationId": LOCATION, "contactId": ada["id"]}
    ghl.post("/calendars/events/appointments", {**body, "startTime": "2027-03-01T10:00:00-05:00"})
    after = ghl.get(where).json()
    assert set(before["2027-03-01"]["slots"]) - set(after["2027-03-01"]["slots"]) == {"2027-03-01T10:00:00-05:00"}
    assert isinstance(after["traceId"], str)


def test_users_are_listed_for_the_location(ghl: Api) -> None:
    users = ghl.get(f"/users/search?companyId={COMPANY}&locationId={LOCATION}").json()
    assert users["count"] == 4
    assert ghl.get(f"/users/{users['users'][0]['id']}").json()["name"] == "Maren Bell"
    assert len(ghl.get(f"/users/?locationId={LOCATION}").json()["users"]) == 4


def test_a_custom_field_keeps_its_key_under_a_new_name(ghl: Api) -> None:
    base = f"/locations/{LOCATION}/customFields"
    made = ghl.post(base, {"name": "Shoe size", "dataType": "NUMERICAL"})
    assert (made.status_code, made.json()["customField"]["fieldKey"]) == (201, "contact.shoe_size")
    one = f"{base}/{made.json()['customField']['id']}"
    assert ghl.put(one, {"name": "Shoes"}).json()["customField"]["fieldKey"] == "contact.shoe_size"
    assert ghl.delete(one).json() == {"succeded": True}


@pytest.fixture
def ada_of_two_addresses(control: Api, ada: Contact) -> Contact:
    body = {"account": LOCATION, "contact": ada["id"], "emails": ["Ada@home.test"]}
    assert control.post("/addresses/", body).status_code == 200
    return ada


def test_further_addresses_are_read_and_found_and_cannot_be_written(ghl: Api, ada_of_two_addresses: Contact) -> None:
    ada = ada_of_two_addresses
    shown = [{"email": "Ada@home.test"}]
    assert ghl.get(f"/contacts/{ada['id']}").json()["contact"]["additionalEmails"] == shown
    where = f"/contacts/search/duplicate?locationId={LOCATION}&email=ada@home.test"
    assert ghl.get(where).json()["contact"]["id"] == ada["id"]
    body = {"locationId": LOCATION, "pageLimit": 20, "query": "ada@home.test"}
    (hit,) = ghl.post("/contacts/search", body).json()["contacts"]
    assert (hit["id"], hit["additionalEmails"]) == (ada["id"], shown)
    refused = ghl.put(f"/contacts/{ada['id']}", {"additionalEmails": []})
    assert "property additionalEmails should not exist" in refused.json()["message"]
    taken = ghl.post("/contacts/", {"locationId": LOCATION, "email": "ada@home.test"})
    assert taken.json()["meta"]["contactId"] == ada["id"]


def test_an_upsert_by_a_further_address_loses_the_main_one(ghl: Api, ada_of_two_addresses: Contact) -> None:
    ghl.post("/contacts/upsert", {"locationId": LOCATION, "email": "ada@home.test"})
    contact = ghl.get(f"/contacts/{ada_of_two_addresses['id']}").json()["contact"]
    assert (contact["email"], contact.get("additionalEmails", [])) == ("ada@home.test", [])


def test_a_merge_leaves_one_contact_with_both_addresses_and_all_notes(ghl: Api, control: Api, ada: Contact) -> None:
    other = ghl.post("/contacts/", {"locationId": LOCATION, "firstName": "Ada", "email": "a@x.test"}).json()["contact"]
    ghl.post(f"/contacts/{other['id']}/notes", {"body": "Prefers mornings"})
    control.post("/merge/", {"account": LOCATION, "keep": ada["id"], "lose": other["id"]})
    assert ghl.get(f"/contacts/{other['id']}").status_code == 400
    kept = ghl.get(f"/contacts/{ada['id']}").json()["contact"]
    assert (kept["email"], kept["additionalEmails"]) == (ada["email"], [{"email": "a@x.test"}])
    (note,) = ghl.get(f"/contacts/{ada['id']}/notes").json()["notes"]
    assert (note["body"], note["contactId"]) == ("Prefers mornings", ada["id"])

"""Every documented oddity that the twins can play, with its source. The code that plays one asks `is_on("…")` here."""

from dataclasses import dataclass

from integration.twin.store import Store, current_store


@dataclass(frozen=True)
class Quirk:
    """`source` is its place in docs/, as file#anchor; `default` is whether it is played from the start."""

    code: str
    title: str
    source: str
    default: bool = True


GHL = "docs/ghl-api.md"
GIST = "docs/gist-api.md"

ROWS = (
    Quirk("ghl_unknown_contact_400", "An unknown contact id is answered with 400, not 404", f"{GHL}#errors"),
    Quirk("ghl_scope_401", "A missing scope is answered with 401, not 403", f"{GHL}#scopes"),
    Quirk("ghl_unknown_property_422", "A property outside the DTO is refused by name", f"{GHL}#write-fields"),
    Quirk("ghl_get_other_emails", "A contact read by id shows its further addresses", f"{GHL}#second-addresses"),
    Quirk("ghl_duplicate_400", "A duplicate is refused with 400 and the contact that is in the way", f"{GHL}#errors"),
    Quirk("ghl_upsert_drops_second", "Upsert keeps to the first match and drops the other's value", f"{GHL}#upsert"),
    Quirk("ghl_upsert_ignores_gender", "Upsert ignores gender on an existing contact", f"{GHL}#write-fields"),
    Quirk("ghl_tags_lower_case", "Contact tags are kept in lower case", f"{GHL}#tags"),
    Quirk("ghl_phone_e164", "Phones are stored as E.164", f"{GHL}#field-semantics"),
    Quirk("ghl_bad_phone_refused", "A phone that is no number is refused", f"{GHL}#field-semantics"),
    Quirk("ghl_missing_not_null", "Empty fields are left out of a contact instead of null", f"{GHL}#field-semantics"),
    Quirk("ghl_search_address", "Search hits say address where a contact says address1", f"{GHL}#search"),
    Quirk("ghl_search_companion_names", "Search hits hold names in lower case beside the others", f"{GHL}#search"),
    Quirk("ghl_search_no_dnd_settings", "Search hits leave dndSettings out", f"{GHL}#search"),
    Quirk("ghl_dnd_does_not_touch", "A change of DND leaves the contact's dateUpdated alone", f"{GHL}#search"),
    Quirk("ghl_search_10000", "Pages of the search end at 10,000 records", f"{GHL}#search"),
    Quirk("ghl_list_lower_names", "The deprecated list gives names in lower case", f"{GHL}#contacts"),
    Quirk("ghl_list_needs_both_cursors", "The deprecated list starts over without both cursors", f"{GHL}#contacts"),
    Quirk("ghl_create_answer_small", "Create answers with a smaller contact, without name", f"{GHL}#contacts"),
    Quirk("ghl_dob_midnight", "Create answers a date of birth as midnight UTC", f"{GHL}#field-semantics"),
    Quirk("ghl_refresh_grace", "A spent refresh token gives the same answer for 30 seconds", f"{GHL}#token"),
    Quirk("ghl_location_token_refresh", "A location token made by an agency has a refresh token", f"{GHL}#token"),
    Quirk("ghl_appointment_201", "Creating an appointment answers 201 instead of 200", f"{GHL}#calendars", False),
    Quirk("ghl_appointment_no_zone", "A contact's appointments have times without a zone", f"{GHL}#calendars"),
    Quirk("ghl_free_slots_trace", "Free slots hold a traceId between the days", f"{GHL}#calendars"),
    Quirk("ghl_notes_do_not_touch", "Tasks and notes leave the contact's dateUpdated alone", f"{GHL}#search"),
    Quirk("ghl_hook_echo", "Calls through the API fire webhooks like clicks do", f"{GHL}#webhooks"),
    Quirk("ghl_hook_empty_left_out", "Webhooks leave empty fields of a contact out", f"{GHL}#webhooks"),
    Quirk("ghl_hook_inbound_dnd_silent", "No webhook tells of DND that a contact asked for", f"{GHL}#webhooks"),
    Quirk("ghl_hook_task_bare", "The TaskCreate webhook lacks contactId and body", f"{GHL}#webhooks"),
    Quirk("ghl_hook_no_task_update", "No webhook tells of an edited or re-opened task", f"{GHL}#webhooks"),
    Quirk("ghl_hook_note_short", "Note webhooks hold id, body, contactId and dateAdded only", f"{GHL}#webhooks"),
    Quirk("ghl_hook_appointment_type", "Appointment webhooks all say AppointmentCreate", f"{GHL}#webhooks", False),
    Quirk("ghl_hook_rsa", "X-WH-Signature still comes beside X-GHL-Signature", f"{GHL}#webhooks"),
    Quirk("ghl_hook_no_ed25519", "X-GHL-Signature reads N/A", f"{GHL}#webhooks", False),
    Quirk("ghl_hook_429_only", "Webhooks are sent again after 429 only", f"{GHL}#webhooks"),
    Quirk("gist_unsubscribed_string", "unsubscribed_from_emails is a string", f"{GIST}#contacts"),
    Quirk("gist_signed_up_zero", "signed_up_at is 0 when it is not set", f"{GIST}#dates"),
    Quirk("gist_lookup_is_singular", "A lookup by e-mail gives one contact or an error, no list", f"{GIST}#contacts"),
    Quirk("gist_tags_only_add", "Tags in an upsert are added, none is taken away", f"{GIST}#contacts"),
    Quirk("gist_tag_touches", "Tagging moves the contact's updated_at", f"{GIST}#contacts"),
    Quirk("gist_tag_case", "Tag names differ in more than case", f"{GIST}#tags"),
    Quirk("gist_user_id_string", "A numeric user_id comes back as a string", f"{GIST}#contacts"),
    Quirk("gist_event_names", "Dots and dollars in event names become dashes", f"{GIST}#events"),
    Quirk("gist_page_cap", "A page never holds more than 60", f"{GIST}#pagination"),
    Quirk("gist_hook_echo", "Calls through the API fire webhooks", f"{GIST}#webhooks"),
    Quirk("gist_hook_fields_silent", "No webhook tells of a changed name, phone or plain field", f"{GIST}#webhooks"),
    Quirk("gist_hook_created_twice", "A new contact fires two topics: created, and user or lead", f"{GIST}#webhooks"),
    Quirk("gist_hook_workflow_message", "Automations put the contact under message", f"{GIST}#webhooks"),
    Quirk("gist_hook_410", "A webhook answered with 410 is switched off at once", f"{GIST}#webhooks"),
    Quirk("gist_hook_three_failures", "Three failed repeats in a row switch a webhook off", f"{GIST}#webhooks"),
    Quirk("gist_batch_id", "A batch answers with a batch id and a status", f"{GIST}#contacts", False),
)
BY_CODE = {quirk.code: quirk for quirk in ROWS}


def is_on(code: str) -> bool:
    """Whether the quirk is played now."""
    return bool(current_store().control("quirks", {}).get(code, BY_CODE[code].default))


def switch_quirks(store: Store, changes: dict[str, bool]) -> None:
    """Raises KeyError for a quirk that is not in the registry."""
    for code in changes:
        BY_CODE[code]
    store.set_control("quirks", {**store.control("quirks", {}), **changes})

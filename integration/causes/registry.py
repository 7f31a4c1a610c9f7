"""Every cause of failures that Gistline knows, in words an operator can act on: the one place for them.

A cause has a stable code, a title, what it means, what to do, and the fixes that do it (problems/fixes/). Words in
braces are filled in: `{side}` is Gist or GHL, `{field}` what the problem is about, `{text}` what the API answers.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Cause:
    """`fixes` names the buttons that may cure it, the best one first; `waits`: time may cure it, and it is tried again
    by itself.
    """

    code: str
    title: str
    meaning: str
    remedy: str
    fixes: tuple[str, ...] = ()
    waits: bool = False


_ALL = (
    # Values that an API refuses -----------------------------------------------------------------------
    Cause(
        "phone_invalid",
        "{side} refuses the {field}",
        "{side} cannot tell where these numbers belong, most often because they have no prefix such as +44.",
        "Have numbers written in international form, or correct them where they come from.",
        ("phone_country", "phone_step", "leave_out"),
    ),
    Cause(
        "email_invalid",
        "{side} refuses the {field}",
        "These are no e-mail addresses for {side}.",
        "Correct them where they come from; each correction closes its part of the problem.",
        ("email_step", "leave_out"),
    ),
    Cause(
        "number_invalid",
        "{side} takes only numbers as {field}",
        "The field holds numbers there, and what was sent is none.",
        "Correct the values, or leave this field out.",
        ("comma_step", "leave_out"),
    ),
    Cause(
        "date_invalid",
        "{side} cannot read the date in {field}",
        "The date was sent in a form that {side} does not take.",
        "Add the step “Date format” to the mapping row, or leave this field out.",
        ("leave_out",),
    ),
    Cause(
        "country_invalid",
        "{side} takes countries as two letters only",
        "A country has to be written as DE or US; names are refused.",
        "Add the step “Country code” to the mapping row, or leave this field out.",
        ("country_step", "leave_out"),
    ),
    Cause(
        "option_missing",
        "A value is not among the choices of {field}",
        "The field offers a list of values in {side}, and what was sent is none of them.",
        "Add the option to the field in {side}, or a value table to the mapping row.",
        ("read_fields", "leave_out"),
    ),
    Cause(
        "too_long",
        "Text is too long for {field}",
        "{side} takes no text of this length here. Nothing is cut.",
        "Shorten the texts, or leave this field out.",
        ("leave_out",),
    ),
    Cause(
        "field_unknown",
        "{side} does not know the field {field}",
        "The mapping names a field that {side} does not have, or does not take in this call.",
        "Create the field there, map another one, or leave it out.",
        ("create_field", "leave_out"),
    ),
    Cause(
        "property_name",
        "{side} does not take the name of {field}",
        "Names of properties may not hold a dot or a dollar sign there.",
        "Rename the property in the mapping, or leave it out.",
        ("leave_out",),
    ),
    Cause(
        "value_taken",
        "{field} belongs to another contact in {side}",
        "{side} keeps each of these values for one contact only, and another one has it.",
        "Merge or correct the two records; the rest of the person was written.",
        ("look_at_people", "leave_out"),
    ),
    Cause(
        "identity_missing",
        "{side} needs something to know a person by",
        "These contacts have neither an e-mail address nor anything else that {side} accepts as an identity.",
        "Fill in an e-mail address or phone number where they come from.",
    ),
    Cause(
        "assignee_missing",
        "Assigned to somebody whom {side} does not know",
        "The user left the account, or the id is another account's.",
        "Choose another assignee in the mapping or the workflow.",
        ("leave_out",),
    ),
    Cause(
        "calendar_missing",
        "The calendar does not exist in {side}",
        "It was deleted, or belongs to another location.",
        "Choose another calendar in the workflow.",
        ("open_workflow",),
    ),
    Cause(
        "member_missing",
        "The calendar has no team member",
        "{side} books an appointment only with somebody who holds it.",
        "Add a member to the calendar in {side}, or choose who holds the appointment in the workflow.",
        ("open_workflow",),
    ),
    Cause(
        "slot_taken",
        "The time is no longer free",
        "Somebody else booked the slot first, or the calendar is closed then.",
        "Choose another time, or let the workflow book whatever is in the calendar.",
        ("open_workflow",),
    ),
    Cause(
        "opt_out_permanent",
        "{side} does not let anybody change an opt-out",
        "The person stopped messages with the carrier itself, which only they can lift.",
        "Nothing can be done from here: the opt-out stands.",
        ("leave_out",),
    ),
    Cause(
        "value_invalid",
        "{side} refuses {field}",
        "What was sent is not what {side} takes in this field.",
        "Correct the values, add a step to the mapping row, or leave this field out.",
        ("leave_out",),
    ),
    Cause(
        "refused",
        "{side} refuses: {text}",
        "{side} gives this reason and names no field.",
        "Read the answer below. Correct what it names, then retry.",
    ),
    # Values that were left out before anything was sent -----------------------------------------------
    Cause(
        "phone_unreadable",
        "{field} without a country",
        "Read in the country of the link, or of the location, these digits are nobody's number. They were left out, "
        "and the rest of each person was written.",
        "Set the link's country, or correct the numbers where they come from.",
        ("phone_country", "leave_out"),
    ),
    Cause(
        "country_unreadable",
        "No country code in {field}",
        "{side} takes countries as two letters, such as DE or US. The values were left out; the rest was written.",
        "Add the step “Country code” to the mapping row, or correct the values.",
        ("country_step", "leave_out"),
    ),
    Cause(
        "value_unreadable",
        "{field} cannot be converted",
        "The values do not fit the steps of their mapping row. They were left out; the rest was written.",
        "Correct the values, or change the steps of the row.",
        ("comma_step", "leave_out"),
    ),
    Cause(
        "phone_taken",
        "A phone number belongs to two contacts",
        "{side} does not allow a number twice. Each person was written without it.",
        "Allow duplicates in the location, or merge or correct the two contacts.",
        ("look_at_people", "leave_out"),
    ),
    # The mapping --------------------------------------------------------------------------------------
    Cause(
        "row_field_missing",
        "{side} has no field {field}",
        "A mapping row names a field that does not exist. The row is left out of every run; the rest goes on.",
        "Create the field, choose another one in the mapping, or remove the row.",
        ("create_field", "open_mapping", "leave_out"),
    ),
    Cause(
        "row_unworkable",
        "A mapping row cannot work: {text}",
        "The row is left out of every run; the rest goes on.",
        "Open the mapping and correct the row, or remove it.",
        ("open_mapping",),
    ),
    # People ------------------------------------------------------------------------------------------
    Cause(
        "duplicate",
        "{side} has this person already",
        "An e-mail address or phone number belongs to a contact that is another person's pair.",
        "Merge or link the two, or correct the address or number.",
        ("look_at_people",),
    ),
    Cause(
        "record_gone",
        "A record is no longer in {side}",
        "It was deleted since it was read, or belongs to somebody else.",
        "Run a full sync: it finds out what remains.",
        ("full_sync",),
    ),
    Cause(
        "record_malformed",
        "{side} sent {field} in another form than documented",
        "What is known of these records was left as it was. They are read again by themselves.",
        "Open one of them in {side} and correct the field named in the answer.",
        waits=True,
    ),
    # The account --------------------------------------------------------------------------------------
    Cause(
        "login_broken",
        "{side} login ended",
        "{side} no longer accepts the login. Nothing is lost: changes are stored until it works again.",
        "Sign in once more; mappings and history stay.",
        ("reconnect",),
    ),
    Cause(
        "scope_missing",
        "The {side} login lacks the scope {field}",
        "The login does not allow this call.",
        "Reconnect the account and grant the scope.",
        ("reconnect",),
    ),
    Cause(
        "wrong_location",
        "The {side} login belongs to another location",
        "No scope would help: the login does not open this location.",
        "Reconnect with a login of the location that the connection stands for.",
        ("reconnect",),
    ),
    Cause(
        "calls_used_up",
        "{side} takes no more calls for now",
        "The account reached its limit and the wait was too long.",
        "It goes on by itself. A slower schedule, or a filter that takes fewer people, leaves more for live changes.",
        ("open_connection",),
        waits=True,
    ),
    Cause(
        "unreachable",
        "{side} does not answer",
        "The calls got no answer in time. What was sent is looked for before it is sent again.",
        "Nothing needs doing at first: it is tried again over a day. Retry when {side} answers again.",
        waits=True,
    ),
    Cause(
        "api_fault",
        "{side} answers with an error of its own",
        "The fault lies with {side}, so nobody knows whether the call was carried out; Gistline looks first.",
        "It is tried again over a day. If it stays, ask {side}'s support with the answer below.",
        waits=True,
    ),
    Cause(
        "answer_unreadable",
        "{side}'s answer cannot be read",
        "{side} said that it carried the call out, and the rest of its answer makes no sense.",
        "Retry: Gistline looks first what was carried out.",
        waits=True,
    ),
    # Gistline itself ----------------------------------------------------------------------------------
    Cause(
        "not_sent",
        "Not sent: {text}",
        "What the call needs is missing or cannot be, so the API was not asked.",
        "Correct what is named there, then retry.",
        ("open_workflow",),
    ),
    Cause(
        "perhaps_done",
        "Perhaps done, not repeated",
        "The call was sent before an interruption, and nothing tells whether it was carried out.",
        "Look in {side}, and do it by hand if it is missing.",
    ),
    Cause(
        "key_missing",
        "A host lacks an encryption key",
        "A stored secret stands under a key that is not in its ENCRYPTION_KEYS. The login itself is as good as before.",
        "Restart that host with the newest key, or put back the one that was taken out.",
        waits=True,
    ),
    Cause(
        "internal",
        "Gistline met a fault of its own ({field})",
        "It was not expected. The records were left as they were.",
        "Retry; if it comes again, report it with the number of one of the entries.",
        waits=True,
    ),
)

CAUSES = {cause.code: cause for cause in _ALL}

# The cause of a failure whose reason code says enough by itself.
BY_REASON = {
    "duplicate": "duplicate",
    "gone": "record_gone",
    "malformed": "record_malformed",
    "reconnect": "login_broken",
    "token_expired": "login_broken",
    "missing_scope": "scope_missing",
    "no_access": "wrong_location",
    "rate_limited": "calls_used_up",
    "temporary": "unreachable",
    "lost_answer": "unreachable",
    "server_fault": "api_fault",
    "unreadable_answer": "answer_unreadable",
    "not_sent": "not_sent",
    "unsure": "perhaps_done",
    "unknown_key": "key_missing",
    "internal": "internal",
}

# The cause of a value that was left out while the rest was written, by the reason of the skip.
BY_SKIP = {
    "no_phone": "phone_unreadable",
    "no_country": "country_unreadable",
    "unreadable": "value_unreadable",
    "not_offered": "option_missing",
    "too_long": "too_long",
    "phone_taken": "phone_taken",
}


def cause_of(code: str) -> Cause:
    """Of a problem's code, as `ghl.phone_invalid` or `ghl.422.city_must_be_a_real_city_1a2b`."""
    return CAUSES.get(code.rpartition(".")[2]) or CAUSES["refused"]

"""Why something was or was not done: every code a log entry can carry, in words an operator can act on."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Reason:
    """`title` names it in a list, `meaning` explains it, `remedy` says what to do; "" when there is nothing to do."""

    code: str
    title: str
    meaning: str
    remedy: str = ""


_ALL = (
    Reason(
        "erased",
        "Erased here",
        "This person asked to be forgotten and was erased. Nothing of them is read, kept or written any more.",
        "To take them in again, an owner allows it under Settings, Data.",
    ),
    Reason("new_contact", "New contact", "The other side did not know this person yet."),
    Reason("changed", "Changed", "At least one mapped field differed and its rule says who wins."),
    Reason(
        "recovered",
        "Found after an interruption",
        "The contact had been created just before the work was interrupted; it was found and kept, not created twice.",
    ),
    Reason("adopted", "Existing contact linked", "The other side already had this person; both are a pair now."),
    Reason(
        "changed_since",
        "Held: changed since",
        "What stood there when this was planned, or when it was written, stands there no more: somebody changed it "
        "meanwhile. Nothing of theirs was written over.",
        "Look at what stands there now. What is still to be synced stays news for the next run.",
    ),
    Reason("not_taken_back", "Cannot be taken back", "Nothing in either API takes this back; the entry says why."),
    Reason("taken_back", "Taken back", "An earlier write was undone."),
    Reason(
        "undone",
        "Undone: left as it is",
        "A person took this contact back on the other side. It is not made again until the record here changes.",
        "Change the record, or undo the undo, and it is synced again.",
    ),
    Reason("same_value", "Same value", "Both sides hold the same value."),
    Reason(
        "command",
        "Asks Gistline for something",
        "A tag such as “task-done:…” is a request to Gistline, not a fact about a person: it stays in Gist.",
    ),
    Reason("blank_kept", "Blank does not overwrite", "An empty value never erases one on the other side."),
    Reason(
        "create_only",
        "Accepted only for new contacts",
        "The API takes this field when a contact is created and refuses it afterwards.",
        "Change it by hand, or take the row out of the mapping.",
    ),
    Reason("filled_only", "Only fills blanks", "The row writes into empty fields only."),
    Reason(
        "written_once",
        "Written only for new contacts",
        "The row writes its field when a contact is created, and never again.",
        "Change how the row writes, if it should follow.",
    ),
    Reason(
        "conflict",
        "Changed on both sides",
        "Both sides changed this field and its rule is to ask you.",
        "Make both sides equal by hand, or choose another owner rule for the row, then sync again.",
    ),
    Reason(
        "unreadable",
        "Value cannot be converted",
        "The value does not fit the transform of its mapping row.",
        "Correct the value where it comes from, or change the row's steps.",
    ),
    Reason(
        "too_long",
        "Text too long for the field",
        "The other side takes no text of this length here. It was left out and not cut; the rest was written.",
        "Shorten the text, or take the row out of the mapping.",
    ),
    Reason(
        "not_offered",
        "Not among the field's options",
        "The GHL field offers a list of values, and this is none of them. It was left out; the rest was written.",
        "Add the option to the field in GHL, or a value table to the row.",
    ),
    Reason(
        "no_country",
        "No country code",
        "GHL takes countries as two letters, such as DE or US. The value was left out; the rest was written.",
        "Add the step “Country code” to the row, or correct the value.",
    ),
    Reason(
        "no_phone",
        "No valid phone number",
        "Read in the country of the link, or of the location, these digits are nobody's number. They were left out.",
        "Correct the number, give it a prefix such as +44, or set the link's country.",
    ),
    Reason(
        "ambiguous",
        "More than one match",
        "Several contacts could be this person, and Gistline does not guess.",
        "Merge the duplicates, or make e-mail addresses and phone numbers differ, then sync again.",
    ),
    Reason(
        "other_name",
        "Same phone, other name",
        "The other side has this phone number under another name. A phone alone does not say who somebody is.",
        "Answer the question under Problems, or correct the name or number where it is wrong.",
    ),
    Reason(
        "taken",
        "The other side has one already",
        "The other side has a contact with this address or number, and cannot take a second one.",
        "Merge the two records, or give one of them another address, then sync again.",
    ),
    Reason(
        "linked_again",
        "Linked again",
        "A record was deleted and added again, or merged into another one. The pair goes on with what is there.",
    ),
    Reason(
        "merged_there",
        "Merged on one side",
        "The record is gone, and another pair's record has its address or number now. Nothing was deleted.",
        "Merge or delete the record that is left over by hand.",
    ),
    Reason(
        "phone_taken",
        "Phone number belongs to another contact",
        "GHL does not allow this number twice. The person was written without it.",
        "Allow duplicates in the location, or correct the number; then it is tried again by itself.",
    ),
    Reason(
        "no_identity",
        "Nothing to recognise this person by",
        "The contact has no e-mail address, phone number or name.",
        "Fill in one of them, then sync again.",
    ),
    Reason(
        "one_way",
        "Not created: this link goes one way",
        "The person exists only on the side that receives.",
    ),
    Reason(
        "create_off",
        "Not created: the link creates nobody there",
        "The link is set to create contacts on certain sides only. Who is on both sides is still kept in step.",
        "Create the contact there by hand: the next sync pairs it. Or change “Create contacts” among the link's rules.",
    ),
    Reason(
        "new_only",
        "Left as it is: the link only creates",
        "Both sides have this person and hold different values. The link creates who is new and changes nobody.",
        "Set the link's mode to live: what waits is then merged by the rules of the mapping.",
    ),
    Reason(
        "filtered",
        "Left out by the link's filter",
        "The link takes only certain contacts, and this person is not one of them.",
        "If they should be, change the contact so that the filter takes it, or change the filter on the link's page.",
    ),
    Reason(
        "missing_there",
        "Gone on one side",
        "The pair existed, and one side no longer lists it. Nothing was deleted.",
        "Delete or restore the contact by hand on the side where it should be.",
    ),
    Reason(
        "deleted_there",
        "Deleted on one side",
        "One side says that this contact was deleted. The link's rule is to leave the other side alone.",
        "Delete the other one by hand, or change the link's rule for deletes.",
    ),
    Reason("unlinked", "Unlinked", "One side was deleted, and the link's rule is to let the other go its own way."),
    Reason("deleted", "Deleted", "One side was deleted, and the link's rule is to delete the other one too."),
    Reason(
        "opted_in_there",
        "Opted in on one side only: only a person lifts an opt-out here",
        "One side allows e-mails again and the other one still stops them. An opt-out is carried, an opt-in never.",
        "If the person asked for e-mails again, say so on their contact page; else stop them there again by hand.",
    ),
    Reason(
        "opt_out_one_way",
        "Opt-out not carried: the link goes one way",
        "The person stopped e-mails on the side that receives, and this link never writes to the other one.",
        "Unsubscribe the person by hand on the side that still allows e-mails, or let the link go both ways.",
    ),
    Reason("opt_out_carried", "Opt-out carried", "One side stopped e-mails to this person; that always goes over."),
    Reason("opted_out", "E-mails are stopped", "The person stopped e-mails, so nothing subscribes them to any."),
    Reason("opted_in", "E-mails allowed again by a person", "Somebody said on the contact page that it was asked for."),
    Reason("held", "On hold", "A person put this pair on hold."),
    Reason("released", "Released", "A person took the hold off; what changed meanwhile is decided now."),
    Reason("unlinked_here", "Unlinked by a person", "Both records stay; neither follows the other any more."),
    Reason("fields_checked", "Fields were tried", "A person had the mapped custom fields written to a test contact."),
    Reason("joined", "Linked by a person", "A person said that the two records are one; fields are compared next."),
    Reason(
        "deleted_here",
        "Deleted by a person",
        "The record was deleted on one side from the contact page. The other side was left alone.",
    ),
    Reason(
        "rejected",
        "Refused",
        "This record cannot be accepted as it is.",
        "Correct the value named in the answer, or the mapping row it comes from, then retry.",
    ),
    Reason(
        "left_out",
        "Written without a refused field",
        "The API refused the fields named there. Everything else was written, and they stay open.",
        "Correct the value where it comes from, or on the contact that has it, then retry. A full sync tries too.",
    ),
    Reason(
        "not_sent",
        "Not sent",
        "What the call needs is missing or cannot be, so the API was not asked.",
        "Correct what is named there, then retry.",
    ),
    Reason(
        "malformed",
        "Record cannot be read",
        "The API sent this record in another form than it documents. What is known of it was left as it was.",
        "Open the record on that side and correct the field named here. It is read again by itself, at least daily.",
    ),
    Reason(
        "gone",
        "Not there",
        "That side has no such record here: it was deleted since it was read, or belongs to somebody else.",
        "Run a full sync: it will find out what remains.",
    ),
    Reason(
        "missing_scope",
        "A scope is missing",
        "The login does not allow this call.",
        "Reconnect the connection with the scope named there. Who waits for it is taken up by the next sync.",
    ),
    Reason(
        "rate_limited", "Limit reached", "The API took no more calls for too long.", "Retry later; nothing is lost."
    ),
    Reason(
        "no_access",
        "Login of another location",
        "The login does not open this location; no scope would help.",
        "Open the connection and reconnect it with a login of the location it stands for.",
    ),
    Reason("temporary", "Failed for now", "It could not be done just now.", "Retry; nothing is lost."),
    Reason(
        "lost_answer",
        "No answer",
        "The call was sent and no answer came, also not when looking again.",
        "Retry: Gistline looks first whether it was carried out.",
    ),
    Reason(
        "server_fault",
        "Error of the API",
        "The API answered with an error of its own, so nobody knows whether the call was carried out.",
        "Retry: Gistline looks first whether it was carried out.",
    ),
    Reason(
        "unreadable_answer",
        "Answer cannot be read",
        "The API said that it carried the call out, and the rest of its answer makes no sense.",
        "Retry: Gistline looks first what was carried out.",
    ),
    Reason(
        "duplicate",
        "Exists already under another person",
        "The API says this e-mail address or phone number belongs to a contact that is another person's pair.",
        "Merge the duplicates, or correct the address or number, then retry.",
    ),
    Reason(
        "reconnect",
        "Login broken",
        "The API no longer accepts the login of this connection.",
        "Open the connection and reconnect it; mappings and history stay.",
    ),
    Reason(
        "unknown_key",
        "Key missing",
        "The login of a connection is stored under an encryption key that this host does not have. The login is good.",
        "Put the key into ENCRYPTION_KEYS of this host and restart it, then retry; nobody has to reconnect.",
    ),
    Reason(
        "token_expired",
        "Login not accepted",
        "The API refused the login, also after it was renewed.",
        "Open the connection and reconnect it; mappings and history stay.",
    ),
    Reason(
        "answered",
        "Answered by a person",
        "A person decided what Gistline had asked. It is carried out at once; the entry of that follows.",
    ),
    Reason("imported", "Imported", "A row of an imported file says so."),
    Reason(
        "rejected_row",
        "Row cannot be taken",
        "A cell of the row does not fit its field, or the row is about somebody of an earlier one. Nothing of it was "
        "written.",
        "Open the run, download the rejected rows, correct them and import that file.",
    ),
    Reason(
        "exists_there",
        "Exists already",
        "The import only creates people, and this one is there. Nothing of the row was written.",
        "Import the rejected rows with “Create and update”.",
    ),
    Reason(
        "unknown_there",
        "Not known there",
        "The import only updates people, and this one is not there. Nothing of the row was written.",
        "Import the rejected rows with “Create and update”.",
    ),
    Reason(
        "double",
        "Twice in the file",
        "An earlier row of the file is the same contact. Nothing of this row was written.",
        "Join the two rows into one, and import it.",
    ),
    Reason(
        "no_address",
        "No e-mail address",
        "Gist tells people apart by their address and makes nobody without one.",
        "Add an address to the row, or import it into GHL.",
    ),
    Reason("asked", "Asked for", "A person or a workflow asked for it."),
    Reason("noticed", "Happened in GHL", "It happened in GHL; Gistline took note and wrote nothing."),
    Reason("carried", "Carried to Gist", "Gist has no such objects, so it shows them as properties of the contact."),
    Reason("carried_later", "Carried later", "What a new contact shows in Gist follows its creation."),
    Reason(
        "unsure",
        "Perhaps done, not repeated",
        "The call was sent before an interruption and nothing tells whether it was carried out.",
        "Look on the side named there, and do it by hand if it is missing.",
    ),
    Reason(
        "no_contact",
        "Nobody has this task",
        "GHL reported a task without naming its contact, and no contact of the location was found to have it.",
    ),
    Reason(
        "mapping_row",
        "A mapping row cannot work",
        "The row names a field that does not exist, was changed over there, or cannot take what the row gives it.",
        "Open the mapping, agree to the change, or correct or remove the row, then sync again.",
    ),
    Reason(
        "internal",
        "Unexpected error",
        "Gistline did not expect this. The record was left as it was.",
        "Retry; if it comes again, report it with the number of this entry.",
    ),
)

# Reasons of pairs whose fields stay work although nothing is tried: they are merged once the rules let them.
LEFT_WAITING = ("filtered", "new_only")

# Reasons that end when the account allows more, which nothing tells; of many that wait for it one call finds it out.
OF_LOGIN = ("missing_scope", "no_access")

# Reasons of records that may be one of several of the other side: a person is asked.
IN_DOUBT = ("ambiguous", "other_name")

REASONS = {reason.code: reason for reason in _ALL}


def reason(code: str) -> Reason:
    return REASONS.get(code) or REASONS["internal"]

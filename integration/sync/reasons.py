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
    Reason("new_contact", "New contact", "The other side did not know this person yet."),
    Reason("changed", "Changed", "At least one mapped field differed and its rule says who wins."),
    Reason(
        "recovered",
        "Found after an interruption",
        "The contact had been created just before the work was interrupted; it was found and kept, not created twice.",
    ),
    Reason("adopted", "Existing contact linked", "The other side already had this person; both are a pair now."),
    Reason("same_value", "Same value", "Both sides hold the same value."),
    Reason("echo", "Our own echo", "The value is the one Gistline wrote itself."),
    Reason("other_side_owns", "The other side owns this field", "The mapping row goes the other way only."),
    Reason("blank_kept", "Blank does not overwrite", "An empty value never erases one on the other side."),
    Reason(
        "create_only",
        "Accepted only for new contacts",
        "The API takes this field when a contact is created and refuses it afterwards.",
        "Change it by hand, or take the row out of the mapping.",
    ),
    Reason("filled_only", "Only fills blanks", "The row's owner rule writes into empty fields only."),
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
        "ambiguous",
        "More than one match",
        "Several contacts could be this person, and Gistline does not guess.",
        "Merge the duplicates, or make e-mail addresses and phone numbers differ, then sync again.",
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
    Reason("held", "On hold", "A person put this pair on hold."),
    Reason("released", "Released", "A person took the hold off; what changed meanwhile is decided with the next run."),
    Reason("unlinked_here", "Unlinked by a person", "Both records stay; neither follows the other any more."),
    Reason("joined", "Linked by a person", "A person said that the two records are one; fields are compared next."),
    Reason(
        "deleted_here",
        "Deleted by a person",
        "The record was deleted on one side from the contact page. The other side was left alone.",
    ),
    Reason(
        "rejected",
        "Refused",
        "The API will not accept this record as it is.",
        "Correct the value named in the answer, or the mapping row it comes from, then retry.",
    ),
    Reason(
        "gone",
        "No longer there",
        "The record was deleted on that side after it was read.",
        "Run a full sync: it will find out what remains.",
    ),
    Reason(
        "missing_scope",
        "A scope is missing",
        "The login does not allow this call.",
        "Open the connection and reconnect it with the scope named there.",
    ),
    Reason(
        "rate_limited", "Limit reached", "The API took no more calls for too long.", "Retry later; nothing is lost."
    ),
    Reason("temporary", "Failed for now", "The API failed several times in a row.", "Retry; nothing is lost."),
    Reason(
        "lost_answer",
        "No answer",
        "The call was sent and no answer came, also not when looking again.",
        "Retry: Gistline looks first whether it was carried out.",
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
    Reason("asked", "As asked", "A person or a workflow asked for it."),
    Reason("noticed", "Noticed in GHL", "It happened in GHL; Gistline took note and wrote nothing."),
    Reason("carried", "Carried to Gist", "Gist has no such objects, so it shows them as properties of the contact."),
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
        "The row names a field that does not exist, or one that cannot be written. It was left out of this run.",
        "Open the mapping, correct or remove the row, then sync again.",
    ),
    Reason(
        "internal",
        "Unexpected error",
        "Gistline did not expect this. The record was left as it was.",
        "Retry; if it comes again, report it with the number of this entry.",
    ),
)

REASONS = {reason.code: reason for reason in _ALL}


def reason(code: str) -> Reason:
    return REASONS.get(code) or REASONS["internal"]

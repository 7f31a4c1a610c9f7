"""Why a webhook was turned away at the door: every code, in words an operator can act on."""

from integration.sync.reasons import Reason

_ALL = (
    Reason(
        "bad_signature",
        "Wrong signature",
        "The signature does not belong to this body, so it did not come from GHL, or it was changed on its way.",
        "If these are genuine, a proxy rewrites the body before it arrives here: let it pass bodies through as they "
        "are. Otherwise somebody else is knocking, and nothing needs doing.",
    ),
    Reason(
        "no_signature",
        "Not signed",
        "The request carries no signature, and GHL signs every webhook.",
        "If a proxy stands in front, let it pass the headers X-GHL-Signature and X-WH-Signature.",
    ),
    Reason(
        "unreadable",
        "Body cannot be read",
        "The body is no JSON object, so nobody can say what it is about.",
        "In Gist, let the webhook send its standard JSON body. What GHL sends is readable as it is.",
    ),
    Reason(
        "too_large",
        "Too large",
        "The body is larger than 4 MiB, as no webhook of Gist or GHL should be, so nothing of it was taken in.",
        "If it is genuine: what a contact holds is read by the next sync. For a task, note or appointment open the "
        "page of its contact, which reads them.",
    ),
    Reason(
        "too_old",
        "Sent too long ago",
        "The time it was sent lies too far back: a late delivery, or an old one that somebody repeats.",
        "Check this server's clock if all of them look old. The sweep finds what a late delivery meant.",
    ),
    Reason(
        "unknown_location",
        "Location not connected here",
        "It came from GHL, but no connection here has this location.",
        "Connect that location, or uninstall the app from it in GHL.",
    ),
    Reason(
        "other_app",
        "Another app's event",
        "GHL says that some other app was installed or uninstalled.",
        "If it is Gistline's own app, set GHL_CLIENT_ID to its client id.",
    ),
    Reason(
        "no_app",
        "No app named",
        "It says that an app was installed or uninstalled, and not which.",
        "Nothing needs doing, and no login was dropped: what GHL sends names its app.",
    ),
    Reason(
        "other_login",
        "Not signed in by the app",
        "The app was uninstalled from a location whose connection signs in otherwise, or is disconnected already.",
        "Nothing needs doing: a private token goes on without the app.",
    ),
    Reason(
        "unknown_token",
        "Unknown address",
        "The secret part of the address belongs to no Gist connection here.",
        "Copy the address from the connection's page into Gist again; the old one no longer counts.",
    ),
    Reason(
        "unknown_topic",
        "Unknown topic",
        "The address ends in a topic that Gist does not have.",
        "Copy the address from the connection's page into Gist again.",
    ),
)

REFUSALS = {refusal.code: refusal for refusal in _ALL}
_OTHER = Reason("", "Turned away", "It was not taken in; what it said stands below.")


def describe_refusal(code: str) -> Reason:
    return REFUSALS.get(code) or _OTHER

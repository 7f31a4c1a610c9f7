"""Files that are taken away, in the audit trail."""

from django.http import HttpRequest

from dashboard.client_address import client_address
from dashboard.grants import sees_masks
from integration import audit


def record_export(request: HttpRequest, subject: str, link: str) -> None:
    """A file leaves the house, so it is put on record under the name of its address; not its filters, in which the
    address of a person may stand.
    """
    match = request.resolver_match
    if match is None or request.method == "HEAD":
        return
    values = "masked" if sees_masks() else "shown"
    with audit.acting(str(request.user), audit.BROWSER, client_address(request)):
        audit.record(str(match.url_name), subject, link=link, after={"personal values": values})

"""Who has an e-mail address."""

from django.db.models import QuerySet

from dashboard.models import User


def find_by_address(people: "QuerySet[User]", email: str) -> User | None:
    """The one with this address, whatever the case of its letters.

    Of letters beyond ASCII several have one capital, so that an address could be taken for another that looks alike;
    which ones, each database says otherwise.
    """
    if not email.isascii():
        return people.filter(email=email).first()
    found = [one for one in people.filter(email__iexact=email) if one.email.lower() == email.lower()]
    return found[0] if len(found) == 1 else None

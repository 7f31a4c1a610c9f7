"""Forms of allauth's pages that ask for more than allauth does."""

from typing import Any

from allauth.account.adapter import get_adapter
from allauth.account.forms import AddEmailForm

from dashboard.models import User


class NewAddressForm(AddEmailForm):  # type: ignore[misc]
    """Says at once that somebody else has the address: whoever is signed in here may know who else has an account."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["email"].label = "New address"

    def clean_email(self) -> str:
        email: str = super().clean_email()
        if User.objects.filter(email__iexact=email).exists():
            raise get_adapter().validation_error("email_taken")
        return email

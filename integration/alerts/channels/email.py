"""E-mail to addresses that are typed, by the mail server of EMAIL_URL."""

import re
from email.utils import parseaddr
from smtplib import SMTPException

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.mail import EmailMessage
from django.core.validators import validate_email

from integration.alerts.channels.base import Address, Channel, NotDelivered
from integration.alerts.messages import Message, one_line
from integration.errors import SetupError

MOST_ADDRESSES = 20
NO_SERVER = "No mail server is set up: set EMAIL_URL, and restart Gistline."


def check(typed: str) -> Address:
    """Raises SetupError."""
    addresses = [text for text in re.split(r"[\s,;]+", typed) if text]
    if not addresses or len(addresses) > MOST_ADDRESSES:
        raise SetupError(f"Enter one to {MOST_ADDRESSES} e-mail addresses, with a comma between them.")
    for address in addresses:
        try:
            validate_email(address)
        except ValidationError:
            raise SetupError(f"“{address[:80]}” is no e-mail address.") from None
    return {"to": addresses}


def describe(address: Address) -> str:
    return ", ".join(address.get("to", []))


def send(address: Address, message: Message) -> str:
    """One mail to all of them; its Message-ID is the same for each try, so that a second copy can be told."""
    if not settings.SENDS_EMAIL:
        raise NotDelivered(NO_SERVER)
    host = parseaddr(settings.DEFAULT_FROM_EMAIL)[1].rpartition("@")[2] or "gistline"
    mail = EmailMessage(
        one_line(message.title), message.text, settings.DEFAULT_FROM_EMAIL, address["to"],
        headers={"Message-ID": f"<{message.id}@{host}>", "Auto-Submitted": "auto-generated"},
    )  # fmt: skip
    try:
        mail.send()
    except (SMTPException, OSError) as problem:
        raise NotDelivered(f"The mail server did not take it: {type(problem).__name__}.") from None
    return "The mail server took it."


EMAIL = Channel("E-mail addresses", "Several with a comma between them.", check, describe, send)

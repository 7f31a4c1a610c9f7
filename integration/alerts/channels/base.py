"""What a channel is: an address that is checked when it is typed, and a way to send one message there."""

from dataclasses import dataclass
from typing import Any, Protocol

import urllib3

from integration.alerts import guard
from integration.alerts.messages import Message

Address = dict[str, Any]


class NotDelivered(Exception):
    """The message was not taken; the sentence says why and what to do. It holds no part of the address but a host."""


class Sender(Protocol):
    def __call__(self, address: Address, message: Message) -> str:
        """Send it; what came of it, in words. Raises NotDelivered."""


@dataclass(frozen=True)
class Channel:
    """`label` and `help_text` name what is typed, `check` turns it into what is stored (raises SetupError), `describe`
    says where it leads without its secret parts.
    """

    label: str
    help_text: str
    check: Any
    describe: Any
    send: Sender


def post_json(url: str, body: bytes, headers: dict[str, str], name: str) -> str:
    """Send a body to an address that a person typed. Raises NotDelivered for anything but a 2xx."""
    try:
        status, _ = guard.post(url, body, {"Content-Type": "application/json", "User-Agent": "Gistline", **headers})
    except guard.AddressRefused as refused:
        raise NotDelivered(refused.problem) from None
    except urllib3.exceptions.NameResolutionError:
        raise NotDelivered(f"The name of {name}’s address is not known. Look whether it is spelled right.") from None
    except urllib3.exceptions.NewConnectionError:
        # A kind of timeout to urllib3, and yet it was refused at once.
        raise NotDelivered(f"{name} could not be reached: nobody answers at its address.") from None
    except (urllib3.exceptions.TimeoutError, TimeoutError):
        raise NotDelivered(f"{name} did not answer in time.") from None
    except urllib3.exceptions.SSLError:
        raise NotDelivered(f"The certificate of {name} is not valid. Nothing was sent.") from None
    except (urllib3.exceptions.HTTPError, OSError) as problem:
        raise NotDelivered(f"{name} could not be reached: {type(problem).__name__}.") from None
    return _read_status(status, name)


def _read_status(status: int, name: str) -> str:
    if 300 <= status < 400:
        raise NotDelivered(f"{name} answers {status} and points elsewhere. Enter the address it points to.")
    if status == 429:
        raise NotDelivered(f"{name} answers 429: too many messages. It is tried again later.")
    if status in (401, 403, 404, 410):
        raise NotDelivered(f"{name} answers {status}: the address no longer works. Make a new one and change it here.")
    if not 200 <= status < 300:
        raise NotDelivered(f"{name} answers {status}.")
    return f"{name} took it ({status})."

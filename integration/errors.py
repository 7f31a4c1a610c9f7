"""What can go wrong with a provider, named by what the caller must do.

    ProviderError
    ├── Retryable            try the same call again later
    │   ├── RateLimited      after `wait` seconds
    │   ├── UndecryptableValue   by a process that has the key (models/fields.py)
    │   └── LostAnswer       sent, but no answer came: look before sending again
    │       ├── ServerFault        the answer is an error of the API's own
    │       └── UnreadableAnswer   the answer is a success that cannot be read
    ├── ReconnectRequired    a person must sign in again; everything of this connection waits
    │   ├── TokenExpired     one refresh may cure it
    │   └── LocationInactive     the login is good again once the sub-account is
    ├── MissingScope         a person must grant more rights
    │   └── NoAccess         the login is not for this account at all
    ├── Gone                 the record no longer exists on that side
    ├── Duplicate            the record exists already, as `existing_id`
    ├── Rejected             this record will never be accepted as it is: fix it or the mapping
    │   ├── LeftOut          some fields were refused, everything else was written
    │   └── NotSent          nothing was sent, since it could not have worked
    ├── Malformed            a record came that is not as its API documents it
    └── Unexpected           a fault of Gistline itself
    SetupError               what an operator entered cannot work; says where
    StaleSave                somebody else saved meanwhile: show what they changed, and let a person decide

Every error carries a sentence fit for an operator (`str(error)`) and a `code` that groups causes.
"""


class ProviderError(Exception):
    """A call that did not succeed. `status` is the HTTP status, 0 when there was none."""

    code = "provider_error"

    def __init__(self, message: str, *, provider: str = "", status: int = 0, operation: str = "", detail: str = ""):
        super().__init__(message)
        self.provider, self.status, self.operation, self.detail = provider, status, operation, detail


class Retryable(ProviderError):
    """The provider or the way to it failed for now."""

    code = "temporary"


class RateLimited(Retryable):
    """Refused because of a limit; `wait` is the provider's own word in seconds, None when it gave none."""

    code = "rate_limited"

    def __init__(self, message: str, *, wait: float | None = None, **context: object):
        super().__init__(message, **context)  # type: ignore[arg-type]
        self.wait = wait


class LostAnswer(Retryable):
    """The call may or may not have been carried out."""

    code = "lost_answer"


class ServerFault(LostAnswer):
    """An HTTP status of 500 and above, or 408: the work may have been done all the same."""

    code = "server_fault"


class UnreadableAnswer(LostAnswer):
    """The status says that it was carried out; what is not known is what came of it."""

    code = "unreadable_answer"


class ReconnectRequired(ProviderError):
    code = "reconnect"


class TokenExpired(ReconnectRequired):
    code = "token_expired"


class LocationInactive(ReconnectRequired):
    """GHL refuses a suspended sub-account every call, refreshes too; the login works again once it is active."""


class MissingScope(ProviderError):
    code = "missing_scope"


class NoAccess(MissingScope):
    """No scope would help: the login belongs to another location or agency."""

    code = "no_access"


class Gone(ProviderError):
    code = "gone"


class Duplicate(ProviderError):
    """Refused because the record exists; `existing_id` is its id there, `field` "email", "phone" or ""."""

    code = "duplicate"

    def __init__(self, message: str, *, existing_id: str, field: str = "", **context: object):
        super().__init__(message, **context)  # type: ignore[arg-type]
        self.existing_id, self.field = existing_id, field


class Rejected(ProviderError):
    code = "rejected"


class LeftOut(Rejected):
    """Fields of a record were refused and left out; the rest of it was written."""

    code = "left_out"


class NotSent(Rejected):
    """Gistline's own refusal: what the call needs is missing or cannot be. The API was not asked to do it."""

    code = "not_sent"


class Malformed(ProviderError):
    """A record of an answer has another form than the API documents; the rest of the answer was read."""

    code = "malformed"


class Unexpected(ProviderError):
    """Our own fault: the record is left as it was, and the rest of the run goes on."""

    code = "internal"


class SetupError(Exception):
    """Something an operator set up cannot work. `where` names the place, as `links[0].mappings[2].ghl`."""

    def __init__(self, message: str, where: str = ""):
        super().__init__(f"{where}: {message}" if where else message)
        self.where, self.problem = where, message


class StaleSave(Exception):
    """Somebody saved after version `read` was opened; `current` is the number of the one that stands now."""

    def __init__(self, read: int, current: int):
        super().__init__(f"Version {current} was saved since version {read} was opened. Nothing was changed.")
        self.read, self.current = read, current

"""What can go wrong with a provider, named by what the caller must do.

    ProviderError
    ├── Retryable            try the same call again later
    │   ├── RateLimited      after `wait` seconds
    │   └── LostAnswer       sent, but no answer came: look before sending again
    ├── ReconnectRequired    a person must sign in again; everything of this connection waits
    │   └── TokenExpired     one refresh may cure it
    ├── MissingScope         a person must grant more rights
    ├── Gone                 the record no longer exists on that side
    ├── Duplicate            the record exists already, as `existing_id`
    ├── Rejected             this record will never be accepted as it is: fix it or the mapping
    └── Unexpected           a fault of Gistline itself
    SetupError               what an operator entered cannot work; says where

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


class ReconnectRequired(ProviderError):
    code = "reconnect"


class TokenExpired(ReconnectRequired):
    code = "token_expired"


class MissingScope(ProviderError):
    code = "missing_scope"


class Gone(ProviderError):
    code = "gone"


class Duplicate(ProviderError):
    """Refused because the record exists; `existing_id` is its id there."""

    code = "duplicate"

    def __init__(self, message: str, *, existing_id: str, **context: object):
        super().__init__(message, **context)  # type: ignore[arg-type]
        self.existing_id = existing_id


class Rejected(ProviderError):
    code = "rejected"


class Unexpected(ProviderError):
    """Our own fault: the record is left as it was, and the rest of the run goes on."""

    code = "internal"


class SetupError(Exception):
    """Something an operator set up cannot work. `where` names the place, as `links[0].mappings[2].ghl`."""

    def __init__(self, message: str, where: str = ""):
        super().__init__(f"{where}: {message}" if where else message)
        self.where, self.problem = where, message

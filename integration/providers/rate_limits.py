"""What follows a 429, "too many calls": nothing was done, the account's calls pause, and the call is sent again.

`http.py` reads the answer as RateLimited, with the wait that its Retry-After names; here is who waits how long; then
`exchange.py` sends again, up to LIMIT_TRIES times. So that a 429 hardly ever comes, `budgets/` hands out permits
before calls.
"""

from integration.errors import RateLimited
from integration.providers.budgets import Budget
from integration.providers.http import Limits

# Tries of one call that is refused because of a limit: those are only a matter of patience.
LIMIT_TRIES = 20


def pause_account(budget: Budget, refusal: RateLimited, limits: Limits) -> bool:
    """Let all calls of the account wait, those of other processes too; False where it is not known how long."""
    if refusal.wait is not None:
        budget.note_refusal(refusal.wait)
        return True
    # GHL does not promise Retry-After (docs/ghl-api.md#rate-limits). With nothing left, one window is the longest wait.
    if limits.remaining == 0:
        budget.note_refusal(budget.rate.seconds)
        return True
    return False

"""The built-in GHL: its public API, made from docs/ghl-api.md and HighLevel's published OpenAPI files."""

from integration.twin.ghl import access
from integration.twin.ghl.routes import ROUTER
from integration.twin.serve import Twin

GHL = Twin(
    side="ghl",
    router=ROUTER,
    authorise=access.authorise,
    admit=access.admit,
    permit=access.permit,
    error=access.error_body,
    expire=access.expire_token,
)

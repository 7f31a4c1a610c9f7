"""The built-in Gist: its public API, made from docs/gist-api.md."""

from integration.twin.gist import access
from integration.twin.gist.routes import ROUTER
from integration.twin.serve import Twin

GIST = Twin(
    side="gist",
    router=ROUTER,
    authorise=access.authorise,
    admit=access.admit,
    permit=access.permit,
    error=access.error_body,
    expire=access.refuse_as_expired,
)

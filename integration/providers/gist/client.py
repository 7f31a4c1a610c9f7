"""The wire to Gist: what its errors mean (docs/gist-api.md#errors)."""

from integration.errors import ProviderError, ReconnectRequired
from integration.providers.http import Wire
from integration.providers.operations import Json


def new_wire(base_url: str, timeout: float) -> Wire:
    return Wire("gist", base_url, timeout, refine=refine_error)


def refine_error(status: int, body: Json, message: str) -> ProviderError | None:
    if status == 401:
        detail = f" ({message.rstrip('.')})" if message else ""
        return ReconnectRequired(
            f"Gist does not accept the API key{detail}. Copy it again from Gist: Settings, API & Webhooks, API Key."
        )
    return None

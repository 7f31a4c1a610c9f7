"""How Gist is spoken to: its reading of errors (docs/gist-api.md#errors)."""

from integration.errors import ProviderError, ReconnectRequired
from integration.providers.http import Wire
from integration.providers.operations import Json


def wire(base_url: str, timeout: float) -> Wire:
    return Wire("gist", base_url, timeout, refine=refine)


def refine(status: int, body: Json, message: str) -> ProviderError | None:
    if status == 401:
        said = f" ({message})" if message else ""
        return ReconnectRequired(
            f"Gist does not accept the API key{said}. Copy it again from Gist: Settings, API & Webhooks, API Key."
        )
    return None

"""Settings that are for this machine only, on an address that others reach."""

from collections.abc import Iterator

from django.conf import settings

DANGERS = {
    "DEMO": "everybody may sign in with the demo's password",
    "DEBUG": "every error shows settings and data",
}


def refused_settings() -> Iterator[tuple[str, str]]:
    """(name, sentence) of each one that was asked for and is kept off, because PUBLIC_URL is not this machine."""
    for name, danger in DANGERS.items():
        if settings.ASKED_FOR[name] and not settings.IS_LOCAL:
            yield (
                name,
                f"{name}=true is for this machine only: at {settings.PUBLIC_URL} {danger}. Set {name}=false, or leave "
                f"it out. To try it on this machine, set PUBLIC_URL=http://localhost:{settings.PORT}.",
            )

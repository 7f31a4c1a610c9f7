"""The app in GHL's marketplace that this installation is: of the environment, else as it was entered on the page."""

from dataclasses import dataclass

from django.conf import settings
from django.utils import timezone

from integration import audit
from integration.errors import SetupError
from integration.models import Connection, GhlApp, Provider
from integration.models.fields import UndecryptableValue

NAMES = ("GHL_CLIENT_ID", "GHL_CLIENT_SECRET")
THE_ONLY_ONE = 1


@dataclass(frozen=True)
class OwnApp:
    """Client id and secret; `from_environment`: they cannot be changed on a page."""

    client_id: str
    client_secret: str
    from_environment: bool


def missing_in_environment() -> list[str]:
    """The names that the environment leaves out while it has the other one; empty where it has both or neither."""
    missing = [name for name in NAMES if not getattr(settings, name)]
    return missing if len(missing) == 1 else []


def find_own_app() -> OwnApp | None:
    """Both parts, read anew each time, so that what is entered on a page counts in every process at once. None where
    one is missing: half of the environment's is not filled up with half of the page's. Raises UndecryptableValue.
    """
    if any(getattr(settings, name) for name in NAMES):
        if missing_in_environment():
            return None
        return OwnApp(settings.GHL_CLIENT_ID, settings.GHL_CLIENT_SECRET, from_environment=True)
    row = GhlApp.objects.filter(pk=THE_ONLY_ONE).first()
    return OwnApp(row.client_id, str(row.client_secret), from_environment=False) if row else None


def own_client_id() -> str:
    """The client id alone, "" where there is none; also where the secret cannot be read."""
    if any(getattr(settings, name) for name in NAMES):
        return str(settings.GHL_CLIENT_ID)
    return GhlApp.objects.filter(pk=THE_ONLY_ONE).values_list("client_id", flat=True).first() or ""


def has_own_app() -> bool:
    """Whether somebody can sign in at GHL through it."""
    try:
        return find_own_app() is not None
    except UndecryptableValue:
        return False


def logins_of_app() -> int:
    """How many live connections signed in through the app: another one cannot renew their logins."""
    rows = Connection.objects.filter(provider=Provider.GHL, sandbox=False, token_expires_at__isnull=False)
    return rows.count()


def save_own_app(client_id: str, client_secret: str) -> None:
    """Store both, encrypted, in place of what was entered before. Raises SetupError while the environment has one."""
    _refuse_while_in_environment()
    before = own_client_id()
    facts = {"client_id": client_id, "client_secret": client_secret, "saved_at": timezone.now()}
    GhlApp.objects.update_or_create(pk=THE_ONLY_ONE, defaults=facts)
    audit.record("guide_app", client_id, before={"client_id": before}, after={"client_id": client_id})


def forget_own_app() -> None:
    """Raises SetupError while the environment has one."""
    _refuse_while_in_environment()
    before = own_client_id()
    GhlApp.objects.filter(pk=THE_ONLY_ONE).delete()
    audit.record("guide_app_forget", before, before={"client_id": before}, after={"client_id": ""})


def _refuse_while_in_environment() -> None:
    named = [name for name in NAMES if getattr(settings, name)]
    if named:
        raise SetupError(
            f"{' and '.join(named)} of the environment count before what is entered here, so nothing was changed. "
            "Change them there, or take them out and start Gistline again."
        )

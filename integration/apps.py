from typing import Any

from django.apps import AppConfig
from django.db.backends.signals import connection_created


class IntegrationConfig(AppConfig):
    name = "integration"

    def ready(self) -> None:
        # These modules import models, which do not exist before every app is loaded.
        from integration.privacy.masked_columns import attach_masks
        from integration.queue import when_worker_starts
        from integration.report_views import connect_signals

        attach_masks()
        when_worker_starts(_recover_lost_work)
        connect_signals(self)
        connection_created.connect(_answer_without_compiling)


def _answer_without_compiling(connection: Any, **_: Any) -> None:
    """PostgreSQL compiles what it deems dear, which takes longer than any page's statement does: half a second."""
    # Not as an option of the connection, which poolers refuse.
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SET jit = off")


def _recover_lost_work() -> None:
    """A worker that starts may stand in for one that was killed: what that one did is taken up at once."""
    from integration.runs.recover import recover_lost_runs

    recover_lost_runs()

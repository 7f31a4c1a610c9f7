from django.apps import AppConfig


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


def _recover_lost_work() -> None:
    """A worker that starts may stand in for one that was killed: what that one did is taken up at once."""
    from integration.runs.recover import recover_lost_runs

    recover_lost_runs()

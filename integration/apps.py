from django.apps import AppConfig


class IntegrationConfig(AppConfig):
    name = "integration"

    def ready(self) -> None:
        from integration.queue import when_worker_starts

        when_worker_starts(_take_up_lost_work)


def _take_up_lost_work() -> None:
    """A worker that starts may stand in for one that was killed: what that one did is taken up at once."""
    from integration.sync.runs import pick_up_lost_runs

    pick_up_lost_runs()

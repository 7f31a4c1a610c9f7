from django.apps import AppConfig


class DashboardConfig(AppConfig):
    name = "dashboard"

    def ready(self) -> None:
        # Signals are of models, which cannot be imported before this.
        from dashboard.audit.signals import connect_signals

        connect_signals()

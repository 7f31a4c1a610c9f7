from django.apps import AppConfig


class DashboardConfig(AppConfig):
    name = "dashboard"

    def ready(self) -> None:
        # Signals are of models, which cannot be imported before this.
        from dashboard.accounts import second_factor
        from dashboard.audit.signals import connect_signals

        connect_signals()
        second_factor.connect_signals()
        declare_holdings()


def declare_holdings() -> None:
    """Filters that somebody keeps may name a person who is synced: erasing takes the name out of them, too."""
    from dashboard.models import SavedView
    from integration.privacy.holdings import HOLDINGS, Holding

    HOLDINGS.append(Holding(SavedView, "Saved views of lists", None, texts=("name", "filters")))

from tests.alerts.conftest import channel, sent

__all__ = ["channel", "sent"]

"""The ways to send an alert, one file each: e-mail, Slack, any service that apprise knows, a signed webhook."""

from integration.alerts.channels.base import Channel, NotDelivered
from integration.alerts.channels.email import EMAIL
from integration.alerts.channels.service import SERVICE
from integration.alerts.channels.slack import SLACK
from integration.alerts.channels.webhook import WEBHOOK
from integration.alerts.messages import Message
from integration.models import AlertChannel, ChannelKind

CHANNELS: dict[str, Channel] = {
    ChannelKind.EMAIL: EMAIL,
    ChannelKind.SLACK: SLACK,
    ChannelKind.SERVICE: SERVICE,
    ChannelKind.WEBHOOK: WEBHOOK,
}

__all__ = ["CHANNELS", "NotDelivered", "describe_channel", "send_by"]


def send_by(channel: AlertChannel, message: Message) -> str:
    """What came of it, in words. Raises NotDelivered."""
    return CHANNELS[channel.kind].send(channel.address, message)


def describe_channel(channel: AlertChannel) -> str:
    """Where it leads, without what is secret of it."""
    described: str = CHANNELS[channel.kind].describe(channel.address)
    return described

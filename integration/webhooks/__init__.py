"""Webhooks on their way in: checked, stored durably, answered. What they mean is worked out later, by `sync`."""

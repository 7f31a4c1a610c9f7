"""Webhooks of the twins: which events there are, where they go, and how they are delivered.

`targets` knows where events go, `ghl_events` and `gist_events` say which events a changed document makes, `watch`
writes them into the outbox within the transaction of the change, `outbox` hands them out one at a time, `courier`
signs and sends them.
"""

"""What a worker does at a stretch: a slice of a run, with what it reads and what it hears meanwhile."""

from integration.sync.slices.slice import LeaseLost, Slice

__all__ = ["LeaseLost", "Slice"]

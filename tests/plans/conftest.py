"""Ann on both sides, as the tests of the sync have her."""

from tests.sync.conftest import as_viewer, one_try, pair

__all__ = ["as_viewer", "one_try", "pair"]

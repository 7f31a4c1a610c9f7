"""Which worker of xdist runs which test, and when, so that none is idle while another still has long ones to do."""

import gc
from typing import Any

import pytest

ONE_WORKER = ("tests/browser/", "tests/test_upgrade.py")
"""Tests of a module here share what takes long to make, such as a server, so that one worker gets the module whole."""


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Whole modules go first, then one test at a time, in their order; unless --dist asks for another way."""
    if config.getvalue("dist") != "load":
        return None
    from xdist.scheduler import LoadScopeScheduling

    class Scheduling(LoadScopeScheduling):
        def _split_scope(self, nodeid: str) -> str:
            return nodeid.partition("::")[0] if nodeid.startswith(ONE_WORKER) else nodeid

    return Scheduling(config, log)


def pytest_collection_finish() -> None:
    """What is loaded by now stays until the end: the collector of garbage need not walk through it with every test."""
    gc.collect()
    gc.freeze()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The long ones, with real processes, go before the others."""
    items.sort(key=lambda item: "processes" not in item.keywords)

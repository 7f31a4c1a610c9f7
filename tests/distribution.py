"""Which worker of xdist runs which test, and when, so that none is idle while another still has long ones to do."""

import gc
from typing import Any

import pytest

ONE_WORKER = ("tests/browser/", "tests/test_upgrade.py", "tests/test_architecture.py")
"""Tests of a module here share what takes long to make, such as a server, so that one worker gets the module whole."""

LONG = (
    "tests/dashboard/test_hostile_forms.py",
    "tests/test_older_backup.py",
    "tests/problems/test_retry.py::test_a_thousand_",
    "tests/sync/test_convergence.py",
    "tests/test_any_form.py",
)
"""Seconds each: begun last, one of them would keep a worker busy while the others have nothing left to do."""


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
    """Those with real processes go first, then the other long ones."""
    items.sort(key=lambda item: ("processes" not in item.keywords, not item.nodeid.startswith(LONG)))

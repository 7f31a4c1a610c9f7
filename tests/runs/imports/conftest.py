"""A file, brought and imported."""

from collections.abc import Callable

import pytest

from integration.models import ImportFile, Run
from integration.runs.imports.files import keep_file
from integration.runs.imports.start import start_import
from tests.world import finish

Bring = Callable[..., ImportFile]


@pytest.fixture
def bring(link) -> Bring:
    """Stores a file with this text, or these bytes."""

    def store(content: str | bytes, name: str = "people.csv", **settings) -> ImportFile:
        file = keep_file(link, name, [content.encode() if isinstance(content, str) else content])
        file.save_fields(**settings)
        return file

    return store


@pytest.fixture
def imported(bring) -> Callable[..., Run]:
    """Stores it and imports it."""

    def run(content: str | bytes, dry_run: bool = False, **settings) -> Run:
        return finish(start_import(bring(content, **settings), dry_run=dry_run))

    return run


@pytest.fixture
def figures() -> Callable[[Run], dict[str, int]]:
    """The counts of a run, without zeros."""

    def counts(run: Run) -> dict[str, int]:
        names = ("created", "updated", "unchanged", "skipped", "failed")
        return {name: getattr(run, name) for name in names if getattr(run, name)}

    return counts

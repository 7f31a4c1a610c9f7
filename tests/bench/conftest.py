"""One table of figures at the end of `make bench`: figure, goal, verdict."""

from dataclasses import dataclass, field

import pytest

from tests.processes import Web, database


@dataclass
class Table:
    rows: list[tuple[str, str, str, str]] = field(default_factory=list)

    def add(self, figure: str, measured: str, goal: str, met: bool) -> None:
        self.rows.append((figure, measured, goal, "met" if met else "NOT MET"))


_table = Table()


@pytest.fixture
def table() -> Table:
    return _table


@pytest.fixture(scope="session")
def up(tmp_path_factory):
    """One server for all figures; the runs are worked on by the command that starts them."""
    folder = tmp_path_factory.mktemp("bench")
    with database(folder) as address:
        running = Web(folder / "data", address).start(90)
        yield running
        running.end()


def pytest_terminal_summary(terminalreporter) -> None:
    if not _table.rows:
        return
    terminalreporter.section("figures")
    widths = [max(len(row[column]) for row in _table.rows) for column in range(4)]
    for row in sorted(_table.rows):
        terminalreporter.write_line("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)))

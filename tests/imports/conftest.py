"""Files as people choose them, and what the accounts of the tests have."""

from collections.abc import Callable
from pathlib import Path

import pytest

from integration.imports.check import CheckedRow, FileCheck
from integration.imports.columns import Column, choose_columns
from integration.imports.read import Table, open_table
from integration.imports.routes import Destination
from integration.imports.targets import AccountFields
from integration.mapping.rules import Rules
from integration.providers.ghl import fields as ghl
from integration.providers.gist import fields as gist
from integration.records import Field

ACCOUNTS: AccountFields = {
    "gist": gist.BUILT_IN | {"custom_properties.town": gist.custom_property("town")},
    "ghl": ghl.BUILT_IN
    | {
        "customFields.plan": Field("customFields.plan", "Plan", "choice", options=("Gold", "Silver"), custom_id="p"),
        "customFields.hobbies": Field(
            "customFields.hobbies", "Hobbies", "choices", options=("Chess", "Red, dark"), custom_id="h"
        ),
        "customFields.amount": Field("customFields.amount", "Amount", "number", custom_id="a"),
        "customFields.cv": Field("customFields.cv", "CV", writable=False, note="Files cannot be mapped."),
    },
}
GERMANY = Rules(country="DE", zone="Europe/Berlin")

Open = Callable[..., Table]


@pytest.fixture
def table(tmp_path: Path) -> Open:
    """Opens a file with these bytes, or with this text as UTF-8."""

    def write(content: bytes | str, name: str = "contacts.csv", **chosen: str) -> Table:
        path = tmp_path / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return open_table(path, **chosen)

    return write


@pytest.fixture
def columns(table: Open) -> Callable[..., dict[str, Column]]:
    """The columns of such a file by header."""

    def choose(content: str, **chosen) -> dict[str, Column]:
        return {column.header: column for column in choose_columns(table(content), ACCOUNTS, **chosen)}

    return choose


@pytest.fixture
def check(table: Open) -> Callable[..., tuple[list[CheckedRow], FileCheck]]:
    """The rows of such a file, checked, and the check that made them."""

    def run(content: str, saved=None, rules: Rules = GERMANY, sides=("gist", "ghl")):
        opened = table(content)
        chosen = choose_columns(opened, ACCOUNTS, saved, rules.country)
        checking = FileCheck(chosen, Destination(ACCOUNTS, rules, sides))
        return list(checking.check(opened.rows())), checking

    return run

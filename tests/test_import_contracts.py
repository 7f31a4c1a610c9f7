"""The contracts of import-linter name every package and module of the domain: a new one cannot be forgotten."""

import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
ROOMS = {
    f"integration.{path.stem}"
    for path in (ROOT / "integration").iterdir()
    if path.suffix == ".py" or (path / "__init__.py").exists()
} - {"integration.__init__"}
CONTRACTS = {
    contract["name"]: contract
    for contract in tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
}


@pytest.mark.parametrize(
    ("name", "modules", "besides"),
    [
        ("The twin is spoken to over HTTP only", "source_modules", {"integration.twin"}),
        ("The twin knows nothing of what it is spoken to by", "forbidden_modules", {"integration.twin"}),
        (
            "Only queue.py, broker.py and cluster.py know django-q",
            "source_modules",
            {"integration.queue", "integration.broker", "integration.cluster"},
        ),
    ],
)
def test_a_contract_names_every_room(name, modules, besides):
    assert set(CONTRACTS[name][modules]) - {"dashboard"} == ROOMS - besides


def test_the_layers_are_exhaustive_and_count_imports_for_types():
    layers = CONTRACTS["The rooms of the domain"]
    assert layers["exhaustive"]
    assert layers["exhaustive_ignores"] == ["twin"]
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]
    assert settings["exclude_type_checking_imports"] is False

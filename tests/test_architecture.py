"""The rules of the house that a linter cannot state, by walking the code."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from importlib import import_module
from pathlib import Path

import pytest
from django.apps import apps
from django.db import models

from integration.providers.ghl.catalogue import OPERATIONS as GHL
from integration.providers.gist.catalogue import OPERATIONS as GIST
from integration.providers.operations import Operation
from integration.sync.reasons import REASONS
from integration.workflows.actions.operations import is_read

ROOT = Path(__file__).parent.parent
WRITER = "integration/sync/apply.py"
NOT_SPOKEN = {
    "told", "said", "heard", "part", "meet", "ring", "deed", "doing", "who", "around", "settle", "circle", "climb",
    "doubt", "mention", "ledger", "worksheet", "echo", "parted", "hint", "rehearsal", "verdicts", "acts", "slices",
}  # fmt: skip
"""Identifiers that mean something to us only, or two things."""


def modules(*roots: str) -> Iterator[tuple[str, ast.Module]]:
    for root in roots:
        yield from parsed(root)


@cache
def parsed(root: str) -> list[tuple[str, ast.Module]]:
    paths = sorted(path for path in (ROOT / root).rglob("*.py") if "migrations" not in path.parts)
    return [(str(path.relative_to(ROOT)), ast.parse(path.read_text())) for path in paths]


def is_provider(name: str) -> bool:
    return name.startswith(("integration/providers/", "integration/twin/"))


def calls_a_provider_to_write(node: ast.Call) -> bool:
    """Whether it can be a provider's create, update or delete: those take their values by position, models by name."""
    if not isinstance(node.func, ast.Attribute):
        return False
    least = {"create": 1, "update": 2, "delete": 1}.get(node.func.attr)
    return least is not None and len([one for one in node.args if not isinstance(one, ast.Starred)]) >= least


def test_only_apply_calls_a_provider_to_write():
    found = [
        f"{name}:{node.lineno}"
        for name, tree in modules("integration", "dashboard")
        if not is_provider(name) and name != WRITER
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and calls_a_provider_to_write(node)
    ]
    # Functions of our own with such names come to apply themselves.
    assert [place for place in found if not is_own_function(place)] == []


def is_own_function(place: str) -> bool:
    name, _, line = place.rpartition(":")
    text = (ROOT / name).read_text().splitlines()[int(line) - 1]
    return bool(re.search(r"\b(write|commands|pair_commands|versions|domain)\.(create|update|delete)\(", text))


def test_outside_the_providers_only_apply_sends_an_operation_that_writes():
    found = []
    for name, tree in modules("integration", "dashboard"):
        if is_provider(name) or name == WRITER:
            continue
        module = None
        for node in ast.walk(tree):
            if not isinstance(node, ast.Yield) or not isinstance(node.value, ast.Call):
                continue
            module = module or import_module(name.removesuffix(".py").replace("/", "."))
            operation = resolve(node.value.func, vars(module))
            if isinstance(operation, Operation) and not is_read(operation):
                found.append(f"{name}:{node.lineno} {operation.key}")
    assert found == []


def resolve(func: ast.expr, names: dict[str, object]) -> object:
    if isinstance(func, ast.Name):
        return names.get(func.id)
    if isinstance(func, ast.Attribute):
        return getattr(resolve(func.value, names), func.attr, None)
    return None


def test_the_walk_would_notice_a_write():
    """The two tests above are worth nothing if they cannot fail."""
    call = ast.parse("contacts.update(contact.id, changes, before)").body[0].value  # type: ignore[attr-defined]
    assert calls_a_provider_to_write(call)
    assert not calls_a_provider_to_write(ast.parse("rows.update(state=1)").body[0].value)  # type: ignore[attr-defined]
    writes = [one for one in (*GHL.values(), *GIST.values()) if not is_read(one)]
    assert len(writes) > 30


@pytest.mark.parametrize(("model", "maker"), [("LogEntry", "integration/log.py")])
def test_only_the_log_makes_entries(model, maker):
    made = [
        name
        for name, tree in modules("integration", "dashboard")
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and (
            (isinstance(node.func, ast.Name) and node.func.id == model)
            or (
                isinstance(node.func, ast.Attribute)
                and "create" in node.func.attr
                and ast.unparse(node.func).startswith(f"{model}.objects.")
            )
        )
    ]
    assert set(made) == {maker}


def test_no_import_of_our_own_stands_behind_type_checking():
    found = [
        f"{name}:{node.lineno}"
        for name, tree in modules("integration", "dashboard")
        for guard in ast.walk(tree)
        if isinstance(guard, ast.If) and ast.unparse(guard.test).endswith("TYPE_CHECKING")
        for node in ast.walk(guard)
        if isinstance(node, ast.ImportFrom) and str(node.module).startswith(("integration", "dashboard"))
    ]
    assert found == []


def names_in(tree: ast.Module) -> Iterator[tuple[str, int]]:
    for node in ast.walk(tree):
        line = getattr(node, "lineno", 0)
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            yield node.name, line
        elif isinstance(node, ast.arg):
            yield node.arg, line
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id, line


def test_no_private_word_names_anything():
    found = [
        f"{path}:{line} {name}"
        for path, tree in modules("integration", "dashboard")
        for name, line in names_in(tree)
        if name.strip("_").lower() in NOT_SPOKEN
    ]
    assert found == []


def test_every_heading_that_code_cites_exists():
    anchors = {
        page.name: {anchor(line) for line in page.read_text().splitlines() if line.startswith("#")}
        for page in (*(ROOT / "docs").glob("*.md"), ROOT / "README.md")
    }
    cited = [
        (str(path.relative_to(ROOT)), page, heading)
        for root in ("integration", "dashboard", "templates", "tests")
        for path in (ROOT / root).rglob("*.*")
        if path.suffix in (".py", ".html")
        for text in (path.read_text(),)
        for page, heading in re.findall(r"((?:docs/)?[\w-]+\.md)#([\w-]+)", text)
    ]
    assert len(cited) > 100
    assert [one for one in cited if one[2] not in anchors.get(Path(one[1]).name, ())] == []


def anchor(heading: str) -> str:
    text = heading.lstrip("#").strip().lower()
    return re.sub(r"[^\w\- ]", "", text).replace(" ", "-")


LOOK_UPS = ("filter", "exclude", "get", "Q", "get_or_create", "update_or_create")


def json_fields() -> set[str]:
    fields = (field for model in apps.get_models() for field in model._meta.get_fields())
    return {field.name for field in fields if isinstance(field, models.JSONField)}


def asks_json_for_none(node: ast.AST, names: set[str]) -> bool:
    """As `filter(undecided=None)`, which asks for JSON's null: a row without a value is not found by it."""
    if not isinstance(node, ast.Call):
        return False
    called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
    return called in LOOK_UPS and any(
        (one.arg or "").rpartition("__")[2] in names and isinstance(one.value, ast.Constant) and one.value.value is None
        for one in node.keywords
    )


def test_no_query_asks_a_json_column_for_none():
    names = json_fields()
    found = [
        f"{name}:{node.lineno}"
        for name, tree in modules("integration", "dashboard")
        for node in ast.walk(tree)
        if asks_json_for_none(node, names)
    ]
    assert found == []


def test_the_walk_would_notice_a_query_for_none():
    (call,) = (
        node for node in ast.walk(ast.parse("rows.filter(pair=1, undecided=None)")) if isinstance(node, ast.Call)
    )
    assert asks_json_for_none(call, json_fields())


def test_no_test_empties_the_cache_of_others():
    """With Redis all processes of a test run share one cache; `empty_cache` gives a test a new one."""
    assert [
        f"{name}:{node.lineno}"
        for name, tree in modules("tests")
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and node.attr == "clear" and ast.unparse(node) == "cache.clear"
    ] == []


def test_every_reason_is_one_that_something_gives():
    texts = {
        node.value
        for place, tree in modules("integration", "dashboard")
        if not place.endswith("sync/reasons.py")
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    assert [code for code in REASONS if code not in texts] == []

"""Imports flow one way, repl → ksql → engine → {parser, log} → errors, and never in a circle."""

from __future__ import annotations

import ast
import importlib
from collections.abc import Iterator, Mapping
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

MAY_IMPORT = {
    "repl": {"repl", "ksql", "engine", "parser", "log"},
    "ksql": {"ksql", "engine", "parser", "log"},
    "engine": {"engine", "parser", "log"},
    "parser": {"parser"},
    "log": {"log"},
}
#: Lies below everything: users catch the errors of every folder by one class.
BOTTOM = "ksql.errors"

#: The `ksql` command opens the prompt when it is given nothing else to do: the one arrow that points up.
POINTS_UP = {("ksql.cli", "ksql.repl.loop")}


def modules() -> dict[str, Path]:
    """All modules of the project by dotted name. Walked from the real folders, since globbing does not follow links."""
    found = {}
    for folder in MAY_IMPORT:
        prefix = ("ksql",) if folder == "ksql" else ("ksql", folder)
        for path in sorted((ROOT / folder).rglob("*.py")):
            parts = path.relative_to(ROOT / folder).with_suffix("").parts
            found[".".join((*prefix, *parts)).removesuffix(".__init__")] = path
    return found


MODULES = modules()


def layer(module: str) -> str:
    parts = module.split(".")
    return parts[1] if len(parts) > 1 and parts[1] in MAY_IMPORT else "ksql"


def imports(module: str, tree: ast.AST, known: Mapping[str, Path]) -> Iterator[str]:
    """Project modules that `module` imports, wherever in its text."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name.partition(".")[0] == "ksql")
        elif isinstance(node, ast.ImportFrom):
            base = _absolute(module, node, known)
            if base.partition(".")[0] == "ksql":
                for alias in node.names:
                    inner = f"{base}.{alias.name}"
                    yield inner if inner in known else base


def _absolute(module: str, node: ast.ImportFrom, known: Mapping[str, Path]) -> str:
    if node.level == 0:
        return node.module or ""
    is_package = known[module].name == "__init__.py"
    package = module.split(".")[: None if is_package and node.level == 1 else -(node.level - is_package)]
    return ".".join([*package, *([node.module] if node.module else [])])


def parse(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), str(path))


def test_all_folders_are_seen() -> None:
    assert {layer(module) for module in MODULES} == set(MAY_IMPORT)
    assert "ksql.log.contract" in MODULES


@pytest.mark.parametrize("module", MODULES)
def test_no_arrow_points_up(module: str) -> None:
    wrong = [
        target
        for target in imports(module, parse(MODULES[module]), MODULES)
        if layer(target) not in MAY_IMPORT[layer(module)] and target != BOTTOM and (module, target) not in POINTS_UP
    ]
    assert not wrong, f"{module} ({layer(module)}) must not import {', '.join(wrong)}"


def test_the_bottom_imports_nothing() -> None:
    assert not list(imports(BOTTOM, parse(MODULES[BOTTOM]), MODULES))


def test_no_circle() -> None:
    """Imports in functions and for the type checker are arrows like all others: what they hide is a circle, too."""
    graph = {
        module: {
            target for target in imports(module, parse(path), MODULES) if target != module and (module, target) not in POINTS_UP
        }
        for module, path in MODULES.items()
    }
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        pytest.fail("modules import each other: " + " → ".join(reversed(error.args[1])))


@pytest.mark.parametrize("name", ["engine", "parser", "log", "repl", "log.contract"])
def test_inner_folders_are_not_modules_of_their_own(name: str) -> None:
    with pytest.raises(ImportError, match="top-level"):
        importlib.import_module(name)


@pytest.mark.parametrize(
    ("module", "text", "expected"),
    [
        ("ksql.engine.types", "from ksql.log import contract", ["ksql.log.contract"]),
        ("ksql.engine.types", "from ksql.log.contract import Log", ["ksql.log.contract"]),
        ("ksql.engine.types", "import ksql.parser", ["ksql.parser"]),
        ("ksql.engine.session", "from .errors import KsqlError", ["ksql.engine.errors"]),
        ("ksql.engine", "from . import errors", ["ksql.engine.errors"]),
        ("ksql.engine.formats.contract", "from ..types import Column", ["ksql.engine.types"]),
        ("ksql.engine.formats", "from ..types import Column", ["ksql.engine.types"]),
        ("ksql.engine.types", "import pyarrow as pa\nfrom pathlib import Path", []),
        ("ksql.engine.types", "def late():\n    import ksql.repl", ["ksql.repl"]),
    ],
)
def test_the_walk_itself(module: str, text: str, expected: list[str]) -> None:
    assert list(imports(module, ast.parse(text), MODULES)) == expected

"""For every test: one import name (`ksql`), and reproducible random cases."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType

import pytest
from hypothesis import HealthCheck, settings

# A clock would make slow machines fail; CI repeats the same cases on every run, a developer explores new ones.
settings.register_profile("default", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("ci", settings.get_profile("default"), derandomize=True)
settings.load_profile("ci" if os.environ.get("CI") else "default")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--rewrite-goldens", action="store_true", help="write what happens into the files of tests/goldens")


INNER = {"engine", "parser", "log", "repl"}


class _RefuseInnerNames(MetaPathFinder):
    """`import engine` would load a second copy of `ksql.engine` whose classes are not the same classes."""

    def find_spec(
        self,
        name: str,
        path: Sequence[str] | None,  # noqa: ARG002
        target: ModuleType | None = None,  # noqa: ARG002
    ) -> ModuleSpec | None:
        if name.partition(".")[0] in INNER:
            raise ImportError(f"'{name}' is imported as a top-level module; write 'ksql.{name}'", name=name)
        return None


if loaded := INNER & sys.modules.keys():
    raise ImportError(f"imported as top-level modules: {', '.join(sorted(loaded))}")
sys.meta_path.insert(0, _RefuseInnerNames())

"""What a user installs: sdist → wheel → clean environment → every module imports."""

from __future__ import annotations

import shutil
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest

from tests.test_imports import MODULES, ROOT

pytestmark = pytest.mark.long

IMPORT_ALL = """
import importlib, sys
for name in sys.argv[1:]:
    importlib.import_module(name)
import ksql
assert "site-packages" in ksql.__file__, ksql.__file__
from ksql.demo.sample import load
assert load(None)[0].num_rows > 1000
"""


def run(*command: str | Path, cwd: Path) -> None:
    done = subprocess.run([*map(str, command)], cwd=cwd, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{' '.join(map(str, command))}\n{done.stdout}\n{done.stderr}"


def environment(path: Path) -> Path:
    """A new virtual environment; returns its interpreter."""
    venv.create(path, with_pip=True)
    return path / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")


@pytest.fixture(scope="module")
def builder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("builder")
    python = environment(folder / "venv")
    run(python, "-m", "pip", "install", "-q", "setuptools>=77", cwd=folder)
    return python


@pytest.fixture(scope="module")
def wheel(builder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel built from the sdist, not from the checkout."""
    folder = tmp_path_factory.mktemp("dist")
    source = folder / "source"
    shutil.copytree(ROOT, source, symlinks=True, ignore=shutil.ignore_patterns(".*", "build", "dist", "*.egg-info"))
    run(builder, "-c", f"from setuptools.build_meta import build_sdist; build_sdist({str(folder)!r})", cwd=source)
    [sdist] = folder.glob("*.tar.gz")
    run(builder, "-m", "pip", "wheel", "-q", "--no-deps", "-w", folder, sdist, cwd=folder)
    [path] = folder.glob("*.whl")
    return path


def test_wheel_holds_one_package_with_everything(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    assert {name.split("/")[0] for name in names if ".dist-info/" not in name} == {"ksql"}
    modules = {name.removesuffix(".py").replace("/", ".").removesuffix(".__init__") for name in names if name.endswith(".py")}
    assert modules >= MODULES.keys()
    assert {"ksql/py.typed", "ksql/demo/demo.sql", "ksql/demo/data/flights.parquet"} <= names
    assert any(name.endswith("licenses/LICENSE") for name in names)


def test_every_module_imports_in_a_clean_environment(wheel: Path, tmp_path: Path) -> None:
    python = environment(tmp_path / "venv")
    run(python, "-m", "pip", "install", "-q", wheel, cwd=tmp_path)
    run(python, "-W", "error", "-c", IMPORT_ALL, *MODULES, cwd=tmp_path)

"""The backbone of the conformance cases, where their folder is at hand: one test per file and mode."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conformance.__main__ import DEFAULT_CASES
from tests.conformance.cases import case_files, load_file
from tests.conformance.compare import MODES, Mode
from tests.conformance.pool import Pool
from tests.conformance.run import run_case
from tests.conformance.select import backbone_file, is_backbone

FILES = [path for path in case_files(DEFAULT_CASES) if backbone_file(path.stem)]

pytestmark = pytest.mark.skipif(not FILES, reason=f"there are no conformance cases in {DEFAULT_CASES}")


def _parameter(path: Path) -> object:
    """Files of cases with hundreds of records each are for the long run."""
    marks = [pytest.mark.long] if path.stem.endswith("-long") else []
    return pytest.param(path, marks=marks, id=path.stem)


@pytest.fixture(scope="module")
def pool() -> Iterator[Pool]:
    with Pool(jobs=1, run_task=run_case) as pool:
        yield pool


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("path", [_parameter(path) for path in FILES])
def test_backbone(path: Path, mode: Mode, pool: Pool) -> None:
    tasks = [(case, mode) for case in load_file(path) if case.counts and is_backbone(case)]
    failed = [f"{o.name}: {o.cause}: {o.reason}" for o in pool.run(tasks) if not o.passed]
    assert tasks
    assert not failed, f"{len(failed)} of {len(tasks)} cases:\n" + "\n".join(failed[:10])

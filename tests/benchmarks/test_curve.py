"""A curve's point counts the records that come when the state is full, and no others."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest

from ksql.log import EmbeddedLog
from tests.benchmarks.curve import shown
from tests.benchmarks.curve_inputs import CURVES, Curve
from tests.benchmarks.measured import prepare_curve, query_curve
from tests.benchmarks.workloads import WORKLOADS

KEYS, ROWS = 200, 1_100


@pytest.mark.parametrize("curve", CURVES, ids=lambda curve: curve.workload)
def test_a_point(curve: Curve, tmp_path: Path) -> None:
    filled = prepare_curve(curve.workload, KEYS, ROWS, str(tmp_path))
    ran = query_curve(curve.workload, str(tmp_path))
    assert filled["rows"] == ROWS
    assert ran["written"] > 0
    with closing(EmbeddedLog(tmp_path)) as log:
        read = sum(log.end_offset(source.topic, 0) for source in WORKLOADS[curve.workload].inputs)
    assert read == ROWS + sum(len(part.codes) for part in curve.fill(KEYS))


def test_the_table() -> None:
    point = {"cpu_s_per_m": 1.5, "ratio": 1.25, "written_per_record": 0.5, "peak_mb": 300}
    assert shown({"W2": {10_000: point, 1_000_000: point}}).row_count == 2

"""Cost per record with few and with many keys, as a table: `python -m tests.benchmarks --curve`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from rich.table import Table

from tests.benchmarks.curve_inputs import CURVES, Curve
from tests.benchmarks.measured import measure

#: How much more a record may cost than one with the fewest keys.
ALLOWED = {1_000_000: 1.5, 10_000_000: 2.5}

Point = dict[str, Any]


def points(curve: Curve, rows: int, directory: Callable[[], Any]) -> dict[int, Point]:
    """What `rows` records take by number of keys; each point is two processes and a data directory of its own."""
    measured: dict[int, Point] = {}
    for keys in curve.keys:
        with directory() as data:
            filled = measure("prepare_curve", workload=curve.workload, keys=keys, rows=rows, data=data)
            ran = measure("query_curve", workload=curve.workload, data=data)
        cost = ran["cpu_s"] / filled["rows"] * 1e6
        fewest = next(iter(measured.values()), {"cpu_s_per_m": cost})
        measured[keys] = {
            "cpu_s_per_m": round(cost, 3),
            "ratio": round(cost / fewest["cpu_s_per_m"], 2),
            "written_per_record": round(ran["written"] / filled["rows"], 2),
            "peak_mb": round(ran["peak_mb"]),
        }
    return measured


def shown(results: dict[str, dict[int, Point]]) -> Table:
    table = Table("", "keys", "CPU s/M", "ratio", "allowed", "written", "peak MB")
    for name, measured in results.items():
        for keys, point in measured.items():
            allowed = ALLOWED.get(keys, "")
            table.add_row(
                name,
                f"{keys:,}",
                f"{point['cpu_s_per_m']:.3f}",
                f"{point['ratio']:.2f}",
                f"{allowed}",
                f"{point['written_per_record']:.2f}",
                f"{point['peak_mb']:,}",
            )
        table.add_section()
    return table


def run(rows: int, directory: Callable[[], Any], only: list[str]) -> dict[str, dict[int, Point]]:
    return {curve.workload: points(curve, rows, directory) for curve in CURVES if curve.workload in only}

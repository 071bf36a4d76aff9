"""`python -m tests.benchmarks [--curve] [--only W1,W2,latency,…] [--rows N] [--workers N] [--partitions N] [--json FILE]`

W1 project and filter 7 columns, W2 tumbling window COUNT and SUM by 10k keys, W3 stream-table LEFT JOIN with 100k rows,
W4 GROUP BY with as many keys as half the records, W5 join of two streams that have half the records each (60 s window, about
one match each), W6 session windows by 10k keys, W7 foreign-key LEFT JOIN of orders (each changes twice) with 100k users (a
tenth of whom change), W8 GROUP BY of a table of 100k orders that change. Variants: W1-dirty (1 % malformed, 10 % other-case),
W2-zipf, W2-single (one key), W2-nocache and W4-nocache (every change written), W5-left, W5-day (rows are kept for a day),
W7-changes (all users change).
`latency`, `startup` and `idle` measure the process itself.

`--curve` prints what a record costs in W2, W3, W4, W5 and W7 with 10 thousand to 10 million keys.
"""

from __future__ import annotations

import argparse
import json
import platform
import statistics
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
from rich.console import Console
from rich.table import Table

from tests.benchmarks import curve
from tests.benchmarks.data import CACHE
from tests.benchmarks.measured import measure
from tests.benchmarks.startup import prompt_after_s
from tests.benchmarks.workloads import WORKLOADS

INSERTS = 1_000
IDLE_QUERIES = 100
IDLE_S = 10.0

Result = dict[str, Any]


def workload(name: str, options: argparse.Namespace) -> Result:
    """Fill the topics, run the query, check its output: three processes and a data directory of their own."""
    with _data_directory() as data:
        filled = measure("prepare", workload=name, rows=options.rows, partitions=options.partitions, data=data)
        ran = measure("query", workload=name, workers=options.workers, data=data)
        checked = measure("check", workload=name, rows=options.rows, data=data)
    return {
        "records_per_s": round(options.rows / ran["seconds"]),
        "mb_per_s": round(filled["mb"] / ran["seconds"], 1),
        "cpu_s_per_m": round(ran["cpu_s"] / options.rows * 1e6, 3),
        "ratio_to_limit": round(checked["limit_s"] / ran["seconds"], 3),
        "peak_mb": round(ran["peak_mb"]),
        "seconds": round(ran["seconds"], 3),
        "limit_s": round(checked["limit_s"], 3),
        "records_out": checked["records_out"],
    }


def latency(options: argparse.Namespace) -> Result:
    """Insert-to-push latency with an idle engine and while W1 runs."""
    with _data_directory() as data:
        quiet = measure("latency", inserts=INSERTS, busy_rows=0, workers=options.workers, data=data)
    with _data_directory() as data:
        busy = measure("latency", inserts=INSERTS, busy_rows=options.rows, workers=options.workers, data=data)
    figures = quiet | {f"{name}_while_W1": value for name, value in busy.items()}
    return {"latency_ms": {name: round(value, 2) for name, value in figures.items()}}


def startup(_: argparse.Namespace) -> Result:
    """Median of five starts of the prompt, and the memory of the idle process."""
    with _data_directory() as data:
        starts = [prompt_after_s(Path(data)) for _ in range(5)]
    return {
        "startup_s": round(statistics.median(seconds for seconds, _ in starts), 3),
        "idle_mb": round(statistics.median(mb for _, mb in starts), 1),
    }


def idle(_: argparse.Namespace) -> Result:
    """CPU of a hundred queries that wait for records."""
    with _data_directory() as data:
        measured = measure("idle", queries=IDLE_QUERIES, seconds=IDLE_S, data=data)
    return {"idle_queries_cpu_percent": round(measured["cpu_percent"], 2), "idle_queries_mb": round(measured["mb"])}


PROCESS: dict[str, Callable[[argparse.Namespace], Result]] = {"latency": latency, "startup": startup, "idle": idle}


def _data_directory() -> tempfile.TemporaryDirectory[str]:
    """An empty directory on the disk that holds the generated input."""
    CACHE.mkdir(exist_ok=True)
    return tempfile.TemporaryDirectory(prefix="data-", dir=CACHE)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description="How fast the engine is.")
    names = [*WORKLOADS, *PROCESS]
    parser.add_argument("--only", type=lambda text: text.split(","), default=names, help=f"from: {', '.join(names)}")
    parser.add_argument("--rows", type=int, help="records per workload (2,000,000; of a curve's point half)")
    parser.add_argument("--curve", action="store_true", help="cost per record by number of keys")
    parser.add_argument("--workers", type=int, default=1, help="worker threads of the engine (1)")
    parser.add_argument("--partitions", type=int, help="partitions of the input topics (as many as workers)")
    parser.add_argument("--json", type=Path, help="write the figures to this file")
    options = parser.parse_args()
    options.rows = options.rows or (1_000_000 if options.curve else 2_000_000)
    options.partitions = options.partitions or options.workers
    if unknown := set(options.only) - set(names):
        parser.error(f"unknown: {', '.join(sorted(unknown))}; there are {', '.join(names)}")
    return options


_SHOWN = ("records_per_s", "mb_per_s", "cpu_s_per_m", "ratio_to_limit", "peak_mb", "records_out")


def _show(results: Result, console: Console) -> None:
    table = Table("", "records/s", "MB/s", "CPU s/M", "of limit", "peak MB", "written")
    for name in [name for name in results if name in WORKLOADS]:
        table.add_row(name, *(f"{results[name][column]:,}" for column in _SHOWN))
    if table.row_count:
        console.print(table)
    for name, value in results.items():
        if name not in (*WORKLOADS, "curve"):
            console.print(f"{name}: {value}", soft_wrap=True)


def main() -> None:
    options = arguments()
    console = Console()
    results: Result = {}
    if options.curve:
        results["curve"] = curve.run(options.rows, _data_directory, options.only)
        console.print(curve.shown(results["curve"]))
    for name in [] if options.curve else options.only:
        with console.status(name):
            results |= PROCESS[name](options) if name in PROCESS else {name: workload(name, options)}
    results["machine"] = {
        "python": platform.python_version(),
        "duckdb": duckdb.__version__,
        "rows": options.rows,
        "workers": options.workers,
        "partitions": options.partitions,
    }
    _show(results, console)
    if options.json:
        options.json.write_text(json.dumps(results, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()

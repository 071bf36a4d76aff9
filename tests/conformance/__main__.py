"""`python -m tests.conformance`: run cases, print a table, end with `N passed, M failed, K skipped`.

With --partitions the cases over several partitions, a sink each; one that needs what the engine does not have is skipped.

Exit code 1 if a case failed (with --at-least, if more failed than that allows, or one of the random files, of which all must
pass), 2 if there are no cases. With --partitions --at-least is the share of all sinks, skipped ones among them.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Sequence
from fnmatch import fnmatchcase
from pathlib import Path

from tests.conformance.cases import Case, case_files, load_file
from tests.conformance.compare import MODES, Mode
from tests.conformance.partition_cases import Skipped, load_partition_case, partition_files, run_partition_case
from tests.conformance.pool import Pool
from tests.conformance.report import Report
from tests.conformance.run import run_case
from tests.conformance.select import SETS

DEFAULT_CASES = Path(__file__).parents[2] / ".." / "shared" / "conformance"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; returns the exit code."""
    options = _parser().parse_args(arguments)
    if not options.cases.is_dir():
        sys.stderr.write(f"There are no cases in {options.cases}. Give their folder with --cases DIR.\n")
        return 2
    if options.partitions:
        return _run_partition_cases(options)
    modes: tuple[Mode, ...] = MODES if options.mode == "both" else (options.mode,)
    cases = [case for path in case_files(options.cases) for case in load_file(path) if _wanted(case, options)]
    report = Report(modes, _skipped(cases))
    # The longest first, so that no process is left alone with one at the end.
    counted = sorted((case for case in cases if case.counts), key=lambda case: len(case.inputs), reverse=True)
    tasks = [(case, mode) for case in counted for mode in modes]
    with Pool(options.jobs, run_case, options.timeout) as pool:
        for outcome in pool.run(tasks):
            report.outcomes.append(outcome)
            _show_progress(len(report.outcomes), len(tasks))
    _write(report, options)
    return int(report.passed_percent < (100.0 if options.at_least is None else options.at_least) or _failed_at_random(report))


def _failed_at_random(report: Report) -> bool:
    """Cases made at random hold nothing that could be out of place here, as functions of the reference's own tests are."""
    return any(fnmatchcase(outcome.file, "random-*") for outcome in report.failures)


def _run_partition_cases(options: argparse.Namespace) -> int:
    files = [path for path in partition_files(options.cases) if not options.only or fnmatchcase(path.stem, options.only)]
    if not files:
        sys.stderr.write(f"There are no cases of partitions in {options.cases}. Give their folder with --cases DIR.\n")
        return 2
    results = [result for path in files for result in run_partition_case(load_partition_case(path))]
    skipped = [result for result in results if isinstance(result, Skipped)]
    report = Report(("exact",), Counter(result.file for result in skipped))
    report.outcomes += [result for result in results if not isinstance(result, Skipped)]
    for result in skipped:
        sys.stdout.write(f"skipped {result.file}/{result.name}: {result.reason}\n")
    _write(report, options)
    if options.at_least is None:
        return int(bool(report.failures))
    return int(100 * report.passed < options.at_least * len(results))


def _write(report: Report, options: argparse.Namespace) -> None:
    sys.stdout.write(report.table() + "\n")
    if options.failures:
        sys.stdout.write(report.details() + "\n")
    if options.json:
        report.write_json(options.json)
    sys.stdout.write(report.last_line + "\n")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.conformance", description="Run conformance cases.")
    parser.add_argument("--cases", type=Path, default=DEFAULT_CASES, metavar="DIR", help="folder that holds query/*.json")
    parser.add_argument("--partitions", action="store_true", help="run partitions/*.json instead: several partitions")
    parser.add_argument("--only", metavar="GLOB", help="files (random-*) or cases (file/case name*)")
    parser.add_argument("--set", choices=sorted(SETS), default="all", help="what the cases may use (default: %(default)s)")
    parser.add_argument("--mode", choices=(*MODES, "both"), default="exact", help="record by record, all at once, or both")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all outcomes as JSON")
    parser.add_argument("--jobs", type=int, default=2, metavar="N", help="processes (default: %(default)s)")
    parser.add_argument("--timeout", type=float, default=120.0, metavar="SECONDS", help="per case (default: %(default)g)")
    parser.add_argument(
        "--at-least", type=float, metavar="PERCENT", help="of the cases must pass (default: all that are not skipped)"
    )
    parser.add_argument("--failures", action="store_true", help="print every failure with its reason")
    return parser


def _wanted(case: Case, options: argparse.Namespace) -> bool:
    return (not options.only or case.matches(options.only)) and SETS[options.set](case)


def _skipped(cases: Sequence[Case]) -> dict[str, int]:
    files = {case.file for case in cases}
    return {file: sum(case.file == file and not case.counts for case in cases) for file in files}


def _show_progress(done: int, total: int) -> None:
    if sys.stderr.isatty():
        sys.stderr.write(f"\r{done}/{total}" + ("\n" if done == total else ""))


if __name__ == "__main__":
    sys.exit(main())

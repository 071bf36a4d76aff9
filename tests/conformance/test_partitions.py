"""The cases over several partitions, where their folder is at hand; and their runner and judge on small ones of its own."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from ksql.log import partition_key
from tests.conformance.__main__ import DEFAULT_CASES, main
from tests.conformance.partition_cases import Skipped, load_partition_case, partition_files, run_partition_case
from tests.conformance.partition_judge import JudgeBy, Row, judge

FILES = partition_files(DEFAULT_CASES) if DEFAULT_CASES.is_dir() else []


#: Full joins of two re-keyed streams: which rows come out alone hangs on the order in which a server happens to read the
#: partitions of the topics between, where rows of one partition come after all of another. Here they come by their times.
BY_CHANCE = {"Q24"}


@pytest.mark.skipif(not FILES, reason=f"there are no cases of partitions in {DEFAULT_CASES}")
@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_sink_that_can_be_made_is_right(path: Path) -> None:
    results = [result for result in run_partition_case(load_partition_case(path)) if not isinstance(result, Skipped)]
    assert results
    assert not [f"{o.name}: {o.cause}: {o.reason}" for o in results if not o.passed and o.name not in BY_CHANCE]


A1, A2, B1 = Row(0, b"a", b'{"X":1}', 1), Row(0, b"a", b'{"X":2}', 2), Row(1, b"b", b'{"X":1,"Y":1.50}', 3)
GONE = Row(0, b"a", None, 4)


@pytest.mark.parametrize(
    ("by", "actual", "difference"),
    [
        ("exact", [A1, B1, A2], ""),
        ("exact", [A1, A2, B1._replace(value=b'{"Y": 1.5, "X": 1}')], ""),
        ("exact", [A2, A1, B1], "partition 0, key b'a'"),
        ("exact", [A1, A2._replace(timestamp=9), B1], 'from 1 on: {"X":2} at 9), expected 2 records (from 1 on: {"X":2} at 2)'),
        ("exact", [A1, A2], "partition 1, key b'b': 0 records, expected 1 records"),
        ("exact", [A1, A2, B1._replace(partition=0)], "partition 0, key b'b'"),
        ("records", [A2, B1, A1._replace(timestamp=9)], ""),
        ("records", [A1, A1, B1], "partition 0"),
        ("records", [A1, A2, A2, B1], "partition 0, key b'a': 3 records"),
        ("records", [A1._replace(partition=1), A2, B1], "partition 0"),
        ("final", [A2, B1], ""),
        ("final", [A2, A1, B1], "partition 0"),
        ("final", [A2, B1, Row(1, b"c", b"{}", 5), Row(1, b"c", None, 6)], ""),
        ("final", [A2, B1, GONE], "partition 0"),
        ("final", [A2._replace(partition=1), B1], "partition 0"),
        ("final", [A2, B1._replace(value=b"no JSON")], "partition 1"),
    ],
)
def test_judge(by: JudgeBy, actual: list[Row], difference: str) -> None:
    found = judge(by, [A1, A2, B1], actual)
    assert difference in found
    assert bool(found) == bool(difference)


KEYS = [b"a", b"b", b"c", b"d"]
WINDOWED = "CREATE TABLE W AS SELECT K, COUNT(*) AS C FROM S WINDOW TUMBLING (SIZE 1 SECONDS) GROUP BY K;"


def rows(value: str, after: bytes = b"", move: int = 0) -> list[list[Any]]:
    """A record for each key, as a file has it; `move`: so many partitions further than its own."""
    return [[(partition_key(key, 3) + move) % 3, (key + after).hex(), value.encode().hex(), 5] for key in KEYS]


def sink(statement: str, rows: list[list[Any]], partitions: int = 3, judge: str = "exact") -> dict[str, Any]:
    return {"statement": statement, "judge": judge, "partitions": partitions, "rows": rows}


SINKS: dict[str, Any] = {
    "O": sink("CREATE STREAM O AS SELECT K, A + 1 AS B FROM S;", rows('{"B":2}')),
    "W": sink(WINDOWED, rows('{"C":1}', after=bytes(8))),
    "F": sink("CREATE TABLE F AS SELECT K, COUNT(*) AS C FROM S GROUP BY K;", rows('{"C":1}'), judge="final"),
    "R": sink("CREATE STREAM R AS SELECT * FROM O;", rows('{"B":2}'), judge="records"),
}
LATER = {
    "L": sink("CREATE SINK CONNECTOR L WITH ('connector.class'='x');", []),
    "M": sink("CREATE STREAM M AS SELECT * FROM L;", []),
}
WRONG = {
    "moved": {"O": sink(SINKS["O"]["statement"], rows('{"B":2}', move=1))},
    "other value": {"O": sink(SINKS["O"]["statement"], rows('{"B":3}'))},
    "other partitions": {"O": sink(SINKS["O"]["statement"], rows('{"B":2}'), partitions=4)},
    "refused": {"O": sink("CREATE STREAM O AS SELECT NOTHING FROM S;", [])},
}


def run(folder: Path, sinks: dict[str, Any], *options: str) -> int:
    source = "CREATE STREAM S (K STRING KEY, A INT) WITH (kafka_topic='s', value_format='JSON', partitions=3);"
    case = {"partitions": 3, "sources": [source], "inputs": {"s": rows('{"A":1}')}, "sinks": sinks}
    (folder / "partitions").mkdir()
    (folder / "partitions" / "three.json").write_text(json.dumps(case))
    return main(["--partitions", "--failures", "--cases", str(folder), *options])


def test_a_run_over_sinks_that_are_right_or_not_there_yet(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(tmp_path, SINKS | LATER, "--at-least", "66") == 0
    lines = capsys.readouterr().out.splitlines()
    assert "skipped three/L: line 1:1: connectors are not supported: this engine has no Kafka Connect" in lines
    assert "skipped three/M: it reads L" in lines
    assert lines[-1] == "4 passed, 0 failed, 2 skipped"


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_sink_fails_the_run(name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(tmp_path, WRONG[name]) == 1
    assert capsys.readouterr().out.endswith("0 passed, 1 failed, 0 skipped\n")


def test_too_many_skipped_sinks_fail_the_run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(tmp_path, {"O": SINKS["O"]} | LATER, "--at-least", "50") == 1
    assert capsys.readouterr().out.endswith("1 passed, 0 failed, 2 skipped\n")


def test_a_folder_without_cases_is_no_success(tmp_path: Path) -> None:
    assert main(["--partitions", "--cases", str(tmp_path)]) == 2

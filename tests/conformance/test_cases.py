"""Loading, expanding and choosing cases; judging sources and topics afterwards."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from ksql.engine.types.sql_types import BIGINT, INTEGER, STRING, Array, Column, Decimal, Map, Struct
from tests.conformance import words
from tests.conformance.__main__ import main
from tests.conformance.afterwards import judge_sources, judge_topics
from tests.conformance.cases import DEFAULT_PROPERTIES, Case, case_files, load_file
from tests.conformance.schema_text import read_schema, type_text
from tests.conformance.select import is_backbone, is_query, is_stateless


def write_cases(folder: Path, *cases: dict[str, Any], file: str = "some") -> Path:
    path = folder / "query" / f"{file}.json"
    path.parent.mkdir()
    path.write_text(json.dumps({"tests": cases}))
    return path


def case(file: str, *statements: str) -> Case:
    return Case(file, "x", statements)


def test_a_case_is_run_once_per_format_and_configuration(tmp_path: Path) -> None:
    marked = {
        "name": "n",
        "format": ["JSON", "AVRO"],
        "config": [True],
        "statements": ["{FORMAT} {CONFIG}"],
        "properties": {"p": 1},
    }
    path = write_cases(tmp_path, marked, {"name": "plain", "statements": ["{FORMAT}"]})
    cases = load_file(path)
    assert case_files(tmp_path) == [path]
    assert [c.name for c in cases] == ["n [JSON] [True]", "n [AVRO] [True]", "plain"]
    assert [c.statements for c in cases] == [("JSON True",), ("AVRO True",), ("{FORMAT}",)]
    assert cases[0].properties == DEFAULT_PROPERTIES | {"p": "1"}


def test_own_properties_win_and_become_text(tmp_path: Path) -> None:
    name = next(iter(DEFAULT_PROPERTIES))
    loaded = load_file(write_cases(tmp_path, {"name": "n", "statements": ["x"], "properties": {name: 0, "flag": False}}))
    assert loaded[0].properties == DEFAULT_PROPERTIES | {name: "0", "flag": "false"}


def test_switched_off_and_outdated_cases_do_not_count(tmp_path: Path) -> None:
    extras: list[dict[str, Any]] = [{}, {"enabled": False}, {"versions": {"max": "6.9"}}, {"versions": {"min": "7.2.0"}}]
    loaded = load_file(write_cases(tmp_path, *({"name": "n", "statements": ["x"]} | extra for extra in extras)))
    assert [c.counts for c in loaded] == [True, False, False, True]


@pytest.mark.parametrize(
    ("file", "options", "code"),
    [
        ("some", [], 1),
        ("some", ["--at-least", "50"], 0),
        ("some", ["--at-least", "51"], 1),
        ("random-x", ["--at-least", "50"], 1),
    ],
)
def test_how_many_cases_may_fail(file: str, options: list[str], code: int, tmp_path: Path) -> None:
    good = {
        "name": "good",
        "statements": ["CREATE STREAM S (A INT) WITH (kafka_topic='s', value_format='JSON', partitions=1);"],
    }
    write_cases(tmp_path, good, {"name": "bad", "statements": ["SELECT"]}, file=file)
    assert main(["--jobs", "1", "--cases", str(tmp_path), *options]) == code


def test_only_matches_files_and_cases() -> None:
    one = Case("some-file", "first case", ("x",))
    assert all(one.matches(glob) for glob in ("some-file", "some-file.json", "some*", "some-file/first*"))
    assert not any(one.matches(glob) for glob in ("some", "first case", "other*"))


@pytest.mark.parametrize(
    ("file", "sql", "chosen"),
    [
        ("random-stateless", "SELECT JOIN", True),
        ("random-stream-table-long", "x", True),
        ("random-table-table", "x", False),
        ("random-aggregate", "SELECT SUM(A), min (B) FROM S WINDOW HOPPING (SIZE 1 DAY) GROUP BY K", True),
        ("random-aggregate-long", "SELECT SUM(A), Topk(B, 2) FROM S GROUP BY K", False),
        ("random-aggregate", "SELECT COUNT(*) FROM S WINDOW SESSION (1 DAY) GROUP BY K", False),
        ("random-aggregate", "SELECT COUNT(*) AS TOPK, 'WINDOW SESSION TOPK(' FROM S GROUP BY K -- ATTR(", True),
    ],
)
def test_backbone(file: str, sql: str, chosen: bool) -> None:
    assert is_backbone(case(file, sql)) is chosen
    assert is_query(case(file, sql))


@pytest.mark.parametrize(
    ("sql", "chosen"),
    [
        ("SELECT ARRAY_JOIN(A, ','), `JOIN` FROM S PARTITION BY K", True),
        ("SELECT 'a join b', WINDOWSTART FROM S", True),
        ("CREATE STREAM S (A INT) WITH (value_format='json', window_type='SESSION')", True),
        ("SELECT * FROM S left join T ON TRUE", False),
        ("SELECT COUNT(*) FROM S\nGROUP\nBY K", False),
        ("SELECT * FROM S WINDOW TUMBLING (SIZE 1 DAY)", False),
        ("CREATE STREAM S (A INT) WITH (value_format='Avro')", False),
        ("CREATE STREAM S (A INT) WITH (key_format='PROTOBUF_NOSR')", False),
    ],
)
def test_stateless(sql: str, chosen: bool) -> None:
    assert is_stateless(case("any", "SELECT 1", sql)) is chosen


def test_declared_topics() -> None:
    create = "CREATE SOURCE STREAM s (a INT) WITH (Kafka_Topic = 'the-topic', value_format='JSON'"
    assert words.declared_topic(create + ", PARTITIONS=3);") == ("the-topic", 3)
    assert words.declared_topic(create + ");") == ("the-topic", None)
    assert words.declared_topic("CREATE STREAM s WITH (kafka_topic='t') AS SELECT * FROM r;") is None
    assert words.declared_topic("DROP STREAM s;") is None


def test_who_writes_what() -> None:
    statements = (
        "CREATE TABLE IF NOT EXISTS t AS SELECT 1;",
        "CREATE OR REPLACE TABLE `u` WITH (partitions=1) AS SELECT 1;",
        "CREATE TABLE v (a INT PRIMARY KEY) WITH (kafka_topic='v');",
        "CREATE STREAM w AS SELECT 1;",
        "INSERT INTO w SELECT 1;",
    )
    assert words.created_tables(statements) == {"T", "u"}
    assert words.written_sources(statements) == ["T", "u", "W", "W"]


@pytest.mark.parametrize(
    "text",
    [
        "struct<a int, `b` array<varchar>, c map<string,decimal(4,2)>>",
        "STRUCT<A INTEGER, `b` ARRAY<STRING>, C MAP<STRING, DECIMAL(4, 2)>>",
    ],
)
def test_types_in_one_spelling(text: str) -> None:
    type_ = Struct((("A", INTEGER), ("b", Array(STRING)), ("C", Map(STRING, Decimal(4, 2)))))
    assert type_text(text) == type_text(str(type_)) == str(type_)


def test_schema_text() -> None:
    schema = read_schema("ID INT KEY, `k 2` STRING PRIMARY KEY, S STRUCT< >, V BIGINT")
    assert schema.key == (("ID", "INTEGER"), ("k 2", "STRING"))
    assert schema.value == (("S", "STRUCT<>"), ("V", "BIGINT"))


@dataclass
class FakeSource:
    name: str = "S"
    is_table: bool = False
    topic: str = "s"
    key_columns: tuple[Column, ...] = (Column("K", STRING),)
    value_columns: tuple[Column, ...] = (Column("A", INTEGER), Column("B", BIGINT))
    key_format: str = "KAFKA"
    value_format: str = "JSON"
    windowed: str | None = None
    window_size_ms: int | None = None


@pytest.mark.parametrize(
    ("change", "difference"),
    [
        ({}, ""),
        ({"type": "STREAM"}, ""),
        ({"name": "R"}, "no source R"),
        ({"type": "table"}, "is a stream"),
        ({"schema": "K STRING KEY, B BIGINT, A INT"}, "value columns"),
        ({"schema": "K STRING KEY, A INT"}, "value columns"),
        ({"schema": "A INT, B BIGINT"}, "key columns"),
        ({"keyFormat": "JSON"}, "keyFormat KAFKA"),
        ({"keyFormat": {"format": "KAFKA", "windowType": "SESSION"}}, "window None"),
        ({"valueFormat": {"format": "AVRO"}}, "valueFormat JSON"),
    ],
)
def test_sources_afterwards(change: dict[str, Any], difference: str) -> None:
    want = {"name": "S", "type": "stream", "schema": "K STRING KEY, A INT, B BIGINT", "keyFormat": {"format": "kafka"}} | change
    found = judge_sources([want], {"S": FakeSource()})
    assert found == "" if not difference else difference in found


@pytest.mark.parametrize(
    ("want", "difference"),
    [
        ({"name": "s"}, ""),
        ({"name": "s", "partitions": 4, "valueFormat": {"format": "JSON"}}, ""),
        ({"name": "x-changelog"}, ""),
        ({"name": "x"}, "no topic x"),
        ({"name": "s", "partitions": 1}, "4 partitions"),
        ({"name": "s", "keyFormat": {"format": "JSON"}}, "keyFormat"),
    ],
)
def test_topics_afterwards(want: dict[str, Any], difference: str) -> None:
    found = judge_topics([want], {"s": 4}, [FakeSource()])
    assert found == "" if not difference else difference in found

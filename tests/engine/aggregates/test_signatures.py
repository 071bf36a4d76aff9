"""Every signature that an aggregate declares is one: over streams, in windows, and over tables where it says so."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

import pytest

from ksql.engine.aggregates import AGGREGATES
from ksql.errors import KsqlError
from ksql.testing import TestDriver

#: Arguments by their names in signatures; what stands for any type is tried with several.
ARGUMENTS = {
    "*": ["*"],
    "T": ["I", "D", "S", "L", "M", "R", "B"],
    "ANY…": ["S", "I, L"],
    "INT": ["I"],
    "BIGINT": ["G"],
    "DOUBLE": ["D"],
    "DECIMAL": ["N"],
    "STRING": ["S"],
    "BYTES": ["Y"],
    "DATE": ["DA"],
    "TIME": ["TI"],
    "TIMESTAMP": ["TS"],
    "ARRAY<INT>": ["L"],
    "ARRAY<BIGINT>": ["LG"],
    "ARRAY<DOUBLE>": ["LD"],
    "INT literal": ["2"],
    "BOOLEAN literal": ["TRUE", "FALSE"],
}
COLUMNS = """
I INT, G BIGINT, D DOUBLE, N DECIMAL(9, 2), S STRING, Y BYTES, DA DATE, TI TIME, TS TIMESTAMP, B BOOLEAN, L ARRAY<INT>,
LG ARRAY<BIGINT>, LD ARRAY<DOUBLE>, M MAP<STRING, INT>, R STRUCT<A INT>
"""
WINDOWS = [
    "",
    "WINDOW TUMBLING (SIZE 1 SECOND)",
    "WINDOW HOPPING (SIZE 2 SECONDS, ADVANCE BY 1 SECOND)",
    "WINDOW SESSION (1 SECOND)",
]
SIGNATURES = [(name, signature) for name, declared in AGGREGATES.items() for signature in declared.signatures]


@pytest.fixture(scope="module")
def driver() -> Iterator[TestDriver]:
    with closing(TestDriver()) as found:
        found.create_topic("s")
        found.create_topic("t")
        found.execute(f"CREATE STREAM S (K STRING KEY, {COLUMNS}) WITH (KAFKA_TOPIC='s', FORMAT='JSON');")
        found.execute(f"CREATE TABLE T (K STRING PRIMARY KEY, {COLUMNS}) WITH (KAFKA_TOPIC='t', FORMAT='JSON');")
        yield found


def calls(name: str, signature: str) -> list[str]:
    """Calls with these parameters: each kind of argument once."""
    parts = [ARGUMENTS[part.strip()] for part in signature.split(", ")]
    return [f"{name}({', '.join(part[i % len(part)] for part in parts)})" for i in range(max(map(len, parts)))]


@pytest.mark.parametrize(("name", "signature"), SIGNATURES, ids=str)
def test_over_streams_and_in_windows(driver: TestDriver, name: str, signature: str) -> None:
    items = ", ".join(f"{call} AS C{i}" for i, call in enumerate(calls(name, signature)))
    for window in WINDOWS:
        driver.execute(f"EXPLAIN CREATE TABLE O AS SELECT I, {items} FROM S {window} GROUP BY I EMIT CHANGES;")


@pytest.mark.parametrize(("name", "signature"), SIGNATURES, ids=str)
def test_over_tables(driver: TestDriver, name: str, signature: str) -> None:
    for call in calls(name, signature):
        statement = f"EXPLAIN CREATE TABLE O AS SELECT I, {call} AS C FROM T GROUP BY I EMIT CHANGES;"
        if AGGREGATES[name].tables and "ANY" not in signature:
            driver.execute(statement)
        else:
            with pytest.raises(KsqlError, match="cannot be used on a table"):
                driver.execute(statement)


@pytest.mark.parametrize(("name", "signature"), SIGNATURES, ids=str)
def test_with_distinct(driver: TestDriver, name: str, signature: str) -> None:
    """DISTINCT is of one column."""
    distinct = [call.replace("(", "(DISTINCT ") for call in calls(name, signature) if "*" not in call and call.count(",") < 2]
    for call in distinct:
        statement = f"EXPLAIN CREATE TABLE O AS SELECT I, {call} AS C FROM S GROUP BY I EMIT CHANGES;"
        if AGGREGATES[name].distinct and "ANY" not in signature:
            for window in WINDOWS:
                driver.execute(statement.replace("GROUP", f"{window} GROUP"))
        elif not AGGREGATES[name].distinct:
            with pytest.raises(KsqlError, match="cannot have DISTINCT"):
                driver.execute(statement)

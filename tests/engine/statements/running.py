"""Statements over a few sources that every test has."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager

import pytest

from ksql.engine.errors import StatementError
from ksql.parser import ParseError
from ksql.testing import Record, TestDriver

SOURCES = """
CREATE STREAM S (ID INT KEY, A STRING, N INT, L ARRAY<INT>, M MAP<STRING, INT>, R STRUCT<X INT, Y STRUCT<Z STRING>>)
    WITH (KAFKA_TOPIC='s', FORMAT='JSON');
CREATE STREAM KEYLESS (A STRING, N INT) WITH (KAFKA_TOPIC='keyless', VALUE_FORMAT='JSON');
CREATE STREAM TWO (I INT KEY, J INT KEY, N INT) WITH (KAFKA_TOPIC='two', FORMAT='JSON');
CREATE STREAM W (ID STRING KEY, N INT)
    WITH (KAFKA_TOPIC='w', VALUE_FORMAT='JSON', WINDOW_TYPE='TUMBLING', WINDOW_SIZE='1 SECOND');
CREATE TABLE T (ID INT PRIMARY KEY, A STRING, N INT, L ARRAY<INT>) WITH (KAFKA_TOPIC='t', VALUE_FORMAT='JSON');
CREATE TABLE WT (ID STRING PRIMARY KEY, N INT) WITH (KAFKA_TOPIC='wt', VALUE_FORMAT='JSON', WINDOW_TYPE='SESSION');
CREATE SOURCE STREAM RO (ID INT KEY, A STRING) WITH (KAFKA_TOPIC='ro', VALUE_FORMAT='JSON');
"""


@contextmanager
def driver(*, sources: bool = True, properties: Mapping[str, str] | None = None) -> Iterator[TestDriver]:
    """A driver with SOURCES, and with an empty topic called x."""
    with closing(TestDriver(properties, cache=False)) as made:
        for topic in ("s", "keyless", "two", "w", "t", "wt", "ro", "x"):
            made.create_topic(topic)
        if sources:
            made.execute(SOURCES)
        yield made


def columns(made: TestDriver, source: str) -> str:
    """`K BIGINT KEY, V STRING`: the columns of a source, keys first."""
    found = made.source(source)
    assert found is not None
    keys, values = ([str(c).replace("`", "") for c in part] for part in (found.key_columns, found.value_columns))
    return ", ".join([*(f"{key} KEY" for key in keys), *values])


def written(made: TestDriver, topic: str, *records: Record) -> list[tuple[bytes | None, bytes | None]]:
    """Keys and values in `topic` after the queries have processed `records`."""
    made.feed(records)
    return [(r.key, r.value) for r in made.read(topic)]


def refuses(made: TestDriver, statement: str, message: str, place: str) -> None:
    """The last statement is refused with a message that holds `message`, and its caret stands under `place`."""
    with pytest.raises((StatementError, ParseError)) as caught:
        made.execute(statement)
    error = caught.value
    assert message in str(error)
    assert error.line == 1, f"no place: {error}"
    assert statement[error.column - 1 :].startswith(place), f"the caret is at {statement[error.column - 1 :]}"


def rows(*pairs: tuple[str | None, str | None], topic: str = "s") -> Sequence[Record]:
    """Records of `topic`, at 0, 1, 2 … ms."""
    return [
        Record(topic, None if key is None else key.encode(), None if value is None else value.encode(), i)
        for i, (key, value) in enumerate(pairs)
    ]

"""Which columns a CREATE … AS SELECT makes: names, types, and what becomes of the key."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from ksql.engine.errors import StatementError
from ksql.errors import KsqlError
from ksql.testing import Record, TestDriver

SETUP = """
CREATE STREAM s (id INT KEY, name STRING, age INT, home STRUCT<town STRING, zip INT>, tags MAP<STRING, INT>)
  WITH (kafka_topic='s', format='JSON', partitions=1);
CREATE STREAM two (a INT KEY, b INT KEY, v INT) WITH (kafka_topic='two', format='JSON', partitions=1);
CREATE STREAM keyless (x INT, y INT) WITH (kafka_topic='keyless', value_format='JSON', partitions=1);
CREATE TABLE t (id INT PRIMARY KEY, items ARRAY<INT>) WITH (kafka_topic='t', value_format='JSON', partitions=1);
CREATE STREAM w (id INT KEY, v INT)
  WITH (kafka_topic='w', value_format='JSON', partitions=1, window_type='tumbling', window_size='10 seconds');
"""


@pytest.fixture
def driver() -> Iterator[TestDriver]:
    made = TestDriver(cache=False)
    made.execute(SETUP)
    yield made
    made.close()


@pytest.mark.parametrize(
    ("select", "keys", "values"),
    [
        ("SELECT * FROM s", "ID INTEGER", "NAME, AGE, HOME, TAGS"),
        ("SELECT *  FROM s PARTITION BY name", "NAME STRING", "AGE, HOME, TAGS, ID"),
        ("SELECT * FROM s PARTITION BY home->town", "TOWN STRING", "NAME, AGE, HOME, TAGS, ID"),
        ("SELECT * FROM s PARTITION BY abs(id)", "KSQL_COL_0 INTEGER", "NAME, AGE, HOME, TAGS, ID"),
        ("SELECT * FROM s PARTITION BY ROWTIME", "ROWTIME BIGINT", "NAME, AGE, HOME, TAGS, ID"),
        ("SELECT * FROM s PARTITION BY NULL", "", "NAME, AGE, HOME, TAGS, ID"),
        ("SELECT age, name AS n FROM s PARTITION BY name", "N STRING", "AGE"),
        ("SELECT v, b, a FROM two", "A INTEGER, B INTEGER", "V"),
        ("SELECT * FROM two PARTITION BY v", "V INTEGER", "A, B"),
        ("SELECT * FROM two PARTITION BY b", "B INTEGER", "V, A"),
        ("SELECT id, home->zip, home->zip FROM s", "ID INTEGER", "ZIP, ZIP_1"),
        ("SELECT id, home->town AS home, age + 1, 'x' FROM s", "ID INTEGER", "HOME, KSQL_COL_0, KSQL_COL_1"),
        ("SELECT id, home->* FROM s", "ID INTEGER", "TOWN, ZIP"),
        ("SELECT * FROM w", "ID INTEGER", "V"),
        ("SELECT id, v, windowstart AS ws FROM w", "ID INTEGER", "V, WS"),
    ],
)
def test_columns(driver: TestDriver, select: str, keys: str, values: str) -> None:
    format_ = " WITH (key_format='JSON')" if "PARTITION BY NULL" not in select else ""
    driver.execute(f"CREATE STREAM o{format_} AS {select};")
    source = driver.source("O")
    assert source is not None
    assert ", ".join(f"{c.name} {c.type}" for c in source.key_columns) == keys
    assert ", ".join(c.name for c in source.value_columns) == values


@pytest.mark.parametrize(
    ("statement", "message"),
    [
        ("CREATE STREAM o AS SELECT id, ROWTIME FROM s;", "ROWTIME is a reserved column name"),
        ("CREATE STREAM o AS SELECT id, age AS windowend FROM s;", "WINDOWEND is a reserved column name"),
        ("CREATE STREAM o AS SELECT name FROM s;", "must have the key column"),
        ("CREATE STREAM o AS SELECT id, id AS again, name FROM s;", "selected more than once"),
        ("CREATE STREAM o AS SELECT * FROM s PARTITION BY tags;", "has a MAP in it"),
        ("CREATE STREAM o AS SELECT * FROM s PARTITION BY NULL, name;", "no other columns beside it"),
        ("CREATE STREAM o WITH (key_format='JSON') AS SELECT * FROM s PARTITION BY NULL;", "no key column"),
        ("CREATE STREAM o WITH (key_format='NONE') AS SELECT * FROM keyless PARTITION BY x;", "carries no columns"),
        ("CREATE TABLE o AS SELECT id, explode(items) AS item FROM t;", "EXPLODE makes several rows"),
        ("CREATE OR REPLACE SOURCE STREAM s (x INT) WITH (kafka_topic='s', value_format='JSON');", "does not work on SOURCE"),
        ("CREATE STREAM o WITH (kafka_topic='s', value_format='DELIMITED') AS SELECT * FROM s;", "does not support the type"),
        ("CREATE STREAM o (m MAP<STRING, INT> KEY) WITH (kafka_topic='s', format='JSON');", "has a MAP in it"),
        ("CREATE STREAM o WITH (kafka_topic='s', value_format='JSON');", "no columns are declared"),
        ("CREATE STREAM o (x INT) WITH (kafka_topic='s', value_format='DELIMITED', value_delimiter=' ');", "must not be blank"),
        ("CREATE STREAM o (x STRUCT<a INT, `a` INT>) WITH (kafka_topic='s', value_format='JSON');", "two fields of the same"),
        ("CREATE STREAM o AS SELECT id, NULL = name AS x FROM s;", "compared with NULL"),
        ("CREATE STREAM o AS SELECT id, age > '3' AS x FROM s;", "INTEGER cannot be compared with STRING"),
        ("CREATE STREAM o AS SELECT id, home < home AS x FROM s;", "have no order"),
        ("CREATE STREAM o AS SELECT id, 9223372036854775808 AS x FROM s;", "does not fit into BIGINT"),
        ("CREATE STREAM o AS SELECT id, 1e400 AS x FROM s;", "does not fit into DOUBLE"),
        ("RUN SCRIPT 'x.sql';", "at the prompt and in scripts only"),
    ],
)
def test_refusals(driver: TestDriver, statement: str, message: str) -> None:
    with pytest.raises(StatementError, match=message) as caught:
        driver.execute(statement)
    assert isinstance(caught.value, KsqlError)
    assert driver.source("O") is None


def test_a_record_without_a_value_has_no_key_made_of_values(driver: TestDriver) -> None:
    driver.execute("CREATE STREAM o WITH (key_format='JSON') AS SELECT * FROM s PARTITION BY name IS NULL, id, 7;")
    driver.feed([Record("s", b"1", None), Record("s", b"2", b'{"NAME": "n"}')])
    assert [(r.key, r.value is None) for r in driver.read("O")] == [
        (b'{"KSQL_COL_0":null,"ID":1,"KSQL_COL_1":7}', True),
        (b'{"KSQL_COL_0":false,"ID":2,"KSQL_COL_1":7}', False),
    ]


def test_a_key_that_was_absent_stays_absent(driver: TestDriver) -> None:
    driver.execute("CREATE STREAM o AS SELECT * FROM two; CREATE STREAM p AS SELECT * FROM two PARTITION BY b, a;")
    driver.feed([Record("two", None, b'{"V": 1}'), Record("two", b'{"A": null, "B": 2}', b'{"V": 2}')])
    assert [r.key for r in driver.read("O")] == [None, b'{"A":null,"B":2}']
    assert [r.key for r in driver.read("P")] == [b'{"B":null,"A":null}', b'{"B":2,"A":null}']


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("ARRAY[1, '2', age]", "[1,2,30]"),
        ("ARRAY[1, '2.5']", "[1.0,2.5]"),
        ("age IN ('30', 1)", "true"),
        ("home IN (STRUCT(town := 'x', zip := '5'))", "true"),
        ("MAP(name := 1, 'k' := 2)", '{"null":1,"k":2}'),
        ("TRANSFORM(ARRAY[1, NULL], x => x + 1)", "null"),
        ("CAST(4.9E-324 AS STRING)", '"4.9E-324"'),
    ],
)
def test_values(driver: TestDriver, expression: str, value: str) -> None:
    driver.execute(f"CREATE STREAM o AS SELECT id, {expression} AS x FROM s;")
    driver.feed([Record("s", b"1", b'{"AGE": 30, "HOME": {"TOWN": "x", "ZIP": 5}}')])
    assert [r.value for r in driver.read("O")] == [f'{{"X":{value}}}'.encode()]

"""The columns a query's result has, in which order, under which names, and which of them are its key."""

from __future__ import annotations

import pytest

from ksql.testing import Record
from tests.engine.statements.running import columns, driver, rows, written

NESTED = "L ARRAY<INTEGER>, M MAP<STRING, INTEGER>, R STRUCT<X INTEGER, Y STRUCT<Z STRING>>"
REST = f"N INTEGER, {NESTED}"
VALUES = f"A STRING, {REST}"


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        # The key keeps its place at the front, wherever it is written, and may get another name.
        ("SELECT * FROM S", f"ID INTEGER KEY, {VALUES}"),
        ("SELECT A, ID FROM S", "ID INTEGER KEY, A STRING"),
        ("SELECT A AS B, ID AS K FROM S", "K INTEGER KEY, B STRING"),
        ("SELECT ID AS A, A AS ID FROM S", "A INTEGER KEY, ID STRING"),
        ("SELECT J, I, N FROM TWO", "I INTEGER KEY, J INTEGER KEY, N INTEGER"),
        ("SELECT S.* FROM S", f"ID INTEGER KEY, {VALUES}"),
        ("SELECT X.A, X.ID FROM S X", "ID INTEGER KEY, A STRING"),
        ("SELECT A FROM KEYLESS", "A STRING"),
        # AS_VALUE copies the key.
        ("SELECT ID, AS_VALUE(ID) AS COPY FROM S", "ID INTEGER KEY, COPY INTEGER"),
        ("SELECT ID, AS_VALUE(ID) FROM S", "ID INTEGER KEY, KSQL_COL_0 INTEGER"),
        # Names of expressions.
        ("SELECT ID, N + 1, A AS KSQL_COL_0 FROM S", "ID INTEGER KEY, KSQL_COL_1 INTEGER, KSQL_COL_0 STRING"),
        ("SELECT ID, R->X, R->Y->Z FROM S", "ID INTEGER KEY, X INTEGER, Z STRING"),
        ("SELECT ID, R->X AS Q, R->X FROM S", "ID INTEGER KEY, Q INTEGER, X INTEGER"),
        ("SELECT ID, R->* FROM S", "ID INTEGER KEY, X INTEGER, Y STRUCT<Z STRING>"),
        ("SELECT ID, ROWTIME AS T, ROWPARTITION AS P, ROWOFFSET AS O FROM S", "ID INTEGER KEY, T BIGINT, P INTEGER, O BIGINT"),
        ("SELECT ID, A AS `a`, N AS `rowtime` FROM S", "ID INTEGER KEY, a STRING, rowtime INTEGER"),
        ("SELECT ID, (A), ((N + 1)) FROM S", "ID INTEGER KEY, A STRING, KSQL_COL_0 INTEGER"),
        # PARTITION BY: the new key first, the values in their order, what was the key behind them.
        ("SELECT * FROM S PARTITION BY A", f"A STRING KEY, {REST}, ID INTEGER"),
        ("SELECT S.* FROM S PARTITION BY A", f"A STRING KEY, {REST}, ID INTEGER"),
        ("SELECT * FROM S X PARTITION BY X.A", f"A STRING KEY, {REST}, ID INTEGER"),
        ("SELECT * FROM S PARTITION BY ID", f"ID INTEGER KEY, {VALUES}"),
        ("SELECT * FROM S PARTITION BY A, ID", f"A STRING KEY, ID INTEGER KEY, {REST}"),
        ("SELECT * FROM S PARTITION BY (A, N)", f"A STRING KEY, N INTEGER KEY, {NESTED}, ID INTEGER"),
        ("SELECT * FROM S PARTITION BY R->X", f"X INTEGER KEY, {VALUES}, ID INTEGER"),
        ("SELECT * FROM S PARTITION BY R->Y->Z, N", f"Z STRING KEY, N INTEGER KEY, A STRING, {NESTED}, ID INTEGER"),
        ("SELECT * FROM S PARTITION BY ABS(N)", f"KSQL_COL_0 INTEGER KEY, {VALUES}, ID INTEGER"),
        ("SELECT *, ABS(N) AS K FROM S PARTITION BY ABS(N)", f"K INTEGER KEY, {VALUES}, ID INTEGER"),
        ("SELECT * FROM S PARTITION BY ROWTIME", f"ROWTIME BIGINT KEY, {VALUES}, ID INTEGER"),
        ("SELECT * FROM S PARTITION BY NULL", f"{VALUES}, ID INTEGER"),
        ("SELECT ID, A FROM S PARTITION BY NULL", "ID INTEGER, A STRING"),
        ("SELECT N, A FROM S PARTITION BY A", "A STRING KEY, N INTEGER"),
        ("SELECT ID, A AS K FROM S PARTITION BY A", "K STRING KEY, ID INTEGER"),
        ("SELECT ID, A, N FROM S PARTITION BY N, A", "N INTEGER KEY, A STRING KEY, ID INTEGER"),
        ("SELECT A, AS_VALUE(A) AS B FROM S PARTITION BY A", "A STRING KEY, B STRING"),
        ("SELECT ROWTIME, A FROM S PARTITION BY ROWTIME", "ROWTIME BIGINT KEY, A STRING"),
        ("SELECT ROWOFFSET AS O, A FROM S PARTITION BY ROWOFFSET", "O BIGINT KEY, A STRING"),
        ("SELECT L, A FROM S PARTITION BY L", "L ARRAY<INTEGER> KEY, A STRING"),
        ("SELECT M['a'] AS K, A FROM S PARTITION BY M['a']", "K INTEGER KEY, A STRING"),
        ("SELECT STRUCT(X := N) AS K, A FROM S PARTITION BY STRUCT(X := N)", "K STRUCT<X INTEGER> KEY, A STRING"),
        ("SELECT EXPLODE(L) AS E, A FROM S PARTITION BY A", "A STRING KEY, E INTEGER"),
        # A window belongs to the key.
        ("SELECT * FROM W", "ID STRING KEY, N INTEGER"),
        ("SELECT ID, WINDOWSTART AS F, WINDOWEND AS U FROM W", "ID STRING KEY, F BIGINT, U BIGINT"),
        ("SELECT ID, N FROM W PARTITION BY ID", "ID STRING KEY, N INTEGER"),
    ],
)
def test_columns_of_a_stream(query: str, expected: str) -> None:
    with driver() as made:
        made.execute(f"CREATE STREAM O AS {query};")
        assert columns(made, "O") == expected


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("SELECT * FROM T", "ID INTEGER KEY, A STRING, N INTEGER, L ARRAY<INTEGER>"),
        ("SELECT A, ID AS K FROM T WHERE N > 3", "K INTEGER KEY, A STRING"),
        # An aggregate of a star is one of ROWTIME.
        ("SELECT (N + ID) AS K, MAX(*) AS T, AVG() AS V FROM S GROUP BY N + ID", "K INTEGER KEY, T BIGINT, V DOUBLE"),
    ],
)
def test_columns_of_a_table(query: str, expected: str) -> None:
    with driver() as made:
        made.execute(f"CREATE TABLE O AS {query};")
        assert columns(made, "O") == expected


def test_the_new_planner_takes_keys_as_they_are_selected() -> None:
    with driver(properties={"ksql.new.query.planner.enabled": "true"}) as made:
        made.execute("CREATE STREAM A AS SELECT J, I, N FROM TWO; CREATE STREAM B AS SELECT N FROM TWO;")
        assert columns(made, "A") == "J INTEGER KEY, I INTEGER KEY, N INTEGER"
        assert columns(made, "B") == "N INTEGER"


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        # What a record without a value lacks is NULL in its key; what it has stays.
        ("SELECT ID, N FROM S PARTITION BY ID", [(b"1", b'{"N":4}'), (b"2", None)]),
        ("SELECT N, ID FROM S PARTITION BY N", [(b"4", b'{"ID":1}'), (None, None)]),
        ("SELECT ID, N, A FROM S PARTITION BY ID, N", [(b'{"ID":1,"N":4}', b'{"A":"a"}'), (b'{"ID":2,"N":null}', None)]),
        ("SELECT ID + 1, N FROM S PARTITION BY ID + 1", [(b"2", b'{"N":4}'), (b"3", None)]),
        ("SELECT ROWTIME, N FROM S PARTITION BY ROWTIME", [(b"0", b'{"N":4}'), (None, None)]),
        ("SELECT N FROM S PARTITION BY NULL", [(None, b'{"N":4}'), (None, None)]),
        ("SELECT 'x', N FROM S PARTITION BY 'x'", [(b'"x"', b'{"N":4}'), (b'"x"', None)]),
    ],
)
def test_keys_of_a_repartitioned_stream(query: str, expected: list[tuple[bytes | None, bytes | None]]) -> None:
    with driver() as made:
        made.execute(f"CREATE STREAM O AS {query};")
        assert written(made, "O", *rows(("1", '{"A": "a", "N": 4}'), ("2", None))) == expected


def test_a_windowed_key_is_passed_on_whole() -> None:
    key = b"k" + (2000).to_bytes(8, "big")
    with driver() as made:
        made.execute("CREATE STREAM O AS SELECT *, WINDOWSTART AS F, WINDOWEND AS U FROM W WHERE WINDOWEND >= 3000;")
        assert written(made, "O", Record("w", key, b'{"N": 1}')) == [(key, b'{"N":1,"F":2000,"U":3000}')]
        source = made.source("O")
        assert source is not None
        assert (source.windowed, source.window_size_ms) == ("TUMBLING", 1000)


def test_a_windowed_stream_may_hold_records_without_a_key() -> None:
    with driver() as made:
        made.execute("CREATE STREAM O AS SELECT *, WINDOWSTART AS F FROM W;")
        assert written(made, "O", *rows((None, '{"N": 1}'), topic="w")) == [(None, b'{"N":1,"F":null}')]

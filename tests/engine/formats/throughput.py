"""Decode, filter and encode of JSON page views as one statement, on one thread. A script, not a test:

    python -m tests.engine.formats.throughput [name ...]

Prints CPU seconds per million records for each kind of input, the rows read by `exact` included.
"""

from __future__ import annotations

import json
import random
import sys
import time
from collections.abc import Callable, Sequence
from typing import Any

import duckdb
import pyarrow as pa

import tests.conftest  # noqa: F401 - makes `ksql` importable from a checkout
from ksql.engine.formats import bind
from ksql.engine.formats.contract import Decoder, FormatOptions
from ksql.engine.types.sql_types import BIGINT, DOUBLE, INTEGER, STRING, Column

ROWS = 65_536
VALUE = FormatOptions(is_key=False)
COLUMNS = (
    Column("VIEWTIME", BIGINT),
    Column("USERID", STRING),
    Column("PAGEID", STRING),
    Column("REGION", STRING),
    Column("DURATION", INTEGER),
    Column("PRICE", DOUBLE),
    Column("REFERRER", STRING),
)
View = dict[str, Any]


def _view(number: int, chance: random.Random) -> View:
    return {
        "viewtime": 1_600_000_000_000 + number,
        "userid": f"User_{chance.randint(1, 9999)}",
        "pageid": f"Page_{chance.randint(1, 999)}",
        "region": f"Region_{chance.randint(1, 9)}",
        "duration": chance.randint(1, 100_000),
        "price": round(chance.random() * 100, 2),
        "referrer": f"https://www.example.com/some/long/path?x={chance.randint(1, 10**9)}",
    }


def _compact(view: View) -> str:
    return json.dumps(view, separators=(",", ":"))


def _upper(number: int, view: View) -> str:
    return _compact({name.upper(): value for name, value in view.items()} if number % 10 == 0 else view)


def _nulls(number: int, view: View) -> str:
    return _compact({name: None if (number + place) % 5 == 0 else item for place, (name, item) in enumerate(view.items())})


def _absent(number: int, view: View) -> str:
    return _compact({name: item for place, (name, item) in enumerate(view.items()) if (number * 7 + place) % 5})


KINDS: dict[str, Callable[[int, View], str]] = {
    "clean": lambda _, view: _compact(view),
    "two columns": lambda _, view: _compact(view),
    "10 % in other case": _upper,
    "1 % malformed": lambda number, view: _compact(view)[: -3 if number % 100 == 0 else None],
    "blanks": lambda _, view: json.dumps(view),
    "25 % whole prices": lambda number, view: _compact(view | {"price": 5} if number % 4 == 0 else view),
    "20 % null fields": _nulls,
    "20 % absent fields": _absent,
}


def _statement(decoder: Decoder, text: str) -> str:
    parts = decoder.sql('"data"', "v")
    prepare = ", ".join(f"{sql} AS {alias}" for alias, sql in parts.prepare.items())
    values = ", ".join(f"{sql} AS {column.name}" for column, sql in zip(decoder.columns, parts.columns, strict=True))
    decoded = f"SELECT n, {values}, {parts.suspect} AS suspect FROM (SELECT *, {prepare} FROM raw)"
    return f"SELECT n, CASE WHEN NOT suspect THEN {text} END AS text, suspect FROM ({decoded}) WHERE suspect OR DURATION > 1000"


def measure(records: Sequence[str], columns: tuple[Column, ...]) -> tuple[float, int]:
    """CPU seconds per million records, the best of five batches after the first, and the suspect rows of the last."""
    decoder, encoder = bind("JSON", columns, VALUE)
    text = encoder.sql([column.name for column in columns])
    best, suspects = float("inf"), 0
    with duckdb.connect(config={"threads": 1, "disabled_optimizers": "filter_pushdown"}) as connection:
        connection.register("raw", pa.table({"n": pa.array(range(ROWS)), "data": pa.array(records)}))
        for batch in range(6):
            start = time.process_time()
            done = connection.sql(_statement(decoder, text)).to_arrow_table()
            rest = done.filter(done["suspect"])["n"].to_pylist()
            decoder.exact([records[n].encode() for n in rest])
            if batch:
                best, suspects = min(best, time.process_time() - start), len(rest)
    return best / ROWS * 1e6, suspects


def main(names: Sequence[str]) -> None:
    chance = random.Random(1)  # noqa: S311 - test data
    views = [_view(number, chance) for number in range(ROWS)]
    for name in names or KINDS:
        records = [KINDS[name](number, view) for number, view in enumerate(views)]
        seconds, suspects = measure(records, COLUMNS[3:5] if name == "two columns" else COLUMNS)
        sys.stdout.write(f"{name:22} {seconds:5.2f} CPU s per million, {suspects} of {ROWS} rows suspect\n")


if __name__ == "__main__":
    main(sys.argv[1:])

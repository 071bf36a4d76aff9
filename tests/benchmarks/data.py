"""Generated page views and users, cached as Arrow files under the system's temporary folder.

A file holds what goes into the topic (`key`, `value` as JSON of about 190 bytes, `timestamp` in epoch milliseconds) and,
beside it, the typed columns the JSON was made from, which the checks compute with.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa

CACHE = Path(tempfile.gettempdir()) / "ksql-benchmarks"
VERSION = 1
FIRST_MS = 1_700_000_000_000
MS_PER_VIEW = 5
TABLE_ROWS = 100_000

Keys = Callable[[np.random.Generator, int], np.ndarray]

#: Distributions of the record key over `rows` records, as integers.
KEYS: dict[str, Keys] = {
    "10k": lambda rng, rows: rng.integers(0, 10_000, rows),
    "zipf": lambda rng, rows: (rng.zipf(1.2, rows) - 1) % 10_000,
    "one": lambda _, rows: np.zeros(rows, np.int64),
    "distinct": lambda rng, rows: rng.permutation(rows) % max(1, rows // 2),
    "table": lambda rng, rows: rng.integers(0, TABLE_ROWS * 11 // 10, rows),
}

VALUE_FIELDS = ("view_id", "page", "referrer", "country", "device", "duration_ms", "bytes", "price", "signed_in")

_COLUMNS = """
    SELECT n, code, printf('u%07d', code) AS user_id, n AS view_id,
           printf('/shop/category-%02d/item-%05d', page % 40, page) AS page, 'https://example.com/find' AS referrer,
           ['DE', 'US', 'IN', 'BR', 'JP', 'FR', 'GB', 'NG'][1 + page % 8] AS country,
           ['mobile', 'laptop', 'tablet'][1 + page % 3] AS device,
           duration_ms, bytes, cents / 100.0::DOUBLE AS price, page % 5 <> 0 AS signed_in, spoiled
    FROM drawn
"""

_USERS = f"""
    SELECT range AS code, printf('u%07d', range) AS user_id, printf('Name %d', range) AS name,
           ['free', 'basic', 'gold'][1 + range % 3] AS tier
    FROM range({TABLE_ROWS})
"""


def page_views(rows: int, keys: str, dirty: bool = False) -> pa.Table:
    """`rows` page views with the record key drawn from `KEYS[keys]`.

    `dirty`: 1 % of the values are cut off in the middle (`spoiled` = 1), 10 % have their field names in the other case (2).
    """
    name = f"views-{VERSION}-{rows}-{keys}{'-dirty' if dirty else ''}"
    return _cached(name, lambda con: _make_views(con, rows, keys, dirty))


def users() -> pa.Table:
    """The rows of the table joined to page views: `TABLE_ROWS` users, all older than the first view."""
    value = "to_json(struct_pack(name := name, tier := tier))::VARCHAR"
    make = f"SELECT *, encode(user_id) AS key, encode({value}) AS value, {FIRST_MS} - 1 AS timestamp FROM ({_USERS})"
    return _cached(f"users-{VERSION}", lambda con: con.sql(make).to_arrow_table())


def _make_views(con: duckdb.DuckDBPyConnection, rows: int, keys: str, dirty: bool) -> pa.Table:
    rng = np.random.default_rng(20130101)
    columns = {
        "n": np.arange(rows),
        "code": KEYS[keys](rng, rows),
        "page": rng.integers(0, 50_000, rows),
        "duration_ms": rng.integers(0, 60_000, rows),
        "bytes": rng.integers(1_000, 100_000, rows),
        "cents": rng.integers(0, 100_000, rows),
        "spoiled": rng.choice(3, rows, p=[0.89, 0.01, 0.10]) if dirty else np.zeros(rows, np.int64),
    }
    con.register("drawn", pa.table(columns))
    return con.sql(f"""
        SELECT * EXCLUDE (other)
               REPLACE (encode(CASE spoiled WHEN 0 THEN value WHEN 1 THEN left(value, 90) ELSE other END) AS value)
        FROM (SELECT *, encode(user_id) AS key, {_json(str)} AS value, {_json(str.upper) if dirty else "NULL"} AS other,
                     {FIRST_MS} + n * {MS_PER_VIEW} AS timestamp
              FROM ({_COLUMNS}))
    """).to_arrow_table()


def _json(spelling: Callable[[str], str]) -> str:
    return f"to_json(struct_pack({', '.join(f'{spelling(name)} := {name}' for name in VALUE_FIELDS)}))::VARCHAR"


def _cached(name: str, make: Callable[[duckdb.DuckDBPyConnection], pa.Table]) -> pa.Table:
    path = CACHE / f"{name}.arrow"
    if not path.exists():
        CACHE.mkdir(exist_ok=True)
        with duckdb.connect(config={"threads": 1}) as con:
            table = make(con)
        unfinished = path.with_suffix(f".{os.getpid()}")
        with pa.OSFile(str(unfinished), "wb") as file, pa.ipc.new_file(file, table.schema) as writer:
            writer.write_table(table.combine_chunks(), max_chunksize=65_536)
        unfinished.replace(path)
    return pa.ipc.open_file(pa.memory_map(str(path))).read_all()

"""Generated records, cached as Arrow files under the system's temporary folder: page views, clicks, users, orders.

A file holds what goes into the topic (`key`, `value` as JSON, 190 bytes of a page view, `timestamp` in epoch milliseconds) and,
beside it, the typed columns the JSON was made from, which the checks compute with. `code` is the key as a number.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa

CACHE = Path(tempfile.gettempdir()) / "ksql-benchmarks"
VERSION = 2
FIRST_MS = 1_700_000_000_000
MS_PER_RECORD = 5
TABLE_ROWS = 100_000
#: Records of one key that lie this near each other meet in a join of streams.
NEAR_MS = 60_000

Keys = Callable[[np.random.Generator, int], np.ndarray]

#: Distributions of the record key over `rows` records, as integers.
KEYS: dict[str, Keys] = {
    "10k": lambda rng, rows: rng.integers(0, 10_000, rows),
    "zipf": lambda rng, rows: (rng.zipf(1.2, rows) - 1) % 10_000,
    "one": lambda _, rows: np.zeros(rows, np.int64),
    "distinct": lambda rng, rows: rng.permutation(rows) % max(1, rows // 2),
    "table": lambda rng, rows: rng.integers(0, TABLE_ROWS * 11 // 10, rows),
    "rows": lambda rng, rows: rng.integers(0, TABLE_ROWS, rows),
    # About one record of a second stream lies near each one.
    "near": lambda rng, rows: rng.integers(0, 2 * NEAR_MS // MS_PER_RECORD, rows),
}


@dataclass(frozen=True)
class Draw:
    """Records to be made: the keys' codes, the number of the first one, and how far apart they are, ms."""

    codes: np.ndarray
    first: int = 0
    step_ms: float | None = None

    def columns(self) -> dict[str, np.ndarray]:
        n = np.arange(self.first, self.first + len(self.codes))
        step = MS_PER_RECORD if self.step_ms is None else self.step_ms
        return {"n": n, "code": self.codes, "timestamp": FIRST_MS + (n * step).astype(np.int64)}


@dataclass(frozen=True)
class Kind:
    """What records look like: SQL of the key and the columns over `drawn` (see `Draw`), which of them are fields of the value,
    and whole numbers drawn at random below a bound.
    """

    key: str
    columns: str
    fields: Sequence[str]
    random: dict[str, int]

    def make(self, con: duckdb.DuckDBPyConnection, draw: Draw, rng: np.random.Generator) -> pa.Table:
        drawn = draw.columns() | {name: rng.integers(0, below, len(draw.codes)) for name, below in self.random.items()}
        con.register("drawn", pa.table(drawn))
        return con.sql(f"""
            SELECT *, encode({self.key}) AS key, encode({self.json()}) AS value
            FROM (SELECT n, code, timestamp, {self.columns} FROM drawn)
        """).to_arrow_table()

    def json(self, spelling: Callable[[str], str] = str) -> str:
        return f"to_json(struct_pack({', '.join(f'{spelling(name)} := {name}' for name in self.fields)}))::VARCHAR"


VIEW = Kind(
    "user_id",
    """printf('u%07d', code) AS user_id, n AS view_id,
       printf('/shop/category-%02d/item-%05d', page % 40, page) AS page, 'https://example.com/find' AS referrer,
       ['DE', 'US', 'IN', 'BR', 'JP', 'FR', 'GB', 'NG'][1 + page % 8] AS country,
       ['mobile', 'laptop', 'tablet'][1 + page % 3] AS device,
       duration_ms, bytes + 1000 AS bytes, cents / 100.0::DOUBLE AS price, page % 5 <> 0 AS signed_in, 0 AS spoiled""",
    ("view_id", "page", "referrer", "country", "device", "duration_ms", "bytes", "price", "signed_in"),
    {"page": 50_000, "duration_ms": 60_000, "bytes": 99_000, "cents": 100_000},
)
CLICK = Kind(
    "user_id",
    "printf('u%07d', code) AS user_id, n AS click_id, printf('/buy/%05d', page) AS target, page % 1000 AS x, page % 700 AS y",
    ("click_id", "target", "x", "y"),
    {"page": 50_000},
)
USER = Kind(
    "user_id",
    "printf('u%07d', code) AS user_id, printf('Name %d', n) AS name, ['free', 'basic', 'gold'][1 + n % 3] AS tier",
    ("name", "tier"),
    {},
)


def order(users: int) -> Kind:
    """Orders of so many users; each change of an order gives it to another one."""
    columns = """printf('o%07d', code) AS order_id, printf('u%07d', owner) AS user_id,
        ['open', 'paid', 'sent', 'back'][1 + quantity % 4] AS status, quantity, cents / 100.0::DOUBLE AS price"""
    return Kind(
        "order_id", columns, ("user_id", "status", "quantity", "price"), {"owner": users, "quantity": 100, "cents": 100_000}
    )


def page_views(rows: int, keys: str, dirty: bool = False) -> pa.Table:
    """`rows` page views with the record key drawn from `KEYS[keys]`.

    `dirty`: 1 % of the values are cut off in the middle (`spoiled` = 1), 10 % have their field names in the other case (2).
    """
    make = _with_spoiled if dirty else VIEW.make
    return _cached(
        f"views-{rows}-{keys}{'-dirty' if dirty else ''}", lambda con, rng: make(con, Draw(KEYS[keys](rng, rows)), rng)
    )


def clicks(rows: int, keys: str) -> pa.Table:
    return _cached(f"clicks-{rows}-{keys}", lambda con, rng: CLICK.make(con, Draw(rng.permutation(KEYS[keys](rng, rows))), rng))


def orders(rows: int, keys: str, users: int) -> pa.Table:
    """`rows` changes of orders."""
    return _cached(f"orders-{rows}-{keys}-{users}", lambda con, rng: order(users).make(con, Draw(KEYS[keys](rng, rows)), rng))


def users() -> pa.Table:
    """The rows of the table joined to page views: `TABLE_ROWS` users, all older than the first view."""
    return _cached("users", lambda con, rng: USER.make(con, Draw(np.arange(TABLE_ROWS), -TABLE_ROWS), rng))


def changing_users(rows: int, changes: int) -> pa.Table:
    """As `users`, and so many change once more while `rows` other records come."""

    def make(con: duckdb.DuckDBPyConnection, rng: np.random.Generator) -> pa.Table:
        changed = Draw(rng.permutation(TABLE_ROWS)[:changes], 1, MS_PER_RECORD * rows / changes)
        return pa.concat_tables([users(), USER.make(con, changed, rng)])

    return _cached(f"changing-users-{rows}-{changes}", make)


def _with_spoiled(con: duckdb.DuckDBPyConnection, draw: Draw, rng: np.random.Generator) -> pa.Table:
    views = VIEW.make(con, draw, rng).drop_columns("spoiled")
    con.register("views", views.append_column("spoiled", pa.array(rng.choice(3, len(views), p=[0.89, 0.01, 0.10]))))
    other = (
        f"CASE spoiled WHEN 0 THEN value WHEN 1 THEN encode(left(decode(value), 90)) ELSE encode({VIEW.json(str.upper)}) END"
    )
    return con.sql(f"SELECT * REPLACE ({other} AS value) FROM views").to_arrow_table()


def _cached(name: str, make: Callable[[duckdb.DuckDBPyConnection, np.random.Generator], pa.Table]) -> pa.Table:
    path = CACHE / f"{VERSION}-{name}.arrow"
    if not path.exists():
        CACHE.mkdir(exist_ok=True)
        with duckdb.connect(config={"threads": 1}) as con:
            table = make(con, np.random.default_rng(20130101))
        unfinished = path.with_suffix(f".{os.getpid()}")
        with pa.OSFile(str(unfinished), "wb") as file, pa.ipc.new_file(file, table.schema) as writer:
            writer.write_table(table.combine_chunks(), max_chunksize=65_536)
        unfinished.replace(path)
    return pa.ipc.open_file(pa.memory_map(str(path))).read_all()

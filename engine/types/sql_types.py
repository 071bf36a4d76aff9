"""SQL types: what a column is called in SQL, in DuckDB, and in Arrow.

DATE, TIME and TIMESTAMP travel through the engine as the numbers ksqlDB's formats write: days since the epoch (INTEGER),
milliseconds of the day (INTEGER) and milliseconds since the epoch (BIGINT). Only the edges (a pull query, a printed row)
turn them into calendar types. So encoding, arithmetic and comparison need no conversion, and every 64-bit value has a place.
"""

from __future__ import annotations

from dataclasses import dataclass

import pyarrow as pa


@dataclass(frozen=True, slots=True)
class SqlType:
    """Base of all types. `str(type)` is its SQL spelling."""

    @property
    def duckdb(self) -> str:
        """The physical DuckDB type the engine computes with."""
        raise NotImplementedError

    @property
    def arrow(self) -> pa.DataType:
        """The physical Arrow type, equal to what DuckDB hands out for `duckdb`."""
        raise NotImplementedError


@dataclass(frozen=True, slots=True)
class Primitive(SqlType):
    name: str

    def __str__(self) -> str:
        return self.name

    @property
    def duckdb(self) -> str:
        return _PRIMITIVES[self.name][0]

    @property
    def arrow(self) -> pa.DataType:
        return _PRIMITIVES[self.name][1]


_PRIMITIVES: dict[str, tuple[str, pa.DataType]] = {
    "BOOLEAN": ("BOOLEAN", pa.bool_()),
    "INTEGER": ("INTEGER", pa.int32()),
    "BIGINT": ("BIGINT", pa.int64()),
    "DOUBLE": ("DOUBLE", pa.float64()),
    "STRING": ("VARCHAR", pa.string()),
    "BYTES": ("BLOB", pa.binary()),
    "DATE": ("INTEGER", pa.int32()),
    "TIME": ("INTEGER", pa.int32()),
    "TIMESTAMP": ("BIGINT", pa.int64()),
}

BOOLEAN = Primitive("BOOLEAN")
INTEGER = Primitive("INTEGER")
BIGINT = Primitive("BIGINT")
DOUBLE = Primitive("DOUBLE")
STRING = Primitive("STRING")
BYTES = Primitive("BYTES")
DATE = Primitive("DATE")
TIME = Primitive("TIME")
TIMESTAMP = Primitive("TIMESTAMP")


@dataclass(frozen=True, slots=True)
class Decimal(SqlType):
    """Exact number of `precision` digits, `scale` of them behind the point; 1 <= precision <= 38."""

    precision: int
    scale: int

    def __str__(self) -> str:
        return f"DECIMAL({self.precision}, {self.scale})"

    @property
    def duckdb(self) -> str:
        return f"DECIMAL({self.precision},{self.scale})"

    @property
    def arrow(self) -> pa.DataType:
        return pa.decimal128(self.precision, self.scale)


@dataclass(frozen=True, slots=True)
class Array(SqlType):
    item: SqlType

    def __str__(self) -> str:
        return f"ARRAY<{self.item}>"

    @property
    def duckdb(self) -> str:
        return f"{self.item.duckdb}[]"

    @property
    def arrow(self) -> pa.DataType:
        return pa.list_(self.item.arrow)


@dataclass(frozen=True, slots=True)
class Map(SqlType):
    key: SqlType
    value: SqlType

    def __str__(self) -> str:
        return f"MAP<{self.key}, {self.value}>"

    @property
    def duckdb(self) -> str:
        return f"MAP({self.key.duckdb}, {self.value.duckdb})"

    @property
    def arrow(self) -> pa.DataType:
        return pa.map_(self.key.arrow, self.value.arrow)


@dataclass(frozen=True, slots=True)
class Struct(SqlType):
    """Ordered, named fields. Names are as SQL resolved them: upper case unless quoted."""

    fields: tuple[tuple[str, SqlType], ...]

    def __str__(self) -> str:
        return "STRUCT<" + ", ".join(f"{quote_name(name)} {type_}" for name, type_ in self.fields) + ">"

    def field(self, name: str) -> SqlType | None:
        """Type of the field called `name`, or None."""
        return dict(self.fields).get(name)

    @property
    def duckdb(self) -> str:
        return "STRUCT(" + ", ".join(f"{quote_duckdb(name)} {type_.duckdb}" for name, type_ in self.fields) + ")"

    @property
    def arrow(self) -> pa.DataType:
        return pa.struct([(name, type_.arrow) for name, type_ in self.fields])


@dataclass(frozen=True, slots=True)
class Column:
    """A named, typed column of a row. `name` is the SQL name; it is unique within a schema, case counting."""

    name: str
    type: SqlType

    def __str__(self) -> str:
        return f"{quote_name(self.name)} {self.type}"


def quote_name(name: str) -> str:
    """`name` as ksql SQL writes it in schema strings: always in backticks."""
    return "`" + name.replace("`", "``") + "`"


def quote_duckdb(name: str) -> str:
    """`name` as a DuckDB identifier."""
    return '"' + name.replace('"', '""') + '"'


def string_literal(text: str) -> str:
    """`text` as a SQL string literal, in ksql and in DuckDB alike."""
    return "'" + text.replace("'", "''") + "'"

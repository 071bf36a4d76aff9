"""SQL that turns values read by a record's wire shape into the declared columns."""

from __future__ import annotations

from collections.abc import Mapping

from ksql.engine.formats.json_exact import MS_PER_DAY, fold
from ksql.engine.formats.json_wire import PlainNumber, ScaledNumber, UnknownShapeError
from ksql.engine.formats.text_values import Read, read_text
from ksql.engine.types.sql_types import (
    BIGINT,
    BOOLEAN,
    DOUBLE,
    STRING,
    TIME,
    Array,
    Decimal,
    Map,
    SqlType,
    Struct,
    quote_duckdb,
    string_literal,
)


def read(declared: SqlType, wire: SqlType, value: str, depth: int = 0) -> Read:
    """How `value`, of the wire type, becomes the declared type. Raises UnknownShapeError when SQL cannot do it exactly."""
    if isinstance(declared, Array) and isinstance(wire, Array):
        return _read_array(declared, wire, value, depth)
    if isinstance(declared, Map) and isinstance(wire, Map):
        return _read_map(declared, wire, value, depth)
    if isinstance(declared, Struct) and isinstance(wire, Struct):
        return _read_struct(declared, wire, value, depth)
    if isinstance(declared, Decimal):
        return _read_decimal(declared, wire, value)
    return _read_scalar(declared, wire, value)


def _read_scalar(declared: SqlType, wire: SqlType, value: str) -> Read:
    if wire == STRING and declared != BOOLEAN:
        return read_text(declared, value)
    if declared == wire:
        return Read(value, f"{value} BETWEEN 0 AND {MS_PER_DAY - 1}" if declared == TIME else None)
    if (declared == DOUBLE and wire == BIGINT) or (declared == STRING and wire in (BIGINT, BOOLEAN)):
        return Read(f"CAST({value} AS {declared.duckdb})")
    raise UnknownShapeError


def _read_decimal(declared: Decimal, wire: SqlType, value: str) -> Read:
    if isinstance(wire, PlainNumber):
        digits = f"{value}::VARCHAR"
        cast = f"TRY_CAST({digits} AS {declared.duckdb})"
        return Read(cast, f"strlen({digits}) <= 16 AND coalesce({cast}::DOUBLE = {value}, false)")
    cast = f"TRY_CAST({value} AS {declared.duckdb})"
    if isinstance(wire, ScaledNumber) or wire == BIGINT:
        return Read(cast, f"{cast} IS NOT NULL")
    if wire == STRING:
        return read_text(declared, value)
    raise UnknownShapeError


def _read_array(declared: Array, wire: Array, value: str, depth: int) -> Read:
    item = f"item{depth}"
    inner = read(declared.item, wire.item, item, depth + 1)
    items = value if inner.value == item else f"list_transform({value}, lambda {item}: {inner.value})"
    return Read(items, _all(value, item, item, inner.trusted))


def _read_map(declared: Map, wire: Map, value: str, depth: int) -> Read:
    entry = f"entry{depth}"
    inner = read(declared.value, wire.value, f"{entry}.value", depth + 1)
    if inner.value == f"{entry}.value":
        return Read(value, _all(f"map_entries({value})", entry, inner.value, inner.trusted))
    pair = f"struct_pack(k := {entry}.key, v := {inner.value})"
    entries = f"map_from_entries(list_transform(map_entries({value}), lambda {entry}: {pair}))"
    return Read(
        f"CASE WHEN {value} IS NOT NULL THEN {entries} END",
        _all(f"map_entries({value})", entry, f"{entry}.value", inner.trusted),
    )


def _all(items: str, variable: str, value: str, trusted: str | None) -> str | None:
    """SQL that is true when every item that is not null can be trusted."""
    if trusted is None:
        return None
    return f"coalesce(list_bool_and(list_transform({items}, lambda {variable}: {value} IS NULL OR ({trusted}))), true)"


def _read_struct(declared: Struct, wire: Struct, value: str, depth: int) -> Read:
    by_fold = {fold(name): (name, type_) for name, type_ in wire.fields}
    reads = [read_field(by_fold, name, type_, value, depth) for name, type_ in declared.fields]
    trusted = [f"({field(value, name)} IS NULL OR ({item.trusted}))" for name, item in _with_checks(by_fold, declared, reads)]
    same = [name for name, _ in wire.fields] == [name for name, _ in declared.fields]
    if same and all(item.value == field(value, name) for (name, _), item in zip(declared.fields, reads, strict=True)):
        packed = value
    else:
        pairs = [f"{quote_duckdb(name)} := {item.value}" for (name, _), item in zip(declared.fields, reads, strict=True)]
        packed = f"CASE WHEN {value} IS NOT NULL THEN struct_pack({', '.join(pairs)}) END"
    return Read(packed, " AND ".join(trusted) or None)


def _with_checks(by_fold: Mapping[str, tuple[str, SqlType]], declared: Struct, reads: list[Read]) -> list[tuple[str, Read]]:
    return [
        (by_fold[fold(name)][0], item)
        for (name, _), item in zip(declared.fields, reads, strict=True)
        if item.trusted is not None
    ]


def read_field(by_fold: Mapping[str, tuple[str, SqlType]], name: str, type_: SqlType, record: str, depth: int = 0) -> Read:
    """One declared field out of a struct of wire fields; null when the shape has no such field."""
    if fold(name) not in by_fold:
        return Read(f"CAST(NULL AS {type_.duckdb})")
    spelled, wire = by_fold[fold(name)]
    return read(type_, wire, field(record, spelled), depth)


def read_column(by_fold: Mapping[str, tuple[str, SqlType]], name: str, type_: SqlType, record: str) -> Read:
    """One column out of a record. A number of JSON is never the negative zero; a text may be."""
    column = read_field(by_fold, name, type_, record)
    plain = type_ == DOUBLE and by_fold.get(fold(name), ("", None))[1] == DOUBLE
    return Read(f"({column.value} + 0::DOUBLE)", column.trusted) if plain else column


def field(record: str, name: str) -> str:
    """SQL of a struct's field."""
    return f"struct_extract({record}, {string_literal(name)})"

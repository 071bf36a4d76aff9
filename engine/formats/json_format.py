"""JSON: an object per record, or a bare value for one-column keys and unwrapped values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from ksql.engine.errors import StatementError
from ksql.engine.formats import json_batch, json_exact, json_key, json_write
from ksql.engine.formats.contract import Decoded, DecodeSql, FormatOptions
from ksql.engine.formats.json_exact import fold
from ksql.engine.formats.json_read import field, read, read_column
from ksql.engine.formats.json_text import parse_record
from ksql.engine.formats.json_wire import (
    AnyJson,
    PlainNumber,
    ScaledNumber,
    Shape,
    Style,
    UnknownShapeError,
    likely_shape,
    without_blanks,
)
from ksql.engine.formats.json_write import Member
from ksql.engine.formats.rows import decode_rows
from ksql.engine.formats.text_values import Read
from ksql.engine.types.sql_types import DOUBLE, STRING, Array, Column, Map, SqlType, Struct, string_literal

#: Shapes tried on the rows handed to `exact` before they go through the row reader.
_MAX_SHAPES = 4
#: Fewer rows than this are read one by one.
_MIN_BATCH = 64
#: A shape that this many suspect rows of one batch have becomes the one `sql` reads by.
_COMMON = 40_000
#: Records with fewer brackets are not nested too deeply for the row reader.
_MANY_BRACKETS = 500


def bind(columns: tuple[Column, ...], options: FormatOptions) -> tuple[JsonDecoder, JsonEncoder]:
    """Decoder and encoder. Raises StatementError for maps whose keys are not strings."""
    for column in columns:
        _check_maps(column, column.type)
    wrapped = len(columns) > 1 or (not options.is_key and options.wrap_single is not False)
    return JsonDecoder(columns, wrapped=wrapped), JsonEncoder(columns, wrapped=wrapped, is_key=options.is_key)


def _check_maps(column: Column, type_: SqlType) -> None:
    if isinstance(type_, Map) and type_.key != STRING:
        raise StatementError(
            f"the JSON format carries only maps with STRING keys, but column {column.name} is {column.type}",
            hint="Declare the map as MAP<STRING, …>, or cast its keys.",
        )
    inner = (
        [type_.item]
        if isinstance(type_, Array)
        else [type_.value]
        if isinstance(type_, Map)
        else [item for _, item in type_.fields]
        if isinstance(type_, Struct)
        else []
    )
    for item in inner:
        _check_maps(column, item)


class JsonDecoder:
    """Reads batches by the shape most records have, and the rest by the shapes of the rest, or row by row.

    `sql` changes when another shape becomes the common one: ask for it once per batch. Methods may be called from any thread.
    """

    text = True

    def __init__(self, columns: tuple[Column, ...], *, wrapped: bool) -> None:
        self.columns = columns
        self._wrapped = wrapped
        self._read_row = json_exact.row_reader(columns, wrapped=wrapped)
        self._shape: Shape | None = None
        #: Malformed records were seen: TRY is free until a record fails, then far dearer than asking json_valid first.
        self._guarded = False

    def sql(self, data: str, prefix: str) -> DecodeSql:
        shape = self._shape
        if shape is None:
            nulls = [f"CAST(NULL AS {column.type.duckdb})" for column in self.columns]
            return DecodeSql({f"{prefix}_bad": f"{data} IS NOT NULL"}, nulls, f"{prefix}_bad")
        return self._sql_by(shape, data, prefix)

    def _sql_by(self, shape: Shape, data: str, prefix: str) -> DecodeSql:
        """Raises UnknownShapeError when the shape cannot be read by SQL alone."""
        reads = self._reads(shape, prefix)
        written = _written(shape, prefix)
        prepare = {
            prefix: self._checked(data, f"json_transform({data}, {string_literal(shape.spec)})"),
            f"{prefix}_null": f"{data} IS NULL",
        }
        checks = [f"coalesce({self._reads_back(shape, data, written)}, {prefix}_null)"]
        checks += [f"coalesce({item.trusted}, true)" for item in reads if item.trusted is not None]
        checks += _usual(shape.type, prefix, written, data)
        return DecodeSql(prepare, [item.value for item in reads], f"NOT ({' AND '.join(checks)})")

    def _reads_back(self, shape: Shape, data: str, written: str) -> str:
        """SQL that is true when what was read is written like the record; it may be null when it is not."""
        if shape.style is Style.SPACED:
            return f"{written} = {without_blanks(data)}"
        if shape.style is Style.COMPACT:
            return f"{written} = {data}"
        return f"{written} = CASE WHEN NOT ({_is_lax(data)}) THEN {self._checked(data, f'json({data})::VARCHAR')} END"

    def _checked(self, data: str, parsed: str) -> str:
        """SQL that is null instead of failing when the record is not JSON."""
        return f"CASE WHEN json_valid({data}) THEN {parsed} END" if self._guarded else f"TRY({parsed})"

    def _reads(self, shape: Shape, record: str) -> list[Read]:
        if not self._wrapped:
            return [read(self.columns[0].type, shape.type, record)]
        if not isinstance(shape.type, Struct):
            raise UnknownShapeError
        by_fold = {fold(name): (name, type_) for name, type_ in shape.type.fields}
        return [read_column(by_fold, column.name, column.type, record) for column in self.columns]

    def exact(self, data: Sequence[bytes | None]) -> Decoded:
        if len(data) < _MIN_BATCH:
            if self._shape is None:
                self._shape = self._likely([text for text in json_batch.texts(data).to_pylist() if text])
            return self._by_row(data)
        return self._by_shapes(data)

    def _by_row(self, data: Sequence[bytes | None]) -> Decoded:
        def read_record(record: bytes) -> list[Any]:
            try:
                value = parse_record(record)
            except ValueError:
                self._guarded = True
                raise
            return self._read_row(value)

        return decode_rows(self.columns, data, read_record)

    def _by_shapes(self, data: Sequence[bytes | None]) -> Decoded:
        """Whole batches by one learned shape after the other, as long as that gets on; then row by row."""
        left = json_batch.numbered(data)
        done: list[pa.Table] = []
        shapes: list[tuple[int, Shape]] = []
        for _ in range(_MAX_SHAPES):
            shape = self._likely(json_batch.sample(left))
            if shape is None:
                break
            good, left = json_batch.split(self.columns, self._sql_by(shape, "data", "record"), left)
            done.append(good)
            shapes.append((good.num_rows, shape))
            if min(left.num_rows, good.num_rows) < _MIN_BATCH:
                break
        self._remember(shapes)
        rest = left["n"].to_pylist()
        return json_batch.join(done, rest, self._by_row([data[n] for n in rest]), len(data))

    def _likely(self, records: Sequence[str]) -> Shape | None:
        shape = likely_shape(self.columns, records, wrapped=self._wrapped)
        try:
            if shape is not None:
                self._sql_by(shape, "data", "record")
        except UnknownShapeError:
            return None
        return shape

    def _remember(self, shapes: Sequence[tuple[int, Shape]]) -> None:
        """Read by the commonest of these shapes from now on, when there is none yet or it is common enough."""
        if shapes:
            count, shape = max(shapes, key=lambda item: item[0])
            if self._shape is None or count >= _COMMON:
                self._shape = shape


def _is_lax(data: str) -> str:
    """SQL that is true for comments and commas before a closing bracket: DuckDB takes them, but they are not JSON."""
    comma = "',[ \\t\\r\\n]*[}\\]]'"
    outside_of_strings = """'^(?:[^"]|"(?:[^"\\\\]|\\\\.)*")*(?:/|,[ \\t\\r\\n]*[}\\]])'"""
    return f"(contains({data}, '/') OR regexp_matches({data}, {comma})) AND regexp_matches({data}, {outside_of_strings})"


def _usual(type_: SqlType, record: str, written: str, data: str) -> list[str]:
    """SQL that is true when no number is NaN, infinite or, within a field, a negative zero, nor the nesting perhaps too deep.

    DuckDB reads all that, and as it is.
    """
    fields = type_.fields if isinstance(type_, Struct) else ()
    doubles = [name for name, field_type in fields if field_type == DOUBLE or isinstance(field_type, PlainNumber)]
    checks = [f"coalesce(isfinite({field(record, name)}), true)" for name in doubles]
    others = [field_type for name, field_type in fields if name not in doubles] if fields else [type_]
    if any(map(_may_hold_double, others)):
        checks.append(f"NOT coalesce({_has_odd_number(written)}, false)")
    if any(isinstance(field_type, AnyJson) for field_type in others):
        checks.append(f"coalesce(strlen({data}) - strlen(translate({data}, '[{{', '')) < {_MANY_BRACKETS}, true)")
    return checks


def _has_odd_number(text: str) -> str:
    """SQL that is true for a bare NaN or infinity, however it is spelled, and for a negative zero."""
    words = " OR ".join(f"contains(lower({text}), '{word}')" for word in ("nan", "inf"))
    bare = f"regexp_matches({text}, '(?i)(?:^|[:,\\[])-?(?:nan|inf)')"
    return f"(({words}) AND {bare}) OR regexp_matches({text}, '-0[.]0(?:[,}}\\]]|$)')"


def _may_hold_double(type_: SqlType) -> bool:
    if isinstance(type_, Array | Map):
        return _may_hold_double(type_.item if isinstance(type_, Array) else type_.value)
    if isinstance(type_, Struct):
        return any(_may_hold_double(field_type) for _, field_type in type_.fields)
    return type_ == DOUBLE or isinstance(type_, PlainNumber | AnyJson)


def _written(shape: Shape, record: str) -> str:
    """SQL of the text that the values read would be written as."""
    if shape.sparse:
        return f"json_strip_nulls(to_json({record}))::VARCHAR"
    if isinstance(shape.type, ScaledNumber):
        return f"TRY_CAST({record} AS {shape.type.decimal.duckdb})::VARCHAR"
    if not isinstance(shape.type, Struct) or not any(isinstance(type_, ScaledNumber) for _, type_ in shape.type.fields):
        return f"to_json({record})::VARCHAR"
    members = []
    for name, type_ in shape.type.fields:
        value = field(record, name)
        if isinstance(type_, ScaledNumber):
            members.append(Member(name, type_.decimal, f"TRY_CAST({value} AS {type_.decimal.duckdb})"))
        else:
            members.append(Member(name, type_, value))
    return json_write.object_read(members)


@dataclass(frozen=True, slots=True)
class JsonEncoder:
    """Writes an object of all columns, or the bare value; a bare null is no bytes at all."""

    columns: tuple[Column, ...]
    wrapped: bool
    is_key: bool

    def sql(self, columns: Sequence[str]) -> str:
        if not self.wrapped:
            bare_text = json_key.bare_text if self.is_key else json_write.bare_text
            return bare_text(self.columns[0].type, columns[0])
        object_text = json_key.object_text if self.is_key else json_write.object_text
        return object_text([Member(c.name, c.type, value) for c, value in zip(self.columns, columns, strict=True)])

"""Reading a topic: from fetched records to rows of a source's columns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ksql.engine.catalog.definitions import HeaderColumn, Source
from ksql.engine.formats.contract import Decoder, DecodeSql
from ksql.engine.operators.batch import (
    DELETED,
    HEADERS,
    META_TYPES,
    OFFSET,
    PARTITION,
    PLACE,
    RAW_KEY,
    RAW_VALUE,
    SUSPECT,
    TIMESTAMP,
    UNREADABLE_RECORD,
    BatchContext,
    Part,
    RecordError,
    as_bytes,
)
from ksql.engine.operators.steps import Form
from ksql.engine.operators.tally import UNREADABLE
from ksql.engine.operators.windows import WINDOW_END, WINDOW_START
from ksql.engine.state.stateful import Stateful
from ksql.engine.types.sql_types import Column, quote_duckdb, string_literal

_NO_WINDOW = "it is too short to end with a window"
#: Records that a decoder sees before it gives SQL for the first large batch.
_SAMPLE = 32


@dataclass(frozen=True, slots=True)
class SourceInput:
    """One source of a query: its topic's records become the columns in `refs` (SQL name → ref).

    `index` is the place of the source in the FROM clause.
    """

    index: int
    source: Source
    key_decoder: Decoder
    value_decoder: Decoder
    refs: Mapping[str, str]

    inputs: ClassVar[Sequence[Part]] = ()
    states: ClassVar[Sequence[Stateful]] = ()

    def describe(self) -> str:
        source = self.source
        return f"Source: {source.name} (topic {source.topic}, key {source.key_format}, value {source.value_format})"

    def prepare(self, raw: pa.Table) -> tuple[pa.Table, pa.Table]:
        """(rows the SQL can read, the same and all others in bytes). Text that is no UTF-8 only the exact decoder can judge.

        Headers are left out when no record has any.
        """
        if not self.source.header_columns and not _any_headers(raw):
            raw = raw.drop_columns([HEADERS])
        if self.source.windowed:
            raw = _split_window(raw, self.source.windowed == "SESSION", self.source.window_size_ms)
        if self.source.is_table:
            raw = raw.filter(pc.is_valid(raw.column(RAW_KEY)))
        bad = _without_window(raw)
        readable = raw
        for name, decoder in ((RAW_KEY, self.key_decoder), (RAW_VALUE, self.value_decoder)):
            if decoder.text:
                text, unreadable = as_text(raw.column(name))
                readable = readable.set_column(readable.column_names.index(name), name, text)
                bad |= unreadable
        return readable.filter(pa.array(~bad)) if bad.any() else readable, raw

    def learn(self, raw: pa.Table) -> None:
        """Show the decoders some of the first records, so that their SQL for the first batch fits most of it already."""
        some = raw.take(pa.array(np.linspace(0, raw.num_rows - 1, num=min(raw.num_rows, _SAMPLE)).astype(np.int64)))
        self.key_decoder.exact(_bytes(some.column(RAW_KEY)))
        self.value_decoder.exact(_bytes(some.column(RAW_VALUE)))

    def meta(self, batch: pa.Table) -> tuple[str, ...]:
        """Meta columns of the rows decoded from `batch`."""
        return tuple(name for name in META_TYPES if name in batch.column_names or name == DELETED)

    def decode_sql(self, form: Form) -> str:
        """The relation of decoded rows: meta columns, columns by ref, and `$suspect`."""
        key = self.key_decoder.sql(quote_duckdb(RAW_KEY), "k$")
        value = self.value_decoder.sql(quote_duckdb(RAW_VALUE), "v$")
        prepared = "".join(f", {sql} AS {quote_duckdb(alias)}" for alias, sql in {**key.prepare, **value.prepare}.items())
        columns = [*zip(self.key_decoder.columns, key.columns, strict=True), *self._value_columns(value)]
        items = [f"{sql} AS {quote_duckdb(self.refs[column.name])}" for column, sql in columns]
        items += [f"{header_sql(column)} AS {quote_duckdb(self.refs[column.name])}" for column in self.source.header_columns]
        items += [quote_duckdb(self.refs[n]) for n in (WINDOW_START, WINDOW_END) if n in self.refs]
        meta = ", ".join(quote_duckdb(n) for n in form.meta if n != DELETED)
        deleted = f'"{RAW_VALUE}" IS NULL AS "{DELETED}"'
        suspect = f'({key.suspect} OR {value.suspect}) AS "{SUSPECT}"'
        return f"SELECT {', '.join([meta, deleted, *items, suspect])} FROM (SELECT *{prepared} FROM batch)"

    def _value_columns(self, value: DecodeSql) -> list[tuple[Column, str]]:
        return list(zip(self.value_decoder.columns, value.columns, strict=True))

    def decode_exactly(self, raw: pa.Table, context: BatchContext) -> pa.Table:
        """Rows of the columns for records that need the exact decoder; those it refuses are reported and left out."""
        keys = self.key_decoder.exact(_bytes(raw.column(RAW_KEY)))
        values = self.value_decoder.exact(_bytes(raw.column(RAW_VALUE)))
        kept = np.ones(raw.num_rows, dtype=bool)
        key_errors = [_NO_WINDOW if no else error for no, error in zip(_without_window(raw), keys.errors, strict=True)]
        for i, (key_error, value_error) in enumerate(zip(key_errors, values.errors, strict=True)):
            error = key_error or value_error
            if error:
                kept[i] = False
                context.errors(self._error(raw, i, error, "key" if key_error else "value"))
        context.tally.count(self, UNREADABLE, int(np.count_nonzero(~kept)))
        rows = raw.drop_columns([RAW_KEY, RAW_VALUE])
        rows = rows.append_column(DELETED, pc.is_null(raw.column(RAW_VALUE)))
        for decoded in (keys.rows, values.rows):
            for name in decoded.column_names:
                rows = rows.append_column(self.refs[name], decoded.column(name))
        if self.source.header_columns:
            rows = self._with_headers(rows, context)
        return rows.filter(pa.array(kept))

    def _with_headers(self, batch: pa.Table, context: BatchContext) -> pa.Table:
        items = ", ".join(f"{header_sql(c)} AS {quote_duckdb(self.refs[c.name])}" for c in self.source.header_columns)
        return context.sql.run(f"SELECT *, {items} FROM batch", batch)

    def _error(self, raw: pa.Table, row: int, reason: str, side: str) -> RecordError:
        format_, data = (self.source.key_format, RAW_KEY) if side == "key" else (self.source.value_format, RAW_VALUE)
        return RecordError(
            UNREADABLE_RECORD,
            f"{side} cannot be read as {format_}: {reason}",
            source=self.source.name,
            topic=self.source.topic,
            target=side,
            cause=reason,
            record=as_bytes(raw.column(data))[row].as_py(),
            partition=raw.column(PARTITION)[row].as_py(),
            offset=raw.column(OFFSET)[row].as_py(),
            timestamp=raw.column(TIMESTAMP)[row].as_py(),
            place=raw.column(PLACE)[row].as_py(),
        )


def header_sql(column: HeaderColumn) -> str:
    """SQL of a header column over the record's headers."""
    headers = f'COALESCE("{HEADERS}", [])'
    if column.key is None:
        return f'list_transform({headers}, lambda h: struct_pack("KEY" := h.key, "VALUE" := h.value))'
    return f"list_filter({headers}, lambda h: h.key = {string_literal(column.key)})[-1].value"


def as_text(column: pa.ChunkedArray) -> tuple[pa.ChunkedArray, np.ndarray]:
    """`column` as text without a copy, and which rows are not UTF-8 (their text is null)."""
    try:
        return pc.cast(column, pa.string()), np.zeros(len(column), dtype=bool)
    except pa.ArrowInvalid:
        bad = np.array([not _is_utf8(value) for value in _bytes(column)], dtype=bool)
        cleaned = pc.if_else(pa.array(bad), pa.scalar(None, pa.binary()), column)
        return pc.cast(cleaned, pa.string()), bad


def _is_utf8(value: bytes | None) -> bool:
    try:
        return value is None or value.decode() is not None
    except UnicodeDecodeError:
        return False


def _bytes(column: pa.ChunkedArray) -> list[bytes | None]:
    return [v.encode() if isinstance(v, str) else v for v in column.to_pylist()]


def _any_headers(raw: pa.Table) -> bool:
    column = raw.column(HEADERS)
    return column.null_count < len(column) and bool(pc.any(pc.greater(pc.list_value_length(column), 0)).as_py())


def _split_window(raw: pa.Table, session: bool, size_ms: int | None) -> pa.Table:
    """Take the window bounds off the end of the key bytes: 8 bytes of start, before it for a session 8 bytes of end."""
    keys = raw.column(RAW_KEY).combine_chunks()
    tail = 16 if session else 8
    start = _big_endian(pc.binary_slice(keys, -8))
    end = _big_endian(pc.binary_slice(keys, -16, -8)) if session else pc.add(start, size_ms or 0)
    raw = raw.set_column(raw.column_names.index(RAW_KEY), RAW_KEY, pc.binary_slice(keys, 0, -tail))
    return raw.append_column(WINDOW_START, start).append_column(WINDOW_END, end)


def _without_window(raw: pa.Table) -> np.ndarray:
    """Rows whose key should end with a window, but is too short for one."""
    if WINDOW_START not in raw.column_names:
        return np.zeros(raw.num_rows, dtype=bool)
    missing = pc.and_(pc.is_valid(raw.column(RAW_KEY)), pc.is_null(raw.column(WINDOW_START)))
    return np.array(missing)


def _big_endian(eight_bytes: pa.Array) -> pa.Array:
    """8-byte values as int64; null where the key is null or too short to hold a window."""
    whole = pc.equal(pc.binary_length(eight_bytes), 8)
    filled = pc.if_else(pc.fill_null(whole, False), eight_bytes, pa.scalar(bytes(8), pa.binary()))
    numbers = np.frombuffer(filled.cast(pa.binary(8)).buffers()[1], dtype=">i8", count=len(filled)).astype(np.int64)
    return pc.if_else(pc.fill_null(whole, False), pa.array(numbers), pa.scalar(None, pa.int64()))

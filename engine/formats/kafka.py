"""KAFKA: one bare column in the encoding of Kafka's own serializers: big-endian numbers, UTF-8 text, raw bytes."""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from ksql.engine.errors import StatementError
from ksql.engine.formats.contract import Decoded, DecodeSql, FormatOptions
from ksql.engine.formats.rows import UnreadableError, decode_rows, java_text
from ksql.engine.types.sql_types import BIGINT, BYTES, DOUBLE, INTEGER, STRING, Column, SqlType

#: Bytes of the fixed-width types, and their struct code.
_FIXED: dict[SqlType, tuple[int, str]] = {INTEGER: (4, ">i"), BIGINT: (8, ">q"), DOUBLE: (8, ">d")}


def bind(columns: tuple[Column, ...], options: FormatOptions) -> tuple[KafkaDecoder, KafkaEncoder]:
    """Decoder and encoder of the one column. Raises StatementError for several columns or another type."""
    side = "key" if options.is_key else "value"
    if len(columns) != 1:
        raise StatementError(
            f"the KAFKA format carries one {side} column, not {len(columns)}",
            hint=f"JSON and DELIMITED carry several: WITH ({side.upper()}_FORMAT = 'JSON').",
        )
    column = columns[0]
    if column.type not in (*_FIXED, STRING, BYTES):
        raise StatementError(
            f"the KAFKA format does not support the type {column.type} of {side} column {column.name}",
            hint="KAFKA carries INT, BIGINT, DOUBLE, STRING and BYTES; JSON carries every type.",
        )
    return KafkaDecoder(columns), KafkaEncoder(columns)


@dataclass(frozen=True, slots=True)
class KafkaDecoder:
    columns: tuple[Column, ...]

    @property
    def text(self) -> bool:
        return self.columns[0].type == STRING

    def sql(self, data: str, prefix: str) -> DecodeSql:
        """Fixed-width numbers go through BIT, which keeps the bytes in order."""
        type_ = self.columns[0].type
        if type_ not in _FIXED:
            return DecodeSql({prefix: data}, [prefix], "false")
        width = _FIXED[type_][0]
        right = f"octet_length({data}) = {width}"
        number = f"CASE WHEN {right} THEN CAST(CAST({data} AS BIT) AS {type_.duckdb}) END"
        return DecodeSql({prefix: number, f"{prefix}_bad": f"coalesce(NOT ({right}), false)"}, [prefix], f"{prefix}_bad")

    def exact(self, data: Sequence[bytes | None]) -> Decoded:
        read = _reader(self.columns[0].type)
        return decode_rows(self.columns, data, lambda record: [read(record)])


@dataclass(frozen=True, slots=True)
class KafkaEncoder:
    columns: tuple[Column, ...]

    def sql(self, columns: Sequence[str]) -> str:
        if self.columns[0].type not in _FIXED:
            return columns[0]
        return f"CAST(CAST({columns[0]} AS BIT) AS BLOB)"


def _reader(type_: SqlType) -> Callable[[bytes], Any]:
    if type_ == STRING:
        return java_text
    if type_ == BYTES:
        return lambda record: record
    width, code = _FIXED[type_]

    def read(record: bytes) -> Any:
        if len(record) != width:
            raise UnreadableError(f"{type_} takes {width} bytes, found {len(record)}")
        return struct.unpack(code, record)[0]

    return read

"""Values written as text (a JSON string, a field of a delimited line): reading them by SQL and by row, and printing doubles."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ksql.engine.formats import java_numbers
from ksql.engine.formats.json_exact import MS_PER_DAY, check_date, check_time, decode_base64
from ksql.engine.types.casts_text import decimal_text
from ksql.engine.types.sql_types import BYTES, DOUBLE, STRING, TIME, Decimal, SqlType

_BASE64 = "(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?"


@dataclass(frozen=True, slots=True)
class Read:
    """SQL of a value of the declared type, and SQL that is true when a value that is not null can be trusted (None: always).

    The checks accept the usual spellings only; what they refuse is not wrong, but left to the exact reader.
    """

    value: str
    trusted: str | None = None


def read_text(type_: SqlType, text: str) -> Read:
    """Read SQL text as a scalar type other than BOOLEAN."""
    if type_ == STRING:
        return Read(text)
    cast = f"TRY_CAST({text} AS {type_.duckdb})"
    if type_ == BYTES:
        decoded = f"CASE WHEN regexp_full_match({text}, '{_BASE64}') THEN from_base64({text}) END"
        return Read(decoded, f"({decoded}) IS NOT NULL")
    if type_ == DOUBLE:
        return Read(cast, f"coalesce(isfinite({cast}), false) AND NOT contains({text}, '_')")
    if isinstance(type_, Decimal):
        fraction = f"(?:[.][0-9]{{1,{type_.scale}}})?" if type_.scale else ""
        plain = f"-?[0-9]{{1,{max(type_.precision - type_.scale, 1)}}}{fraction}"
        return Read(cast, f"{cast} IS NOT NULL AND regexp_full_match({text}, '{plain}')")
    canonical = f"coalesce({cast}::VARCHAR = {text}, false)"
    return Read(cast, f"{canonical} AND {cast} BETWEEN 0 AND {MS_PER_DAY - 1}" if type_ == TIME else canonical)


def text_converter(type_: SqlType) -> Callable[[str], Any]:
    """The exact reader of a field of a delimited line; raises RecordError."""
    if isinstance(type_, Decimal):
        return lambda text: java_numbers.fit_decimal(java_numbers.parse_decimal(text), type_.precision, type_.scale)
    return _CONVERTERS[str(type_)]


_CONVERTERS: dict[str, Callable[[str], Any]] = {
    "BOOLEAN": lambda text: text.lower() == "true",
    "INTEGER": lambda text: java_numbers.parse_integer(text, 32),
    "BIGINT": lambda text: java_numbers.parse_integer(text, 64),
    "DOUBLE": java_numbers.parse_double,
    "STRING": str,
    "BYTES": decode_base64,
    "TIMESTAMP": lambda text: java_numbers.parse_integer(text, 64),
    "TIME": lambda text: check_time(java_numbers.parse_integer(text, 64)),
    "DATE": lambda text: check_date(java_numbers.parse_integer(text, 64)),
}


def print_text(type_: SqlType, value: str) -> str:
    """SQL of the text of a scalar; null stays null. Doubles are printed as the JVM does (by a macro of ours): 5.0, 1.0E10."""
    if type_ == STRING:
        return value
    if type_ == BYTES:
        return f"to_base64({value})"
    if isinstance(type_, Decimal):
        return decimal_text(value, type_)
    return f"ksql_double_text({value})" if type_ == DOUBLE else f"CAST({value} AS VARCHAR)"

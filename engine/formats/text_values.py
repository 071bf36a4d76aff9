"""Values written as text (a JSON string, a field of a delimited line): reading them by SQL and by row, and printing doubles."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ksql.engine.formats import java_numbers
from ksql.engine.formats.json_exact import MS_PER_DAY, check_date, check_time, decode_base64
from ksql.engine.types import BYTES, DOUBLE, STRING, TIME, Decimal, SqlType

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
    """SQL of the text of a scalar; null stays null. Doubles are printed as the JVM does: 5.0, 1.0E10."""
    if type_ == STRING:
        return value
    if type_ == BYTES:
        return f"to_base64({value})"
    return print_double(value) if type_ == DOUBLE else f"CAST({value} AS VARCHAR)"


def print_double(value: str) -> str:
    """Plain notation from 0.001 up to ten million, else one digit, point, digits and E."""
    magnitude = f"abs({value})"
    return (
        f"CASE WHEN {value} = 0 OR {magnitude} >= 1e-3 AND {magnitude} < 1e7 THEN CAST({value} AS VARCHAR) "
        f"WHEN isnan({value}) THEN 'NaN' WHEN isinf({value}) THEN CASE WHEN {value} > 0 THEN 'Infinity' ELSE '-Infinity' END "
        f"ELSE {_scientific(value)} END"
    )


def _scientific(value: str) -> str:
    """From DuckDB's shortest digits, which come as 12345678.9, 0.00012, 1e+20 or 1.5e-07."""
    printed = f"CAST(abs({value}) AS VARCHAR)"
    mantissa = f"split_part({printed}, 'e', 1)"
    exponent = f"coalesce(TRY_CAST(split_part({printed}, 'e', 2) AS INTEGER), 0)"
    whole = f"ltrim(split_part({mantissa}, '.', 1), '0')"
    fraction = f"split_part({mantissa}, '.', 2)"
    digits = f"rtrim(ltrim({whole} || {fraction}, '0'), '0')"
    shift = f"CASE WHEN {whole} <> '' THEN strlen({whole}) - 1 ELSE strlen(ltrim({fraction}, '0')) - strlen({fraction}) - 1 END"
    tail = f"CASE WHEN strlen({digits}) > 1 THEN substr({digits}, 2) ELSE '0' END"
    sign = f"CASE WHEN {value} < 0 THEN '-' ELSE '' END"
    return f"{sign} || substr({digits}, 1, 1) || '.' || {tail} || 'E' || CAST({exponent} + {shift} AS VARCHAR)"

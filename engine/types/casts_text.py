"""Values as text and text as values, the way CAST does it: texts are those the JVM prints and reads."""

from __future__ import annotations

from ksql.engine.types.sql_types import (
    BOOLEAN,
    BYTES,
    DATE,
    DOUBLE,
    STRING,
    TIME,
    TIMESTAMP,
    Array,
    Decimal,
    Map,
    SqlType,
    Struct,
    string_literal,
)

#: What a number must look like for the JVM, which is stricter than DuckDB.
_INTEGER = "[+-]?[0-9]+"
_NUMBER = "[+-]?([0-9]+[.]?[0-9]*|[.][0-9]+)([eE][+-]?[0-9]+)?"
_DOUBLE = "[+-]?(NaN|Infinity|([0-9]+[.]?[0-9]*|[.][0-9]+)([eE][+-]?[0-9]+)?[fFdD]?)"


def to_text(sql: str, source: SqlType, depth: int = 0) -> str:
    """SQL of the text of a value of type `source`; NULL stays NULL."""
    if isinstance(source, Array):
        x = f'"$x{depth}"'
        items = f"list_transform({sql}, lambda {x}: {_part(x, source.item, depth + 1)})"
        return f"('[' || array_to_string({items}, ', ') || ']')"
    if isinstance(source, Map):
        x = f'"$x{depth}"'
        key, value = _part(f"{x}.key", source.key, depth + 1), _part(f"{x}.value", source.value, depth + 1)
        return (
            f"('{{' || array_to_string(list_transform(map_entries({sql}), lambda {x}: {key} || '=' || {value}), ', ') || '}}')"
        )
    if isinstance(source, Struct):
        return _struct_text(sql, source, depth)
    if isinstance(source, Decimal):
        return decimal_text(sql, source)
    return _SCALAR_TEXT.get(source, "CAST({0} AS VARCHAR)").format(sql)


_SCALAR_TEXT: dict[SqlType, str] = {
    STRING: "{0}",
    DOUBLE: "ksql_double_text({0})",
    DATE: "ksql_date_text({0})",
    TIME: "ksql_time_text({0})",
    TIMESTAMP: "ksql_timestamp_text({0})",
    BYTES: "to_base64({0})",
}


def decimal_text(sql: str, type_: Decimal) -> str:
    """SQL of the digits of a DECIMAL, all of its scale. DuckDB leaves out the zero before the point where no other can be."""
    text = f"CAST({sql} AS VARCHAR)"
    return text if type_.precision > type_.scale else f"regexp_replace({text}, '^(-?)[.]', '\\1' || '0.')"


def _part(sql: str, source: SqlType, depth: int) -> str:
    return f"COALESCE({to_text(sql, source, depth)}, 'null')"


def _struct_text(sql: str, source: Struct, depth: int) -> str:
    """`Struct{A=1,B=x}`, without the fields that are NULL."""
    parts = []
    for name, type_ in source.fields:
        text = to_text(f"struct_extract({sql}, {string_literal(name)})", type_, depth)
        parts.append(f"{string_literal(name + '=')} || {text}")
    return f"(CASE WHEN {sql} IS NOT NULL THEN 'Struct{{' || concat_ws(',', {', '.join(parts)}) || '}}' END)"


def from_text(sql: str, target: SqlType, *, safe: bool) -> str:
    """SQL of `sql`, a STRING, as `target`; the blanks around it do not count."""
    cast = "TRY_CAST" if safe else "CAST"
    if target == BOOLEAN:
        return f"(lower(ksql_trim({sql})) IN ('t', 'tr', 'tru', 'true', 'y', 'ye', 'yes'))"
    if target == BYTES:
        return f"TRY(ksql_base64(ksql_trim({sql})))" if safe else f"ksql_base64(ksql_trim({sql}))"
    if target in (DATE, TIME, TIMESTAMP):
        return f"ksql_text_to_{str(target).lower()}{'_or_null' if safe else ''}(ksql_trim({sql}))"
    if target == DOUBLE:
        return f"{cast}(regexp_replace(ksql_checked({sql}, '{_DOUBLE}'), '([0-9.])[fFdD]$', '\\1') AS DOUBLE)"
    pattern = _NUMBER if isinstance(target, Decimal) else _INTEGER
    return f"{cast}(ksql_checked({sql}, '{pattern}') AS {target.duckdb})"


_MS_PER_DAY = 86_400_000
_BASE64 = "(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}(?:==)?|[A-Za-z0-9+/]{3}=?)?"
_BLANKS = " || ".join(f"chr({code})" for code in range(1, 33))

#: Name and parameters of a DuckDB macro, and the SQL it stands for.
MACROS: dict[str, str] = {
    # Blanks are what the JVM trims: everything up to the space.
    "ksql_trim(t)": f"trim(t, {_BLANKS})",
    # Text that DuckDB would read although the JVM does not is put in quotes: then DuckDB refuses it too.
    "ksql_checked(t, pattern)": (
        "CASE WHEN regexp_full_match(ksql_trim(t), pattern) THEN ksql_trim(t) WHEN t IS NOT NULL THEN '\"' || t || '\"' END"
    ),
    "ksql_base64(t)": (
        f"from_base64(CASE WHEN regexp_full_match(t, '{_BASE64}') THEN rpad(t, CAST((length(t) + 3) // 4 * 4 AS INTEGER), '=') "
        "ELSE '\"' || t || '\"' END)"
    ),
    "ksql_wrap_int(h)": "CAST(xor(h & 4294967295, 2147483648) - 2147483648 AS INTEGER)",
    "ksql_wrap_bigint(h)": "CAST(xor(h & 18446744073709551615, 9223372036854775808) - 9223372036854775808 AS BIGINT)",
    "ksql_double_to_int(d)": (
        "CASE WHEN isnan(d) THEN 0 WHEN d >= 2147483647 THEN 2147483647 WHEN d <= -2147483648 THEN -2147483648 "
        "ELSE CAST(trunc(d) AS INTEGER) END"
    ),
    "ksql_double_to_bigint(d)": (
        "CASE WHEN isnan(d) THEN 0 WHEN d >= 9223372036854775807 THEN 9223372036854775807 "
        "WHEN d <= -9223372036854775808 THEN -9223372036854775808 ELSE CAST(trunc(d) AS BIGINT) END"
    ),
    "ksql_date_of(ms)": f"CAST(ms // {_MS_PER_DAY} - CASE WHEN ms % {_MS_PER_DAY} < 0 THEN 1 ELSE 0 END AS INTEGER)",
    "ksql_time_of(ms)": f"CAST((ms % {_MS_PER_DAY} + {_MS_PER_DAY}) % {_MS_PER_DAY} AS INTEGER)",
    "ksql_date_text(days)": (
        "CASE WHEN days BETWEEN -719162 AND 2932896 THEN strftime(DATE '1970-01-01' + days, '%Y-%m-%d') "
        "ELSE ksql_far_date_text(days) END"
    ),
    "ksql_timestamp_text(ms)": (
        f"CASE WHEN ms BETWEEN {-719162 * _MS_PER_DAY} AND {2932897 * _MS_PER_DAY - 1} "
        "THEN strftime(epoch_ms(ms), '%Y-%m-%dT%H:%M:%S.%g') ELSE ksql_far_timestamp_text(ms) END"
    ),
    # Seconds are left out when they are zero, milliseconds always.
    "ksql_time_text(ms)": (
        "printf('%02d:%02d', ms // 3600000, ms // 60000 % 60) || "
        "CASE WHEN ms // 1000 % 60 = 0 THEN '' ELSE printf(':%02d', ms // 1000 % 60) END"
    ),
}


def _double_text() -> str:
    """Plain notation from 0.001 up to ten million, else one digit, point, digits and E, from the digits DuckDB prints.

    DuckDB has an exponent below 0.0001 and from 1e16 on. The smallest numbers of all the JVM prints with two digits.
    """
    printed = "CAST(d AS VARCHAR)"
    two_digits = "CASE WHEN abs(d) < 1e-322 THEN printf('%.1e', d) ELSE CAST(d AS VARCHAR) END"
    respelled = f"regexp_replace(regexp_replace({two_digits}, 'e[+]?(-?)0*', 'E\\1'), '^(-?[0-9])E', '\\1.0E')"
    digits = f"regexp_replace(replace({printed}, '.', ''), '^(-?)0*([0-9])([0-9]*?)0*$', '\\1\\2.\\3')"
    exponent = f"CASE WHEN abs(d) < 1 THEN -4 ELSE strpos({printed}, '.') - 2 - CAST(d < 0 AS INTEGER) END"
    return (
        "CASE WHEN d = 0 THEN CASE WHEN signbit(d) THEN '-0.0' ELSE '0.0' END "
        f"WHEN abs(d) >= 1e-3 AND abs(d) < 1e7 THEN {printed} "
        "WHEN isnan(d) THEN 'NaN' WHEN isinf(d) THEN CASE WHEN d > 0 THEN 'Infinity' ELSE '-Infinity' END "
        f"WHEN abs(d) < 1e-4 OR abs(d) >= 1e16 THEN {respelled} "
        f"ELSE regexp_replace({digits}, '[.]$', '.0') || 'E' || {exponent} END"
    )


MACROS["ksql_double_text(d)"] = _double_text()

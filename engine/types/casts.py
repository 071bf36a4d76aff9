"""Conversions between types: CAST, the implicit ones, and the result types of arithmetic.

Plain SQL raises for a value that cannot be converted; safe SQL gives NULL. Values are physical (see `types`): DATE is days,
TIME ms of day, TIMESTAMP epoch ms. The macros `ksql_…` used here are made by `functions.register`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from decimal import Decimal as PyDecimal
from decimal import InvalidOperation

from ksql.engine.errors import StatementError
from ksql.engine.sql.binding import bind_once
from ksql.engine.types.casts_text import from_text, to_text
from ksql.engine.types.sql_types import (
    BIGINT,
    BOOLEAN,
    BYTES,
    DATE,
    DOUBLE,
    INTEGER,
    STRING,
    TIME,
    TIMESTAMP,
    Array,
    Decimal,
    Map,
    SqlType,
    Struct,
    quote_duckdb,
    string_literal,
)

MAX_PRECISION = 38
_MS_PER_DAY = 86_400_000
_INTEGERS: dict[SqlType, Decimal] = {INTEGER: Decimal(10, 0), BIGINT: Decimal(19, 0)}
#: From the narrowest to the widest; a number goes to the right by itself.
_WIDTH: dict[SqlType, int] = {INTEGER: 0, BIGINT: 1, DOUBLE: 3}


def decimal_of(type_: SqlType) -> Decimal | None:
    """The DECIMAL that holds every value of an exact number type; None for other types."""
    return type_ if isinstance(type_, Decimal) else _INTEGERS.get(type_)


def is_number(type_: SqlType) -> bool:
    return type_ == DOUBLE or decimal_of(type_) is not None


# Result types


def arithmetic_type(operator: str, left: SqlType, right: SqlType) -> SqlType | None:
    """The type of `left operator right` for one of + - * / %; None when it is not defined."""
    if operator == "+" and left == right == STRING:
        return STRING
    if not (is_number(left) and is_number(right)):
        return None
    if DOUBLE in (left, right):
        return DOUBLE
    if not isinstance(left, Decimal) and not isinstance(right, Decimal):
        return BIGINT if BIGINT in (left, right) else INTEGER
    a, b = decimal_of(left), decimal_of(right)
    return _decimal_arithmetic(operator, a, b) if a and b else None


def _decimal_arithmetic(operator: str, a: Decimal, b: Decimal) -> Decimal:
    whole_a, whole_b = a.precision - a.scale, b.precision - b.scale
    scale = max(a.scale, b.scale)
    if operator in "+-":
        return _limited(scale + max(whole_a, whole_b) + 1, scale)
    if operator == "*":
        return _limited(a.precision + b.precision + 1, a.scale + b.scale)
    if operator == "/":
        scale = max(6, a.scale + b.precision + 1)
        return _limited(whole_a + b.scale + scale, scale)
    return _limited(min(whole_a, whole_b) + scale, scale)


def _limited(precision: int, scale: int) -> Decimal:
    """What exceeds the greatest precision is taken from the fraction, down to six digits of it."""
    excess = max(precision - MAX_PRECISION, 0)
    return Decimal(precision - excess, max(scale - excess, min(scale, 6)))


def common_type(types: Sequence[SqlType]) -> SqlType | None:
    """The type to which all `types` are implicitly converted in CASE, IN, ARRAY and the like; None when there is none."""
    common = types[0]
    for type_ in types[1:]:
        wider = _wider(common, type_)
        if wider is None:
            return None
        common = wider
    return common


def _wider(a: SqlType, b: SqlType) -> SqlType | None:
    if a == b:
        return a
    if is_number(a) and is_number(b):
        return _wider_number(a, b)
    if {a, b} == {DATE, TIMESTAMP}:
        return TIMESTAMP
    if isinstance(a, Array) and isinstance(b, Array):
        item = _wider(a.item, b.item)
        return item and Array(item)
    if isinstance(a, Map) and isinstance(b, Map):
        key, value = _wider(a.key, b.key), _wider(a.value, b.value)
        return Map(key, value) if key and value else None
    if isinstance(a, Struct) and isinstance(b, Struct):
        return _wider_struct(a, b)
    return None


def _wider_number(a: SqlType, b: SqlType) -> SqlType:
    if DOUBLE in (a, b):
        return DOUBLE
    if not isinstance(a, Decimal) and not isinstance(b, Decimal):
        return BIGINT
    x, y = decimal_of(a), decimal_of(b)
    if x is None or y is None:
        return DOUBLE
    scale = max(x.scale, y.scale)
    return _limited(max(x.precision - x.scale, y.precision - y.scale) + scale, scale)


def _wider_struct(a: Struct, b: Struct) -> Struct | None:
    """The fields of both; one that both have has the common type."""
    fields = dict(a.fields)
    for name, type_ in b.fields:
        wider = _wider(fields[name], type_) if name in fields else type_
        if wider is None:
            return None
        fields[name] = wider
    if len({name.upper() for name in fields}) < len(fields):
        return None  # DuckDB does not tell them apart
    return Struct(tuple(fields.items()))


# Implicit conversion


def can_coerce(source: SqlType, target: SqlType, literal: bool) -> bool:
    """Whether a value of `source` may stand where `target` is wanted; a literal may be converted more freely."""
    if source == target:
        return True
    if isinstance(source, Array | Map | Struct):
        return _parts_fit(source, target, lambda s, t: can_coerce(s, t, literal and s != STRING))
    if is_number(source) and is_number(target):
        return _widens(source, target) or literal
    if source == STRING:
        return target in (DATE, TIME, TIMESTAMP, BYTES) or (literal and (target == BOOLEAN or is_number(target)))
    if (source, target) == (DATE, TIMESTAMP):
        return True
    return literal and target == STRING and source != BYTES


def _widens(source: SqlType, target: SqlType) -> bool:
    if isinstance(target, Decimal):
        exact = decimal_of(source)
        return (
            exact is not None
            and exact.scale <= target.scale
            and exact.precision - exact.scale <= target.precision - target.scale
        )
    if isinstance(source, Decimal):
        return target == DOUBLE
    return _WIDTH[source] < _WIDTH[target]


def implicit_cast(sql: str, source: SqlType, target: SqlType) -> str:
    """SQL of the conversion, for types that `can_coerce`. It never raises: text that cannot be converted gives NULL.

    A text literal that should be a number or a boolean but is none raises StatementError.
    """
    if source == STRING and re.fullmatch("'(?:[^']|'')*'", sql):
        sql = _checked_literal(sql, target)
    return cast_sql(sql, source, target, safe=True)


def _checked_literal(sql: str, target: SqlType) -> str:
    """The literal as CAST reads it: exponents written out for integers, nothing that is no number or boolean."""
    text = sql[1:-1].replace("''", "'").strip()
    if target == BOOLEAN and not any(text and word.startswith(text.lower()) for word in ("true", "yes", "false", "no")):
        raise StatementError(f"{sql} is not a BOOLEAN", hint="write TRUE or FALSE.")
    if not is_number(target):
        return sql
    try:
        number = PyDecimal(text)
    except InvalidOperation:
        raise StatementError(f"{sql} is not a number, but {target} is wanted here") from None
    whole = target in (INTEGER, BIGINT) and number.is_finite() and number == number.to_integral_value()
    return f"'{int(number)}'" if whole else sql


# CAST

_MATRIX: dict[SqlType, tuple[SqlType, ...]] = {
    BOOLEAN: (STRING,),
    INTEGER: (BIGINT, DOUBLE, STRING),
    BIGINT: (INTEGER, DOUBLE, STRING),
    DOUBLE: (INTEGER, BIGINT, STRING),
    STRING: (BOOLEAN, INTEGER, BIGINT, DOUBLE, DATE, TIME, TIMESTAMP, BYTES),
    DATE: (TIMESTAMP, STRING),
    TIME: (STRING,),
    TIMESTAMP: (DATE, TIME, STRING),
    BYTES: (),
}


def can_cast(source: SqlType, target: SqlType) -> bool:
    """Whether CAST(source AS target) exists."""
    if source == target:
        return True
    if isinstance(source, Array | Map | Struct):
        return target == STRING or _parts_fit(source, target, can_cast)
    if isinstance(target, Decimal):
        return is_number(source) or source == STRING
    if isinstance(source, Decimal):
        return target in (INTEGER, BIGINT, DOUBLE, STRING)
    return target in _MATRIX[source]


def _parts_fit(source: SqlType, target: SqlType, fits: Callable[[SqlType, SqlType], bool]) -> bool:
    if isinstance(source, Array) and isinstance(target, Array):
        return fits(source.item, target.item)
    if isinstance(source, Map) and isinstance(target, Map):
        return fits(source.key, target.key) and fits(source.value, target.value)
    if isinstance(source, Struct) and isinstance(target, Struct):
        wanted = dict(target.fields)
        return all(fits(type_, wanted[name]) for name, type_ in source.fields if name in wanted)
    return False


def cast_sql(sql: str, source: SqlType, target: SqlType, *, safe: bool, depth: int = 0) -> str:
    """SQL of CAST(sql AS target) for types that `can_cast`. NULL stays NULL. `depth` counts the lambdas around it."""
    if source == target:
        return sql
    return bind_once([sql], lambda value: _cast(value, source, target, safe=safe, depth=depth))


def _cast(sql: str, source: SqlType, target: SqlType, *, safe: bool, depth: int) -> str:
    if target == STRING:
        return to_text(sql, source, depth)
    if source == STRING:
        return from_text(sql, target, safe=safe)
    if isinstance(source, Array | Map | Struct):
        return _cast_parts(sql, source, target, safe, depth)
    if isinstance(target, Decimal):
        return _to_decimal(sql, source, target, safe)
    if target in (INTEGER, BIGINT) and is_number(source):
        return _to_integer(sql, source, target)
    if target == DOUBLE:
        exact = isinstance(source, Decimal) and source.precision > 15
        return f"CAST(CAST({sql} AS VARCHAR) AS DOUBLE)" if exact else f"CAST({sql} AS DOUBLE)"
    return _to_time(sql, source, target, safe)


def _cast_parts(sql: str, source: SqlType, target: SqlType, safe: bool, depth: int) -> str:
    x = f'"$x{depth}"'
    if isinstance(source, Array) and isinstance(target, Array):
        item = cast_sql(x, source.item, target.item, safe=safe, depth=depth + 1)
        return f"list_transform({sql}, lambda {x}: {item})"
    if isinstance(source, Map) and isinstance(target, Map):
        key = cast_sql(f"{x}.key", source.key, target.key, safe=safe, depth=depth + 1)
        value = cast_sql(f"{x}.value", source.value, target.value, safe=safe, depth=depth + 1)
        entries = f"list_transform(map_entries({sql}), lambda {x}: struct_pack(key := {key}, value := {value}))"
        return f"TRY(map_from_entries({entries}))" if safe else f"map_from_entries({entries})"
    assert isinstance(source, Struct)
    assert isinstance(target, Struct)
    fields = [
        f"{quote_duckdb(name)} := {_field(sql, name, source, type_, safe=safe, depth=depth)}" for name, type_ in target.fields
    ]
    return f"(CASE WHEN {sql} IS NOT NULL THEN struct_pack({', '.join(fields)}) END)"


def _field(sql: str, name: str, source: Struct, target: SqlType, *, safe: bool, depth: int) -> str:
    type_ = source.field(name)
    if type_ is None:
        return f"CAST(NULL AS {target.duckdb})"
    return cast_sql(f"struct_extract({sql}, {string_literal(name)})", type_, target, safe=safe, depth=depth)


def _to_decimal(sql: str, source: SqlType, target: Decimal, safe: bool) -> str:
    """Rounded half up; what does not fit fails."""
    value = f"CAST({sql} AS VARCHAR)" if source == DOUBLE else sql
    return f"{'TRY_CAST' if safe else 'CAST'}({value} AS {target.duckdb})"


def _to_integer(sql: str, source: SqlType, target: SqlType) -> str:
    """A DOUBLE is cut off and limited to the range; an exact number is cut off and keeps its low bits."""
    bits = "int" if target == INTEGER else "bigint"
    if source == DOUBLE:
        return f"ksql_double_to_{bits}({sql})"
    if isinstance(source, Decimal):
        digits = source.precision - source.scale
        if digits <= (9 if target == INTEGER else 18):
            return f"CAST(trunc({sql}) AS {target.duckdb})"
        return f"ksql_wrap_{bits}(CAST(trunc({sql}) AS HUGEINT))"
    return f"ksql_wrap_int(CAST({sql} AS HUGEINT))" if target == INTEGER else f"CAST({sql} AS BIGINT)"


def _to_time(sql: str, source: SqlType, target: SqlType, safe: bool) -> str:
    if source == DATE:
        return f"(CAST({sql} AS BIGINT) * {_MS_PER_DAY})"
    if target == TIME:
        return f"ksql_time_of({sql})"
    return f"TRY(ksql_date_of({sql}))" if safe else f"ksql_date_of({sql})"

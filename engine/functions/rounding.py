"""ROUND and TRUNC. Halves go up, towards positive infinity; a negative number of digits means digits left of the point."""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import ROUND_DOWN, ROUND_HALF_DOWN, ROUND_HALF_UP, Context, Decimal
from functools import partial

from ksql.engine.functions.declare import MATH, Call, helper, macro, scalar_sql
from ksql.engine.types.sql_types import Decimal as DecimalType
from ksql.engine.types.sql_types import SqlType

maths = partial(scalar_sql, category=MATH)
_EXACT = Context(prec=1000)
#: Java's BigDecimal fails far beyond that; no number has so many digits.
_MOST_DIGITS = 1_000_000


def _whole_decimal(types: Sequence[SqlType]) -> SqlType:
    decimal = types[0]
    assert isinstance(decimal, DecimalType)
    return DecimalType(max(decimal.precision - decimal.scale, 1), 0)


def _cast(call: Call, sql: str) -> str:
    return f"{'TRY_CAST' if call.safe else 'CAST'}({sql} AS {call.returns.duckdb})"


def _exact(call: Call, udf: str, *arguments: str) -> str:
    return f"{udf}{'_or_null' if call.safe else ''}({', '.join(arguments)})"


# Whole numbers

_ROUND = "Nearest number with so many digits behind the point, none by default; halves go up"
_TRUNC = "A number cut off after so many digits behind the point, none by default"

maths(
    "ROUND",
    "INT! -> BIGINT | BIGINT! -> BIGINT",
    sql=lambda x: f"CAST({x} AS BIGINT)",
    doc=_ROUND,
    example=("ROUND(7)", "CAST(7 AS BIGINT)"),
)
maths(
    "TRUNC",
    "INT -> BIGINT | BIGINT -> BIGINT",
    sql=lambda x: f"CAST({x} AS BIGINT)",
    doc=_TRUNC,
    example=("TRUNC(7)", "CAST(7 AS BIGINT)"),
)


# Doubles. The last digit is decided on the number as it is printed. Scaling in binary gives the same result unless the scaled
# number is very near to a half (or a whole, for TRUNC); only those are computed exactly.

_NEAR, _LARGE = "1e-3", "1e11"
macro("ksql_round_nearest(d)", "ksql_double_to_bigint(floor(d) + CASE WHEN d - floor(d) >= 0.5 THEN 1 ELSE 0 END)")
macro(
    "ksql_round_clear(scaled, digits)",
    f"digits BETWEEN 0 AND 15 AND abs(scaled) < {_LARGE} AND abs(scaled - floor(scaled) - 0.5) > {_NEAR}",
)
macro(
    "ksql_trunc_clear(scaled, digits)",
    f"digits BETWEEN 0 AND 15 AND abs(scaled) < {_LARGE} AND scaled - floor(scaled) BETWEEN {_NEAR} AND 1 - {_NEAR}",
)


def _scaled(value: str, digits: str) -> str:
    return f"(({value}) * pow(10, {digits}))"


def _round_double(call: Call, value: str, digits: str) -> str:
    scaled = _scaled(value, digits)
    return (
        f"(CASE WHEN ksql_round_clear({scaled}, {digits}) THEN floor({scaled} + 0.5) / pow(10, {digits}) "
        f"ELSE {_exact(call, 'ksql_round_double', value, digits)} END)"
    )


def _trunc_double(call: Call, value: str, digits: str) -> str:
    scaled = _scaled(value, digits)
    # Adding zero turns -0.0 into 0.0.
    return (
        f"(CASE WHEN ksql_trunc_clear({scaled}, {digits}) THEN trunc({scaled}) / pow(10, {digits}) + 0 "
        f"ELSE {_exact(call, 'ksql_trunc_double', value, digits)} END)"
    )


maths(
    "ROUND",
    "DOUBLE -> BIGINT",
    sql=lambda x: f"ksql_round_nearest({x})",
    doc=_ROUND,
    example=("ROUND(-2.5e0)", "CAST(-2 AS BIGINT)"),
)
maths(
    "TRUNC",
    "DOUBLE -> BIGINT",
    sql=lambda x: f"ksql_double_to_bigint({x})",
    doc=_TRUNC,
    example=("TRUNC(-2.7e0)", "CAST(-2 AS BIGINT)"),
)
maths("ROUND", "DOUBLE, INT -> DOUBLE", typed_sql=_round_double, doc=_ROUND, example=("ROUND(1.005e0, 2)", "1.01e0"))
maths("TRUNC", "DOUBLE, INT -> DOUBLE", typed_sql=_trunc_double, doc=_TRUNC, example=("TRUNC(1.239e0, 2)", "1.23e0"))


# Decimals

maths(
    "ROUND",
    "DECIMAL -> DECIMAL",
    typed_sql=lambda call, x: _cast(call, f"floor({x} + CAST(0.5 AS DECIMAL(2,1)))"),
    result=_whole_decimal,
    doc=_ROUND,
    example=("ROUND(-2.5)", "CAST(-2 AS DECIMAL(1, 0))"),
)
maths(
    "TRUNC",
    "DECIMAL -> DECIMAL",
    typed_sql=lambda call, x: _cast(call, f"trunc({x})"),
    result=_whole_decimal,
    doc=_TRUNC,
    example=("TRUNC(-2.7)", "CAST(-2 AS DECIMAL(1, 0))"),
)


def _round_decimal(call: Call, value: str, digits: str) -> str:
    """With a constant number of digits DuckDB can round; its halves go away from zero, so a negative one is moved up again."""
    type_ = call.returns
    assert isinstance(type_, DecimalType)
    if not re.fullmatch(r"[0-9]{1,2}", digits) or int(digits) >= type_.scale:
        return _by_text(call, "ksql_round_decimal", value, digits)
    count = int(digits)
    one, half = Decimal(1).scaleb(-count), Decimal(5).scaleb(-count - 1)
    rounded = f"round({value}, {count})"
    moved = f"(CASE WHEN {value} < 0 AND {value} - {rounded} = CAST('{half:f}' AS DECIMAL({count + 2},{count + 1})) "
    moved += f"THEN {rounded} + CAST('{one:f}' AS DECIMAL({count + 1},{count})) ELSE {rounded} END)"
    return _cast(call, moved)


def _by_text(call: Call, udf: str, value: str, digits: str) -> str:
    return _cast(call, _exact(call, udf, f"CAST({value} AS VARCHAR)", digits))


maths("ROUND", "DECIMAL, INT -> DECIMAL", typed_sql=_round_decimal, doc=_ROUND, example=("ROUND(2.345, 2)", "2.350"))
maths(
    "TRUNC",
    "DECIMAL, INT -> DECIMAL",
    typed_sql=lambda call, x, n: _by_text(call, "ksql_trunc_decimal", x, n),
    doc=_TRUNC,
    example=("TRUNC(2.349, 2)", "2.340"),
)


# Exact arithmetic, in Python


def round_half_up(number: Decimal, digits: int) -> Decimal:
    """`number` with at most `digits` digits behind the point, halves towards positive infinity."""
    return _quantized(number, digits, ROUND_HALF_UP if number > 0 else ROUND_HALF_DOWN)


def cut_off(number: Decimal, digits: int) -> Decimal:
    """`number` with at most `digits` digits behind the point, the rest left out."""
    return _quantized(number, digits, ROUND_DOWN)


def _quantized(number: Decimal, digits: int, rounding: str) -> Decimal:
    exponent = number.as_tuple().exponent
    assert isinstance(exponent, int)
    if number.is_zero():
        return number
    if abs(digits) > _MOST_DIGITS:
        raise ValueError(f"a number cannot be rounded to {digits} digits")
    if digits >= -exponent:
        return number
    if digits + number.adjusted() < -1:  # less than half of the last digit kept
        return Decimal(0)
    return number.quantize(Decimal(1).scaleb(-digits), rounding=rounding, context=_EXACT)


def _finite(value: float) -> Decimal:
    number = Decimal(repr(value))
    if not number.is_finite():
        raise ValueError("NaN and infinity cannot be rounded")
    return number


@helper("ksql_round_double", "DOUBLE, INT -> DOUBLE")
def round_double(value: float, digits: int) -> float:
    return float(round_half_up(_finite(value), digits)) + 0.0


@helper("ksql_trunc_double", "DOUBLE, INT -> DOUBLE")
def trunc_double(value: float, digits: int) -> float:
    return float(cut_off(_finite(value), digits)) + 0.0


@helper("ksql_round_decimal", "STRING, INT -> STRING")
def round_decimal(text: str, digits: int) -> str:
    return f"{round_half_up(Decimal(text), digits):f}"


@helper("ksql_trunc_decimal", "STRING, INT -> STRING")
def trunc_decimal(text: str, digits: int) -> str:
    return f"{cut_off(Decimal(text), digits):f}"


def _not_zero(divisor: Decimal) -> Decimal:
    if not divisor:
        raise ZeroDivisionError("Division by zero")
    return divisor


@helper("ksql_decimal_divide", "STRING, STRING, INT -> STRING")
def decimal_divide(dividend: str, divisor: str, scale: int) -> str:
    """The quotient with `scale` digits behind the point, halves away from zero."""
    quotient = _EXACT.divide(Decimal(dividend), _not_zero(Decimal(divisor)))
    return f"{quotient.quantize(Decimal(1).scaleb(-scale), rounding=ROUND_HALF_UP, context=_EXACT):f}"


@helper("ksql_decimal_modulo", "STRING, STRING, INT -> STRING")
def decimal_modulo(dividend: str, divisor: str, scale: int) -> str:
    """The remainder, with the sign of the dividend."""
    remainder = _EXACT.remainder(Decimal(dividend), _not_zero(Decimal(divisor)))
    return f"{remainder.quantize(Decimal(1).scaleb(-scale), rounding=ROUND_HALF_UP, context=_EXACT):f}"

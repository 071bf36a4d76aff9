"""When a value that came out equals the one a case expects."""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping
from decimal import Decimal
from typing import Any

from ksql.engine.types.sql_types import Array, Map, Primitive, SqlType, Struct
from ksql.engine.types.sql_types import Decimal as DecimalType
from tests.conformance.codec import Unreadable

Json = Any

#: Functions whose results may differ from Java's in the last bits, and by how much (relative).
INEXACT_FUNCTIONS = frozenset(
    {
        *("EXP", "LN", "LOG", "POWER", "CBRT", "SQRT", "GEO_DISTANCE"),
        *("SIN", "COS", "TAN", "COT", "ASIN", "ACOS", "ATAN", "ATAN2", "SINH", "COSH", "TANH"),
    }
)
INEXACT_TOLERANCE = 1e-13

# A double never prints with more digits than this, so a longer number is exact.
_DIGITS_OF_DOUBLE = 17


def same(expected: Json, actual: Json, type_: SqlType | None = None, tolerance: float = 0.0) -> bool:
    """True if `actual` is what the case expects: numbers by value, decimals digit for digit, everything else exactly.

    `type_` is the SQL type where it is known; `tolerance` is relative and meant for doubles alone.
    """
    if isinstance(actual, Unreadable):
        return False
    if isinstance(expected, dict):
        return isinstance(actual, dict) and _same_fields(expected, actual, type_, tolerance)
    if isinstance(expected, list):
        item = type_.item if isinstance(type_, Array) else None
        return (
            isinstance(actual, list)
            and len(expected) == len(actual)
            and all(same(want, have, item, tolerance) for want, have in zip(expected, actual, strict=True))
        )
    if _is_number(actual):
        return _same_number(expected, actual, type_, tolerance)
    return type(expected) is type(actual) and expected == actual


def _same_fields(expected: Mapping[str, Json], actual: Mapping[str, Json], type_: SqlType | None, tolerance: float) -> bool:
    if isinstance(type_, Struct):
        # Names of columns and fields as SQL has them: without quotes, a case may write them small.
        expected = {name if name in actual else name.upper(): want for name, want in expected.items()}
    if expected.keys() != actual.keys():
        return False
    return all(same(want, actual[name], _field_type(type_, name), tolerance) for name, want in expected.items())


def _field_type(type_: SqlType | None, name: str) -> SqlType | None:
    if isinstance(type_, Struct):
        return type_.field(name)
    return type_.value if isinstance(type_, Map) else None


def _is_number(value: Json) -> bool:
    return isinstance(value, int | float | Decimal) and not isinstance(value, bool)


def _same_number(expected: Json, actual: float | Decimal, type_: SqlType | None, tolerance: float) -> bool:
    if isinstance(expected, str):
        # Decimals may be given as text, to say how many digits are written.
        return isinstance(type_, DecimalType) and isinstance(actual, int | Decimal) and expected == _plain(actual)
    if not _is_number(expected):
        return False
    if isinstance(actual, float) or type_ == Primitive("DOUBLE"):
        return _same_double(_double(expected), _double(actual), tolerance)
    if expected == actual:
        return True
    # Without a type: a number that may be a double is compared as one.
    if type_ is None and isinstance(actual, Decimal) and max(_digits(expected), _digits(actual)) <= _DIGITS_OF_DOUBLE:
        return _same_double(_double(expected), _double(actual), tolerance)
    return False


def _same_double(expected: float, actual: float, tolerance: float) -> bool:
    if expected == actual:
        return True
    return tolerance > 0 and math.isclose(expected, actual, rel_tol=tolerance, abs_tol=0.0)


def _double(number: float | Decimal) -> float:
    return float(Decimal(number)) if isinstance(number, int) else float(number)


def _plain(number: int | Decimal) -> str:
    return format(number, "f") if isinstance(number, Decimal) else str(number)


def _digits(number: float | Decimal) -> int:
    return len(Decimal(number).as_tuple().digits)


def identity(value: Json) -> Hashable:
    """A hashable stand-in, equal for values that are the same: to find the records of one key."""
    if isinstance(value, dict):
        return ("object", frozenset((name, identity(item)) for name, item in value.items()))
    if isinstance(value, list):
        return ("list", tuple(map(identity, value)))
    if isinstance(value, bool | Unreadable):
        return (type(value).__name__, value)
    if _is_number(value):
        return ("number", Decimal(repr(value)) if isinstance(value, float) else Decimal(value))
    return ("text", value)

"""Values of Python in place of the `?` of a statement."""

from __future__ import annotations

import base64
import datetime as dt
import math
import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from functools import singledispatch
from typing import Any

from ksql.engine.errors import StatementError
from ksql.engine.types.sql_types import string_literal

#: What may hold a question mark that is no parameter, and the parameter itself.
_PIECES = re.compile(
    r"""'(?:[^']|'')*' | "(?:[^"]|"")*" | `(?:[^`]|``)*` | --[^\n]* | /\*.*?\*/ | \?""", re.VERBOSE | re.DOTALL
)


def bind(sql: str, values: Sequence[Any]) -> str:
    """`sql` with each `?` outside strings, names and comments replaced by the literal of the next value.

    Raises StatementError when the numbers differ, or a value has no SQL literal.
    """
    if isinstance(values, str | bytes | Mapping):
        raise StatementError("parameters must be a list or tuple, one value for each ? in the statement")
    remaining = iter(values)
    used = 0

    def replace(match: re.Match[str]) -> str:
        nonlocal used
        if match[0] != "?":
            return match[0]
        used += 1
        return literal(next(remaining)) if used <= len(values) else "?"

    bound = _PIECES.sub(replace, sql)
    if used != len(values):
        raise StatementError(f"the statement takes {_count(used, 'parameter')}, and got {_count(len(values), 'value')}")
    return bound


def _count(number: int, thing: str) -> str:
    return f"{number} {thing}{'s' if number != 1 else ''}"


@singledispatch
def literal(value: object) -> str:
    """`value` as SQL: numbers, text, bytes, Decimal, dates and times, None, lists and tuples (as ARRAY), dicts (as MAP).

    Raises StatementError for anything else.
    """
    raise StatementError(f"a Python {type(value).__name__} has no SQL literal")


@literal.register
def _(value: None) -> str:  # noqa: ARG001
    return "NULL"


@literal.register
def _(value: bool) -> str:
    return "TRUE" if value else "FALSE"


@literal.register
def _(value: int) -> str:
    return str(value)


@literal.register
def _(value: float) -> str:
    if not math.isfinite(value):
        return f"CAST('{'NaN' if math.isnan(value) else 'Infinity' if value > 0 else '-Infinity'}' AS DOUBLE)"
    text = repr(value)
    return text if "e" in text else f"{text}E0"


@literal.register
def _(value: Decimal) -> str:
    if not value.is_finite():
        raise StatementError(f"the Decimal {value} has no SQL literal")
    text = f"{value:f}"
    return text if "." in text or abs(value) < 2**63 else f"{text}.0"  # whole numbers beyond BIGINT need a point


@literal.register
def _(value: str) -> str:
    return string_literal(value)


@literal.register(bytes | bytearray)
def _(value: bytes) -> str:
    return string_literal(base64.b64encode(value).decode())  # what a BYTES column takes as text


@literal.register
def _(value: dt.datetime) -> str:
    utc = value if value.tzinfo is None else value.astimezone(dt.UTC).replace(tzinfo=None)
    return string_literal(utc.isoformat(timespec="milliseconds"))


@literal.register(dt.date | dt.time)
def _(value: dt.date) -> str:
    return string_literal(value.isoformat())


@literal.register(Mapping)
def _(value: Mapping[object, object]) -> str:
    return "MAP(" + ", ".join(f"{literal(key)} := {literal(item)}" for key, item in value.items()) + ")"


@literal.register(list | tuple)
def _(value: Sequence[object]) -> str:
    return "ARRAY[" + ", ".join(map(literal, value)) + "]"

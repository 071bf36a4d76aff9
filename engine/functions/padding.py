"""LPAD and RPAD: of all functions those that can make a short value a very long one."""

from __future__ import annotations

from functools import partial
from typing import TypeVar

from ksql.engine.functions.declare import STRINGS, Call, helper, scalar, scalar_sql
from ksql.engine.functions.utf16 import joined, units

T = TypeVar("T", str, bytes)

#: A longer value is an error of its row: no record could carry it, and a batch of them would take all memory.
LONGEST = 1 << 24
_TOO_LONG = f"the length is beyond {LONGEST} characters"


def _pad(function: str, call: Call, value: str, length: str, padding: str) -> str:
    basic = f"ksql_basic({value}) AND ksql_basic({padding})"
    # DuckDB computes what is constant before it looks whether it is wanted.
    bounded = f"CASE WHEN {length} > {LONGEST} THEN {LONGEST} ELSE {length} END"
    return (
        f"(CASE WHEN {length} < 0 OR {padding} = '' THEN NULL "
        f"WHEN {value} IS NOT NULL AND {length} > {LONGEST} THEN {call.fail(_TOO_LONG)} "
        f"WHEN {basic} THEN {function}({value}, {bounded}, {padding}) "
        f"ELSE ksql_{function}_units({value}, {bounded}, {padding}) END)"
    )


for _name, _side, _example in (("LPAD", "left", "'007'"), ("RPAD", "right", "'700'")):
    scalar_sql(
        _name,
        "STRING, INT, STRING -> STRING",
        category=STRINGS,
        typed_sql=partial(_pad, _name.lower()),
        doc=f"Text or bytes filled up on the {_side} to a length, or cut off at it",
        example=(f"{_name}('7', 3, '0')", _example),
    )


@helper("ksql_lpad_units", "STRING, INT, STRING -> STRING")
def lpad_units(value: str, length: int, padding: str) -> str:
    return joined(_left(units(value), length, units(padding)))


@helper("ksql_rpad_units", "STRING, INT, STRING -> STRING")
def rpad_units(value: str, length: int, padding: str) -> str:
    return joined(_right(units(value), length, units(padding)))


@scalar("LPAD", "BYTES, INT, BYTES -> BYTES", category=STRINGS, doc="")
def lpad(value: bytes, length: int, padding: bytes) -> bytes | None:
    return _left(value, _checked(length), padding) if length >= 0 and padding else None


@scalar("RPAD", "BYTES, INT, BYTES -> BYTES", category=STRINGS, doc="")
def rpad(value: bytes, length: int, padding: bytes) -> bytes | None:
    return _right(value, _checked(length), padding) if length >= 0 and padding else None


def _checked(length: int) -> int:
    if length > LONGEST:
        raise ValueError(_TOO_LONG)
    return length


def _left(value: T, length: int, padding: T) -> T:
    return _filling(length - len(value), padding) + value[:length]


def _right(value: T, length: int, padding: T) -> T:
    return value[:length] + _filling(length - len(value), padding)


def _filling(missing: int, padding: T) -> T:
    return (padding * (missing // len(padding) + 1))[: max(missing, 0)]

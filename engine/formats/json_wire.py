"""The wire shape of JSON records: names as spelled, their order, and the JSON types that were seen.

Records of a topic mostly look alike. A shape is learned from one record; DuckDB then reads a whole batch by it. Reading is
proved right by writing: a record whose text equals what the values read from it print as was read without any loss, so it has
no duplicate or differently spelled field, no fraction in an integer, no boolean in a number. All others are left to the exact
reader.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal as Number
from enum import Enum, auto
from graphlib import CycleError, TopologicalSorter
from itertools import pairwise
from typing import Any

from ksql.engine.formats.json_exact import fold
from ksql.engine.formats.json_text import MISSING, parse, write
from ksql.engine.types.sql_types import (
    BIGINT,
    BOOLEAN,
    BYTES,
    DOUBLE,
    STRING,
    Array,
    Column,
    Decimal,
    Map,
    SqlType,
    Struct,
)


class UnknownShapeError(Exception):
    """The record has no shape that a batch could be read by."""


@dataclass(frozen=True, slots=True)
class AnyJson(SqlType):
    """Wire type of a field nobody asks for: whatever it is, as JSON text."""

    @property
    def duckdb(self) -> str:
        return "JSON"


@dataclass(frozen=True, slots=True)
class ScaledNumber(SqlType):
    """Wire type of a DECIMAL written with all digits of its scale, as 12.3400: read as text, printed back by its type."""

    decimal: Decimal

    @property
    def duckdb(self) -> str:
        return "VARCHAR"


@dataclass(frozen=True, slots=True)
class PlainNumber(SqlType):
    """Wire type of a DECIMAL written as any other number."""

    @property
    def duckdb(self) -> str:
        return "DOUBLE"


class Style(Enum):
    """How a record's text is brought to the spelling that to_json has."""

    COMPACT = auto()  # as it is
    OTHER = auto()  # it is printed anew; that shortens fractions, so DECIMAL numbers cannot be read this way
    SPACED = auto()  # blanks after colons and commas are dropped: dearer, but numbers stay as they are


@dataclass(frozen=True, slots=True)
class Shape:
    """A record as seen: its type and style. `sparse`: a record may leave out any of the fields, instead of writing null."""

    type: SqlType
    style: Style
    sparse: bool = False

    @property
    def spec(self) -> str:
        """Structure for json_transform."""
        return json.dumps(self.type.duckdb)


def likely_shape(columns: Sequence[Column], records: Sequence[str], *, wrapped: bool) -> Shape | None:
    """The shape that most of a sample of records have, or the one sparse shape of them all, or None."""
    values = [value for record in records if (value := _parse(record)) is not None]
    shapes = [shape for value in values if (shape := _learn(columns, *value, wrapped=wrapped)) is not None]
    if not shapes:
        return None
    shape, count = Counter(shapes).most_common(1)[0]
    if count * 4 > len(records) or len(records) < 4 or not wrapped:
        return shape
    return _learn_sparse(columns, values) or shape


def _parse(record: str) -> tuple[str, Any] | None:
    try:
        value = parse(record)
    except (ValueError, RecursionError):
        return None
    return None if value is MISSING else (record, value)


def _learn(columns: Sequence[Column], record: str, value: Any, *, wrapped: bool) -> Shape | None:
    """The shape of one record, given as text and parsed."""
    declared = Struct(tuple((column.name, column.type) for column in columns)) if wrapped else columns[0].type
    try:
        seen = _wire(declared, value)
        style = _style(record, value, seen)
    except (UnknownShapeError, RecursionError):
        return None
    return None if style is Style.OTHER and _has_decimal(seen) else Shape(seen, style)


def _learn_sparse(columns: Sequence[Column], values: Sequence[tuple[str, Any]]) -> Shape | None:
    """One shape for records that leave out fields, when their fields come in one order."""
    objects = [value for _, value in values if isinstance(value, dict)]
    followers = TopologicalSorter[str]()
    for value in objects:
        for before, after in pairwise(value):
            followers.add(after, before)
    try:
        order = list(followers.static_order())
    except CycleError:
        return None
    examples = {name: _example([value.get(name) for value in objects]) for name in order}
    shape = _learn(columns, "", examples, wrapped=True)
    if shape is None or _has_decimal(shape.type):
        return None
    compact = all(write(value) == record and _prints_itself(value) for record, value in values)
    return Shape(shape.type, Style.COMPACT if compact else Style.OTHER, sparse=True)


def _style(record: str, value: Any, seen: SqlType) -> Style:
    compact = write(value)
    if not _has_decimal(seen):
        return Style.COMPACT if record == compact and _prints_itself(value) else Style.OTHER
    if record == compact:
        return Style.COMPACT
    return Style.SPACED if record.replace('": ', '":').replace(', "', ',"') == compact else Style.OTHER


def without_blanks(text: str) -> str:
    """SQL of a SPACED record without its blanks. Where that changes a string, the text no longer equals what is expected."""
    return f"""replace(replace({text}, '": ', '":'), ', "', ',"')"""


def _has_decimal(type_: SqlType) -> bool:
    if isinstance(type_, Struct):
        return any(_has_decimal(field) for _, field in type_.fields)
    if isinstance(type_, Array | Map):
        return _has_decimal(type_.item if isinstance(type_, Array) else type_.value)
    return isinstance(type_, ScaledNumber | PlainNumber)


def _wire(declared: SqlType | None, value: Any) -> SqlType:
    """The type DuckDB should read a field with, so that printing it again gives what was read."""
    if declared is None:
        return _UNDECLARED.get(type(value), AnyJson())
    if isinstance(declared, Struct):
        return _wire_struct(dict(declared.fields), value if isinstance(value, dict) else {})
    if isinstance(declared, Array):
        items = value if isinstance(value, list) else []
        return Array(_wire(declared.item, _example(items)))
    if isinstance(declared, Map):
        items = list(value.values()) if isinstance(value, dict) else []
        return Map(STRING, _wire(declared.value, _example(items)))
    return _wire_scalar(declared, value)


_UNDECLARED: Mapping[type, SqlType] = {bool: BOOLEAN, int: BIGINT, Number: DOUBLE, str: STRING}


def _wire_scalar(declared: SqlType, value: Any) -> SqlType:
    if isinstance(value, str) or declared == BYTES:
        return STRING
    if isinstance(declared, Decimal):
        scaled = isinstance(value, Number) and _scale(value) == declared.scale
        return ScaledNumber(declared) if scaled else BIGINT if isinstance(value, int) else PlainNumber()
    if declared in (DOUBLE, STRING) and isinstance(value, int):
        return _UNDECLARED[type(value)]
    return declared


def _wire_struct(declared: Mapping[str, SqlType], value: Mapping[str, Any]) -> Struct:
    by_fold = {fold(name): type_ for name, type_ in declared.items()}
    if not all(name and name.isprintable() for name in value):
        raise UnknownShapeError  # SQL cannot name such a field
    if not value or len({fold(name) for name in value}) < len(value) or len(by_fold) < len(declared):
        raise UnknownShapeError
    return Struct(tuple((name, _wire(by_fold.get(fold(name)), item)) for name, item in value.items()))


def _example(items: Sequence[Any]) -> Any:
    return next((item for item in items if item is not None), None)


def _scale(number: Number) -> int:
    exponent = number.as_tuple().exponent
    return -exponent if isinstance(exponent, int) else 0


def _prints_itself(value: Any) -> bool:
    """True when DuckDB prints every fractional number in it with the same digits."""
    if isinstance(value, dict):
        return all(map(_prints_itself, value.values()))
    if isinstance(value, list):
        return all(map(_prints_itself, value))
    return not isinstance(value, Number) or json.dumps(float(value)) == str(value)

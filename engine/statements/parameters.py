"""Values of Python in place of the `?` of statements."""

from __future__ import annotations

import base64
import datetime as dt
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from functools import singledispatch
from typing import Any

from sqlglot import exp

from ksql.engine.catalog.definitions import Source
from ksql.engine.errors import StatementError, did_you_mean
from ksql.engine.statements.insert_values import insertable
from ksql.engine.types.sql_types import Array, Map, SqlType, Struct, quote_name, string_literal
from ksql.parser import ParseError, Piece, nodes, parse_one

#: What may hold a question mark that is no parameter, and the parameter itself.
_PIECES = re.compile(
    r"""'(?:[^']|'')*' | "(?:[^"]|"")*" | `(?:[^`]|``)*` | --[^\n]* | /\*.*?\*/ | \?""", re.VERBOSE | re.DOTALL
)


def share_out(pieces: Sequence[Piece], values: Sequence[Any]) -> list[Sequence[Any]]:
    """For each statement the values of its `?`, in order. Raises StatementError when there are more, or fewer, than values."""
    if isinstance(values, str | bytes | Mapping):
        raise StatementError("parameters must be a list or tuple, one value for each ? in the statement")
    places = [[found.start() for found in _PIECES.finditer(piece.text) if found[0] == "?"] for piece in pieces]
    wanted = sum(map(len, places))
    if wanted != len(values):
        message = f"the statement takes {_count(wanted, 'parameter')}, and got {_count(len(values), 'value')}"
        error = StatementError(message, hint="in Python, execute(sql, [value, …]) gives one for each ?")
        without = [(piece, at) for piece, own in zip(pieces, places, strict=True) for at in own][len(values) :]
        raise _placed(error, *without[0]) if without else error
    rest = iter(values)
    return [[next(rest) for _ in own] for own in places]


def _count(number: int, thing: str) -> str:
    return f"{number} {thing}{'s' if number != 1 else ''}"


def _placed(error: StatementError, piece: Piece, at: int) -> StatementError:
    """`error`, pointing at the offset of a statement."""
    before = piece.text[:at]
    error.written_in(piece.text, piece.line, piece.column)
    error.line, error.column = piece.line + before.count("\n"), at - before.rfind("\n")
    if "\n" not in before:
        error.column += piece.column - 1
    return error


def bind(text: str, values: Sequence[Any], sources: Mapping[str, Source]) -> str:
    """The statement `text` with each `?` outside strings, names and comments replaced by the literal of the next value.

    A value that an INSERT gives to a column is written as that column's type. Raises StatementError for a value without a
    literal.
    """
    types = _types(text, sources) if any(isinstance(value, Mapping | list | tuple) for value in values) else {}
    numbered = iter(enumerate(values))

    def replace(found: re.Match[str]) -> str:
        if found[0] != "?":
            return found[0]
        number, value = next(numbered)
        return typed_literal(value, types[number]) if number in types else literal(value)

    return _PIECES.sub(replace, text)


def _types(text: str, sources: Mapping[str, Source]) -> dict[int, SqlType]:
    """The types of the columns that an INSERT gives its `?` to, by the number of the `?`."""
    numbers: Iterator[int] = iter(range(len(text)))
    marked = _PIECES.sub(lambda found: f"'?{next(numbers)}'" if found[0] == "?" else found[0], text)
    try:
        node = parse_one(marked).node
    except ParseError:
        return {}  # what is wrong with it is said when it is carried out
    source = sources.get(node.this.name) if isinstance(node, nodes.InsertValues) else None
    if source is None:
        return {}
    types = {column.name: column.type for column in source.columns}
    columns = [column.name for column in node.args.get("columns") or ()] or insertable(source)
    given = zip(columns, node.args["values"], strict=False)
    return {int(value.name[1:]): types[name] for name, value in given if _is_marked(value) and name in types}


def _is_marked(value: exp.Expression) -> bool:
    return isinstance(value, exp.Literal) and value.is_string and re.fullmatch(r"\?\d+", value.name) is not None


def typed_literal(value: Any, type_: SqlType) -> str:
    """A value as SQL of the type: a mapping is a MAP or a STRUCT. (Text for BYTES is base64 in both.)"""
    match type_, value:
        case _, None:
            return f"CAST(NULL AS {type_})"
        case Map(_, item_type), Mapping():
            return f"MAP({', '.join(f'{literal(key)} := {typed_literal(item, item_type)}' for key, item in value.items())})"
        case Struct(), Mapping():
            return _struct(value, type_)
        case Array(item_type), list() | tuple():
            return f"ARRAY[{', '.join(typed_literal(item, item_type) for item in value)}]"
    return literal(value)


def _struct(value: Mapping[str, Any], type_: Struct) -> str:
    types = dict(type_.fields)
    given = {name if name in types else unquoted(name): item for name, item in value.items()}
    for name in given:
        if name not in types:
            raise StatementError(f"{type_} has no field {name}", hint=did_you_mean(name, types))
    fields = (f"{quote_name(name)} := {typed_literal(given.get(name), field)}" for name, field in type_.fields)
    return f"STRUCT({', '.join(fields)})"


def unquoted(name: str) -> str:
    """A name as SQL spells it (upper case unless in backticks) as the catalog's."""
    return name[1:-1].replace("``", "`") if len(name) > 1 and name[0] == name[-1] == "`" else name.upper()


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

"""Signatures of functions: how they are written, printed, and what their parameters accept.

`STRING, INT! -> STRING` takes a STRING and an INT that must not be NULL. `T...` repeats. One capital letter is a type that the
arguments decide; DECIMAL stands for any precision and scale. LAMBDA<K, V, R> is a lambda of K and V with result R. UNIT is a
unit of time such as DAYS.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

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
    Map,
    SqlType,
    Struct,
)


@dataclass(frozen=True, slots=True)
class Generic(SqlType):
    """A type that the arguments decide; the same letter is the same type."""

    name: str

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True, slots=True)
class AnyDecimal(SqlType):
    """A DECIMAL of any precision and scale."""

    def __str__(self) -> str:
        return "DECIMAL"


@dataclass(frozen=True, slots=True)
class LambdaPattern(SqlType):
    """A lambda of these parameters, and the type of its result."""

    parameters: tuple[SqlType, ...]
    result: SqlType

    def __str__(self) -> str:
        return f"LAMBDA ({', '.join(map(str, self.parameters))}) => {self.result}"


@dataclass(frozen=True, slots=True)
class UnitPattern(SqlType):
    """A bare word that is a unit of time."""

    def __str__(self) -> str:
        return "INTERVALUNIT"


@dataclass(frozen=True, slots=True)
class Parameter:
    """What one argument may be. `required`: NULL makes the function fail."""

    type: SqlType
    required: bool = False

    def __str__(self) -> str:
        return f"{self.type}{'!' if self.required else ''}"


@dataclass(frozen=True, slots=True)
class Signature:
    """Parameters and result of a function; a variadic one takes its last parameter any number of times, also none."""

    name: str
    parameters: tuple[Parameter, ...]
    returns: SqlType
    variadic: bool = False

    def __str__(self) -> str:
        parts = [str(p) for p in self.parameters]
        if self.variadic:
            parts[-1] += "..."
        return f"{self.name}({', '.join(parts)}) -> {self.returns}"

    @property
    def generics(self) -> int:
        """How many parameters contain a type that the arguments decide."""
        return sum(any(isinstance(t, Generic) for t in walk(p.type)) for p in self.parameters)

    def expanded(self, count: int) -> tuple[Parameter, ...] | None:
        """One parameter per argument, or None when `count` arguments are too few or too many."""
        fixed = len(self.parameters) - self.variadic
        if count < fixed or (count > fixed and not self.variadic):
            return None
        return self.parameters[:fixed] + self.parameters[fixed:] * (count - fixed)


def walk(type_: SqlType) -> Iterator[SqlType]:
    """`type_` and the types inside it."""
    yield type_
    if isinstance(type_, Array):
        yield from walk(type_.item)
    elif isinstance(type_, Map):
        yield from walk(type_.key)
        yield from walk(type_.value)
    elif isinstance(type_, Struct):
        for _, field in type_.fields:
            yield from walk(field)
    elif isinstance(type_, LambdaPattern):
        for part in (*type_.parameters, type_.result):
            yield from walk(part)


_NAMED: dict[str, SqlType] = {
    "BOOLEAN": BOOLEAN,
    "INT": INTEGER,
    "BIGINT": BIGINT,
    "DOUBLE": DOUBLE,
    "STRING": STRING,
    "BYTES": BYTES,
    "DATE": DATE,
    "TIME": TIME,
    "TIMESTAMP": TIMESTAMP,
    "DECIMAL": AnyDecimal(),
    "UNIT": UnitPattern(),
}
_TOKEN = re.compile(r"\s*(->|\.\.\.|[A-Za-z_]+|[<>,!])")


def parse_signature(name: str, text: str) -> Signature:
    """The signature of `name` that is written as `text`. Raises ValueError for what is not one."""
    tokens = _TOKEN.findall(text)
    if "".join(tokens) != text.replace(" ", ""):
        raise ValueError(f"not a signature: {text}")
    parameters: list[Parameter] = []
    variadic = False
    while tokens[0] != "->":
        type_ = _type(tokens)
        required = _take(tokens, "!")
        variadic = _take(tokens, "...")
        parameters.append(Parameter(type_, required))
        _take(tokens, ",")
    tokens.pop(0)
    return Signature(name, tuple(parameters), _type(tokens), variadic)


def _type(tokens: list[str]) -> SqlType:
    word = tokens.pop(0)
    if word in _NAMED:
        return _NAMED[word]
    if len(word) == 1:
        return Generic(word)
    _expect(tokens, "<")
    if word == "STRUCT":
        return Struct(tuple(_fields(tokens)))
    parts = [_type(tokens)]
    while _take(tokens, ","):
        parts.append(_type(tokens))
    _expect(tokens, ">")
    if word == "ARRAY":
        return Array(parts[0])
    if word == "MAP":
        return Map(parts[0], parts[1])
    if word == "LAMBDA":
        return LambdaPattern(tuple(parts[:-1]), parts[-1])
    raise ValueError(f"not a type: {word}")


def _fields(tokens: list[str]) -> Iterator[tuple[str, SqlType]]:
    while not _take(tokens, ">"):
        field = tokens.pop(0)
        yield field, _type(tokens)
        _take(tokens, ",")


def _take(tokens: list[str], wanted: str) -> bool:
    if tokens and tokens[0] == wanted:
        tokens.pop(0)
        return True
    return False


def _expect(tokens: list[str], wanted: str) -> None:
    if not _take(tokens, wanted):
        raise ValueError(f"expected {wanted}")

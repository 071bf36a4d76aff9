"""Type names of the parser as SQL types, and back."""

from __future__ import annotations

from collections.abc import Mapping

from ksql.engine.errors import did_you_mean, fail
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
)
from ksql.parser import nodes, parse_type
from ksql.parser.words import FOREIGN_TYPES

_NAMED: Mapping[str, SqlType] = {
    "BOOLEAN": BOOLEAN,
    "INT": INTEGER,
    "INTEGER": INTEGER,
    "BIGINT": BIGINT,
    "DOUBLE": DOUBLE,
    "STRING": STRING,
    "VARCHAR": STRING,
    "BYTES": BYTES,
    "DATE": DATE,
    "TIME": TIME,
    "TIMESTAMP": TIMESTAMP,
}


def resolve_type(reference: nodes.TypeRef, types: Mapping[str, SqlType] | None = None) -> SqlType:
    """The type a reference means; `types` are the custom ones. Raises StatementError."""
    name = reference.name
    items = reference.args.get("items") or []
    if name == "ARRAY":
        return Array(resolve_type(items[0], types))
    if name == "MAP":
        return Map(resolve_type(items[0], types), resolve_type(items[1], types))
    if name == "STRUCT":
        return _struct(reference, types)
    if name == "DECIMAL":
        return _decimal(reference)
    found = _NAMED.get(name.upper()) or (types or {}).get(name)
    if found is None:
        known = [*_NAMED, "DECIMAL", "ARRAY", "MAP", "STRUCT", *(types or {})]
        meant = f"write {FOREIGN_TYPES[name.upper()]}." if name.upper() in FOREIGN_TYPES else did_you_mean(name, known)
        fail(reference, f"there is no type called {name}", hint=meant or "CREATE TYPE defines one.")
    return found


def _struct(reference: nodes.TypeRef, types: Mapping[str, SqlType] | None) -> Struct:
    fields = [(f.this.name, resolve_type(f.args["type"], types)) for f in reference.args.get("fields") or []]
    if len({name.upper() for name, _ in fields}) < len(fields):
        fail(reference, "a STRUCT has two fields of the same name", hint="names that differ in case only are one.")
    return Struct(tuple(fields))


def _decimal(reference: nodes.TypeRef) -> Decimal:
    parameters = [int(p) for p in reference.args.get("parameters") or []]
    if len(parameters) != 2:
        fail(reference, "DECIMAL needs a precision and a scale", hint="write DECIMAL(10, 2).")
    precision, scale = parameters
    if precision < 1 or not 0 <= scale <= precision:
        fail(
            reference,
            f"DECIMAL({precision}, {scale}) is no type",
            hint="precision is at least 1, scale between 0 and precision.",
        )
    if precision > 38:
        fail(reference, f"DECIMAL({precision}, {scale}) is not supported: the greatest precision is 38")
    return Decimal(precision, scale)


def parse_sql_type(text: str, types: Mapping[str, SqlType]) -> SqlType:
    """The type written as `text`."""
    return resolve_type(parse_type(text), types)


def type_reference(type_: SqlType) -> nodes.TypeRef:
    """The parser's node for a type."""
    return parse_type(str(type_))

"""Types as REST bodies describe them."""

from __future__ import annotations

from typing import Any

from ksql.engine.types.sql_types import Array, Column, Decimal, Map, SqlType, Struct


def field_json(column: Column) -> dict[str, Any]:
    return {"name": column.name, "schema": type_json(column.type)}


def type_json(type_: SqlType) -> dict[str, Any]:
    """{type, fields, memberSchema}, and for DECIMAL its parameters."""
    plain: dict[str, Any] = {"type": str(type_), "fields": None, "memberSchema": None}
    if isinstance(type_, Array):
        plain |= {"type": "ARRAY", "memberSchema": type_json(type_.item)}
    elif isinstance(type_, Map):
        plain |= {"type": "MAP", "memberSchema": type_json(type_.value)}
    elif isinstance(type_, Struct):
        plain |= {"type": "STRUCT", "fields": [{"name": name, "schema": type_json(field)} for name, field in type_.fields]}
    elif isinstance(type_, Decimal):
        plain |= {"type": "DECIMAL", "parameters": {"precision": type_.precision, "scale": type_.scale}}
    return plain

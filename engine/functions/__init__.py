"""Scalar and table functions: declared in the modules by category, resolved by `resolve`, computed by DuckDB."""

from __future__ import annotations

from collections.abc import Mapping

from ksql.engine.functions import (
    binary,
    clock,
    collections,
    datetime_text,
    geo,
    hash_order,
    isotime,
    json,
    lambdas,
    math,
    nulls,
    padding,
    regex,
    rounding,
    strings,
    tables,
    text_python,
    url,
)
from ksql.engine.functions.declare import Function, LambdaSql, declared, scalar, scalar_sql
from ksql.engine.functions.resolve import (
    ArgumentType,
    LambdaArgument,
    LambdaTypes,
    Resolved,
    UnitArgument,
    function_named,
    resolve,
)
from ksql.engine.functions.signature import Signature, UnitPattern
from ksql.engine.functions.udf import register

__all__ = [
    "ArgumentType",
    "Function",
    "LambdaArgument",
    "LambdaSql",
    "LambdaTypes",
    "Resolved",
    "Signature",
    "UnitArgument",
    "UnitPattern",
    "binary",
    "clock",
    "collections",
    "datetime_text",
    "describe",
    "function_named",
    "functions",
    "geo",
    "hash_order",
    "is_table_function",
    "isotime",
    "json",
    "lambdas",
    "math",
    "nulls",
    "padding",
    "regex",
    "register",
    "resolve",
    "rounding",
    "scalar",
    "scalar_sql",
    "strings",
    "tables",
    "takes_unit",
    "text_python",
    "url",
]


def takes_unit(name: str, position: int) -> bool:
    """Whether the function `name` takes a unit of time as its argument at `position`, from 0."""
    function = declared().get(name)
    signatures = function.signatures if function is not None else ()
    types = [signature.parameters[position].type for signature in signatures if position < len(signature.parameters)]
    return any(isinstance(type_, UnitPattern) for type_ in types)


def functions() -> Mapping[str, Function]:
    """All scalar and table functions, by name."""
    return declared()


def describe(name: str) -> Function | None:
    """The function called `name`, case not counting."""
    return declared().get(name.upper())


def is_table_function(name: str) -> bool:
    """Whether a call of `name` makes rows."""
    found = declared().get(name.upper())
    return found is not None and found.kind == "table"

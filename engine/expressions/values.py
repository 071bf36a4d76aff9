"""Columns, literals, constructors, access to parts, CAST and function calls."""

from __future__ import annotations

import math
from decimal import Decimal as PyDecimal
from decimal import InvalidOperation

from sqlglot import exp

from ksql.engine.errors import StatementError, did_you_mean, fail
from ksql.engine.expressions.coercion import coerce_all
from ksql.engine.expressions.compiler import Compiler, rule
from ksql.engine.expressions.typed import Typed
from ksql.engine.types.casts import MAX_PRECISION, can_cast, cast_sql, common_type
from ksql.engine.types.names import resolve_type
from ksql.engine.types.sql_types import (
    BIGINT,
    BOOLEAN,
    DOUBLE,
    INTEGER,
    STRING,
    Array,
    Decimal,
    Map,
    SqlType,
    Struct,
    quote_duckdb,
    string_literal,
)
from ksql.parser import nodes


@rule(exp.Column)
def column(compiler: Compiler, node: exp.Expression) -> Typed:
    parameter = compiler.scope.parameters.get(node.name) if not node.args.get("table") else None
    if parameter is not None:
        return parameter
    return compiler.scope.find(node, node.name, node.text("table")).typed


@rule(exp.Literal)
def literal(compiler: Compiler, node: exp.Expression) -> Typed:
    text: str = node.this
    if node.is_string:
        return Typed(string_literal(text), STRING, nullable=False, literal=True, raises=False, as_number=_number_type(text))
    if "E" in text.upper():
        if math.isinf(float(text)):
            fail(node, f"{text} does not fit into DOUBLE")
        return Typed(f"{text}::DOUBLE", DOUBLE, nullable=False, literal=True, raises=False)
    if "." in text:
        return decimal_literal(text)
    return integer_literal(node, int(text))


def integer_literal(node: exp.Expression, value: int) -> Typed:
    """An INT, or a BIGINT when it does not fit; its sign counts as part of it."""
    if -(1 << 31) <= value < 1 << 31:
        return Typed(f"({value})" if value < 0 else str(value), INTEGER, nullable=False, literal=True, raises=False)
    if -(1 << 63) <= value < 1 << 63:
        return Typed(f"({value})::BIGINT", BIGINT, nullable=False, literal=True, raises=False)
    fail(node, f"{value} does not fit into BIGINT", hint=f"DECIMAL '{value}' has up to {MAX_PRECISION} digits.")


def _number_type(text: str) -> SqlType | None:
    """The type of the number that a text literal spells; None when it is none."""
    try:
        number = PyDecimal(text.strip())
    except InvalidOperation:
        return None
    if not number.is_finite():
        return None
    if text.strip().lstrip("+-").isdigit() and -(1 << 63) <= number < 1 << 63:
        return INTEGER if -(1 << 31) <= number < 1 << 31 else BIGINT
    return _decimal_type(number)


def decimal_literal(text: str) -> Typed:
    """A DECIMAL of exactly the digits written. Raises StatementError where those are too many."""
    type_ = _decimal_type(PyDecimal(text))
    if type_.precision > MAX_PRECISION:
        message = f"a DECIMAL has at most {MAX_PRECISION} digits, not {type_.precision}"
        raise StatementError(message, hint="E0 behind it makes it a DOUBLE.")
    return Typed(f"'{text}'::{type_.duckdb}", type_, nullable=False, literal=True, raises=False)


def _decimal_type(number: PyDecimal) -> Decimal:
    _, digits, exponent = number.as_tuple()
    scale = max(-int(exponent), 0)
    return Decimal(max(len(digits) + max(int(exponent), 0), scale, 1), scale)


@rule(nodes.TypedLiteral)
def typed_literal(compiler: Compiler, node: exp.Expression) -> Typed:
    try:
        return decimal_literal(node.args["this"])
    except ArithmeticError:
        fail(node, f"'{node.args['this']}' is not a decimal number")


@rule(exp.Boolean)
def boolean(compiler: Compiler, node: exp.Expression) -> Typed:
    return Typed("TRUE" if node.this else "FALSE", BOOLEAN, nullable=False, literal=True, raises=False)


@rule(exp.Null)
def null(compiler: Compiler, node: exp.Expression) -> Typed:
    return Typed("NULL", None, literal=True, raises=False)


@rule(exp.DPipe)
def concatenation(compiler: Compiler, node: exp.Expression) -> Typed:
    """`a || b || …` is CONCAT: NULL counts as empty."""
    operands: list[exp.Expression] = []
    first = node
    while isinstance(first, exp.DPipe):
        operands.append(first.expression)
        first = first.this
    return call(compiler, node, "CONCAT", [first, *reversed(operands)])


@rule(exp.Cast)
def cast(compiler: Compiler, node: exp.Expression) -> Typed:
    target = resolve_type(node.args["to"])
    value = compiler.compile(node.this)
    if value.type is None:
        return Typed(f"NULL::{target.duckdb}", target, raises=False)
    if not can_cast(value.type, target):
        fail(node, f"{value.type} cannot be cast to {target}")
    plain, safe = (cast_sql(value.sql, value.type, target, safe=safe) for safe in (False, True))
    return Typed(safe if compiler.safe else plain, target, raises=value.raises or plain != safe)


@rule(exp.Array)
def array(compiler: Compiler, node: exp.Expression) -> Typed:
    given = [compiler.compile(item) for item in node.expressions]
    items, type_ = coerce_all(node.expressions, given, "the elements of ARRAY")
    if type_ is None:
        fail(node, "ARRAY needs an element that is not NULL, to know its type", hint="CAST(NULL AS …) gives a NULL its type.")
    number = common_type([value.as_number or value.type for value in given if value.type is not None])
    return Typed(
        f"[{', '.join(item.sql for item in items)}]",
        Array(type_),
        nullable=False,
        literal=all(value.literal for value in given),
        raises=any(value.raises for value in given),
        as_number=Array(number) if number else None,
    )


@rule(nodes.MapConstructor)
def map_constructor(compiler: Compiler, node: exp.Expression) -> Typed:
    key_nodes, value_nodes = node.args["keys"], node.args["values"]
    keys, key_type = coerce_all(key_nodes, [compiler.compile(k) for k in key_nodes], "the keys of MAP")
    values, value_type = coerce_all(value_nodes, [compiler.compile(v) for v in value_nodes], "the values of MAP")
    if key_type is None or value_type is None:
        fail(node, "MAP needs a key and a value that are not NULL, to know its type")
    # A key of NULL is the text null in the end: no format writes another.
    named = [f"COALESCE({k.sql}, 'null')" if k.nullable and key_type == STRING else k.sql for k in keys]
    sql = f"MAP([{', '.join(named)}], [{', '.join(v.sql for v in values)}])"
    return Typed(compiler.attempt(sql), Map(key_type, value_type), literal=all(v.literal for v in (*keys, *values)))


@rule(nodes.StructConstructor)
def struct_constructor(compiler: Compiler, node: exp.Expression) -> Typed:
    names = [name.name for name in node.args["names"]]
    values = [compiler.compile(value) for value in node.args["values"]]
    fields: list[tuple[str, SqlType]] = []
    for name, value, value_node in zip(names, values, node.args["values"], strict=True):
        if value.type is None:
            fail(value_node, f"field {name} of STRUCT needs a type", hint="CAST(NULL AS …) gives the NULL its type.")
        if any(name.upper() == other.upper() for other, _ in fields):
            fail(value_node, f"STRUCT has two fields called {name}", hint="names that differ in case only are one.")
        fields.append((name, value.type))
    packed = ", ".join(f"{quote_duckdb(name)} := {value.sql}" for name, value in zip(names, values, strict=True))
    return Typed(
        f"struct_pack({packed})",
        Struct(tuple(fields)),
        nullable=False,
        literal=all(value.literal for value in values),
        raises=any(value.raises for value in values),
        as_number=Struct(tuple((n, v.as_number or t) for (n, t), v in zip(fields, values, strict=True))),
    )


@rule(nodes.StructDeref)
def struct_field(compiler: Compiler, node: exp.Expression) -> Typed:
    value = compiler.compile(node.this)
    name = node.args["field"].name
    if not isinstance(value.type, Struct):
        fail(node, f"-> takes a field of a STRUCT, but this is {value.type or 'NULL'}")
    field = value.type.field(name)
    if field is None:
        names = [n for n, _ in value.type.fields]
        fail(node, f"{value.type} has no field {name}", hint=did_you_mean(name, names))
    return Typed(f"struct_extract({value.sql}, {string_literal(name)})", field, raises=value.raises)


@rule(exp.Bracket)
def subscript(compiler: Compiler, node: exp.Expression) -> Typed:
    value = compiler.compile(node.this)
    index = node.expressions[0]
    if isinstance(value.type, Array):
        position = compiler.compile_as(index, BIGINT, "an array index")
        return Typed(f"({value.sql})[{position.sql}]", value.type.item, raises=value.raises or position.raises)
    if isinstance(value.type, Map):
        key = compiler.compile_as(index, value.type.key, "a map key")
        return Typed(f"({value.sql})[{key.sql}]", value.type.value, raises=value.raises or key.raises)
    fail(node, f"[…] takes a part of an ARRAY or a MAP, but this is {value.type or 'NULL'}")


@rule(nodes.FunctionCall)
def function_call(compiler: Compiler, node: exp.Expression) -> Typed:
    if node.args.get("star"):
        fail(node, f"{node.name}(*) is not a function of values")
    return call(compiler, node, node.name, node.expressions)


def call(compiler: Compiler, node: exp.Expression, name: str, arguments: list[exp.Expression]) -> Typed:
    """A call of the function `name`: arguments compiled, the overload resolved, arguments coerced to its parameters."""
    from ksql.engine.expressions.calls import compile_call

    return compile_call(compiler, node, name, arguments)

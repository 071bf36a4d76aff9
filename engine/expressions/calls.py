"""Function calls: arguments compiled, the overload found, arguments coerced to its parameters."""

from __future__ import annotations

from collections.abc import Sequence

from sqlglot import exp

from ksql.engine.aggregates import is_aggregate
from ksql.engine.errors import StatementError, fail, located
from ksql.engine.expressions.coercion import coerce
from ksql.engine.expressions.compiler import Compiler
from ksql.engine.expressions.typed import Typed
from ksql.engine.functions import ArgumentType, LambdaArgument, LambdaSql, LambdaTypes, UnitArgument, resolve
from ksql.engine.types.sql_types import SqlType, quote_duckdb
from ksql.parser import nodes


def compile_call(compiler: Compiler, node: exp.Expression, name: str, arguments: Sequence[exp.Expression]) -> Typed:
    """A call of the function `name`. Raises StatementError pointing at the call, or at the argument that is wrong."""
    if is_aggregate(name):
        fail(
            node,
            f"{name} is an aggregate function and cannot stand here",
            hint="aggregates stand in the SELECT list or HAVING of a query with GROUP BY.",
        )
    values = [_value(compiler, argument) for argument in arguments]
    types = [_type(compiler, argument, value) for argument, value in zip(arguments, values, strict=True)]
    try:
        resolved = resolve(name, types)
    except StatementError as error:
        raise located(error, node) from None
    rendered = [
        _render(compiler, argument, value, target, f"an argument of {name}")
        for argument, value, target in zip(arguments, values, resolved.parameter_types, strict=True)
    ]
    return Typed(resolved.render(rendered, safe=compiler.safe), resolved.returns)


def _value(compiler: Compiler, argument: exp.Expression) -> Typed | None:
    """The argument's value; None for a lambda or a bare unit word, which have none."""
    return None if isinstance(argument, nodes.Lambda | nodes.IntervalUnit) else compiler.compile(argument)


def _type(compiler: Compiler, argument: exp.Expression, value: Typed | None) -> ArgumentType:
    if value is not None:
        return value.type
    if isinstance(argument, nodes.IntervalUnit):
        return UnitArgument(argument.args["this"])

    def infer(parameters: Sequence[SqlType]) -> SqlType:
        body = _body(compiler, argument, parameters)
        if body.type is None:
            fail(argument, "the lambda gives a bare NULL, which has no type", hint="CAST(NULL AS …) gives it one.")
        return body.type

    return LambdaArgument(len(argument.args["parameters"]), infer)


def _body(compiler: Compiler, argument: exp.Expression, types: Sequence[SqlType]) -> Typed:
    names = argument.args["parameters"]
    columns = {name.column.name for name in compiler.scope.names}
    for name in names:
        if name in columns or name in compiler.scope.parameters:
            fail(argument, f"the lambda parameter {name} hides a name of the query", hint="give it another name.")
    parameters = {name: Typed(quote_duckdb(name), type_) for name, type_ in zip(names, types, strict=True)}
    return compiler.within(compiler.scope.with_parameters(parameters)).compile(argument.this)


def _render(compiler: Compiler, argument: exp.Expression, value: Typed | None, target: SqlType, what: str) -> str | LambdaSql:
    if value is not None:
        sql = coerce(argument, value, target, what).sql
        # Functions may put a subscript behind an argument, and DuckDB reads none behind a bare `::`.
        return f"({sql})" if sql.startswith("NULL::") else sql
    if isinstance(target, LambdaTypes):
        body = coerce(argument, _body(compiler, argument, target.parameters), target.returns, "the result of the lambda")
        return LambdaSql([quote_duckdb(name) for name in argument.args["parameters"]], body.sql)
    return str(argument.args["this"])

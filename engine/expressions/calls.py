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
from ksql.engine.types.sql_types import SqlType
from ksql.parser import nodes


def compile_call(compiler: Compiler, node: exp.Expression, name: str, arguments: Sequence[exp.Expression]) -> Typed:
    """A call of the function `name`. Raises StatementError pointing at the call, or at the argument that is wrong."""
    if is_aggregate(name):
        fail(
            node,
            f"{name} is an aggregate function and cannot stand here",
            hint="aggregates stand in the SELECT list or HAVING of a query with GROUP BY.",
        )
    given = [_argument(compiler, argument) for argument in arguments]
    try:
        resolved = resolve(name, [argument.type for argument in given])
    except StatementError as error:
        raise located(error, node) from None
    what = f"an argument of {name}"
    rendered = [argument.sql(target, what) for argument, target in zip(given, resolved.parameter_types, strict=True)]
    plain, safe = (resolved.render(rendered, safe=safe) for safe in (False, True))
    raises = plain != safe or any(argument.raises for argument in given)
    return Typed(safe if compiler.safe else plain, resolved.returns, raises=raises)


def _argument(compiler: Compiler, node: exp.Expression) -> _Value | _Unit | _Lambda:
    if isinstance(node, nodes.Lambda):
        return _Lambda(compiler, node)
    return _Unit(node) if isinstance(node, nodes.IntervalUnit) else _Value(compiler, node)


class _Value:
    def __init__(self, compiler: Compiler, node: exp.Expression) -> None:
        self._node = node
        self._value = compiler.compile(node)
        self.raises = self._value.raises

    @property
    def type(self) -> ArgumentType:
        return self._value.type

    def sql(self, target: SqlType, what: str) -> str:
        sql = coerce(self._node, self._value, target, what).sql
        # Functions may put a subscript behind an argument, and DuckDB reads none behind a bare `::`.
        return f"({sql})" if sql.startswith("NULL::") else sql


class _Unit:
    """A bare word: a unit of time."""

    raises = False

    def __init__(self, node: exp.Expression) -> None:
        self._word = str(node.args["this"])

    @property
    def type(self) -> ArgumentType:
        return UnitArgument(self._word)

    def sql(self, _target: SqlType, _what: str) -> str:
        return self._word


class _Lambda:
    """A lambda, whose body is compiled once for all types of its parameters that are asked for."""

    def __init__(self, compiler: Compiler, node: exp.Expression) -> None:
        self._compiler = compiler
        self._node = node
        self._bodies: dict[tuple[SqlType, ...], Typed] = {}
        self._names: list[str] = node.args["parameters"]
        #: DuckDB ignores case, and must not take a parameter for a column or for one of a lambda around it.
        self._refs = [f'"$p{len(compiler.scope.parameters) + i}"' for i in range(len(self._names))]

    @property
    def type(self) -> ArgumentType:
        return LambdaArgument(len(self._names), self._result)

    @property
    def raises(self) -> bool:
        return any(body.raises for body in self._bodies.values())

    def sql(self, target: SqlType, _what: str) -> LambdaSql:
        assert isinstance(target, LambdaTypes)
        body = coerce(self._node, self._body(target.parameters), target.returns, "the result of the lambda")
        return LambdaSql(self._refs, body.sql)

    def _result(self, types: Sequence[SqlType]) -> SqlType:
        body = self._body(types)
        if body.type is None:
            fail(self._node, "the lambda gives a bare NULL, which has no type", hint="CAST(NULL AS …) gives it one.")
        return body.type

    def _body(self, types: Sequence[SqlType]) -> Typed:
        known = self._bodies.get(tuple(types))
        if known is None:
            known = self._bodies[tuple(types)] = self._compiled(types)
        return known

    def _compiled(self, types: Sequence[SqlType]) -> Typed:
        scope = self._compiler.scope
        columns = {name.column.name for name in scope.names}
        for i, name in enumerate(self._names):
            if name in columns or name in scope.parameters or name in self._names[:i]:
                taken = f"the lambda parameter {name} hides a name of the query"
                fail(self._node, taken, hint="give it another name.")
        parameters = {n: Typed(ref, t, raises=False) for n, ref, t in zip(self._names, self._refs, types, strict=True)}
        return self._compiler.within(scope.with_parameters(parameters)).compile(self._node.this)

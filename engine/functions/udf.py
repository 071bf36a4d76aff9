"""Python functions inside DuckDB: vectorised over Arrow, called once per distinct set of arguments of a chunk.

Every function is registered twice: `name` raises for a bad value, which makes the statement fail as any SQL does, and
`name_or_null` gives NULL for it.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import duckdb
import pyarrow as pa

from ksql.engine.functions.declare import Overload, helper, implementations, macros, safe_name
from ksql.engine.kernels.distinct import row_groups
from ksql.engine.types import casts_text
from ksql.engine.types.sql_types import Array, Map, SqlType, Struct

_DOES_NOT_FIT = (pa.ArrowException, OverflowError, TypeError, ValueError)


@helper("ksql_error", "STRING -> STRING")
def raise_error(message: str) -> str:
    """Raises; unlike DuckDB's error() it may stand inside TRY."""
    raise ValueError(message)


def register(connection: duckdb.DuckDBPyConnection) -> None:
    """Make the Python functions and the SQL macros known to the database of `connection`, once; its cursors share them."""
    for overload in implementations():
        types = _argument_types(overload)
        names = [t.duckdb for t in types]
        returns = overload.signature.returns
        for name, safe in ((overload.udf, False), (safe_name(overload.udf), True)):
            connection.create_function(  # type: ignore[call-overload] # the stub knows no plain list of type names
                name,
                _vectorised(overload, safe),
                names,
                returns.duckdb,
                type="arrow",
                null_handling="special",
                side_effects=False,
            )
    for head, body in {**casts_text.MACROS, **macros()}.items():
        connection.execute(f"CREATE MACRO {head} AS {body}")


def _argument_types(overload: Overload) -> list[SqlType]:
    signature = overload.signature
    types = [p.type for p in signature.parameters]
    if signature.variadic:
        types[-1] = Array(types[-1])
    return types


def _vectorised(overload: Overload, safe: bool) -> Callable[..., pa.Array]:
    types = _argument_types(overload)
    convert = [_to_python(t) for t in types]
    result_type = overload.signature.returns.arrow
    one = _null_in_null_out(overload.python) if overload.null_in_null_out else overload.python
    assert one is not None
    if isinstance(overload.signature.returns, Map):
        one = _as_pairs(one)
    attempt = _or_null(one) if safe else one
    if not types:
        return lambda: pa.array([attempt()], result_type)

    def call(*columns: Any) -> pa.Array:
        distinct, places = _distinct([_plain(c) for c in columns])
        values = [
            [None if v is None else to(v) for v in column.to_pylist()] if to else column.to_pylist()
            for column, to in zip(distinct, convert, strict=True)
        ]
        results = _array([attempt(*row) for row in zip(*values, strict=True)], result_type, safe=safe)
        return results if places is None else results.take(places)

    call.__signature__ = _signature(len(types))  # type: ignore[attr-defined] # DuckDB counts the parameters
    return call


def _array(values: list[Any], type_: pa.DataType, *, safe: bool) -> pa.Array:
    """What a function returned, as Arrow. What does not fit the type is null when `safe`, and raises else."""
    try:
        return pa.array(values, type_)
    except _DOES_NOT_FIT:
        if not safe:
            raise
    return pa.concat_arrays([_one(value, type_) for value in values])


def _one(value: Any, type_: pa.DataType) -> pa.Array:
    try:
        return pa.array([value], type_)
    except _DOES_NOT_FIT:
        return pa.nulls(1, type_)


def _signature(count: int) -> inspect.Signature:
    kind = inspect.Parameter.POSITIONAL_ONLY
    return inspect.Signature([inspect.Parameter(f"a{i}", kind) for i in range(count)])


def _distinct(columns: list[pa.Array]) -> tuple[list[pa.Array], pa.Array | None]:
    """The distinct rows of `columns`, and for every row which of them it is; None when rows are left as they are."""
    if any(pa.types.is_nested(c.type) for c in columns):
        return columns, None
    if len(columns) == 1:
        encoded = columns[0].dictionary_encode(null_encoding="encode")
        return [encoded.dictionary], encoded.indices
    places, first = row_groups(pa.table(columns, names=[str(i) for i in range(len(columns))]))
    return [c.take(pa.array(first)) for c in columns], pa.array(places)


def _plain(column: Any) -> pa.Array:
    return column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column


def _null_in_null_out(function: Callable[..., Any] | None) -> Callable[..., Any]:
    assert function is not None
    return lambda *arguments: None if None in arguments else function(*arguments)


def _as_pairs(function: Callable[..., Any]) -> Callable[..., Any]:
    """Arrow takes a map as a list of pairs."""

    def call(*arguments: Any) -> Any:
        result = function(*arguments)
        return None if result is None else list(result.items())

    return call


def _or_null(function: Callable[..., Any]) -> Callable[..., Any]:
    def attempt(*arguments: Any) -> Any:
        try:
            return function(*arguments)
        except Exception:  # Whatever a function raises, its value is NULL.
            return None

    return attempt


def _to_python(type_: SqlType) -> Callable[[Any], Any] | None:
    """Turns a value as Arrow gives it into what a function takes: a MAP becomes a dict. None when nothing is to do."""
    if isinstance(type_, Map):
        inner = _to_python(type_.value) or _same
        return lambda pairs: {k: None if v is None else inner(v) for k, v in pairs}
    if isinstance(type_, Array):
        item = _to_python(type_.item)
        return item and (lambda values: [None if v is None else item(v) for v in values])
    if isinstance(type_, Struct):
        fields = {name: to for name, field in type_.fields if (to := _to_python(field))}
        return (
            (lambda struct: {n: fields[n](v) if n in fields and v is not None else v for n, v in struct.items()})
            if fields
            else None
        )
    return None


def _same(value: Any) -> Any:
    return value

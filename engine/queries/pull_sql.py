"""A pull query as DuckDB SQL: sources become views, the dialect's own forms become DuckDB's."""

from __future__ import annotations

import re

import pyarrow as pa
from sqlglot import exp

from ksql.engine.analysis.model import AliasedSource
from ksql.engine.catalog.catalog import Catalog
from ksql.engine.errors import StatementError, located
from ksql.engine.functions import describe
from ksql.engine.sql.runner import reason
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
    Column,
    Decimal,
    Map,
    SqlType,
    Struct,
)
from ksql.parser import nodes


def duckdb_sql(tree: exp.Expression, catalog: Catalog) -> tuple[str, dict[str, AliasedSource]]:
    """(statement, sources by the name of the view it reads). Names match whatever their case. Raises StatementError."""
    tree = tree.copy()
    by_upper = {name.upper(): name for name in catalog.sources}
    sources: dict[str, AliasedSource] = {}
    for table in list(tree.find_all(exp.Table)):
        if not isinstance(table.this, exp.Identifier) or _is_common_table(table):
            continue
        try:
            source = catalog.source(by_upper.get(table.name.upper(), table.name))
        except StatementError as error:
            raise located(error, table) from None
        # A view of its own name: a common table may be called like the source it reads.
        view = f"source {source.name}"
        sources[view] = AliasedSource(source.name, source)
        if not table.alias:
            table.set("alias", exp.TableAlias(this=exp.to_identifier(table.name)))
        table.set("this", exp.to_identifier(view, quoted=True))
    for identifier in tree.find_all(exp.Identifier):
        if not identifier.quoted:  # DuckDB would find it as it is, but name the answer's columns as they are spelled
            identifier.set("this", identifier.name.upper())
    return tree.sql(dialect="duckdb"), sources


def _is_common_table(table: exp.Table) -> bool:
    """Whether the name means a table that a WITH around it defines: before it, or by it if that is RECURSIVE."""
    node: exp.Expr = table
    while (parent := node.parent) is not None:
        if isinstance(parent, exp.With):
            last = node.index if parent.recursive else (node.index or 0) - 1
            visible = parent.expressions[: (last or 0) + 1]
        else:
            clause = parent.args.get("with_")
            visible = clause.expressions if clause is not None and clause is not node else []
        if any(cte.alias.upper() == table.name.upper() for cte in visible):
            return True
        node = parent
    return False


_NAMED = re.compile(r'"([^"]+)"|with name (\w+)')
_ADVICE = ("Did you mean", "Candidate")


def database_error(message: str, tree: exp.Expression) -> StatementError:
    """What DuckDB says of the query `tree`, pointing at the name it speaks of."""
    first, *more = message.splitlines()
    names = {(quoted or plain).upper() for quoted, plain in _NAMED.findall(first)}
    advice = next((line for line in more if line.startswith(_ADVICE)), "a pull query runs as DuckDB SQL.")
    error = StatementError(f"DuckDB cannot run the query: {reason(first)}", hint=_own_form(first, names, tree) or advice)
    spoken_of = [node for node in tree.find_all(exp.Expression) if nodes.position(node) and node.name.upper() in names]
    return located(error, spoken_of[-1]) if spoken_of else error


def _own_form(message: str, names: set[str], tree: exp.Expression) -> str:
    """A hint where the query writes something as ksqlDB does and DuckDB does not."""
    function = next(filter(describe, names), None)
    if function and "Function with name" in message:
        return f"{function} is for queries with no more than WHERE and LIMIT; all others have DuckDB's functions."
    for arrow in tree.find_all(exp.JSONExtract):
        if arrow.expression.name.upper() in names:
            return f"DuckDB writes a field of a struct with a dot: {arrow.this.sql()}.{arrow.expression.name}"
    return ""


_FROM_ARROW: dict[pa.DataType, SqlType] = {
    pa.bool_(): BOOLEAN,
    pa.int8(): INTEGER,
    pa.int16(): INTEGER,
    pa.int32(): INTEGER,
    pa.int64(): BIGINT,
    pa.uint8(): INTEGER,
    pa.uint16(): INTEGER,
    pa.uint32(): BIGINT,
    pa.float32(): DOUBLE,
    pa.float64(): DOUBLE,
    pa.string(): STRING,
    pa.binary(): BYTES,
    pa.date32(): DATE,
    pa.null(): STRING,
}


def arrow_columns(table: pa.Table) -> tuple[tuple[Column, ...], pa.Table]:
    """SQL columns of an answer of DuckDB, and the answer in the Arrow types those have for a user."""
    columns = []
    for i, field in enumerate(table.schema):
        wide = _widened(field.type)
        if wide != field.type:
            table = table.set_column(i, field.name, table.column(i).cast(wide))
        columns.append(Column(field.name, sql_type(wide)))
    return tuple(columns), table


def _widened(type_: pa.DataType) -> pa.DataType:
    """DuckDB's own calendar and small types as ours."""
    if pa.types.is_timestamp(type_):
        return pa.timestamp("ms")
    if pa.types.is_time(type_):
        return pa.time32("ms")
    if type_ in (pa.int8(), pa.int16(), pa.uint8(), pa.uint16()):
        return pa.int32()
    if type_ in (pa.uint32(), pa.uint64()):
        return pa.int64()
    if pa.types.is_null(type_) or type_ == pa.large_string():
        return pa.string()
    return pa.float64() if type_ == pa.float32() else type_


def sql_type(type_: pa.DataType) -> SqlType:
    """The SQL type of an Arrow type."""
    if type_ in _FROM_ARROW:
        return _FROM_ARROW[type_]
    if pa.types.is_timestamp(type_):
        return TIMESTAMP
    if pa.types.is_time(type_):
        return TIME
    if pa.types.is_decimal(type_):
        return Decimal(type_.precision, type_.scale)
    if pa.types.is_list(type_):
        return Array(sql_type(type_.value_type))
    if pa.types.is_map(type_):
        return Map(sql_type(type_.key_type), sql_type(type_.item_type))
    if pa.types.is_struct(type_):
        return Struct(tuple((field.name, sql_type(field.type)) for field in type_))
    raise StatementError(
        f"the answer has a column of type {type_}, which has no SQL type here", hint="CAST it to another type."
    )

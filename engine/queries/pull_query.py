"""Executes a pull query.

A SELECT from one source, with WHERE and LIMIT, means what it means in a stream: it is compiled like one, and equalities on the
key become look-ups. Everything else DuckDB can do (joins, GROUP BY, ORDER BY, CTEs, window functions) is handed to it, over
the same rows.
"""

from __future__ import annotations

from collections.abc import Iterator

import duckdb
import pyarrow as pa
from sqlglot import exp

from ksql.engine.analysis.model import AliasedSource, Item
from ksql.engine.analysis.passes import analyze
from ksql.engine.errors import NotSupportedError, StatementError, fail
from ksql.engine.expressions.typed import Name, Scope
from ksql.engine.operators.steps import Sql, compile_sql
from ksql.engine.planning.result import unwrap_as_value
from ksql.engine.queries.pull import key_table, relation_rows
from ksql.engine.queries.pull_answer import read_answer
from ksql.engine.queries.pull_sql import database_error, duckdb_sql
from ksql.engine.results import Rows
from ksql.engine.statements.registry import Request
from ksql.engine.types.calendar import to_calendar
from ksql.engine.types.sql_types import BOOLEAN, Column
from ksql.parser import nodes, parse_database


def pull(request: Request) -> Rows:
    """Answer the query. Raises StatementError for what neither dialect can do."""
    if isinstance(request.node, nodes.DatabaseQuery):
        return _database_query(request, request.node.this)
    _check_clauses(request.node)
    if request.node.args.get("joins") or request.node.args.get("group"):
        return _reread(request)
    try:
        return _plain_query(request)
    except NotSupportedError:
        raise
    except StatementError as refused:
        # It may use functions that only the database knows; if that fails too, our own words say it better.
        try:
            return _reread(request)
        except StatementError:
            raise refused from None


def _check_clauses(node: nodes.Query) -> None:
    for clause in ("time_window", "partition_by"):
        if node.args.get(clause):
            name = "WINDOW" if clause == "time_window" else "PARTITION BY"
            fail(node, f"a pull query has no {name}", hint="add EMIT CHANGES to run it as a push query.")


def _reread(request: Request) -> Rows:
    """A query of the dialect's form, as the database's SQL."""
    line, column = nodes.position(request.node) or (1, 1)
    found = parse_database(request.text, line=line, column=column)
    if found is None:
        raise StatementError("a pull query with GROUP BY or a join runs as DuckDB SQL, which cannot read this one")
    return _database_query(request, found.this)


def _plain_query(request: Request) -> Rows:
    analysis = analyze(request.node, request.engine.catalog, persistent=False)
    aliased = analysis.sources[0]
    keys = key_table(aliased.source, dict(_key_values(analysis.where, aliased, request))) if aliased.source.is_table else None
    relation, batch = relation_rows(request.engine, aliased, keys)
    scope = relation.scope
    items = [unwrap_as_value(item) for item in analysis.items]
    compiled = [compile_sql(item.expression, scope) for item in items]
    columns = tuple(_column(item, sql) for item, sql in zip(items, compiled, strict=True))
    refs = [f"c{i}" for i in range(len(items))]
    condition = compile_sql(analysis.where, scope, BOOLEAN, "the condition") if analysis.where is not None else None
    table = _run(request, batch, list(zip(compiled, refs, strict=True)), condition, limit_of(request.node))
    return Rows(request.text, _query_id(request), columns, to_calendar(table, columns, refs))


def limit_of(query: exp.Expression) -> int | None:
    """The LIMIT of a query. Raises StatementError unless it is a whole number."""
    clause = query.args.get("limit")
    if clause is None:
        return None
    number = clause.expression
    if not isinstance(number, exp.Literal) or number.is_string or not number.this.isdigit():
        raise StatementError("LIMIT takes a whole number")
    return int(number.this)


def _run(request: Request, batch: pa.Table, items: list[tuple[Sql, str]], condition: Sql | None, limit: int | None) -> pa.Table:
    """Plain SQL first; safe SQL when a row makes it raise."""
    for safe in (False, True):
        select = ", ".join(f"{sql.of(safe)} AS {ref}" for sql, ref in items)
        where = f" WHERE {condition.of(safe)}" if condition else ""
        try:
            rows = request.engine.sql.run(f"SELECT {select} FROM batch{where}", batch)
            return rows if limit is None else rows.slice(0, limit)
        except duckdb.Error as error:
            if safe:
                raise StatementError(f"the query failed: {str(error).splitlines()[0]}") from None
    raise AssertionError


def _column(item: Item, sql: Sql) -> Column:
    if sql.type is None:
        raise StatementError(f"column {item.name} is a bare NULL and has no type", hint="CAST(NULL AS …) gives it one.")
    return Column(item.name, sql.type)


def _key_values(where: exp.Expression | None, aliased: AliasedSource, request: Request) -> Iterator[tuple[str, list[object]]]:
    """Key columns that `where` compares with constants: (name, values)."""
    conjuncts = list(where.flatten()) if isinstance(where, exp.And) else [where]
    names = {column.name: column for column in aliased.source.key_columns}
    for conjunct in conjuncts:
        if isinstance(conjunct, exp.EQ):
            sides: list[tuple[exp.Expression, list[exp.Expression]]] = [
                (conjunct.this, [conjunct.expression]),
                (conjunct.expression, [conjunct.this]),
            ]
        elif isinstance(conjunct, exp.In):
            sides = [(conjunct.this, conjunct.expressions)]
        else:
            continue
        for column, constants in sides:
            if isinstance(column, exp.Column) and column.name in names and not _uses_columns(constants):
                yield column.name, _constants(constants, names[column.name], request)
                break


def _uses_columns(constants: list[exp.Expression]) -> bool:
    return any(next(c.find_all(exp.Column), None) is not None for c in constants)


def _constants(constants: list[exp.Expression], column: Column, request: Request) -> list[object]:
    values = [compile_sql(c, Scope(()), column.type, f"key {column.name}").plain for c in constants]
    return list(request.engine.sql.row("SELECT " + ", ".join(values)))


def database_plan(request: Request, query: nodes.DatabaseQuery) -> list[str]:
    """How DuckDB would answer the query: lines to read."""
    _, plan = _run_in_database(request, query.this, "EXPLAIN ")
    return str(plan.column("explain_value")[0].as_py()).splitlines()


def _database_query(request: Request, tree: exp.Expression) -> Rows:
    columns, table = _run_in_database(request, tree)
    return Rows(request.text, _query_id(request), columns, table)


def _run_in_database(request: Request, tree: exp.Expression, prefix: str = "") -> tuple[tuple[Column, ...], pa.Table]:
    """Run it as DuckDB SQL over the sources it names."""
    if parameter := tree.find(exp.Placeholder, exp.Parameter):
        fail(parameter, "a parameter has no value", hint="in Python, execute(sql, [value, …]) gives one for each ?")
    statement, sources = duckdb_sql(tree, request.engine.catalog)
    relations = {}
    for view, aliased in sources.items():
        relation, rows = relation_rows(request.engine, aliased, None)
        relations[view] = _as_declared(relation.names, rows, tree)
    try:
        return request.engine.pull_database.run(prefix + statement, relations, read_answer)
    except duckdb.Error as error:
        raise database_error(str(error), tree) from None


def _as_declared(names: tuple[Name, ...], rows: pa.Table, node: exp.Expression) -> pa.Table:
    """Visible columns by SQL name in calendar types; ROWTIME too when the query speaks of it."""
    mentioned = {column.name.upper() for column in node.find_all(exp.Column)}
    shown = [n for n in names if n.ref in rows.column_names and (not n.hidden or n.column.name in mentioned)]
    return to_calendar(rows, [n.column for n in shown], [n.ref for n in shown])


def _query_id(request: Request) -> str:
    return request.engine.push_queries.new_id(["pull"])

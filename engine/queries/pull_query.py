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

from ksql.engine.aggregates import is_aggregate
from ksql.engine.analysis.model import RESERVED, AliasedSource, Analysis
from ksql.engine.errors import EngineClosedError, NotSupportedError, StatementError, fail, located
from ksql.engine.expressions.typed import Name
from ksql.engine.operators.batch import RecordError
from ksql.engine.planning.analyze import analyze
from ksql.engine.planning.plan import Plan
from ksql.engine.planning.planner import plan_rows
from ksql.engine.queries.present import present_batches, present_names, present_relation, present_rows
from ksql.engine.queries.pull_answer import read_answer
from ksql.engine.queries.pull_keys import wanted_keys
from ksql.engine.queries.pull_sql import absent_column, database_error, duckdb_sql
from ksql.engine.results import Rows
from ksql.engine.sql.runner import reason
from ksql.engine.statements.registry import Request
from ksql.engine.types.calendar import to_calendar
from ksql.engine.types.sql_types import Column
from ksql.parser import nodes, parse_database


def pull(request: Request) -> Rows:
    """Answer the query. Raises StatementError for what neither dialect can do."""
    if isinstance(request.node, nodes.DatabaseQuery):
        return _database_query(request, request.node.this)
    _check_clauses(request.node)
    if request.node.args.get("joins") or request.node.args.get("group") or _aggregates(request.node):
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


def _aggregates(node: nodes.Query) -> bool:
    return any(is_aggregate(call.name) for call in node.find_all(nodes.FunctionCall))


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
    """What a push query of the same text would give, had it begun at the start and were now at the end."""
    engine = request.engine
    analysis = analyze(request.node, engine.catalog, request.session.properties, persistent=False)
    (aliased,) = analysis.sources
    _refuse_absent(analysis, aliased)
    relation = present_relation(engine, aliased, wanted_keys(analysis.where, aliased, engine.sql))
    made = plan_rows(analysis, relation, request.session.properties)
    failed: list[RecordError] = []
    batches = present_batches(engine, aliased.source, made.output, failed)
    try:
        rows = _first(batches, made, limit_of(request.node))
    except duckdb.Error as error:
        made.check(engine.sql, request.node)
        fail(request.node, "the query failed", detail=reason(str(error)))
    if not rows.num_rows:
        made.check(engine.sql, request.node)
    query_id = _query_id(request)
    if failed:
        engine.report(query_id, failed)
    return Rows(request.text, query_id, made.columns, to_calendar(rows, made.columns, made.refs))


def _refuse_absent(analysis: Analysis, aliased: AliasedSource) -> None:
    """Refuse columns that only a push query of the source has."""
    present = present_names(aliased)
    for column in analysis.query.find_all(exp.Column):
        if column.name in RESERVED and column.name not in present:
            raise located(absent_column(column.name), column)


def _first(batches: Iterator[pa.Table], made: Plan, limit: int | None) -> pa.Table:
    """All rows, or as many as the limit allows; what comes behind them is not read."""
    empty = pa.schema([(ref, c.type.arrow) for ref, c in zip(made.refs, made.columns, strict=True)]).empty_table()
    parts = [empty]
    left = limit
    while left != 0 and (batch := next(batches, None)) is not None:
        part = batch.select(made.refs)
        parts.append(part if left is None else part.slice(0, left))
        left = None if left is None else left - parts[-1].num_rows
    return pa.concat_tables(parts, promote_options="default")


def limit_of(query: exp.Expression) -> int | None:
    """The LIMIT of a query. Raises StatementError unless it is a whole number."""
    clause = query.args.get("limit")
    if clause is None:
        return None
    number = clause.expression
    if not isinstance(number, exp.Literal) or number.is_string or not number.this.isdigit():
        raise StatementError("LIMIT takes a whole number")
    return int(number.this)


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
        names, rows = present_rows(request.engine, aliased)
        relations[view] = _as_declared(names, rows, tree)
    try:
        return request.engine.pull_database.run(prefix + statement, relations, read_answer)
    except duckdb.InterruptException:
        raise EngineClosedError("the query was stopped") from None
    except duckdb.Error as error:
        raise database_error(str(error), tree) from None


def _as_declared(names: tuple[Name, ...], rows: pa.Table, node: exp.Expression) -> pa.Table:
    """Visible columns by SQL name in calendar types; ROWTIME too when the query speaks of it."""
    mentioned = {column.name.upper() for column in node.find_all(exp.Column)}
    shown = [n for n in names if n.ref in rows.column_names and (not n.hidden or n.column.name in mentioned)]
    return to_calendar(rows, [n.column for n in shown], [n.ref for n in shown])


def _query_id(request: Request) -> str:
    return request.engine.push_queries.new_id(["pull"])

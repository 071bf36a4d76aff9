"""A pull query as DuckDB SQL: sources become views, the dialect's own forms become DuckDB's."""

from __future__ import annotations

import re

from sqlglot import exp

from ksql.engine.aggregates import is_aggregate
from ksql.engine.analysis.model import AliasedSource
from ksql.engine.catalog.catalog import Catalog
from ksql.engine.catalog.definitions import Source
from ksql.engine.errors import StatementError, fail, located
from ksql.engine.functions import describe
from ksql.engine.sql.runner import reason
from ksql.parser import nodes


def duckdb_sql(tree: exp.Expression, catalog: Catalog) -> tuple[str, dict[str, AliasedSource]]:
    """(statement, sources by the name of the view it reads). Names match whatever their case. Raises StatementError."""
    tree = tree.copy()
    by_upper = {name.upper(): name for name in catalog.sources}
    sources: dict[str, AliasedSource] = {}
    for table in list(tree.find_all(exp.Table)):
        if not isinstance(table.this, exp.Identifier) or _is_common_table(table):
            continue
        name = table.name if table.this.quoted else table.name.upper()
        try:
            source = catalog.source(by_upper.get(table.name.upper(), name))
        except StatementError as error:
            raise located(error, table) from None
        _refuse_alike(source, table)
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


def _refuse_alike(source: Source, table: exp.Table) -> None:
    """DuckDB would take columns whose names differ in case only for one."""
    by_upper: dict[str, str] = {}
    for column in source.columns:
        other = by_upper.setdefault(column.name.upper(), column.name)
        if other != column.name:
            hint = "only queries with no more than WHERE and LIMIT can tell them apart."
            fail(table, f"{source.name} has columns called {other} and {column.name}, which are one to DuckDB", hint=hint)


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
_ABSENCE = re.compile("not found in FROM clause|does not have a column named")
_NO_RECORD = "records of a topic have it; rows that a query keeps or makes do not."
_NO_WINDOW = "it is a column of windowed tables and streams."
#: System columns that not every source has, and why.
_ABSENT = {"ROWPARTITION": _NO_RECORD, "ROWOFFSET": _NO_RECORD, "WINDOWSTART": _NO_WINDOW, "WINDOWEND": _NO_WINDOW}


def absent_column(name: str) -> StatementError:
    """A system column that the source of a query has not."""
    return StatementError(f"there is no column {name} here", hint=_ABSENT[name])


def database_error(message: str, tree: exp.Expression) -> StatementError:
    """What DuckDB says of the query `tree`, pointing at the name it speaks of."""
    first, *more = message.splitlines()
    names = {(quoted or plain).upper() for quoted, plain in _NAMED.findall(first)}
    absent = next(iter(names & _ABSENT.keys()), None) if _ABSENCE.search(first) else None
    if absent:
        error, names = absent_column(absent), {absent}
    else:
        advice = next((line for line in more if line.startswith(_ADVICE)), "a pull query runs as DuckDB SQL.")
        error = StatementError(f"DuckDB cannot run the query: {reason(first)}", hint=_own_form(first, names, tree) or advice)
    spoken_of = [node for node in tree.find_all(exp.Expression) if nodes.position(node) and node.name.upper() in names]
    return located(error, spoken_of[-1]) if spoken_of else error


def _own_form(message: str, names: set[str], tree: exp.Expression) -> str:
    """A hint of ours: where the query writes something as ksqlDB does and DuckDB does not, or has too large a number."""
    if "to DECIMAL(38,0)" in message:
        return "a whole number has up to 38 digits here; CAST it to DOUBLE or VARCHAR."
    if "Function with name" in message:
        for function in filter(is_aggregate, names):
            return f"{function} is for queries with EMIT and CREATE … AS; a pull query has DuckDB's aggregates."
        for function in filter(describe, names):
            return f"{function} is for queries with no more than WHERE and LIMIT; all others have DuckDB's functions."
    for arrow in tree.find_all(exp.JSONExtract):
        if arrow.expression.name.upper() in names:
            return f"DuckDB writes a field of a struct with a dot: {arrow.this.sql()}.{arrow.expression.name}"
    return ""

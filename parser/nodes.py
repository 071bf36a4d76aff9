"""The dialect's own nodes: one class per statement, and the expressions and clauses sqlglot has no node for.

Each says in `arg_types` what it holds (True: always there). Names are exp.Identifier, upper case unless they were quoted.
`_hash_raw_args` makes case count when two nodes are compared, which sqlglot else overlooks in plain strings.
"""

from __future__ import annotations

from typing import Any, ClassVar

from sqlglot import exp


class Statement(exp.Expression):
    """Base of all statements."""

    @property
    def with_properties(self) -> dict[str, str]:
        """The WITH clause: property name in upper case → text of its value."""
        clause = self.args.get("properties")
        return dict(clause.pairs) if clause is not None else {}


class WithProperties(exp.Expression):
    """WITH (name = value, …). expressions: exp.PropertyEQ of a name and a literal."""

    arg_types: ClassVar[dict[str, bool]] = {"expressions": True}

    @property
    def pairs(self) -> list[tuple[str, str]]:
        return [(p.this.name.upper(), p.expression.name) for p in self.expressions]


class TypeRef(exp.Expression):
    """A type as written: its name (upper case, or a custom one), and parameters, items or fields."""

    arg_types: ClassVar[dict[str, bool]] = {"this": True, "parameters": False, "items": False, "fields": False}
    _hash_raw_args = True

    @property
    def name(self) -> str:
        return str(self.args["this"])


class ColumnDef(exp.Expression):
    """A column of a declaration, or a field of a STRUCT. constraint: KEY, PRIMARY KEY, HEADERS, HEADER or nothing."""

    arg_types: ClassVar[dict[str, bool]] = {"this": True, "type": True, "constraint": False, "header_key": False}


_SOURCE = {
    "this": True,
    "elements": False,
    "properties": False,
    "or_replace": False,
    "source": False,
    "if_not_exists": False,
}


class CreateStream(Statement):
    arg_types: ClassVar[dict[str, bool]] = _SOURCE


class CreateTable(Statement):
    arg_types: ClassVar[dict[str, bool]] = _SOURCE


_AS = {"this": True, "properties": False, "query": True, "or_replace": False, "if_not_exists": False}


class CreateStreamAs(Statement):
    arg_types: ClassVar[dict[str, bool]] = _AS


class CreateTableAs(Statement):
    arg_types: ClassVar[dict[str, bool]] = _AS


class InsertInto(Statement):
    arg_types: ClassVar[dict[str, bool]] = {"this": True, "properties": False, "query": True}


class InsertValues(Statement):
    """columns: identifiers; values: expressions."""

    arg_types: ClassVar[dict[str, bool]] = {"this": True, "columns": False, "values": True}


_DROP = {"this": True, "if_exists": False, "delete_topic": False}


class DropStream(Statement):
    arg_types: ClassVar[dict[str, bool]] = _DROP


class DropTable(Statement):
    arg_types: ClassVar[dict[str, bool]] = _DROP


class AlterStream(Statement):
    arg_types: ClassVar[dict[str, bool]] = {"this": True, "columns": True}


class AlterTable(Statement):
    arg_types: ClassVar[dict[str, bool]] = {"this": True, "columns": True}


class CreateType(Statement):
    arg_types: ClassVar[dict[str, bool]] = {"this": True, "type": True, "if_not_exists": False}


class DropType(Statement):
    arg_types: ClassVar[dict[str, bool]] = {"this": True, "if_exists": False}


class CreateConnector(Statement):
    """kind: SOURCE or SINK."""

    arg_types: ClassVar[dict[str, bool]] = {"this": True, "kind": True, "properties": True, "if_not_exists": False}


class DropConnector(Statement):
    arg_types: ClassVar[dict[str, bool]] = {"this": True, "if_exists": False}


class ShowStreams(Statement):
    arg_types: ClassVar[dict[str, bool]] = {"extended": False}


class ShowTables(Statement):
    arg_types: ClassVar[dict[str, bool]] = {"extended": False}


class ShowTopics(Statement):
    arg_types: ClassVar[dict[str, bool]] = {"all": False, "extended": False}


class ShowQueries(Statement):
    arg_types: ClassVar[dict[str, bool]] = {"extended": False}


class ShowProperties(Statement):
    arg_types: ClassVar[dict[str, bool]] = {}


class ShowFunctions(Statement):
    arg_types: ClassVar[dict[str, bool]] = {}


class ShowTypes(Statement):
    arg_types: ClassVar[dict[str, bool]] = {}


class ShowVariables(Statement):
    arg_types: ClassVar[dict[str, bool]] = {}


class ShowConnectors(Statement):
    """kind: SOURCE, SINK or nothing."""

    arg_types: ClassVar[dict[str, bool]] = {"kind": False}


class ShowConnectorPlugins(Statement):
    arg_types: ClassVar[dict[str, bool]] = {}


class Describe(Statement):
    arg_types: ClassVar[dict[str, bool]] = {"this": True, "extended": False}


class DescribeStreams(Statement):
    arg_types: ClassVar[dict[str, bool]] = {"extended": False}


class DescribeTables(Statement):
    arg_types: ClassVar[dict[str, bool]] = {"extended": False}


class DescribeFunction(Statement):
    arg_types: ClassVar[dict[str, bool]] = {"this": True}


class DescribeConnector(Statement):
    arg_types: ClassVar[dict[str, bool]] = {"this": True}


class Explain(Statement):
    """this: a statement, or the identifier of a query."""

    arg_types: ClassVar[dict[str, bool]] = {"this": True}


class Print(Statement):
    """interval and limit: whole numbers."""

    arg_types: ClassVar[dict[str, bool]] = {"this": True, "from_beginning": False, "interval": False, "limit": False}


class Terminate(Statement):
    arg_types: ClassVar[dict[str, bool]] = {"this": False, "all": False}


class Pause(Statement):
    arg_types: ClassVar[dict[str, bool]] = {"this": False, "all": False}


class Resume(Statement):
    arg_types: ClassVar[dict[str, bool]] = {"this": False, "all": False}


class Set(Statement):
    """this and value: string literals."""

    arg_types: ClassVar[dict[str, bool]] = {"this": True, "value": True}


class Unset(Statement):
    arg_types: ClassVar[dict[str, bool]] = {"this": True}


class AlterSystem(Statement):
    arg_types: ClassVar[dict[str, bool]] = {"this": True, "value": True}


class Define(Statement):
    arg_types: ClassVar[dict[str, bool]] = {"this": True, "value": True}


class Undefine(Statement):
    arg_types: ClassVar[dict[str, bool]] = {"this": True}


class AssertTopic(Statement):
    arg_types: ClassVar[dict[str, bool]] = {"this": True, "not_exists": False, "properties": False, "timeout": False}


class AssertSchema(Statement):
    arg_types: ClassVar[dict[str, bool]] = {"subject": False, "id": False, "not_exists": False, "timeout": False}


class AssertValues(Statement):
    arg_types: ClassVar[dict[str, bool]] = {"this": True, "columns": False, "values": True}


class AssertNullValues(Statement):
    arg_types: ClassVar[dict[str, bool]] = {"this": True, "columns": False, "values": True}


class AssertStream(Statement):
    arg_types: ClassVar[dict[str, bool]] = {"this": True, "elements": False, "properties": False}


class AssertTable(Statement):
    arg_types: ClassVar[dict[str, bool]] = {"this": True, "elements": False, "properties": False}


class RunScript(Statement):
    arg_types: ClassVar[dict[str, bool]] = {"this": True}


class DatabaseQuery(Statement):
    """A pull query that is more than the dialect's SELECT. this: a sqlglot tree of DuckDB's dialect; text: as written."""

    arg_types: ClassVar[dict[str, bool]] = {"this": True, "text": True}
    _hash_raw_args = True


class Duration(exp.Expression):
    """`this` units of time; unit is DAYS, HOURS, MINUTES, SECONDS or MILLISECONDS."""

    arg_types: ClassVar[dict[str, bool]] = {"this": True, "unit": True}

    @property
    def milliseconds(self) -> int:
        return int(self.args["this"]) * UNIT_MS[self.args["unit"]]


UNIT_MS = {"DAYS": 86_400_000, "HOURS": 3_600_000, "MINUTES": 60_000, "SECONDS": 1_000, "MILLISECONDS": 1}


class TumblingWindow(exp.Expression):
    arg_types: ClassVar[dict[str, bool]] = {"size": True, "retention": False, "grace": False}


class HoppingWindow(exp.Expression):
    arg_types: ClassVar[dict[str, bool]] = {"size": True, "advance": True, "retention": False, "grace": False}


class SessionWindow(exp.Expression):
    arg_types: ClassVar[dict[str, bool]] = {"gap": True, "retention": False, "grace": False}


class Within(exp.Expression):
    arg_types: ClassVar[dict[str, bool]] = {"before": True, "after": True, "grace": False}


class Query(exp.Select):
    """SELECT of the dialect, with sqlglot's arguments (with_, expressions, from_, joins, where, group, having, limit) and its
    own: time_window, partition_by (list), emit (CHANGES, FINAL or nothing). What it reads is exp.Table or exp.Subquery."""

    arg_types: ClassVar[dict[str, bool]] = {**exp.Select.arg_types, "time_window": False, "partition_by": False, "emit": False}


class UnionAll(Query):
    """The rows of several queries. expressions: their SELECTs; with_, emit and limit are said of all of them."""


class StreamJoin(exp.Join):
    """A join, with `within`."""

    arg_types: ClassVar[dict[str, bool]] = {**exp.Join.arg_types, "within": False}


class FunctionCall(exp.Expression):
    """name(expressions); `star` for name(*); `distinct` for name(DISTINCT expressions). `this` is the name in upper case."""

    arg_types: ClassVar[dict[str, bool]] = {"this": True, "expressions": False, "star": False, "distinct": False}
    _hash_raw_args = True

    @property
    def name(self) -> str:
        return str(self.args["this"])


class Lambda(exp.Expression):
    """(parameters) => body; parameters are names."""

    arg_types: ClassVar[dict[str, bool]] = {"parameters": True, "this": True}
    _hash_raw_args = True


class IntervalUnit(exp.Expression):
    """A bare unit word as an argument, as it was written: perhaps the name of a column."""

    arg_types: ClassVar[dict[str, bool]] = {"this": True}


class MapConstructor(exp.Expression):
    arg_types: ClassVar[dict[str, bool]] = {"keys": False, "values": False}


class StructConstructor(exp.Expression):
    """names: identifiers."""

    arg_types: ClassVar[dict[str, bool]] = {"names": False, "values": False}


class StructDeref(exp.Expression):
    """this -> field."""

    arg_types: ClassVar[dict[str, bool]] = {"this": True, "field": True}


class StructAll(exp.Expression):
    """this -> *."""

    arg_types: ClassVar[dict[str, bool]] = {"this": True}


class TypedLiteral(exp.Expression):
    """DECIMAL '1.10': a literal with its type's name."""

    arg_types: ClassVar[dict[str, bool]] = {"this": True, "type_name": True}
    _hash_raw_args = True


def position(node: Any) -> tuple[int, int] | None:
    """(line, column) at which `node` was written, when it is known."""
    meta = node._meta if node is not None else None
    return (meta["line"], meta["col"]) if meta and "line" in meta else None

"""Statements as text. Parsing the text of a node gives an equal node."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any

from sqlglot import exp

from ksql.parser import nodes
from ksql.parser.words import RESERVED

_PLAIN_NAME = re.compile(r"(?!\d+E\d)[0-9]*[A-Z_@][A-Z0-9_@]*")
_BINARY: dict[type[exp.Expression], str] = {
    exp.Or: "OR",
    exp.And: "AND",
    exp.EQ: "=",
    exp.NEQ: "<>",
    exp.LT: "<",
    exp.LTE: "<=",
    exp.GT: ">",
    exp.GTE: ">=",
    exp.Add: "+",
    exp.Sub: "-",
    exp.Mul: "*",
    exp.Div: "/",
    exp.Mod: "%",
    exp.DPipe: "||",
    exp.Like: "LIKE",
    exp.NullSafeEQ: "IS NOT DISTINCT FROM",
    exp.NullSafeNEQ: "IS DISTINCT FROM",
}


def to_sql(node: exp.Expression) -> str:
    """The text of a statement, expression or type."""
    behind = ""
    while type(node) in _BINARY:
        # A long chain leans to the left: walk down it, however long.
        behind = f" {_BINARY[type(node)]} {to_sql(node.expression)}{behind}"
        node = node.this
    return WRITERS[type(node)](node) + behind


def name(text: str, *, quoted: bool = False) -> str:
    """A name, in backticks where it needs them."""
    if quoted or not _PLAIN_NAME.fullmatch(text) or text in RESERVED:
        return "`" + text.replace("`", "``") + "`"
    return text


def string(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _list(items: Iterable[exp.Expression] | None) -> str:
    return ", ".join(to_sql(item) for item in items or [])


def _words(*parts: str | None) -> str:
    return " ".join(part for part in parts if part)


def _literal(node: Any) -> str:
    return string(node.this) if node.is_string else node.this


def _identifier(node: Any) -> str:
    return name(node.this, quoted=bool(node.args.get("quoted")))


def _cased(node: Any) -> str:
    """The name of a topic, subject, variable or property: neither its case nor a reserved word needs quotes there."""
    return to_sql(node) if node.args.get("quoted") else str(node.this)


def _column(node: Any) -> str:
    table = node.args.get("table")
    return f"{to_sql(table)}.{to_sql(node.this)}" if table is not None else to_sql(node.this)


def _type(node: Any) -> str:
    if node.args.get("fields") is not None:
        return f"STRUCT<{_list(node.args['fields'])}>"
    if node.args.get("items"):
        return f"{node.name}<{_list(node.args['items'])}>"
    if node.args.get("parameters"):
        return f"{node.name}({', '.join(map(str, node.args['parameters']))})"
    return name(node.name)


def _column_def(node: Any) -> str:
    constraint, key = node.args.get("constraint"), node.args.get("header_key")
    return _words(
        to_sql(node.this),
        to_sql(node.args["type"]),
        constraint and constraint + (f"({string(key)})" if key is not None else ""),
    )


def _case(node: Any) -> str:
    branches = " ".join(f"WHEN {to_sql(b.this)} THEN {to_sql(b.args['true'])}" for b in node.args["ifs"])
    operand, default = node.args.get("this"), node.args.get("default")
    return _words("CASE", operand and to_sql(operand), branches, default and f"ELSE {to_sql(default)}", "END")


def _call(node: Any) -> str:
    function = node.name if _PLAIN_NAME.fullmatch(node.name) else name(node.name)
    distinct = "DISTINCT " if node.args.get("distinct") else ""
    return f"{function}({'*' if node.args.get('star') else distinct + _list(node.expressions)})"


def _lambda(node: Any) -> str:
    parameters = [name(p) for p in node.args["parameters"]]
    return f"{parameters[0] if len(parameters) == 1 else '(' + ', '.join(parameters) + ')'} => {to_sql(node.this)}"


def _pairs(word: str, keys: str) -> Callable[[Any], str]:
    def write(node: Any) -> str:
        pairs = zip(node.args.get(keys) or [], node.args.get("values") or [], strict=True)
        return f"{word}({', '.join(f'{to_sql(k)} := {to_sql(v)}' for k, v in pairs)})"

    return write


def _not(node: Any) -> str:
    """NOT x; `a NOT IN (…)` and the like are written as they are read."""
    return f"NOT {to_sql(node.this)}"


def _is(node: Any) -> str:
    return f"{to_sql(node.this)} IS {'NOT NULL' if isinstance(node.expression, exp.Not) else 'NULL'}"


def _duration(node: Any) -> str:
    return f"{node.args['this']} {node.args['unit']}"


def _grace(node: Any) -> str:
    grace = node.args.get("grace")
    return f"GRACE PERIOD {to_sql(grace)}" if grace is not None else ""


def _window(word: str, *parts: tuple[str, str]) -> Callable[[Any], str]:
    def write(node: Any) -> str:
        inside = [_words(prefix, to_sql(node.args[key])) for key, prefix in parts]
        retention = node.args.get("retention")
        inside += [f"RETENTION {to_sql(retention)}"] if retention is not None else []
        inside += [_grace(node)] if node.args.get("grace") is not None else []
        return f"{word} ({', '.join(inside)})"

    return write


def _within(node: Any) -> str:
    return _words(f"({to_sql(node.args['before'])}, {to_sql(node.args['after'])})", _grace(node))


def _join(node: Any) -> str:
    within = node.args.get("within")
    return _words(
        node.args.get("side"), "JOIN", to_sql(node.this), within and f"WITHIN {to_sql(within)}", f"ON {to_sql(node.args['on'])}"
    )


def _table(node: Any) -> str:
    alias = node.args.get("alias")
    return _words(to_sql(node.this), alias and f"AS {to_sql(alias.this)}")


def _subquery(node: Any) -> str:
    alias = node.args.get("alias")
    return _words(f"({to_sql(node.this)})", alias and f"AS {to_sql(alias.this)}")


def _common(node: Any) -> str:
    return f"{to_sql(node.args['alias'].this)} AS ({to_sql(node.this)})"


def _union_all(node: Any) -> str:
    args = node.args
    return _words(
        _optional(args.get("with_")),
        " UNION ALL ".join(map(to_sql, node.expressions)),
        args.get("emit") and f"EMIT {args['emit']}",
        args.get("limit") and f"LIMIT {to_sql(args['limit'].expression)}",
    )


def _query(node: Any) -> str:
    args = node.args
    return _words(
        _optional(args.get("with_")),
        f"SELECT {_list(node.expressions)}",
        f"FROM {to_sql(args['from_'].this)}",
        " ".join(to_sql(join) for join in args.get("joins") or []),
        args.get("time_window") and f"WINDOW {to_sql(args['time_window'])}",
        args.get("where") and f"WHERE {to_sql(args['where'].this)}",
        args.get("group") and f"GROUP BY {_list(args['group'].expressions)}",
        args.get("partition_by") and f"PARTITION BY {_list(args['partition_by'])}",
        args.get("having") and f"HAVING {to_sql(args['having'].this)}",
        args.get("emit") and f"EMIT {args['emit']}",
        args.get("limit") and f"LIMIT {to_sql(args['limit'].expression)}",
    )


def _properties(node: Any) -> str:
    return f"WITH ({', '.join(f'{_cased(p.this)} = {to_sql(p.expression)}' for p in node.expressions)})"


def _optional(node: exp.Expression | None) -> str:
    return to_sql(node) if node is not None else ""


def _create(kind: str) -> Callable[[Any], str]:
    def write(node: Any) -> str:
        args = node.args
        elements, query = args.get("elements"), args.get("query")
        return _words(
            "CREATE",
            args.get("or_replace") and "OR REPLACE",
            args.get("source") and "SOURCE",
            kind,
            args.get("if_not_exists") and "IF NOT EXISTS",
            to_sql(node.this),
            elements and f"({_list(elements)})",
            _optional(args.get("properties")),
            query and f"AS {to_sql(query)}",
        )

    return write


def _drop(kind: str) -> Callable[[Any], str]:
    return lambda node: _words(
        "DROP",
        kind,
        "IF EXISTS" if node.args.get("if_exists") else None,
        to_sql(node.this),
        "DELETE TOPIC" if node.args.get("delete_topic") else None,
    )


def _alter(kind: str) -> Callable[[Any], str]:
    return lambda node: (
        f"ALTER {kind} {to_sql(node.this)} " + ", ".join(f"ADD COLUMN {to_sql(c)}" for c in node.args["columns"])
    )


def _insert_values(verb: str, before_values: str = "VALUES") -> Callable[[Any], str]:
    def write(node: Any) -> str:
        columns = node.args.get("columns")
        return _words(
            verb, to_sql(node.this), columns and f"({_list(columns)})", f"{before_values} ({_list(node.args['values'])})"
        )

    return write


def _fixed(text: str) -> Callable[[Any], str]:
    return lambda node: _words(text, "EXTENDED" if node.args.get("extended") else None)


def _of(verb: str) -> Callable[[Any], str]:
    return lambda node: f"{verb} {'ALL' if node.args.get('all') else to_sql(node.this)}"


def _timeout(node: Any) -> str:
    timeout = node.args.get("timeout")
    return f"TIMEOUT {to_sql(timeout)}" if timeout is not None else ""


def _assert_topic(node: Any) -> str:
    return _words(
        "ASSERT",
        "NOT EXISTS" if node.args.get("not_exists") else None,
        "TOPIC",
        _cased(node.this),
        _optional(node.args.get("properties")),
        _timeout(node),
    )


def _assert_schema(node: Any) -> str:
    subject, number = node.args.get("subject"), node.args.get("id")
    return _words(
        "ASSERT",
        "NOT EXISTS" if node.args.get("not_exists") else None,
        "SCHEMA",
        subject and f"SUBJECT {_cased(subject)}",
        f"ID {number}" if number is not None else None,
        _timeout(node),
    )


def _assert_source(kind: str) -> Callable[[Any], str]:
    return lambda node: _words(
        f"ASSERT {kind}",
        to_sql(node.this),
        node.args.get("elements") and f"({_list(node.args['elements'])})",
        _optional(node.args.get("properties")),
    )


def _print(node: Any) -> str:
    args = node.args
    return _words(
        "PRINT",
        _cased(node.this),
        "FROM BEGINNING" if args.get("from_beginning") else None,
        f"INTERVAL {args['interval']}" if args.get("interval") is not None else None,
        f"LIMIT {args['limit']}" if args.get("limit") is not None else None,
    )


WRITERS: dict[type[exp.Expression], Callable[[Any], str]] = {
    exp.Literal: _literal,
    exp.Identifier: _identifier,
    exp.Column: _column,
    exp.Star: lambda node: "*",
    exp.Null: lambda node: "NULL",
    exp.Boolean: lambda node: "TRUE" if node.this else "FALSE",
    exp.Var: lambda node: node.this,
    exp.Paren: lambda node: f"({to_sql(node.this)})",
    exp.Tuple: lambda node: f"({_list(node.expressions)})",
    exp.Alias: lambda node: f"{to_sql(node.this)} AS {to_sql(node.args['alias'])}",
    exp.Not: _not,
    exp.Neg: lambda node: f"- {to_sql(node.this)}",
    exp.Is: _is,
    exp.Between: lambda node: f"{to_sql(node.this)} BETWEEN {to_sql(node.args['low'])} AND {to_sql(node.args['high'])}",
    exp.In: lambda node: f"{to_sql(node.this)} IN ({_list(node.expressions)})",
    exp.Escape: lambda node: f"{to_sql(node.this)} ESCAPE {to_sql(node.expression)}",
    exp.Bracket: lambda node: f"{to_sql(node.this)}[{_list(node.expressions)}]",
    exp.Case: _case,
    exp.Cast: lambda node: f"CAST({to_sql(node.this)} AS {to_sql(node.args['to'])})",
    exp.Array: lambda node: f"ARRAY[{_list(node.expressions)}]",
    exp.Table: _table,
    exp.Subquery: _subquery,
    exp.With: lambda node: f"WITH {_list(node.expressions)}",
    exp.CTE: _common,
    nodes.FunctionCall: _call,
    nodes.Lambda: _lambda,
    nodes.IntervalUnit: lambda node: str(node.args["this"]),
    nodes.MapConstructor: _pairs("MAP", "keys"),
    nodes.StructConstructor: _pairs("STRUCT", "names"),
    nodes.StructDeref: lambda node: f"{to_sql(node.this)}->{to_sql(node.args['field'])}",
    nodes.StructAll: lambda node: f"{to_sql(node.this)}->*",
    nodes.TypedLiteral: lambda node: f"{node.args['type_name']} {string(node.args['this'])}",
    nodes.TypeRef: _type,
    nodes.ColumnDef: _column_def,
    nodes.WithProperties: _properties,
    nodes.Duration: _duration,
    nodes.TumblingWindow: _window("TUMBLING", ("size", "SIZE")),
    nodes.HoppingWindow: _window("HOPPING", ("size", "SIZE"), ("advance", "ADVANCE BY")),
    nodes.SessionWindow: _window("SESSION", ("gap", "")),
    nodes.Within: _within,
    nodes.StreamJoin: _join,
    nodes.Query: _query,
    nodes.UnionAll: _union_all,
    nodes.DatabaseQuery: lambda node: str(node.args["text"]),
    nodes.CreateStream: _create("STREAM"),
    nodes.CreateTable: _create("TABLE"),
    nodes.CreateStreamAs: _create("STREAM"),
    nodes.CreateTableAs: _create("TABLE"),
    nodes.CreateType: lambda node: _words(
        "CREATE TYPE",
        "IF NOT EXISTS" if node.args.get("if_not_exists") else None,
        to_sql(node.this),
        "AS",
        to_sql(node.args["type"]),
    ),
    nodes.CreateConnector: lambda node: _words(
        "CREATE",
        node.args["kind"],
        "CONNECTOR",
        "IF NOT EXISTS" if node.args.get("if_not_exists") else None,
        to_sql(node.this),
        to_sql(node.args["properties"]),
    ),
    nodes.DropStream: _drop("STREAM"),
    nodes.DropTable: _drop("TABLE"),
    nodes.DropType: _drop("TYPE"),
    nodes.DropConnector: _drop("CONNECTOR"),
    nodes.AlterStream: _alter("STREAM"),
    nodes.AlterTable: _alter("TABLE"),
    nodes.AlterSystem: lambda node: f"ALTER SYSTEM {to_sql(node.this)} = {to_sql(node.args['value'])}",
    nodes.InsertInto: lambda node: _words(
        "INSERT INTO", to_sql(node.this), _optional(node.args.get("properties")), to_sql(node.args["query"])
    ),
    nodes.InsertValues: _insert_values("INSERT INTO"),
    nodes.AssertValues: _insert_values("ASSERT VALUES"),
    nodes.AssertNullValues: _insert_values("ASSERT NULL VALUES", "KEY"),
    nodes.AssertStream: _assert_source("STREAM"),
    nodes.AssertTable: _assert_source("TABLE"),
    nodes.AssertTopic: _assert_topic,
    nodes.AssertSchema: _assert_schema,
    nodes.ShowStreams: _fixed("SHOW STREAMS"),
    nodes.ShowTables: _fixed("SHOW TABLES"),
    nodes.ShowTopics: lambda node: _fixed("SHOW ALL TOPICS" if node.args.get("all") else "SHOW TOPICS")(node),
    nodes.ShowQueries: _fixed("SHOW QUERIES"),
    nodes.ShowProperties: _fixed("SHOW PROPERTIES"),
    nodes.ShowFunctions: _fixed("SHOW FUNCTIONS"),
    nodes.ShowTypes: _fixed("SHOW TYPES"),
    nodes.ShowVariables: _fixed("SHOW VARIABLES"),
    nodes.ShowConnectors: lambda node: _words("SHOW", node.args.get("kind"), "CONNECTORS"),
    nodes.ShowConnectorPlugins: _fixed("SHOW CONNECTOR PLUGINS"),
    nodes.Describe: lambda node: _words("DESCRIBE", to_sql(node.this), "EXTENDED" if node.args.get("extended") else None),
    nodes.DescribeStreams: _fixed("DESCRIBE STREAMS"),
    nodes.DescribeTables: _fixed("DESCRIBE TABLES"),
    nodes.DescribeFunction: lambda node: f"DESCRIBE FUNCTION {to_sql(node.this)}",
    nodes.DescribeConnector: lambda node: f"DESCRIBE CONNECTOR {to_sql(node.this)}",
    nodes.Explain: lambda node: f"EXPLAIN {to_sql(node.this)}",
    nodes.Print: _print,
    nodes.Terminate: _of("TERMINATE"),
    nodes.Pause: _of("PAUSE"),
    nodes.Resume: _of("RESUME"),
    nodes.Set: lambda node: f"SET {to_sql(node.this)} = {to_sql(node.args['value'])}",
    nodes.Unset: lambda node: f"UNSET {to_sql(node.this)}",
    nodes.Define: lambda node: f"DEFINE {_cased(node.this)} = {to_sql(node.args['value'])}",
    nodes.Undefine: lambda node: f"UNDEFINE {_cased(node.this)}",
    nodes.RunScript: lambda node: f"RUN SCRIPT {to_sql(node.this)}",
}

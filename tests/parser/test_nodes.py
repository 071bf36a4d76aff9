"""What each form becomes."""

from __future__ import annotations

import pytest
from sqlglot import exp

from ksql.parser import nodes, parse_expression, parse_one, parse_type
from tests.parser.shape import shape

DAY_MS = 86_400_000


def query(text: str) -> nodes.Query:
    node = parse_one(text).node
    assert isinstance(node, nodes.Query)
    return node


def test_create_stream() -> None:
    node = parse_one(
        "CREATE OR REPLACE SOURCE STREAM s (id INT KEY, h BYTES HEADER('x')) WITH (kafka_topic='t', partitions=3)"
    ).node
    assert isinstance(node, nodes.CreateStream)
    assert (node.name, node.args["or_replace"], node.args["source"], node.args["if_not_exists"]) == ("S", True, True, False)
    assert node.with_properties == {"KAFKA_TOPIC": "t", "PARTITIONS": "3"}
    first, second = node.args["elements"]
    assert (first.name, first.args["type"].name, first.args["constraint"]) == ("ID", "INT", "KEY")
    assert (second.args["constraint"], second.args["header_key"]) == ("HEADER", "x")


def test_a_statement_without_with_has_no_properties() -> None:
    node = parse_one("CREATE TABLE t").node
    assert isinstance(node, nodes.CreateTable)
    assert node.with_properties == {}
    assert node.args["elements"] is None


def test_create_as_holds_a_query() -> None:
    node = parse_one("CREATE TABLE IF NOT EXISTS t AS SELECT a, COUNT(*) AS n FROM s GROUP BY a EMIT CHANGES").node
    assert isinstance(node, nodes.CreateTableAs)
    inner = node.args["query"]
    assert isinstance(inner, nodes.Query)
    assert inner.args["emit"] == "CHANGES"
    assert [item.alias_or_name for item in inner.expressions] == ["A", "N"]


def test_query_clauses() -> None:
    node = query(
        "SELECT a FROM s x JOIN t AS y WITHIN (1 HOUR, 2 DAYS) GRACE PERIOD 5 SECONDS ON x.k = y.k "
        "WINDOW HOPPING (SIZE 1 DAY, ADVANCE BY 2 HOURS, RETENTION 3 DAYS, GRACE PERIOD 4 MINUTES) "
        "WHERE b GROUP BY c, d PARTITION BY e HAVING f EMIT FINAL LIMIT 7"
    )
    assert (node.args["from_"].this.name, node.args["from_"].this.alias) == ("S", "X")
    (join,) = node.args["joins"]
    within, window = join.args["within"], node.args["time_window"]
    assert [within.args[key].milliseconds for key in ("before", "after", "grace")] == [3_600_000, 2 * DAY_MS, 5_000]
    assert isinstance(window, nodes.HoppingWindow)
    lengths = [window.args[key].milliseconds for key in ("size", "advance", "retention", "grace")]
    assert lengths == [DAY_MS, 7_200_000, 3 * DAY_MS, 240_000]
    assert [c.name for c in node.args["group"].expressions] == ["C", "D"]
    assert [c.name for c in node.args["partition_by"]] == ["E"]
    assert (node.args["emit"], node.args["limit"].expression.this) == ("FINAL", "7")


def test_a_pull_query_has_no_emit() -> None:
    assert query("SELECT a FROM t WHERE k = 1").args.get("emit") is None


@pytest.mark.parametrize(
    ("join", "side"),
    [
        ("JOIN", None),
        ("INNER JOIN", None),
        ("LEFT JOIN", "LEFT"),
        ("LEFT OUTER JOIN", "LEFT"),
        ("RIGHT OUTER JOIN", "RIGHT"),
        ("FULL JOIN", "FULL"),
    ],
)
def test_join_sides(join: str, side: str | None) -> None:
    assert query(f"SELECT * FROM a {join} b ON a.k = b.k EMIT CHANGES").args["joins"][0].args["side"] == side


@pytest.mark.parametrize(
    ("text", "milliseconds"),
    [
        ("1 DAY", DAY_MS),
        ("2 DAYS", 2 * DAY_MS),
        ("1 HOUR", 3_600_000),
        ("3 MINUTES", 180_000),
        ("1 SECOND", 1_000),
        ("5 MILLISECONDS", 5),
        ("1 MILLISECOND", 1),
        ("0 SECONDS", 0),
    ],
)
def test_durations(text: str, milliseconds: int) -> None:
    window = query(f"SELECT a FROM s WINDOW SESSION ({text}) GROUP BY a EMIT CHANGES").args["time_window"]
    assert window.args["gap"].milliseconds == milliseconds


#: Text → the same with every grouping made plain.
PRECEDENCE = [
    ("a OR b AND c", "a OR (b AND c)"),
    ("a AND b OR c", "(a AND b) OR c"),
    ("NOT a AND b", "(NOT a) AND b"),
    ("NOT a = b", "NOT (a = b)"),
    ("NOT a IN (1)", "NOT (a IN (1))"),
    ("a = b AND c < d", "(a = b) AND (c < d)"),
    ("a + b = c || d", "(a + b) = (c || d)"),
    ("a || b + c", "a || (b + c)"),
    ("a + b || c", "(a + b) || c"),
    ("a + b * c", "a + (b * c)"),
    ("a * b + c", "(a * b) + c"),
    ("a - b - c", "(a - b) - c"),
    ("a / b * c % d", "((a / b) * c) % d"),
    ("- a * b", "(- a) * b"),
    ("- a[1]", "- (a[1])"),
    ("- a->b", "- (a->b)"),
    ("a BETWEEN 1 AND 2 AND c", "(a BETWEEN 1 AND 2) AND c"),
    ("a BETWEEN b + 1 AND c || d OR e", "(a BETWEEN (b + 1) AND (c || d)) OR e"),
    ("a IS NULL OR b", "(a IS NULL) OR b"),
    ("a + 1 IS DISTINCT FROM b - 1", "(a + 1) IS DISTINCT FROM (b - 1)"),
    ("a LIKE b || 'x' ESCAPE '!' AND c", "(a LIKE (b || 'x') ESCAPE '!') AND c"),
    ("a = b OR NOT c = d AND e", "(a = b) OR ((NOT (c = d)) AND e)"),
]


@pytest.mark.parametrize(("text", "grouped"), PRECEDENCE)
def test_precedence(text: str, grouped: str) -> None:
    node = exp.Alias(this=parse_expression(grouped))
    while paren := node.find(exp.Paren):
        paren.replace(paren.this)
    assert shape(node.this) == shape(parse_expression(text))


#: Text → class of the node, some arguments.
EXPRESSIONS: list[tuple[str, type[exp.Expression], dict[str, object]]] = [
    ("12", exp.Literal, {"this": "12", "is_string": False}),
    ("1.50", exp.Literal, {"this": "1.50", "is_string": False}),
    ("1e3", exp.Literal, {"this": "1e3", "is_string": False}),
    ("'it''s'", exp.Literal, {"this": "it's", "is_string": True}),
    ("DECIMAL '1.10'", nodes.TypedLiteral, {"this": "1.10", "type_name": "DECIMAL"}),
    ("TRUE", exp.Boolean, {"this": True}),
    ("null", exp.Null, {}),
    ("a || b", exp.DPipe, {}),
    ("a <> b", exp.NEQ, {}),
    ("a != b", exp.NEQ, {}),
    ("a IS NOT DISTINCT FROM b", exp.NullSafeEQ, {}),
    ("a IS DISTINCT FROM b", exp.NullSafeNEQ, {}),
    ("a LIKE 'x'", exp.Like, {}),
    ("a LIKE 'x' ESCAPE '!'", exp.Escape, {}),
    ("a NOT IN (1, 2)", exp.Not, {}),
    ("CAST(a AS INT)", exp.Cast, {}),
    ("CASE a WHEN 1 THEN 2 END", exp.Case, {}),
    ("arr[1]", exp.Bracket, {}),
    ("(a, b)", exp.Tuple, {}),
    ("ARRAY[1]", exp.Array, {}),
    ("f(*)", nodes.FunctionCall, {"this": "F", "star": True}),
    ("upper(a)", nodes.FunctionCall, {"this": "UPPER"}),
    ("count(a)", nodes.FunctionCall, {"this": "COUNT"}),
    ("`Own`(a)", nodes.FunctionCall, {"this": "Own"}),
    ("concat(a, b)", nodes.FunctionCall, {"this": "CONCAT"}),
    ("now()", nodes.FunctionCall, {"this": "NOW"}),
    ("MAP('a' := 1)", nodes.MapConstructor, {}),
    ("STRUCT(a := 1)", nodes.StructConstructor, {}),
    ("a->b", nodes.StructDeref, {}),
]


@pytest.mark.parametrize(("text", "class_", "arguments"), EXPRESSIONS)
def test_expressions(text: str, class_: type[exp.Expression], arguments: dict[str, object]) -> None:
    node = parse_expression(text)
    assert type(node) is class_
    assert {key: node.args.get(key) for key in arguments} == arguments


def test_lambdas_and_units_are_arguments() -> None:
    lambda_, unit = parse_expression("f((x, `y`) => x + y, day)").expressions
    assert isinstance(lambda_, nodes.Lambda)
    assert lambda_.args["parameters"] == ["X", "y"]
    assert isinstance(unit, nodes.IntervalUnit)
    assert unit.this == "DAY"


def test_a_unit_word_is_a_column_elsewhere() -> None:
    assert isinstance(parse_expression("f(day + 1)").expressions[0].this, exp.Column)
    assert isinstance(parse_expression("day"), exp.Column)


@pytest.mark.parametrize(
    ("text", "name", "quoted"),
    [("abc", "ABC", False), ("`abc`", "abc", True), ('"a""b"', 'a"b', True), ("1st", "1ST", False), ("@a_b", "@A_B", False)],
)
def test_names(text: str, name: str, quoted: bool) -> None:
    identifier = parse_expression(text).this
    assert (identifier.this, identifier.args["quoted"]) == (name, quoted)


NOT_RESERVED = """
    SHOW TABLES COLUMNS COLUMN PARTITIONS FUNCTIONS FUNCTION SESSION STRUCT MAP ARRAY PARTITION INTEGER DATE TIME TIMESTAMP
    INTERVAL ZONE STRING YEAR MONTH DAY HOUR MINUTE SECOND EXPLAIN ANALYZE TYPE TYPES SET RESET IF SOURCE SINK PRIMARY KEY EMIT
    CHANGES FINAL ESCAPE REPLACE ASSERT ALTER ADD HEADER HEADERS GRACE PERIOD DEFINE UNDEFINE VARIABLES PLUGINS SYSTEM TIMEOUT
    SCHEMA SUBJECT ID"""


@pytest.mark.parametrize("name", NOT_RESERVED.split())
def test_words_that_are_not_reserved_are_names(name: str) -> None:
    node = query(f"SELECT {name}, a.{name}, s->{name}, 1 AS {name} FROM {name} AS {name} WHERE {name} = 1 EMIT CHANGES")
    assert node.args["from_"].this.name == name
    assert [item.alias_or_name for item in node.expressions[:2]] == [name, name]
    created = parse_one(f"CREATE STREAM {name} ({name} STRUCT<{name} INT>)").node
    assert created.args["elements"][0].name == name


def test_types() -> None:
    type_ = parse_type("MAP<STRING, ARRAY<STRUCT<a DECIMAL(4, 2), `b` money>>>")
    assert (type_.name, [item.name for item in type_.args["items"]]) == ("MAP", ["STRING", "ARRAY"])
    fields = type_.args["items"][1].args["items"][0].args["fields"]
    assert [(field.name, field.args["type"].name) for field in fields] == [("A", "DECIMAL"), ("b", "MONEY")]
    assert fields[0].args["type"].args["parameters"] == [4, 2]


def test_case_counts_in_comparisons() -> None:
    assert parse_type("`address`") != parse_type("ADDRESS")
    assert parse_expression("`f`(a)") != parse_expression("f(a)")
    assert parse_expression("f(`x` => 1)") != parse_expression("f(x => 1)")


def test_a_database_query_keeps_its_text() -> None:
    node = parse_one("  SELECT DISTINCT a::HUGEINT FROM t ; ").node
    assert isinstance(node, nodes.DatabaseQuery)
    assert isinstance(node.this, exp.Select)
    assert node.args["text"] == "SELECT DISTINCT a::HUGEINT FROM t"


def test_values_of_properties() -> None:
    node = parse_one(
        "CREATE STREAM s WITH (a = -1, b = 0.5, c = true, d = 'it''s', \"e\" = 'x', 'f.g' = 'y', limit = 1e3)"
    ).node
    assert isinstance(node, nodes.CreateStream)
    assert node.with_properties == {"A": "-1", "B": "0.5", "C": "TRUE", "D": "it's", "E": "x", "F.G": "y", "LIMIT": "1e3"}

"""Nodes know where they were written."""

from __future__ import annotations

import pytest
from sqlglot import exp

from ksql.parser import nodes, parse, parse_expression, parse_one, position
from tests.parser.corpus_files import pieces


def test_places_count_within_the_script() -> None:
    second = parse("SHOW TABLES; SELECT a,\n  ucase(b) FROM c EMIT CHANGES;")[1]
    assert (second.line, second.column) == (1, 14)
    column, call = second.node.expressions
    assert position(second.node) == (1, 14)
    assert position(column) == position(column.this) == (1, 21)
    assert position(call) == (2, 3)
    assert position(call.expressions[0]) == (2, 9)
    assert position(second.node.args["from_"].this) == (2, 17)


def test_a_statement_of_a_longer_script() -> None:
    node = parse_one("SELECT a\nFROM b EMIT CHANGES", line=10, column=5).node
    assert position(node.expressions[0]) == (10, 12)
    assert position(node.args["from_"].this) == (11, 6)


@pytest.mark.parametrize(
    ("text", "column"), [("a + b", 3), ("a = b", 3), ("a IS NULL", 3), ("NOT a", 1), ("a->b", 2), ("- a", 1)]
)
def test_an_operator_stands_where_it_is_written(text: str, column: int) -> None:
    assert position(parse_expression(text)) == (1, column)


def test_a_node_made_by_hand_has_no_place() -> None:
    assert position(exp.column("a")) is None
    assert position(None) is None


def test_names_and_calls_always_have_a_place() -> None:
    for place, piece in pieces().items():
        node = parse_one(piece.text).node
        if node.find(nodes.DatabaseQuery):
            continue
        assert position(node) is not None, place
        for part in node.find_all(exp.Column, nodes.FunctionCall, nodes.TypeRef, nodes.ColumnDef, exp.Table):
            assert position(part) is not None, (place, part)
        for name in node.find_all(exp.Identifier):
            assert position(name) is not None, (place, name)

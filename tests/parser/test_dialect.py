"""The dialect as sqlglot knows it."""

from __future__ import annotations

import pytest
import sqlglot

from ksql.parser import ParseError, nodes


def test_sqlglot_reads_and_writes_ksql() -> None:
    node = sqlglot.parse_one("select a->b from s emit changes;", dialect="ksql")
    assert isinstance(node, nodes.Query)
    assert node.sql(dialect="ksql") == "SELECT A->B FROM S EMIT CHANGES"


def test_sqlglot_reads_scripts() -> None:
    statements = sqlglot.parse("show tables; describe a;", dialect="ksql")
    assert [type(statement) for statement in statements] == [nodes.ShowTables, nodes.Describe]


def test_errors_are_our_own() -> None:
    with pytest.raises(ParseError, match="no statement begins with shoe"):
        sqlglot.parse_one("shoe tables", dialect="ksql")

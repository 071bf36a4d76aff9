"""The ksql dialect: text to statements and back.

text ──split──▶ pieces ──tokens──▶ statements (nodes) ──to_sql──▶ text
"""

from __future__ import annotations

from ksql.parser import nodes
from ksql.parser.dialect import Ksql
from ksql.parser.errors import ParseError, caret
from ksql.parser.generator import to_sql
from ksql.parser.nodes import position
from ksql.parser.reading import ParsedStatement, parse, parse_database, parse_expression, parse_one, parse_type
from ksql.parser.script import Piece, is_complete, split
from ksql.parser.variables import substitute

__all__ = [
    "Ksql",
    "ParseError",
    "ParsedStatement",
    "Piece",
    "caret",
    "is_complete",
    "nodes",
    "parse",
    "parse_database",
    "parse_expression",
    "parse_one",
    "parse_type",
    "position",
    "split",
    "substitute",
    "to_sql",
]

"""Splitting a script into statements."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ksql.parser import Piece, is_complete, split

#: Things in which a semicolon does not end a statement.
CLOSED = st.sampled_from(
    [
        "SELECT a",
        "'a;b'",
        "'it''s;'",
        "`a;``b`",
        '"a;""b"',
        "-- x; it's\n",
        "/* ; ' \n */",
        " ",
        "\n",
        "\t",
        "1 - 2",
        "ünï",
        "--\n",
    ]
)
TEXTS = st.lists(CLOSED | st.just(";")).map("".join)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("SELECT a \\\n FROM b;\\\n\\\nSHOW\\\r\nTABLES;\\", ["SELECT a  \n FROM b;", "SHOW \r\nTABLES;"]),
        ("SELECT '\\\n', `\\\n`, \"\\\n\";", None),
        ("SELECT \\ a;", None),
    ],
)
def test_a_backslash_at_the_end_of_a_line(text: str, expected: list[str] | None) -> None:
    assert [piece.text for piece in split(text)] == (expected or [text])


def test_statements_with_their_places() -> None:
    assert split("SHOW TABLES;\n\n  SHOW TYPES; DROP TABLE a") == [
        Piece("SHOW TABLES;", 1, 1, terminated=True),
        Piece("SHOW TYPES;", 3, 3, terminated=True),
        Piece("DROP TABLE a", 3, 15, terminated=False),
    ]


@pytest.mark.parametrize(
    "statement", ["SELECT ';';", "SELECT 'a''; b';", "SELECT `;`;", 'SELECT ";";', "SELECT 1 -- ;\n;", "SELECT /* ; */ 1;"]
)
def test_a_semicolon_in_quotes_or_comments_ends_nothing(statement: str) -> None:
    assert [piece.text for piece in split(statement + statement)] == [statement, statement]


@pytest.mark.parametrize("text", ["", " \n", ";", ";;\n;", "-- x", "/* x; */", "-- x;\n;"])
def test_nothing_is_no_statement(text: str) -> None:
    assert split(text) == []


@pytest.mark.parametrize("text", ["SELECT 'a; b", "SELECT `a; b", 'SELECT "a; b', "SELECT 1 /* a; b"])
def test_what_does_not_end_reaches_to_the_end(text: str) -> None:
    assert split(text) == [Piece(text, 1, 1, terminated=False)]


@pytest.mark.parametrize(
    ("text", "complete"),
    [
        ("", False),
        ("-- only a comment", False),
        ("SELECT 1", False),
        ("SELECT 1;", True),
        ("SELECT 1; ", True),
        ("SELECT 1; -- done", True),
        ("SELECT 1; SELECT 2", False),
        ("SELECT 1;\nSELECT 2;", True),
        ("SELECT ';", False),
        ("SELECT 1; /* more", False),
        ("SELECT 1 -- ;", False),
    ],
)
def test_whether_a_text_is_complete(text: str, complete: bool) -> None:
    assert is_complete(text) is complete


def test_directives_are_the_comments_that_say_so() -> None:
    text = "--@test: first one\n-- no directive\n  --@ expected.error: Oops\n/* --@no */ SHOW TABLES; --@next\nSHOW TYPES;"
    assert [piece.directives for piece in split(text)] == [("test: first one", "expected.error: Oops"), ("next",)]


@given(TEXTS)
def test_pieces_stand_where_they_say(text: str) -> None:
    lines = text.split("\n")
    for piece in split(text):
        start = sum(len(line) + 1 for line in lines[: piece.line - 1]) + piece.column - 1
        assert text.startswith(piece.text, start)


@given(TEXTS)
def test_the_join_of_the_pieces_splits_into_the_pieces(text: str) -> None:
    pieces = split(text)
    again = split("\n".join(piece.text for piece in pieces))
    assert [(piece.text, piece.terminated) for piece in again] == [(piece.text, piece.terminated) for piece in pieces]


@given(st.lists(st.lists(CLOSED, min_size=1).map("".join), max_size=6))
def test_each_statement_is_found(bodies: list[str]) -> None:
    pieces = split("".join(f"X {body};" for body in bodies))
    assert [piece.text for piece in pieces] == [f"X {body};" for body in bodies]
    assert all(piece.terminated for piece in pieces)


@given(st.text(alphabet=" \n;'`\"-/*@aé"))
def test_any_text_can_be_split(text: str) -> None:
    for piece in split(text):
        assert piece.text.strip()
        assert piece.terminated or text.rstrip().endswith(piece.text)

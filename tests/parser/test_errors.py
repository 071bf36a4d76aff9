"""What a person reads when a text is no statement: where, what, and what to do."""

from __future__ import annotations

import pytest

from ksql.parser import ParseError, caret, parse, parse_expression, parse_one, parse_type, split
from tests.parser.corpus_files import pieces

_QUOTE = "put single quotes around it."

#: Text, line, column, part of the message, hint (None: any).
TABLE: list[tuple[str, int, int, str, str | None]] = [
    # Mistyped words.
    ("SELCT * FROM a;", 1, 1, "no statement begins with SELCT", "did you mean SELECT?"),
    ("CRAETE STREAM a;", 1, 1, "no statement begins with CRAETE", "did you mean CREATE?"),
    ("DESCRIB a;", 1, 1, "no statement begins with", "did you mean DESCRIBE?"),
    ("SELECT * FORM a;", 1, 10, "expected FROM, found FORM", "did you mean FROM?"),
    ("SELECT a FORM t;", 1, 15, "expected FROM, found t", "did you mean FROM instead of FORM?"),
    ("SELECT * FROM t WHRE x = 1;", 1, 22, "should end here, found x", "did you mean WHERE instead of WHRE?"),
    ("SELECT * FROM t EMIT CHANGE;", 1, 22, "expected CHANGES or FINAL, found CHANGE", "did you mean CHANGES?"),
    ("SELECT * FROM t WHERE x = 1 EMTI CHANGES;", 1, 29, "should end here, found EMTI", "did you mean EMIT?"),
    ("CREATE TABLE t AS SELECT a FROM s GROUP BYE a;", 1, 41, "expected BY, found BYE", "did you mean BY?"),
    ("SELECT * FROM a LEFT JION b ON a.x = b.x EMIT CHANGES;", 1, 22, "expected JOIN, found JION", "did you mean JOIN?"),
    ("SELECT a FROM s WINDOW TUMBLNG (SIZE 1 DAY) EMIT CHANGES;", 1, 24, "found TUMBLNG", "did you mean TUMBLING?"),
    ("CREATE STEAM a (b INT);", 1, 8, "expected STREAM, TABLE or TYPE", "did you mean STREAM?"),
    ("CREATE OR REPLCE STREAM a (b INT);", 1, 11, "expected REPLACE", "did you mean REPLACE?"),
    ("CREATE STREAM IF NOT EXIST a;", 1, 22, "expected EXISTS", "did you mean EXISTS?"),
    ("CREATE STREAM a (b INT KEYY);", 1, 24, "found KEYY", "did you mean KEY?"),
    ("CREATE TABLE a (b INT PRIMARY KYE);", 1, 31, "expected KEY, found KYE", None),
    ("DROP STREM a;", 1, 6, "expected STREAM, TABLE, TYPE or CONNECTOR", "did you mean STREAM?"),
    ("DROP STREAM IF EXIST a;", 1, 16, "expected EXISTS", "did you mean EXISTS?"),
    ("SHOW TABLE;", 1, 6, "expected STREAMS, TABLES", "did you mean TABLES?"),
    ("LIST QUERIS;", 1, 6, "expected STREAMS, TABLES", "did you mean QUERIES?"),
    ("INSERT INTO a (b) VALUE (1);", 1, 19, "expected VALUES", "did you mean VALUES?"),
    ("PRINT a FROM BEGINING;", 1, 14, "expected BEGINNING", "did you mean BEGINNING?"),
    ("ASSERT TPIC a;", 1, 8, "found TPIC", "did you mean TOPIC?"),
    ("SELECT a FROM s WINDOW TUMBLING (SIZE 1 DYAS) GROUP BY a EMIT CHANGES;", 1, 41, "expected DAYS", "did you mean DAYS?"),
    # Missing parts.
    ("SELECT a FROM b WHERE;", 1, 22, "expected an expression, found the end of the statement", ""),
    ("SELECT a FROM b WHERE a = ;", 1, 27, "expected an expression, found the end", ""),
    ("SELECT a FROM b WHERE a = EMIT CHANGES;", 1, 32, "should end here, found CHANGES", None),
    ("SELECT FROM b EMIT CHANGES;", 1, 8, "expected an expression, but FROM is a reserved word", None),
    ("SELECT f(a FROM b;", 1, 12, "expected ')', found FROM", ""),
    ("SELECT arr[1 FROM b;", 1, 14, "expected ']', found FROM", ""),
    ("SELECT a b c FROM d;", 1, 12, "expected FROM, found c", ""),
    ("SELECT CASE WHEN a THEN b FROM c;", 1, 27, "expected END, found FROM", ""),
    ("SELECT CASE END FROM c EMIT CHANGES;", 1, 13, "but END is a reserved word", None),
    ("SELECT CASE a END FROM c EMIT CHANGES;", 1, 15, "expected WHEN, found END", None),
    ("SELECT CAST(a INT) FROM c;", 1, 15, "expected AS, found INT", ""),
    ("SELECT a BETWEEN 1 OR 2 FROM c EMIT CHANGES;", 1, 20, "expected AND, found OR", None),
    ("SELECT a IS 3 FROM c EMIT CHANGES;", 1, 13, "expected NULL, NOT NULL or DISTINCT FROM, found 3", ""),
    ("SELECT a LIKE 'x' ESCAPE 5 FROM b;", 1, 26, "expected an escape character in single quotes", _QUOTE),
    ("SELECT MAP('a' = 1) FROM b EMIT CHANGES;", 1, 19, "expected ':=', found ')'", ""),
    ("SELECT STRUCT(a = 1) FROM b EMIT CHANGES;", 1, 17, "expected ':=', found '='", ""),
    ("SELECT a FROM s WINDOW HOPPING (SIZE 1 DAY) GROUP BY a EMIT CHANGES;", 1, 43, "expected ',', found ')'", ""),
    ("SELECT a FROM s WINDOW TUMBLING (SIZE x DAYS) EMIT CHANGES;", 1, 39, "expected a length of time as a whole number", ""),
    ("SELECT a FROM s WINDOW TUMBLING (1 DAY) EMIT CHANGES;", 1, 34, "expected SIZE, found 1", ""),
    ("SELECT a FROM b EMIT CHANGES LIMIT x;", 1, 36, "expected LIMIT as a whole number, found x", ""),
    ("SELECT * FROM a JOIN b WITHIN 1 HOUR EMIT CHANGES;", 1, 38, "expected ON, found EMIT", None),
    ("CREATE STREAM a (b INT", 1, 23, "expected ')', found the end of the statement", ""),
    ("CREATE STREAM a (b);", 1, 19, "expected a type, found ')'", ""),
    ("CREATE STREAM a ();", 1, 18, "expected a column name, found ')'", ""),
    ("CREATE STREAM a (b ARRAY<INT);", 1, 29, "expected '>', found ')'", ""),
    ("CREATE STREAM a (b MAP<INT>);", 1, 27, "expected ',', found '>'", ""),
    ("CREATE STREAM a (b STRUCT<c>);", 1, 28, "expected a type, found '>'", ""),
    ("CREATE STREAM a (b INT(3));", 1, 20, "INT takes no parameters", "leave out what stands in parentheses."),
    ("CREATE STREAM a (b INT HEADER(x));", 1, 31, "expected a header key in single quotes, found x", _QUOTE),
    ("CREATE STREAM a (b INT) WITH (kafka_topic=x);", 1, 43, "expected a value, found x", "text goes into single quotes."),
    ("CREATE STREAM a (b INT) WITH (kafka_topic='x', 5='a');", 1, 48, "expected a property name, found 5", ""),
    ("CREATE STREAM;", 1, 14, "expected a stream name, found the end", ""),
    ("CREATE SINK CONNECTOR c;", 1, 24, "expected WITH", ""),
    ("INSERT INTO a SELECT;", 1, 21, "expected an expression, found the end", ""),
    ("INSERT INTO a;", 1, 14, "expected VALUES or SELECT", ""),
    ("SET a = 'b';", 1, 5, "expected a property name in single quotes, found a", _QUOTE),
    ("DEFINE a = b;", 1, 12, "expected a value in single quotes, found b", _QUOTE),
    ("TERMINATE;", 1, 10, "expected a query id, found the end", ""),
    ("DESCRIBE;", 1, 9, "expected a stream or table, found the end", ""),
    ("EXPLAIN;", 1, 8, "expected a statement or query id, found the end", ""),
    ("ASSERT TOPIC;", 1, 13, "expected a topic, found the end", ""),
    ("ASSERT SCHEMA;", 1, 14, "expected SUBJECT or ID", ""),
    ("RUN SCRIPT foo;", 1, 12, "expected a path in single quotes, found foo", _QUOTE),
    ("ALTER STREAM a b INT;", 1, 16, "expected ADD, found b", ""),
    # Parts in the wrong place.
    ("SELECT a FROM s EMIT CHANGES WHERE a = 1;", 1, 30, "should end here, found WHERE", None),
    ("SELECT * FROM a JOIN b ON a.x = b.x WITHIN 1 HOUR;", 1, 37, "should end here, found WITHIN", None),
    (
        "SELECT a FROM s WINDOW SESSION (1 DAY, GRACE PERIOD 1 DAY, RETENTION 1 DAY) EMIT CHANGES;",
        *(1, 60),
        "RETENTION comes too late",
        "write it before GRACE PERIOD.",
    ),
    ("CREATE SOURCE STREAM a AS SELECT * FROM b;", 1, 24, "a SOURCE has no query", None),
    ("CREATE OR REPLACE TYPE a AS INT;", 1, 19, "expected STREAM or TABLE, found TYPE", None),
    ("INSERT INTO a (b) VALUES (1), (2);", 1, 29, "one statement inserts one row", "write one INSERT for each row."),
    ("SELECT a = b = c FROM d EMIT CHANGES;", 1, 14, "comparisons do not chain", None),
    ("SELECT a IN (1) IS NULL FROM d EMIT CHANGES;", 1, 17, "comparisons do not chain", None),
    ("SELECT a < b NOT IN (1) FROM d EMIT CHANGES;", 1, 14, "comparisons do not chain", None),
    ("SELECT DATEADD(months, 1, a) FROM b EMIT CHANGES;", 1, 16, "MONTHS is no unit of an interval", "the longest is DAYS."),
    # Names.
    ("CREATE STREAM select (b INT);", 1, 15, "SELECT is a reserved word", "`select` in backticks can be a name."),
    ("SELECT a AS order FROM b EMIT CHANGES;", 1, 13, "ORDER is a reserved word", "`order` in backticks can be a name."),
    ("CREATE STREAM 5 (b INT);", 1, 15, "expected a stream name, found 5", ""),
    ("CREATE STREAM 'a' (b INT);", 1, 15, "expected a stream name, found 'a'", ""),
    ("CREATE STREAM a-b (c INT);", 1, 16, "should end here, found '-'", "`a-b` in backticks can be a name."),
    ("SELECT * FROM my-own.topic-2 EMIT CHANGES;", 1, 17, "found '-'", "`my-own.topic-2` in backticks can be a name."),
    ("CREATE STREAM a (user-id INT);", 1, 22, "expected a type", "`user-id` in backticks can be a name."),
    ("PRINT my.topic FROM BEGINNING;", 1, 9, "found '.'", "`my.topic` in backticks can be a name."),
    ("SELECT * FROM a EMIT CHANGES LIMIT 5-1;", 1, 37, "found '-'", "statements are separated by ;"),
    ("SELECT * FROM a - b EMIT CHANGES;", 1, 17, "found '-'", "statements are separated by ;"),
    # What was so once, or is so elsewhere.
    ("CREATE STREAM a SELECT * FROM b;", 1, 17, "expected AS before the query", "CREATE STREAM A AS SELECT …"),
    ("CREATE TABLE a WITH (FORMAT='JSON') SELECT 1;", 1, 37, "expected AS before", "CREATE TABLE A AS SELECT …"),
    ("CREATE STREAM a (b INT) AS SELECT 1;", 1, 25, "columns are not declared where a query makes them", None),
    ("INSERT INTO a AS SELECT * FROM b;", 1, 15, "INSERT INTO has no AS", "leave it out: INSERT INTO … SELECT …;"),
    ("DESCRIBE EXTENDED a;", 1, 10, "EXTENDED is a reserved word", "EXTENDED comes last: DESCRIBE name EXTENDED;"),
    ("DESCRIBE STREAM a;", 1, 10, "STREAM is a reserved word", "leave out STREAM: DESCRIBE name;"),
    ("DESC a;", 1, 1, "no statement begins with DESC", "write DESCRIBE name;"),
    ("SHOW COLUMNS FROM a;", 1, 6, "found COLUMNS", "DESCRIBE name; lists the columns."),
    ("CREATE TOPIC a;", 1, 8, "found TOPIC", None),
    ("DROP a;", 1, 6, "expected STREAM or TABLE before a", "DROP STREAM a; or DROP TABLE a;"),
    ("CREATE STREAM a (b NUMERIC(5, 2));", 1, 20, "NUMERIC takes no parameters", "write DECIMAL(10, 2)."),
    ("SELECT * FROM a WHERE b == 1 EMIT CHANGES;", 1, 26, "found '='", "equality is written with one =."),
    # Literals, comments, characters.
    ("SELECT 'it''s FROM a;", 1, 8, "the string that begins here does not end", "close it with '"),
    ("SELECT `abc FROM a;", 1, 8, "the name that begins here does not end", "close it with `"),
    ('SELECT "abc FROM a;', 1, 8, "the name that begins here does not end", 'close it with "'),
    ("SELECT /* FROM a;", 1, 8, "the comment that begins here does not end", "close it with */"),
    ("SELECT $a FROM a;", 1, 8, "unexpected character '$'", None),
    ("SELECT ${a} FROM a;", 1, 8, "unexpected character '$'", None),
    ("SELECT '\ud800' FROM a;", 1, 9, "half a character", None),
    ("CREATE STREAM é (b INT);", 1, 15, "unexpected character 'é'", None),
    ("SET \N{LEFT SINGLE QUOTATION MARK}a' = 'b';", 1, 5, "unexpected character", "strings stand in straight quotes: '…'"),
    # SQL of other databases.
    ("UPDATE a SET b = 1;", 1, 1, "there is no UPDATE", None),
    ("DELETE FROM a;", 1, 1, "there is no DELETE", None),
    ("CREATE STREAM a AS SELECT DISTINCT b FROM c;", 1, 27, "DISTINCT is for pull queries only", None),
    ("CREATE STREAM a AS SELECT * FROM (SELECT * FROM b ORDER BY c);", 1, 51, "ORDER BY is for pull queries only", None),
    ("CREATE STREAM a AS SELECT * FROM (SELECT * FROM b;", 1, 50, "expected ')', found the end", None),
    ("SELECT * FROM a WHERE b IN (SELECT c FROM d) EMIT CHANGES;", 1, 29, "a query inside an expression", None),
    ("SELECT * FROM a WHERE EXISTS (SELECT c FROM d) EMIT CHANGES;", 1, 31, "a query inside an expression", None),
    ("CREATE STREAM a AS SELECT * FROM b ORDER BY c;", 1, 36, "ORDER BY is for pull queries only", None),
    ("SELECT * FROM a ORDER BY b EMIT CHANGES;", 1, 17, "ORDER BY is for pull queries only", None),
    ("SELECT a FROM b UNION SELECT a FROM c EMIT CHANGES;", 1, 17, "UNION without ALL is for pull queries only", None),
    ("SELECT * FROM (SELECT a FROM b UNION SELECT 1 FROM c) EMIT CHANGES;", 1, 32, "UNION without ALL", None),
    ("SELECT a FROM b UNION ALL (SELECT a FROM c) EMIT CHANGES;", 1, 27, "a SELECT is expected behind UNION ALL", None),
    ("CREATE STREAM a AS WITH q AS (SELECT 1) SELECT * FROM q;", 1, 39, "expected FROM, found ')'", None),
    (
        "CREATE STREAM a AS WITH q (b) AS (SELECT 1) SELECT * FROM q;",
        1,
        27,
        "the columns of Q have their names in its SELECT",
        None,
    ),
    ("WITH RECURSIVE q AS (SELECT a FROM q) SELECT * FROM q EMIT CHANGES;", 1, 6, "a query cannot read itself", None),
    ("WITH q AS (SELECT a FROM b) INSERT INTO c SELECT * FROM q;", 1, 29, "expected SELECT, found INSERT", None),
    ("SELECT RANK() OVER (ORDER BY a) FROM b EMIT CHANGES;", 1, 15, "OVER (…) is for pull queries only", None),
    ("SELECT * FROM a CROSS JOIN b EMIT CHANGES;", 1, 17, "CROSS JOIN is for pull queries only", None),
    ("SELECT * FROM a JOIN b USING (c) EMIT CHANGES;", 1, 24, "USING is for pull queries only", None),
    ("SELECT a AT TIME ZONE 'UTC' FROM b EMIT CHANGES;", 1, 10, "AT TIME ZONE is not supported", None),
    ("SELECT a FROM s WINDOW TUMBLING (SIZE 1 YEAR) EMIT CHANGES;", 1, 41, "expected DAYS, HOURS", None),
    ("SELECT * FROM (SELECT * FROM s WINDOW TUMBLING (SIZE 1 DAY));", 1, 1, "cannot be read as DuckDB's SQL", None),
    ("FROM a EMIT CHANGES;", 1, 1, "a query without SELECT is for pull queries only", None),
    ("(SELECT * FROM a) EMIT CHANGES;", 1, 1, "a query in parentheses is for pull queries only", None),
    ("SELECT * FROM a, b WHERE a.c = b.c EMIT CHANGES;", 1, 16, "a join by comma is for", "write FROM a JOIN b ON a.x = b.x."),
    ("CREATE STREAM x AS SELECT * FROM a JOIN b ON a.c = b.c, d;", 1, 55, "a join by comma is for pull queries only", None),
    # Pull queries.
    ("SELECT abs() FROM b ORDER BY c;", 1, 12, "something is missing before )", None),
    ("SELECT a FROM b, c WHERE abs();", 1, 30, "something is missing before )", None),
    ("SELECT a FROM b UNION SELECT strpos('x') FROM c;", 1, 40, "something is missing before )", None),
    ("SELECT a FROM b ORDER BY;", 1, 17, "something is missing behind ORDER BY", None),
    ("SELECT a FROM b ORDER BY c LIMIT;", 1, 28, "something is missing behind LIMIT", None),
    ("WITH q AS (SELECT 1 AS a) SELECT a FROM q ORDER BY a b;", 1, 54, "the pull query cannot go on with b", None),
    ("SELECT a FROM b ORDER BY c DESCC;", 1, 28, "the pull query cannot go on with DESCC", None),
    ("EXPLAIN\nSELECT a FROM b ORDER BY c DESCC;", 2, 28, "the pull query cannot go on with DESCC", None),
    # Places in a script of several lines and statements.
    ("SHOW TABLES;\n\nSHOW\n  STREMS;", 4, 3, "expected STREAMS", "did you mean STREAMS?"),
    ("SHOW TABLES; SHOW TYPES; DROP STREM b;", 1, 31, "expected STREAM", "did you mean STREAM?"),
    ("SHOW TABLES;\n  SHOW TYPES; SELECT 'a\nb' FROM;", 3, 8, "expected a stream or table", ""),
    ("-- one\n/* two\n */ SHOW STREMS;", 3, 10, "expected STREAMS", "did you mean STREAMS?"),
    ("SHOW TABLES; -- it's fine;\n  SELECT\n\t'open FROM a", 3, 2, "the string that begins here does not end", None),
]


@pytest.mark.parametrize(("text", "line", "column", "message", "hint"), TABLE, ids=[row[0] for row in TABLE])
def test_errors(text: str, line: int, column: int, message: str, hint: str | None) -> None:
    with pytest.raises(ParseError) as caught:
        parse(text)
    error = caught.value
    assert message in error.message
    assert (error.line, error.column) == (line, column)
    assert hint is None or error.hint == hint


def test_the_text_of_an_error_shows_the_place() -> None:
    with pytest.raises(ParseError) as caught:
        parse("SHOW TABLES;\nSHOW TYPES; SELECT *\n  FORM\tflights;")
    assert str(caught.value) == "\n".join(
        ["line 3:3: expected FROM, found FORM", "    FORM flights;", "    ^", "Hint: did you mean FROM?"]
    )


def test_a_caret_stays_in_sight_in_a_long_line() -> None:
    line, mark = caret("x" * 500 + "!" + "y" * 500, 1, 501).split("\n")
    assert line[mark.index("^")] == "!"
    assert len(line) < 130


def test_there_is_no_caret_outside_of_the_text() -> None:
    assert caret("a\nb", 3, 1) == ""


@pytest.mark.parametrize("text", ["", " ", "-- nothing", ";"])
def test_nothing_is_no_statement(text: str) -> None:
    assert parse(text) == []
    with pytest.raises(ParseError, match="no statement begins with the end of the statement"):
        parse_one(text)


def test_one_statement_is_not_two() -> None:
    with pytest.raises(ParseError, match="one statement is expected here") as caught:
        parse_one("SHOW TABLES; SHOW TYPES;")
    assert caught.value.column == 14


@pytest.mark.parametrize("text", ["a b", "a +", "", "1 AS b"])
def test_an_expression_is_read_whole(text: str) -> None:
    with pytest.raises(ParseError):
        parse_expression(text)


@pytest.mark.parametrize("text", ["INT INT", "ARRAY<", "", "STRUCT<a>"])
def test_a_type_is_read_whole(text: str) -> None:
    with pytest.raises(ParseError):
        parse_type(text)


def test_deep_nesting_is_an_error_like_any_other() -> None:
    deep = "(" * 5000 + "1" + ")" * 5000
    for text in (f"SELECT {deep} FROM a;", f"SELECT {deep} FROM a EMIT CHANGES;"):
        with pytest.raises(ParseError, match="nested too deeply"):
            parse_one(text)


def refusal(text: str) -> ParseError | None:
    try:
        parse_one(text)
    except ParseError as error:
        return error
    return None


def test_every_beginning_of_a_statement_is_read_or_refused() -> None:
    """Whatever a text breaks off at, the error is ours and points into the text."""
    for piece in list(pieces().values())[::3]:
        for end in range(0, len(piece.text), 3):
            for part in split(piece.text[:end]):
                error = refusal(part.text)
                if error is not None:
                    assert 0 <= error.at <= len(part.text), part
                    assert error.place, part

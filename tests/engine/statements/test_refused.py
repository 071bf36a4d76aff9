"""What is refused: every message says why, and its caret stands under the part that is wrong."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from ksql.testing import TestDriver
from tests.engine.statements.running import driver, refuses

X = "WITH (KAFKA_TOPIC='x', FORMAT='JSON')"


@pytest.fixture(scope="module")
def made() -> Iterator[TestDriver]:
    """What is refused changes nothing, so all tests share one."""
    with driver() as found:
        yield found


@pytest.mark.parametrize(
    ("query", "message", "place"),
    [
        # Keys in the projection.
        ("SELECT A FROM S", "must have the key column ID among its columns", "SELECT"),
        ("SELECT ID + 1, N FROM S", "must have the key column ID", "SELECT"),
        ("SELECT I, N FROM TWO", "must have the key column J", "SELECT"),
        ("SELECT ID FROM S", "no value columns", "SELECT"),
        ("SELECT ID, ID AS I2, A FROM S", "the key ID is selected more than once: as ID and I2", "ID AS I2"),
        ("SELECT ID, A, N AS A FROM S", "two columns of the result are called A", "N AS A"),
        ("SELECT ID, NULL FROM S", "a bare NULL and has no type", "NULL"),
        # PARTITION BY.
        ("SELECT ID, A FROM S PARTITION BY ABS(N)", "must have the key column ABS(N)", "ABS(N);"),
        ("SELECT A, ID FROM S PARTITION BY ROWOFFSET", "must have the key column ROWOFFSET", "ROWOFFSET;"),
        ("SELECT A FROM S PARTITION BY A", "no value columns", "SELECT"),
        ("SELECT A AS B, ID FROM S PARTITION BY B", "there is no column B", "B;"),
        ("SELECT A, A AS B, ID FROM S PARTITION BY A", "the key A is selected more than once", "A AS B"),
        ("SELECT * FROM W PARTITION BY N", "cannot give a windowed stream another key", "N;"),
        ("SELECT * FROM W PARTITION BY NULL", "cannot give a windowed stream another key", "SELECT"),
        ("SELECT * FROM S PARTITION BY A, A", "PARTITION BY names A twice", "A;"),
        ("SELECT * FROM S PARTITION BY A, NULL", "PARTITION BY NULL takes no other columns", "SELECT"),
        ("SELECT M, A FROM S PARTITION BY M", "the key column M has a MAP in it", "CREATE"),
        ("SELECT STRUCT(X := M) AS K, A FROM S PARTITION BY STRUCT(X := M)", "the key column K has a MAP in it", "CREATE"),
        ("SELECT * FROM S PARTITION BY EXPLODE(L)", "EXPLODE cannot stand in PARTITION BY", "EXPLODE"),
        ("SELECT * FROM S PARTITION BY COUNT(*)", "COUNT cannot stand in PARTITION BY", "COUNT"),
        ("SELECT A, COUNT(*) FROM S GROUP BY A PARTITION BY A", "exclude each other", "SELECT"),
        # Reserved names.
        ("SELECT ID, ROWTIME FROM S", "ROWTIME is a reserved column name", "ROWTIME"),
        ("SELECT ID, ROWPARTITION FROM S", "ROWPARTITION is a reserved column name", "ROWPARTITION"),
        ("SELECT ID, N AS ROWOFFSET FROM S", "ROWOFFSET is a reserved column name", "N AS"),
        ("SELECT ID, N AS WINDOWEND FROM S", "WINDOWEND is a reserved column name", "N AS"),
        ("SELECT ID, WINDOWSTART FROM W", "WINDOWSTART is a reserved column name", "WINDOWSTART"),
        ("SELECT ID, WINDOWSTART AS F FROM S", "there is no column WINDOWSTART", "WINDOWSTART"),
        ("SELECT USER-ID FROM S", "a name with a dash in it stands in backticks", "USER"),
        # Sources, and clauses that have no meaning.
        ("SELECT * FROM NOPE", "there is no stream or table called NOPE", "NOPE"),
        ("SELECT NOPE.* FROM S", "there is no source NOPE", "NOPE"),
        ("SELECT S.A FROM S X", "there is no source S", "S.A"),
        ("SELECT * FROM S WHERE A", "must be BOOLEAN", "A;"),
        ("SELECT * FROM S WHERE COUNT(*) > 1", "COUNT cannot stand in WHERE", "COUNT"),
        ("SELECT * FROM S WHERE EXPLODE(L) > 1", "EXPLODE cannot stand in WHERE", "EXPLODE"),
        ("SELECT ID, COUNT(*) FROM S", "COUNT needs a GROUP BY", "COUNT"),
        ("SELECT ID, NO_SUCH(A) FROM S GROUP BY ID", "there is no function NO_SUCH", "NO_SUCH"),
        ("SELECT * FROM S HAVING N > 1", "HAVING needs a GROUP BY", "> 1"),
        ("SELECT * FROM S WINDOW TUMBLING (SIZE 1 SECOND)", "WINDOW needs a GROUP BY", "TUMBLING"),
        ("SELECT * FROM S LIMIT 1", "no LIMIT", "SELECT"),
        ("SELECT ID, COUNT(*) FROM S GROUP BY ID EMIT FINAL", "EMIT FINAL is for windowed aggregations", "SELECT"),
        ("SELECT * FROM S WINDOW TUMBLING (SIZE 1 SECOND) EMIT FINAL", "WINDOW needs a GROUP BY", "TUMBLING"),
        (
            "SELECT ID, COUNT(*) FROM T WINDOW TUMBLING (SIZE 1 SECOND) GROUP BY ID EMIT FINAL",
            "a table cannot be grouped in windows",
            "TUMBLING",
        ),
        ("SELECT * FROM S EMIT FINAL", "EMIT FINAL is for windowed aggregations", "SELECT"),
        ("SELECT * FROM T", "Your SELECT query produces a TABLE", "CREATE"),
    ],
)
def test_streams(made: TestDriver, query: str, message: str, place: str) -> None:
    refuses(made, f"CREATE STREAM O AS {query};", message, place)


@pytest.mark.parametrize(
    ("query", "message", "place"),
    [
        ("SELECT A FROM T", "must have the primary key column ID", "SELECT"),
        ("SELECT * FROM T PARTITION BY A", "PARTITION BY works on streams only", "SELECT"),
        ("SELECT ID, EXPLODE(L) FROM T", "EXPLODE makes several rows of one", "EXPLODE"),
        ("SELECT * FROM S", "Your SELECT query produces a STREAM", "CREATE"),
        ("SELECT A, LATEST_BY_OFFSET(N) FROM T GROUP BY A", "LATEST_BY_OFFSET cannot be used on a table", "LATEST"),
        ("SELECT A, COUNT(*) FROM T WINDOW TUMBLING (SIZE 1 SECOND) GROUP BY A", "cannot be grouped in windows", "TUMBLING"),
        ("SELECT A, COUNT(*) FROM S GROUP BY A, A", "GROUP BY names A twice", "A;"),
        ("SELECT A, COUNT(*) FROM S WHERE SUM(N) > 1 GROUP BY A", "SUM cannot stand in WHERE", "SUM"),
    ],
)
def test_tables(made: TestDriver, query: str, message: str, place: str) -> None:
    refuses(made, f"CREATE TABLE O AS {query};", message, place)


@pytest.mark.parametrize(
    ("columns", "message", "place"),
    [
        ("A INT, A STRING", "column A is declared twice", "A STRING"),
        ("ROWTIME BIGINT", "ROWTIME is a reserved column name", "ROWTIME"),
        ("WINDOWSTART BIGINT", "WINDOWSTART is a reserved column name", "WINDOWSTART"),
        ("A NOPE", "there is no type called NOPE", "NOPE"),
        ("A TEXT", "there is no type called TEXT", "TEXT"),
        ("A ARRAY<LONG>", "Hint: write BIGINT.", "LONG"),
        ("A DECIMAL", "DECIMAL needs a precision and a scale", "DECIMAL"),
        ("A INT PRIMARY KEY, B INT", "a stream has a KEY, not a PRIMARY KEY", "A INT"),
        ("A MAP<STRING, INT> KEY, B INT", "the key column A has a MAP in it", "CREATE"),
        ("A ARRAY<INT> KEY, B INT", "the KAFKA format does not support the type ARRAY<INTEGER>", "CREATE"),
        ("A INT KEY, B INT KEY, C INT", "the KAFKA format carries one key column, not 2", "CREATE"),
        ("H BYTES HEADERS", "column H takes all headers, so its type must be ARRAY<STRUCT<", "H BYTES"),
        ("H STRING HEADER('x')", "column H takes a header, so its type must be BYTES", "H STRING"),
        ("H BYTES HEADER('x'), I BYTES HEADER('x')", "HEADER('key') columns of different keys", "I BYTES"),
    ],
)
def test_columns_of_a_declaration(made: TestDriver, columns: str, message: str, place: str) -> None:
    refuses(made, f"CREATE STREAM O ({columns}) WITH (KAFKA_TOPIC='x', VALUE_FORMAT='JSON');", message, place)


@pytest.mark.parametrize(
    ("columns", "message"),
    [("", "no columns are declared"), ("(A INT)", "table O has no PRIMARY KEY"), ("(A INT KEY)", "a table has a PRIMARY KEY")],
)
def test_keys_of_a_table(made: TestDriver, columns: str, message: str) -> None:
    place = "A INT KEY" if "KEY" in columns else "CREATE"
    refuses(made, f"CREATE TABLE O {columns} WITH (KAFKA_TOPIC='x', VALUE_FORMAT='JSON');", message, place)


@pytest.mark.parametrize(
    ("properties", "message", "place"),
    [
        ("KAFKA_TOPIC='x'", "VALUE_FORMAT is missing", "CREATE"),
        ("FORMAT='JSON'", "KAFKA_TOPIC is missing", "CREATE"),
        ("KAFKA_TOPIC='y', FORMAT='JSON'", "topic y does not exist\n", "KAFKA_TOPIC"),
        ("KAFKA_TOPIC='x', VALUE_FORMAT='NOPE'", "unknown format: NOPE", "'NOPE'"),
        ("KAFKA_TOPIC='x y', FORMAT='JSON', PARTITIONS=1", "a topic cannot be named 'x y'", "KAFKA_TOPIC"),
        ("KAFKA_TOPIC='x', VALUE_FORMAT='NONE'", "NONE is no format for values", "VALUE_FORMAT"),
        ("KAFKA_TOPIC='x', FORMAT='JSON', VALUE_FORMAT='JSON'", "FORMAT excludes KEY_FORMAT and VALUE_FORMAT", "WITH"),
        ("KAFKA_TOPIC='x', KEY_FORMAT='NONE', VALUE_FORMAT='JSON'", "the NONE format carries no columns", "KEY_FORMAT"),
        ("KAFKA_TOPIC='x', FORMAT='JSON', FORMAT='JSON'", "property FORMAT is given twice", "FORMAT='JSON')"),
        ("KAFKA_TOPIC='x', FORMAT='JSON', NOPE='1'", "CREATE STREAM has no property NOPE", "NOPE"),
        ("KAFKA_TOPIC='x', FORMAT='JSON', KEY='ID'", "mark the key where it is declared: (ID INT KEY, …)", "KEY"),
        ("KAFKA_TOPIC='x', FORMAT='JSON', QUERY_ID='a'", "CREATE STREAM has no property QUERY_ID", "QUERY_ID"),
        ("KAFKA_TOPIC='x', FORMAT='JSON', PARTITIONS=0", "property PARTITIONS must be at least 1", "0"),
        ("KAFKA_TOPIC='x', FORMAT='JSON', PARTITIONS=2", "topic x exists with 1 partitions, not 2", "PARTITIONS"),
        ("KAFKA_TOPIC='x', FORMAT='JSON', REPLICAS='a'", "property REPLICAS must be a whole number", "'a'"),
        ("KAFKA_TOPIC='x', FORMAT='JSON', CLEANUP_POLICY='a'", "must be delete, compact, or both", "'a'"),
        ("KAFKA_TOPIC='x', FORMAT='JSON', WRAP_SINGLE_VALUE='a'", "must be true or false", "'a'"),
        (
            "KAFKA_TOPIC='x', FORMAT='JSON', WRAP_SINGLE_VALUE=true",
            "there is a single value column",
            "WRAP_SINGLE_VALUE",
        ),
        ("KAFKA_TOPIC='x', FORMAT='JSON', VALUE_DELIMITER='|'", "VALUE_DELIMITER is for the DELIMITED", "VALUE_DELIMITER"),
        ("KAFKA_TOPIC='x', FORMAT='DELIMITED', VALUE_DELIMITER='||'", "must be a single character", "VALUE_DELIMITER"),
        ("KAFKA_TOPIC='x', FORMAT='DELIMITED', VALUE_DELIMITER=' '", "must not be blank", "VALUE_DELIMITER"),
        ("KAFKA_TOPIC='x', FORMAT='JSON', WINDOW_TYPE='TUMBLING'", "WINDOW_SIZE is missing", "WINDOW_TYPE"),
        ("KAFKA_TOPIC='x', FORMAT='JSON', WINDOW_TYPE='NOPE'", "must be TUMBLING, HOPPING or SESSION", "'NOPE'"),
        ("KAFKA_TOPIC='x', FORMAT='JSON', WINDOW_SIZE='1 DAY'", "WINDOW_SIZE is for TUMBLING and HOPPING", "WINDOW_SIZE"),
        (
            "KAFKA_TOPIC='x', FORMAT='JSON', WINDOW_TYPE='SESSION', WINDOW_SIZE='1 DAY'",
            "session has its own size",
            "WINDOW_SIZE",
        ),
        ("KAFKA_TOPIC='x', FORMAT='JSON', WINDOW_TYPE='HOPPING', WINDOW_SIZE='0 DAYS'", "like '10 SECONDS'", "'0 DAYS'"),
        ("KAFKA_TOPIC='x', FORMAT='JSON', WINDOW_TYPE='HOPPING', WINDOW_SIZE='1 AGE'", "like '10 SECONDS'", "'1 AGE'"),
        ("KAFKA_TOPIC='x', FORMAT='JSON', TIMESTAMP='NOPE'", "there is no column NOPE", "TIMESTAMP"),
        ("KAFKA_TOPIC='x', FORMAT='JSON', TIMESTAMP='ROWTIME'", "it is the record's own", "TIMESTAMP"),
        ("KAFKA_TOPIC='x', FORMAT='JSON', TIMESTAMP='A'", "column A cannot be the timestamp: it is STRING", "TIMESTAMP="),
        ("KAFKA_TOPIC='x', FORMAT='JSON', TIMESTAMP='A', TIMESTAMP_FORMAT='bbb'", "unknown pattern letter", "TIMESTAMP_FORMAT"),
        ("KAFKA_TOPIC='x', FORMAT='JSON', TIMESTAMP='N', TIMESTAMP_FORMAT='yyyy'", "for a STRING column", "TIMESTAMP_FORMAT"),
        ("KAFKA_TOPIC='x', FORMAT='JSON', KEY_SCHEMA_ID=1", "for formats with a schema registry", "KEY_SCHEMA_ID"),
    ],
)
def test_properties(made: TestDriver, properties: str, message: str, place: str) -> None:
    refuses(made, f"CREATE STREAM O (ID INT KEY, A STRING, N BIGINT) WITH ({properties});", message, place)


@pytest.mark.parametrize(
    ("statement", "message", "place"),
    [
        (f"CREATE TABLE O (I INT PRIMARY KEY) {X[:-1]}, RETENTION_MS=1);", "RETENTION_MS is for", "RETENTION_MS"),
        ("CREATE TABLE O WITH (RETENTION_MS=1) AS SELECT * FROM T;", "RETENTION_MS is for", "RETENTION_MS"),
        ("CREATE STREAM O WITH (KEY_FORMAT='KAFKA') AS SELECT * FROM TWO;", "carries one key column, not 2", "KEY_FORMAT"),
        ("CREATE STREAM O WITH (KEY_FORMAT='NONE') AS SELECT * FROM S;", "the NONE format carries no columns", "KEY_FORMAT"),
        ("CREATE STREAM O WITH (KEY_FORMAT='JSON') AS SELECT * FROM KEYLESS;", "the result has no key column", "KEY_FORMAT"),
        ("CREATE STREAM O WITH (VALUE_FORMAT='KAFKA') AS SELECT ID, L FROM S;", "does not support the type", "VALUE_FORMAT"),
        ("CREATE STREAM O WITH (WINDOW_TYPE='SESSION') AS SELECT * FROM S;", "has no property WINDOW_TYPE", "WINDOW_TYPE"),
        ("CREATE STREAM O WITH (TIMESTAMP='A') AS SELECT * FROM S;", "column A cannot be the timestamp", "TIMESTAMP"),
        ("CREATE STREAM S AS SELECT * FROM KEYLESS;", "A stream with the same name already exists", "CREATE"),
        (f"CREATE OR REPLACE SOURCE STREAM O (I INT KEY) {X};", "does not work on SOURCE", "CREATE"),
        (f"CREATE OR REPLACE STREAM RO (ID INT KEY, A STRING) {X};", "cannot be replaced", "CREATE"),
        ("ALTER STREAM RO ADD COLUMN N INT;", "declared with SOURCE and cannot be altered", "ALTER"),
        ("ALTER STREAM NOPE ADD COLUMN N INT;", "there is no stream or table called NOPE", "NOPE"),
        ("DROP STREAM RO DELETE TOPIC;", "declared with SOURCE and is read-only", "DROP"),
        ("DROP STREAM NOPE;", "NOPE does not exist", "NOPE"),
        ("DROP TABLE S;", "S is a stream, not a table", "DROP"),
        ("PAUSE NOPE;", "there is no query NOPE", "NOPE"),
        ("SET 'auto.offset.reset' = 'sometimes';", "must be earliest or latest, not 'sometimes'", "'sometimes'"),
        ("SET 'auto.ofset.reset' = 'earliest';", "there is no property 'auto.ofset.reset'", "'auto.ofset"),
        ("UNSET 'auto.offset.reset';", "is not set in this session", "'auto.offset"),
        ("UNDEFINE nope;", "variable nope is not defined", "nope"),
        ("DROP TYPE NOPE;", "Type NOPE does not exist", "NOPE"),
        ("ASSERT TOPIC nope TIMEOUT 1 MILLISECOND;", "topic nope does not exist", "ASSERT"),
        ("ASSERT NOT EXISTS TOPIC x TIMEOUT 1 MILLISECOND;", "topic x exists", "ASSERT"),
        ("ASSERT TOPIC x WITH (PARTITIONS=2) TIMEOUT 1 MILLISECOND;", "topic x has 1 partitions, not 2", "ASSERT"),
        ("ASSERT TOPIC x WITH (FORMAT='JSON');", "ASSERT TOPIC has no property FORMAT", "FORMAT"),
        ("DESCRIBE NOPE;", "there is no stream or table called NOPE", "NOPE"),
        ("SELECT * FROM S WINDOW SESSION (1 SECOND) EMIT CHANGES;", "WINDOW needs a GROUP BY", "SESSION"),
    ],
)
def test_other_statements(made: TestDriver, statement: str, message: str, place: str) -> None:
    refuses(made, statement, message, place)

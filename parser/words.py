"""Words that cannot be names unless quoted, and words of time units."""

from __future__ import annotations

RESERVED = frozenset(
    """
    SELECT FROM AS ALL DISTINCT WHERE WITHIN WINDOW GROUP BY HAVING ORDER LIMIT AT OR AND IN NOT EXISTS BETWEEN
    LIKE IS NULL TRUE FALSE CASE WHEN THEN ELSE END JOIN FULL OUTER INNER LEFT RIGHT CROSS ON WITH VALUES CREATE
    TABLE TOPIC TOPICS STREAM STREAMS INSERT DELETE INTO DESCRIBE EXTENDED PRINT CAST LIST QUERY QUERIES TERMINATE
    PAUSE RESUME LOAD DROP EXPORT CATALOG PROPERTIES BEGINNING UNSET RUN SCRIPT CONNECTOR CONNECTORS NAMESPACE
    MATERIALIZED VIEW RENAME RETENTION DAYS HOURS MINUTES SECONDS MILLISECONDS MONTHS YEARS SIZE ADVANCE HOPPING
    TUMBLING UNION EXCEPT INTERSECT MILLISECOND SAMPLE
    """.split()
)

#: Unit words as written → the plural the nodes carry.
UNITS = {word: f"{unit}S" for unit in ("DAY", "HOUR", "MINUTE", "SECOND", "MILLISECOND") for word in (unit, f"{unit}S")}

#: Types as other databases call them → what to write here.
FOREIGN_TYPES = {
    **dict.fromkeys(("TEXT", "CHAR", "CHARACTER", "NCHAR", "NVARCHAR", "VARCHAR2", "CLOB", "UUID", "ENUM"), "STRING"),
    **dict.fromkeys(("SMALLINT", "TINYINT", "MEDIUMINT", "SHORT", "INT2", "INT4", "INT32"), "INT"),
    **dict.fromkeys(("LONG", "INT8", "INT64", "UINT", "UNSIGNED", "HUGEINT"), "BIGINT"),
    **dict.fromkeys(("FLOAT", "FLOAT4", "FLOAT8", "REAL"), "DOUBLE"),
    **dict.fromkeys(("NUMERIC", "NUMBER", "DEC", "MONEY"), "DECIMAL(10, 2)"),
    **dict.fromkeys(("DATETIME", "TIMESTAMPTZ", "TIMESTAMP_LTZ"), "TIMESTAMP"),
    **dict.fromkeys(("BLOB", "BINARY", "VARBINARY", "BYTEA", "RAW"), "BYTES"),
    **dict.fromkeys(("JSON", "JSONB", "VARIANT"), "STRING, whose parts EXTRACTJSONFIELD gives, or STRUCT<…>"),
    "BOOL": "BOOLEAN",
    "ROW": "STRUCT<a INT, …>",
    "OBJECT": "STRUCT<a INT, …>",
    "LIST": "ARRAY<…>",
}

#: What to write instead of two words that no statement begins with.
INSTEAD = {
    ("CREATE", "TOPIC"): "the first stream over a topic makes it: CREATE STREAM … WITH (KAFKA_TOPIC='…', PARTITIONS=1, …);",
    ("DROP", "TOPIC"): "DROP STREAM … DELETE TOPIC; deletes a topic with its stream.",
    ("CREATE", "VIEW"): "CREATE TABLE … AS SELECT … is a view that is kept up to date.",
    ("CREATE", "MATERIALIZED"): "CREATE TABLE … AS SELECT … is a view that is kept up to date.",
    ("CREATE", "INDEX"): "a table is found by its key without.",
    ("SHOW", "COLUMNS"): "DESCRIBE name; lists the columns.",
    ("LIST", "COLUMNS"): "DESCRIBE name; lists the columns.",
    ("DESCRIBE", "EXTENDED"): "EXTENDED comes last: DESCRIBE name EXTENDED;",
    ("DESCRIBE", "STREAM"): "leave out STREAM: DESCRIBE name;",
    ("DESCRIBE", "TABLE"): "leave out TABLE: DESCRIBE name;",
    ("EXPLAIN", "EXTENDED"): "leave out EXTENDED.",
}

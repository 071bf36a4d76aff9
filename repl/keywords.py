"""The words of the dialect, as completion offers them and colours know them."""

from __future__ import annotations

STATEMENTS = (
    "SELECT", "CREATE", "INSERT INTO", "DROP", "SHOW", "DESCRIBE", "EXPLAIN", "PRINT", "TERMINATE", "PAUSE", "RESUME",
    "SET", "UNSET", "DEFINE", "UNDEFINE", "ALTER", "ASSERT", "LIST", "WITH",
)  # fmt: skip

SHOWN = (
    "STREAMS", "TABLES", "TOPICS", "QUERIES", "FUNCTIONS", "PROPERTIES", "TYPES", "VARIABLES", "CONNECTORS", "ALL TOPICS",
)  # fmt: skip

#: What may follow these words; the longest match at the end of the text before the cursor counts.
AFTER = {
    ("CREATE",): ("STREAM", "TABLE", "OR REPLACE", "SOURCE STREAM", "SOURCE TABLE", "TYPE", "CONNECTOR"),
    ("CREATE", "OR", "REPLACE"): ("STREAM", "TABLE"),
    ("CREATE", "SOURCE"): ("STREAM", "TABLE"),
    ("CREATE", "STREAM"): ("IF NOT EXISTS",),
    ("CREATE", "TABLE"): ("IF NOT EXISTS",),
    ("DROP",): ("STREAM", "TABLE", "TYPE", "CONNECTOR"),
    ("ALTER",): ("STREAM", "TABLE", "SYSTEM"),
    ("INSERT",): ("INTO",),
    ("SHOW",): SHOWN,
    ("LIST",): SHOWN,
    ("EMIT",): ("CHANGES", "FINAL"),
    ("WINDOW",): ("TUMBLING (SIZE", "HOPPING (SIZE", "SESSION ("),
    ("GROUP",): ("BY",),
    ("PARTITION",): ("BY",),
    ("UNION",): ("ALL",),
    ("UNION", "ALL"): ("SELECT",),
    ("AS", "("): ("SELECT",),
    ("FROM", "("): ("SELECT",),
    ("JOIN", "("): ("SELECT",),
    ("ASSERT",): ("TOPIC", "SCHEMA", "NOT EXISTS"),
}

#: Words that may follow a source in FROM, or a finished clause.
CLAUSES = (
    "WHERE", "GROUP BY", "PARTITION BY", "HAVING", "WINDOW", "EMIT CHANGES", "EMIT FINAL", "LIMIT", "JOIN", "LEFT JOIN",
    "INNER JOIN", "RIGHT JOIN", "FULL OUTER JOIN", "ON", "WITHIN", "GRACE PERIOD", "AS", "ORDER BY", "UNION ALL",
)  # fmt: skip

EXPRESSION = (
    "AND", "OR", "NOT", "IN", "IS NULL", "IS NOT NULL", "LIKE", "BETWEEN", "CASE", "WHEN", "THEN", "ELSE", "END", "CAST(", "AS",
    "TRUE", "FALSE", "NULL", "ARRAY[", "MAP(", "STRUCT(", "FROM",
)  # fmt: skip

COLUMN_TYPES = (
    "BOOLEAN", "INT", "INTEGER", "BIGINT", "DOUBLE", "DECIMAL(", "STRING", "VARCHAR", "BYTES", "DATE", "TIME", "TIMESTAMP",
    "ARRAY<", "MAP<", "STRUCT<", "KEY", "PRIMARY KEY", "HEADERS",
)  # fmt: skip

PROPERTIES = (
    "KAFKA_TOPIC", "VALUE_FORMAT", "KEY_FORMAT", "FORMAT", "PARTITIONS", "REPLICAS", "TIMESTAMP", "TIMESTAMP_FORMAT",
    "KSQL.IDLE.TIMEOUT.MS", "WRAP_SINGLE_VALUE", "WINDOW_TYPE", "WINDOW_SIZE",
    "VALUE_DELIMITER", "KEY_DELIMITER", "RETENTION_MS", "CLEANUP_POLICY", "QUERY_ID",
)  # fmt: skip

FORMATS = ("JSON", "DELIMITED", "KAFKA", "NONE", "AVRO", "PROTOBUF", "JSON_SR", "PROTOBUF_NOSR")

_MORE = (
    "BY BEGINNING SIZE ADVANCE RETENTION DAYS DAY HOURS HOUR MINUTES MINUTE SECONDS SECOND MILLISECONDS VALUES WITH EXTENDED "
    "RUN SCRIPT DELETE COLUMN ADD ESCAPE DISTINCT OUTER SAMPLE INTERVAL FUNCTION"
)

#: Every single word above, for colours.
ALL = frozenset(
    word.strip("([<")
    for phrase in (
        *STATEMENTS,
        *SHOWN,
        *CLAUSES,
        *EXPRESSION,
        *COLUMN_TYPES,
        *(p for after in AFTER.values() for p in after),
        _MORE,
    )
    for word in phrase.split()
) - {""}

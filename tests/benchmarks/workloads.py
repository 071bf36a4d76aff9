"""The measured queries: their SQL, their input, the DuckDB statement that bounds them, and the batch query that checks them."""

from __future__ import annotations

from dataclasses import dataclass, field

VIEWS = """
CREATE STREAM pageviews (
    user_id STRING KEY, view_id BIGINT, page STRING, referrer STRING, country STRING, device STRING,
    duration_ms INTEGER, bytes BIGINT, price DOUBLE, signed_in BOOLEAN
) WITH (kafka_topic = 'pageviews', value_format = 'JSON');
"""

USERS = """
CREATE TABLE users (user_id STRING PRIMARY KEY, name STRING, tier STRING)
WITH (kafka_topic = 'users', value_format = 'JSON');
"""

WINDOW_MS = 600_000


@dataclass(frozen=True)
class Workload:
    """One persistent query `query` over the topic `pageviews`, writing the topic `OUT`.

    limit: the same work as one DuckDB statement over the JSON bytes (`views`, `users` as (key, value, timestamp)).
    expected: the right content of the output topic, over the typed columns that the JSON was made from.
    columns: names and types of the output value's JSON fields, in the order of `expected` after its key columns.
    """

    query: str
    limit: str
    expected: str
    columns: dict[str, str]
    keys: str = "10k"
    dirty: bool = False
    with_users: bool = False
    windowed: bool = False
    is_table: bool = False
    properties: dict[str, str] = field(default_factory=dict)


CACHE_OFF = {"ksql.streams.cache.max.bytes.buffering": "0"}


#: The JSON of `views` as DuckDB decodes it: all columns, for a record with any field that does not fit must not count.
_DECODED = """(SELECT key, timestamp, unnest(TRY(json_transform(decode(value), '{
    "view_id": "BIGINT", "page": "VARCHAR", "referrer": "VARCHAR", "country": "VARCHAR", "device": "VARCHAR",
    "duration_ms": "INTEGER", "bytes": "BIGINT", "price": "DOUBLE", "signed_in": "BOOLEAN"
}'))) FROM views)"""


def _encoded(*fields: str) -> str:
    return f"encode(to_json(struct_pack({', '.join(fields)}))::VARCHAR)"


_PROJECTED = {
    "VIEW_ID": "BIGINT",
    "PAGE": "VARCHAR",
    "COUNTRY": "VARCHAR",
    "DEVICE": "VARCHAR",
    "DURATION_MS": "INTEGER",
    "KIB": "BIGINT",
    "PRICE": "DOUBLE",
}

_PROJECT = {
    "query": """
        CREATE STREAM out AS
        SELECT user_id, view_id, page, country, device, duration_ms, bytes / 1024 AS kib, price
        FROM pageviews WHERE duration_ms < 54000 EMIT CHANGES;
    """,
    "limit": f"""
        SELECT key, {
        _encoded(
            "VIEW_ID := view_id",
            "PAGE := page",
            "COUNTRY := country",
            "DEVICE := device",
            "DURATION_MS := duration_ms",
            "KIB := bytes // 1024",
            "PRICE := price",
        )
    } AS value, timestamp
        FROM {_DECODED}
        WHERE duration_ms < 54000
    """,
    "expected": """
        SELECT user_id, view_id, page, country, device, duration_ms, bytes // 1024, price
        FROM views WHERE duration_ms < 54000 AND spoiled <> 1
    """,
    "columns": _PROJECTED,
}

_WINDOWED = {
    "query": f"""
        CREATE TABLE out AS SELECT user_id, COUNT(*) AS views, SUM(bytes) AS bytes
        FROM pageviews WINDOW TUMBLING (SIZE {WINDOW_MS} MILLISECONDS) GROUP BY user_id EMIT CHANGES;
    """,
    "limit": f"""
        SELECT key, start, {_encoded("VIEWS := views", "BYTES := bytes")} AS value
        FROM (SELECT key, timestamp // {WINDOW_MS} AS start, count(*) AS views, sum(bytes)::BIGINT AS bytes
              FROM {_DECODED} GROUP BY ALL)
    """,
    "expected": f"""
        SELECT user_id, timestamp // {WINDOW_MS} * {WINDOW_MS} AS start, count(*), sum(bytes)::BIGINT FROM views GROUP BY ALL
    """,
    "columns": {"VIEWS": "BIGINT", "BYTES": "BIGINT"},
    "windowed": True,
    "is_table": True,
}

_JOINED = {
    "query": """
        CREATE STREAM out AS
        SELECT p.user_id AS user_id, p.view_id AS view_id, p.page AS page, p.duration_ms AS duration_ms, p.bytes AS bytes,
               u.name AS name, u.tier AS tier
        FROM pageviews p LEFT JOIN users u ON p.user_id = u.user_id EMIT CHANGES;
    """,
    "limit": f"""
        SELECT v.key, {
        _encoded(
            "VIEW_ID := view_id", "PAGE := page", "DURATION_MS := duration_ms", "BYTES := bytes", "NAME := name", "TIER := tier"
        )
    } AS value, timestamp
        FROM {_DECODED} v
        LEFT JOIN (SELECT key, unnest(json_transform(decode(value), '{{"name":"VARCHAR","tier":"VARCHAR"}}')) FROM users) u
        ON v.key = u.key
    """,
    "expected": """
        SELECT user_id, view_id, page, duration_ms, bytes, name, tier FROM views LEFT JOIN users USING (user_id)
    """,
    "columns": {
        "VIEW_ID": "BIGINT",
        "PAGE": "VARCHAR",
        "DURATION_MS": "INTEGER",
        "BYTES": "BIGINT",
        "NAME": "VARCHAR",
        "TIER": "VARCHAR",
    },
    "keys": "table",
    "with_users": True,
}

_GROUPED = {
    "query": """
        CREATE TABLE out AS SELECT user_id, COUNT(*) AS views, SUM(duration_ms) AS duration_ms
        FROM pageviews GROUP BY user_id EMIT CHANGES;
    """,
    "limit": f"""
        SELECT key, {_encoded("VIEWS := views", "DURATION_MS := duration_ms")} AS value
        FROM (SELECT key, count(*) AS views, sum(duration_ms)::INTEGER AS duration_ms
              FROM {_DECODED} GROUP BY ALL)
    """,
    "expected": "SELECT user_id, count(*), sum(duration_ms)::INTEGER FROM views GROUP BY ALL",
    "columns": {"VIEWS": "BIGINT", "DURATION_MS": "INTEGER"},
    "keys": "distinct",
    "is_table": True,
}

WORKLOADS: dict[str, Workload] = {
    "W1": Workload(**_PROJECT),
    "W1-dirty": Workload(**_PROJECT, dirty=True),
    "W2": Workload(**_WINDOWED),
    "W2-zipf": Workload(**_WINDOWED, keys="zipf"),
    "W2-single": Workload(**_WINDOWED, keys="one"),
    "W2-nocache": Workload(**_WINDOWED, properties=CACHE_OFF),
    "W3": Workload(**_JOINED),
    "W4": Workload(**_GROUPED),
    "W4-nocache": Workload(**_GROUPED, properties=CACHE_OFF),
}

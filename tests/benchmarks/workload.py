"""What a measured query is: its SQL, its input, the DuckDB statement that bounds it, and the batch query that checks it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import pyarrow as pa

VIEWS = """
CREATE STREAM pageviews (
    user_id STRING KEY, view_id BIGINT, page STRING, referrer STRING, country STRING, device STRING,
    duration_ms INTEGER, bytes BIGINT, price DOUBLE, signed_in BOOLEAN
) WITH (kafka_topic = 'pageviews', value_format = 'JSON');
"""

CLICKS = """
CREATE STREAM clicks (user_id STRING KEY, click_id BIGINT, target STRING, x INTEGER, y INTEGER)
WITH (kafka_topic = 'clicks', value_format = 'JSON');
"""

USERS = """
CREATE TABLE users (user_id STRING PRIMARY KEY, name STRING, tier STRING)
WITH (kafka_topic = 'users', value_format = 'JSON');
"""

ORDERS = """
CREATE TABLE orders (order_id STRING PRIMARY KEY, user_id STRING, status STRING, quantity INTEGER, price DOUBLE)
WITH (kafka_topic = 'orders', value_format = 'JSON');
"""

CACHE_OFF = {"ksql.streams.cache.max.bytes.buffering": "0"}


@dataclass(frozen=True)
class Input:
    """A topic, and the statement that declares it. `records`: its records when the workload has so many."""

    topic: str
    declare: str
    records: Callable[[int], pa.Table]


@dataclass(frozen=True)
class Workload:
    """One persistent query `query` over the topics `inputs`, writing the topic `OUT`.

    limit: the same work as one DuckDB statement over the JSON bytes (tables of the topics' names: key, value, timestamp).
    expected: the right content of the output topic, over the typed columns that the JSON was made from.
    columns: names and types of the output value's JSON fields, in the order of `expected` after its key columns.
    compared: which rows of both are compared. windowed: whether keys end with a window: TIME or SESSION, else empty.
    """

    query: str
    limit: str
    expected: str
    columns: dict[str, str]
    inputs: tuple[Input, ...]
    compared: str = "true"
    windowed: str = ""
    is_table: bool = False
    properties: dict[str, str] = field(default_factory=dict)

    @property
    def statements(self) -> str:
        return "".join(source.declare for source in self.inputs) + self.query


#: The values as DuckDB decodes them: all columns, for a record with any field that does not fit must not count.
VIEWS_DECODED = """(SELECT key, timestamp, unnest(TRY(json_transform(decode(value), '{
    "view_id": "BIGINT", "page": "VARCHAR", "referrer": "VARCHAR", "country": "VARCHAR", "device": "VARCHAR",
    "duration_ms": "INTEGER", "bytes": "BIGINT", "price": "DOUBLE", "signed_in": "BOOLEAN"
}'))) FROM pageviews)"""
CLICKS_DECODED = """(SELECT key, timestamp, unnest(TRY(json_transform(decode(value), '{
    "click_id": "BIGINT", "target": "VARCHAR", "x": "INTEGER", "y": "INTEGER"
}'))) FROM clicks)"""


def last_of_each(topic: str, fields: str) -> str:
    """The last record of each key of a topic, decoded to `fields`."""
    return f"""(SELECT key, timestamp, unnest(TRY(json_transform(decode(value), '{fields}')))
        FROM (SELECT key, arg_max(value, timestamp) AS value, max(timestamp) AS timestamp FROM {topic} GROUP BY key))"""


USERS_DECODED = last_of_each("users", '{"name": "VARCHAR", "tier": "VARCHAR"}')
ORDERS_DECODED = last_of_each("orders", '{"user_id": "VARCHAR", "status": "VARCHAR", "quantity": "INTEGER", "price": "DOUBLE"}')


def encoded(**fields: str) -> str:
    """The bytes of a value with these fields, each the SQL of a column."""
    return f"encode(to_json(struct_pack({', '.join(f'{name} := {sql}' for name, sql in fields.items())}))::VARCHAR)"

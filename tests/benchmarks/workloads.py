"""The measured queries: W1 to W4 here, W5 to W8 in `join_workloads`."""

from __future__ import annotations

from functools import partial

from tests.benchmarks.data import page_views, users
from tests.benchmarks.join_workloads import JOIN_WORKLOADS
from tests.benchmarks.workload import CACHE_OFF, USERS, VIEWS, VIEWS_DECODED, Input, Workload, encoded

WINDOW_MS = 600_000


def views(keys: str = "10k", *, dirty: bool = False) -> Input:
    return Input("pageviews", VIEWS, partial(page_views, keys=keys, dirty=dirty))


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
        encoded(
            VIEW_ID="view_id",
            PAGE="page",
            COUNTRY="country",
            DEVICE="device",
            DURATION_MS="duration_ms",
            KIB="bytes // 1024",
            PRICE="price",
        )
    } AS value, timestamp
        FROM {VIEWS_DECODED}
        WHERE duration_ms < 54000
    """,
    "expected": """
        SELECT user_id, view_id, page, country, device, duration_ms, bytes // 1024, price
        FROM pageviews WHERE duration_ms < 54000 AND spoiled <> 1
    """,
    "columns": _PROJECTED,
}

_WINDOWED = {
    "query": f"""
        CREATE TABLE out AS SELECT user_id, COUNT(*) AS views, SUM(bytes) AS bytes
        FROM pageviews WINDOW TUMBLING (SIZE {WINDOW_MS} MILLISECONDS) GROUP BY user_id EMIT CHANGES;
    """,
    "limit": f"""
        SELECT key, start, {encoded(VIEWS="views", BYTES="bytes")} AS value
        FROM (SELECT key, timestamp // {WINDOW_MS} AS start, count(*) AS views, sum(bytes)::BIGINT AS bytes
              FROM {VIEWS_DECODED} GROUP BY ALL)
    """,
    "expected": f"""
        SELECT user_id, timestamp // {WINDOW_MS} * {WINDOW_MS} AS start, count(*), sum(bytes)::BIGINT
        FROM pageviews GROUP BY ALL
    """,
    "columns": {"VIEWS": "BIGINT", "BYTES": "BIGINT"},
    "windowed": "TIME",
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
        encoded(VIEW_ID="view_id", PAGE="page", DURATION_MS="duration_ms", BYTES="bytes", NAME="name", TIER="tier")
    } AS value, timestamp
        FROM {VIEWS_DECODED} v
        LEFT JOIN (SELECT key, unnest(json_transform(decode(value), '{{"name":"VARCHAR","tier":"VARCHAR"}}')) FROM users) u
        ON v.key = u.key
    """,
    "expected": """
        SELECT user_id, view_id, page, duration_ms, bytes, name, tier FROM pageviews LEFT JOIN users USING (user_id)
    """,
    "columns": {
        "VIEW_ID": "BIGINT",
        "PAGE": "VARCHAR",
        "DURATION_MS": "INTEGER",
        "BYTES": "BIGINT",
        "NAME": "VARCHAR",
        "TIER": "VARCHAR",
    },
    "inputs": (views("table"), Input("users", USERS, lambda _: users())),
}

_GROUPED = {
    "query": """
        CREATE TABLE out AS SELECT user_id, COUNT(*) AS views, SUM(duration_ms) AS duration_ms
        FROM pageviews GROUP BY user_id EMIT CHANGES;
    """,
    "limit": f"""
        SELECT key, {encoded(VIEWS="views", DURATION_MS="duration_ms")} AS value
        FROM (SELECT key, count(*) AS views, sum(duration_ms)::INTEGER AS duration_ms
              FROM {VIEWS_DECODED} GROUP BY ALL)
    """,
    "expected": "SELECT user_id, count(*), sum(duration_ms)::INTEGER FROM pageviews GROUP BY ALL",
    "columns": {"VIEWS": "BIGINT", "DURATION_MS": "INTEGER"},
    "inputs": (views("distinct"),),
    "is_table": True,
}

WORKLOADS: dict[str, Workload] = {
    "W1": Workload(**_PROJECT, inputs=(views(),)),
    "W1-dirty": Workload(**_PROJECT, inputs=(views(dirty=True),)),
    "W2": Workload(**_WINDOWED, inputs=(views(),)),
    "W2-zipf": Workload(**_WINDOWED, inputs=(views("zipf"),)),
    "W2-single": Workload(**_WINDOWED, inputs=(views("one"),)),
    "W2-nocache": Workload(**_WINDOWED, inputs=(views(),), properties=CACHE_OFF),
    "W3": Workload(**_JOINED),
    "W4": Workload(**_GROUPED),
    "W4-nocache": Workload(**_GROUPED, properties=CACHE_OFF),
    **JOIN_WORKLOADS,
}

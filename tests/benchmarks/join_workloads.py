"""The measured queries over two streams, sessions, and tables that change."""

from __future__ import annotations

from functools import partial

from tests.benchmarks.data import NEAR_MS, TABLE_ROWS, changing_users, clicks, orders, page_views
from tests.benchmarks.workload import (
    CLICKS,
    CLICKS_DECODED,
    ORDERS,
    ORDERS_DECODED,
    USERS,
    USERS_DECODED,
    VIEWS,
    VIEWS_DECODED,
    Input,
    Workload,
    encoded,
)

#: Records of a key come 50 s apart on average.
_GAP_MS = 60_000
_GROUPS = 10_000
#: Views whose time was over, by any partition, when the last record was read: those without a click came out.
_OVER = "view_id IN (SELECT view_id FROM pageviews WHERE timestamp < (SELECT max(timestamp) FROM pageviews) - 2 * 70_000)"


def streams(view_keys: str = "near") -> tuple[Input, Input]:
    """Two streams that share the records between them."""
    return (
        Input("pageviews", VIEWS, lambda rows: page_views(rows // 2, view_keys)),
        Input("clicks", CLICKS, lambda rows: clicks(rows // 2, view_keys)),
    )


def _order_rows(keys: str, users: int) -> Input:
    return Input("orders", ORDERS, partial(orders, keys=keys, users=users))


def stream_stream(kind: str = "", within: str = "WITHIN 60 SECONDS GRACE PERIOD 10 SECONDS") -> Workload:
    pairs = f"""{kind} JOIN {{clicks}} c ON v.{{key}} = c.{{key}} AND abs(v.timestamp - c.timestamp) <= {NEAR_MS}"""
    return Workload(
        query=f"""
            CREATE STREAM out AS
            SELECT v.user_id AS user_id, v.view_id AS view_id, v.page AS page, v.price AS price,
                   c.click_id AS click_id, c.target AS target
            FROM pageviews v {kind} JOIN clicks c {within} ON v.user_id = c.user_id EMIT CHANGES;
        """,
        limit=f"""
            SELECT v.key, {
            encoded(VIEW_ID="view_id", PAGE="page", PRICE="price", CLICK_ID="click_id", TARGET="target")
        } AS value, greatest(v.timestamp, c.timestamp) AS timestamp
            FROM {VIEWS_DECODED} v {pairs.format(clicks=CLICKS_DECODED, key="key")}
        """,
        expected=f"""
            SELECT v.user_id, view_id, v.page, price, click_id, target
            FROM pageviews v {pairs.format(clicks="clicks", key="user_id")}
        """,
        columns={"VIEW_ID": "BIGINT", "PAGE": "VARCHAR", "PRICE": "DOUBLE", "CLICK_ID": "BIGINT", "TARGET": "VARCHAR"},
        inputs=streams(),
        compared=_OVER if kind == "LEFT" else "true",
    )


def _sessions(table: str, key: str, bytes_: str) -> str:
    """(key, start, end, views, bytes) of the sessions in a table of page views."""
    return f"""(
        SELECT key, min(timestamp) AS start, max(timestamp) AS end, count(*) AS views, sum(bytes)::BIGINT AS bytes
        FROM (SELECT *, sum(begins) OVER (PARTITION BY key ORDER BY timestamp) AS session
              FROM (SELECT {key} AS key, timestamp, {bytes_} AS bytes,
                           (timestamp - lag(timestamp, 1, -{_GAP_MS}) OVER (PARTITION BY {key} ORDER BY timestamp)
                            > {_GAP_MS})::INTEGER AS begins
                    FROM {table}))
        GROUP BY key, session)"""


SESSIONS = Workload(
    query=f"""
        CREATE TABLE out AS SELECT user_id, COUNT(*) AS views, SUM(bytes) AS bytes
        FROM pageviews WINDOW SESSION ({_GAP_MS} MILLISECONDS) GROUP BY user_id EMIT CHANGES;
    """,
    limit=f"""
        SELECT key, start, "end", {encoded(VIEWS="views", BYTES="bytes")} AS value
        FROM {_sessions(VIEWS_DECODED, "key", "bytes")}
    """,
    expected=f'SELECT key, start, "end", views, bytes FROM {_sessions("pageviews", "user_id", "bytes")}',
    columns={"VIEWS": "BIGINT", "BYTES": "BIGINT"},
    inputs=(Input("pageviews", VIEWS, partial(page_views, keys="10k")),),
    windowed="SESSION",
    is_table=True,
)

#: The last version of each row.
_LAST = "(SELECT * FROM {} QUALIFY row_number() OVER (PARTITION BY code ORDER BY n DESC) = 1)"


def foreign_key(right_changes: int) -> Workload:
    """Orders with their users, so many of whom change while the orders come, ten orders each."""
    return Workload(
        query="""
            CREATE TABLE out AS
            SELECT o.order_id AS order_id, o.user_id AS user_id, o.quantity AS quantity, o.price AS price,
                   u.name AS name, u.tier AS tier
            FROM orders o LEFT JOIN users u ON o.user_id = u.user_id EMIT CHANGES;
        """,
        limit=f"""
            SELECT o.key, {
            encoded(USER_ID="user_id", QUANTITY="quantity", PRICE="price", NAME="name", TIER="tier")
        } AS value, greatest(o.timestamp, u.timestamp) AS timestamp
            FROM {ORDERS_DECODED} o LEFT JOIN {USERS_DECODED} u ON encode(o.user_id) = u.key
        """,
        expected=f"""
            SELECT order_id, user_id, quantity, price, name, tier
            FROM {_LAST.format("orders")} LEFT JOIN {_LAST.format("users")} USING (user_id)
        """,
        columns={"USER_ID": "VARCHAR", "QUANTITY": "INTEGER", "PRICE": "DOUBLE", "NAME": "VARCHAR", "TIER": "VARCHAR"},
        inputs=(_order_rows("distinct", TABLE_ROWS), Input("users", USERS, lambda rows: changing_users(rows, right_changes))),
        is_table=True,
    )


#: A group that all orders have left stays, with nothing in it.
UNDO = Workload(
    query="""
        CREATE TABLE out AS SELECT user_id, COUNT(*) AS orders, SUM(quantity) AS quantity
        FROM orders GROUP BY user_id EMIT CHANGES;
    """,
    limit=f"""
        SELECT encode(user_id) AS key, {encoded(ORDERS="orders", QUANTITY="quantity")} AS value
        FROM (SELECT user_id, count(*) AS orders, sum(quantity)::INTEGER AS quantity FROM {ORDERS_DECODED} GROUP BY user_id)
    """,
    expected=f"""
        SELECT user_id, count(o.user_id), coalesce(sum(o.quantity), 0)::INTEGER
        FROM (SELECT DISTINCT user_id FROM orders) LEFT JOIN {_LAST.format("orders")} o USING (user_id) GROUP BY user_id
    """,
    columns={"ORDERS": "BIGINT", "QUANTITY": "INTEGER"},
    inputs=(_order_rows("rows", _GROUPS),),
    is_table=True,
)

JOIN_WORKLOADS: dict[str, Workload] = {
    "W5": stream_stream(),
    "W5-left": stream_stream("LEFT"),
    "W5-day": stream_stream(within="WITHIN 60 SECONDS"),
    "W6": SESSIONS,
    "W7": foreign_key(TABLE_ROWS // 10),
    "W7-changes": foreign_key(TABLE_ROWS),
    "W8": UNDO,
}

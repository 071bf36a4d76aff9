"""Columns may be called whatever we call our own."""

from __future__ import annotations

import json

import pytest

from ksql.testing import Record
from tests.engine.statements.running import driver

OURS = [
    "$n",
    "$ts",
    "$p",
    "$del",
    "$off",
    "$hdr",
    "$key",
    "$value",
    "$suspect",
    "$failed",
    "$key0",
    "$agg0",
    "$arg0",
    "$visible",
    "$rekey",
    "$joinkey",
    "$joinkey.T",
    "$exploded0",
]
LISTED = ", ".join(f"`{name}`" for name in OURS)
OF_S, OF_T = (", ".join(f"{source}.`{name}` AS `{name}`" for name in OURS) for source in "ST")
MOST = ", ".join(f"MAX(`{name}`) AS `{name}`" for name in OURS)
VALUE = {name: i for i, name in enumerate(OURS)}


@pytest.mark.parametrize(
    "query",
    [
        f"STREAM O AS SELECT `$k`, {LISTED} FROM S WHERE `$ts` = 1",
        f"STREAM O AS SELECT `$k`, {LISTED}, EXPLODE(ARRAY[1]) AS E FROM S",
        f"STREAM O AS SELECT `$k` + 0 AS K, {LISTED} FROM S PARTITION BY `$k` + 0",
        f"STREAM O AS SELECT S.`$k`, {OF_S} FROM S JOIN T ON S.`$n` + 1 = T.`$k` JOIN T AS U ON S.`$k` = U.`$k`",
        f"STREAM O AS SELECT S.`$k`, {OF_T} FROM S JOIN T ON S.`$k` = T.`$k` WHERE T.`$joinkey` = S.`$joinkey`",
        f"TABLE O AS SELECT `$k`, {LISTED} FROM T WHERE `$visible` = 13",
        f"TABLE O AS SELECT `$k`, {MOST} FROM S GROUP BY `$k` HAVING MAX(`$agg0`) = 11",
        f"TABLE O AS SELECT `$k`, {MOST} FROM S WINDOW TUMBLING (SIZE 1 DAY) GROUP BY `$k`",
    ],
)
def test_our_own_names(query: str) -> None:
    columns = ", ".join(f"`{name}` INT" for name in OURS)
    with driver(sources=False) as made:
        made.execute(f"CREATE STREAM S (`$k` INT KEY, {columns}) WITH (KAFKA_TOPIC='s', FORMAT='JSON');")
        made.execute(f"CREATE TABLE T (`$k` INT PRIMARY KEY, {columns}) WITH (KAFKA_TOPIC='t', FORMAT='JSON');")
        made.execute(f"CREATE {query};".replace("O AS", "O WITH (KAFKA_TOPIC='x') AS", 1))
        made.feed([Record(topic, b"1", json.dumps(VALUE).encode(), at) for at, topic in enumerate("ts")])
        (record,) = made.read("x")
        assert {name: value for name, value in json.loads(record.value or b"").items() if name != "E"} == VALUE

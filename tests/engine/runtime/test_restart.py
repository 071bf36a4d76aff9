"""A restart makes no difference: whatever the batches, and wherever the engine is closed and opened again between two of them,
or loses a batch because the log refuses it, queries write the records of an undisturbed run, byte for byte, in order.

All input lies in an embedded log before the first batch, so that the merged order of topics is given by it alone.
"""

from __future__ import annotations

import json
import random
import re
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from unittest import mock

import pyarrow as pa
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from ksql.engine import Engine
from ksql.engine.operators import stage
from ksql.engine.operators.batch import BatchContext
from ksql.engine.runtime import changelog, task
from ksql.engine.runtime.task import Task
from ksql.engine.sql import runner as sql
from ksql.log import EmbeddedLog, LogWriteError, TopicConfig
from ksql.log.contract import HEADERS_TYPE, RECORD_SCHEMA
from ksql.log.embedded.database import Database
from ksql.log.partitioner import partition_keys

SOURCES = """
CREATE STREAM S (K STRING KEY, A INT, B BIGINT, D DOUBLE, E DOUBLE, M DECIMAL(9, 2), N STRING, L ARRAY<INT>)
    WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON');
CREATE TABLE T (K STRING PRIMARY KEY, V INT, W STRING) WITH (KAFKA_TOPIC='t', VALUE_FORMAT='JSON');
"""
AGGREGATES = """
    COUNT(*); COUNT(N); SUM(A); SUM(B); SUM(M); SUM(D); SUM(D / E); SUM_LIST(L); AVG(A); AVG(D)
    MIN(A); MIN(M); MIN(N); MAX(D); MAX(D / E); MAX(N); STDDEV_SAMP(D); STDDEV_SAMPLE(D); CORRELATION(D, E)
    COLLECT_LIST(A); COLLECT_LIST(N); COLLECT_SET(D); COLLECT_SET(N); COUNT_DISTINCT(A); HISTOGRAM(N); ATTR(E)
    LATEST_BY_OFFSET(A); LATEST_BY_OFFSET(N, 3); LATEST_BY_OFFSET(D, 2, false); LATEST_BY_OFFSET(N, false)
    EARLIEST_BY_OFFSET(N); EARLIEST_BY_OFFSET(A, 3); TOPK(D, 3); TOPK(N, 2); TOPKDISTINCT(A, 2)
"""
ALL = ", ".join(f"{call} AS C{i}" for i, call in enumerate(re.split(r"[;\n]\s*", AGGREGATES.strip())))
#: The queries of one engine, by what they have in common.
QUERIES = {
    "stateless": """
        CREATE STREAM O1 AS SELECT K, A + 1 AS B, D / E AS Q, N, M * M AS MM, L FROM S WHERE A <> 3 EMIT CHANGES;
        CREATE STREAM O2 AS SELECT * FROM S;
        CREATE STREAM O3 AS SELECT N, A, AS_VALUE(K) AS K FROM S PARTITION BY N;
        CREATE STREAM O4 AS SELECT A + 1 AS P, N, D FROM S WHERE D IS NOT NULL PARTITION BY A + 1;
        CREATE STREAM O5 AS SELECT K, EXPLODE(L) AS X, EXPLODE(ARRAY[A, B]) AS Y, N FROM S;
        CREATE STREAM O6 AS SELECT K, N FROM S WHERE N LIKE 'b%' OR NOT (A > 2);
        CREATE STREAM O7 AS SELECT K, A, B FROM S WHERE B / A > 1;
    """,
    # Where something cannot be computed the batch is computed again, in SQL that gives NULL.
    "failures": """
        CREATE STREAM O1 AS SELECT K, B / A AS Q, CAST(N AS INT) AS I, ARRAY[B / A, A] AS L2, M * M * M * M AS P FROM S;
        CREATE STREAM O2 AS SELECT K, TRANSFORM(L, X => 6 / (X - 1)) AS T, CASE WHEN A = 0 THEN -1 ELSE B / A END AS W,
            STRUCT(F := B % A, G := N) AS U, MAP('x' := A / (A - 2)) AS Y FROM S WHERE B / A IS NULL OR A > 1;
        CREATE STREAM O3 AS SELECT B / A AS Q, K FROM S PARTITION BY B / A;
        CREATE STREAM O4 AS SELECT K, EXPLODE(ARRAY[B / A, A, 7 / (A + 1)]) AS X FROM S;
        CREATE TABLE O5 AS SELECT B / A AS Q, COUNT(*) AS C, SUM(A / (A - 1)) AS SA FROM S GROUP BY B / A;
        CREATE TABLE O6 AS SELECT K, SUM(A) AS SA FROM S GROUP BY K HAVING 12 / SUM(A) > 1;
        CREATE TABLE O7 AS SELECT K, 6 / V AS X FROM T WHERE 6 / (V + 1) >= 1;
        CREATE STREAM O8 AS SELECT S.K AS K, A / V AS X, SUBSTRING(W, V) AS Y FROM S LEFT JOIN T ON S.K = T.K WHERE A / V < 3;
        CREATE STREAM O9 AS SELECT K, PARSE_DATE(N, 'yyyy') AS PD, SPLIT(N, '')[A] AS SP,
            FROM_BYTES(TO_BYTES(N, 'hex'), 'utf8') AS FB, ROUND(D, A) AS R, LPAD(N, A % 9, 'x') AS RP,
            EXTRACTJSONFIELD(N, '$.a') AS J, D * 1e300 AS INF, -B AS NB, ABS(B) AS AB FROM S;
    """,
    # Other keys and times than those of the records.
    "sources": """
        CREATE STREAM R (K STRING KEY, A BIGINT, B BIGINT, N STRING)
            WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON', TIMESTAMP='A');
        CREATE STREAM J (K STRING KEY, V STRING) WITH (KAFKA_TOPIC='s', KEY_FORMAT='JSON', VALUE_FORMAT='KAFKA');
        CREATE STREAM P (A STRING, B STRING, C STRING, D STRING, E STRING, F STRING, G STRING)
            WITH (KAFKA_TOPIC='s', VALUE_FORMAT='DELIMITED');
        CREATE STREAM H (K STRING KEY, A INT, HS ARRAY<STRUCT<KEY STRING, VALUE BYTES>> HEADERS)
            WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON');
        CREATE STREAM O1 AS SELECT K, A, ROWTIME AS T FROM R;
        CREATE TABLE O2 AS SELECT K, COUNT(*) AS C, MAX(N) AS MN FROM R WINDOW TUMBLING (SIZE 2 MILLISECONDS,
            GRACE PERIOD 1 MILLISECONDS) GROUP BY K;
        CREATE STREAM O3 AS SELECT * FROM J;
        CREATE STREAM O4 AS SELECT * FROM P;
        CREATE STREAM O5 AS SELECT K, A, HS, ROWOFFSET AS OFF, ROWPARTITION AS PART FROM H;
        CREATE TABLE O6 AS SELECT A, COUNT(*) AS C, SUM(ROWTIME) AS RT FROM R GROUP BY A;
        CREATE STREAM O7 AS SELECT R.K AS K, A, V FROM R LEFT JOIN T ON R.K = T.K;
        CREATE STREAM O8 WITH (TIMESTAMP='B') AS SELECT K, B FROM S;
    """,
    "groups": f"""
        CREATE TABLE O1 AS SELECT K, {ALL} FROM S GROUP BY K;
        CREATE TABLE O2 AS SELECT N, SUM(D) AS SD, COUNT(*) AS C FROM S WHERE A > -4 GROUP BY N;
        CREATE TABLE O3 WITH (KEY_FORMAT='JSON') AS SELECT N, A, SUM(D) AS SD FROM S GROUP BY N, A HAVING SUM(D) > 0;
        CREATE TABLE O4 AS SELECT K, SUM(A) AS SA FROM S GROUP BY K HAVING SUM(A) > 2;
        CREATE TABLE O5 AS SELECT A / 2 AS H, COLLECT_LIST(K) AS L, MAX(ROWTIME) AS R FROM S GROUP BY A / 2;
        CREATE TABLE O6 AS SELECT K, SUM(A) AS SA, COUNT(*) AS C FROM S GROUP BY K HAVING COUNT(*) < 4;
    """,
    "windows": f"""
        CREATE TABLE O1 AS SELECT K, {ALL} FROM S WINDOW TUMBLING (SIZE 5 SECONDS, GRACE PERIOD 2 SECONDS) GROUP BY K;
        CREATE TABLE O2 AS SELECT K, SUM(A) AS SA, SUM(D) AS SD, WINDOWEND AS E
            FROM S WINDOW HOPPING (SIZE 6 SECONDS, ADVANCE BY 2 SECONDS, GRACE PERIOD 1 SECONDS) GROUP BY K;
        CREATE TABLE O3 AS SELECT K, SUM(A) AS SA FROM S WINDOW HOPPING (SIZE 6 SECONDS, ADVANCE BY 2 SECONDS)
            GROUP BY K HAVING SUM(A) > 0;
        CREATE TABLE O4 AS SELECT N, COUNT(*) AS C, WINDOWSTART AS W FROM S WINDOW TUMBLING
            (SIZE 3 SECONDS, RETENTION 4 SECONDS, GRACE PERIOD 0 SECONDS) WHERE A IS NOT NULL GROUP BY N;
        CREATE TABLE O5 AS SELECT K, COUNT(*) AS C, SUM(D) AS SD, COLLECT_LIST(N) AS L FROM S WINDOW TUMBLING
            (SIZE 3 SECONDS, GRACE PERIOD 1 SECONDS) GROUP BY K EMIT FINAL;
        CREATE TABLE O6 AS SELECT N, MAX(A) AS C, WINDOWEND AS W FROM S WINDOW HOPPING (SIZE 4 SECONDS, ADVANCE BY 1 SECONDS,
            RETENTION 6 SECONDS, GRACE PERIOD 2 SECONDS) GROUP BY N HAVING MAX(A) > 0 EMIT FINAL;
    """,
    "sessions": f"""
        CREATE TABLE O1 AS SELECT K, {ALL} FROM S WINDOW SESSION (1 SECONDS, GRACE PERIOD 2 SECONDS) GROUP BY K;
        CREATE TABLE O2 AS SELECT N, SUM(D) AS SD, WINDOWSTART AS W, WINDOWEND AS E
            FROM S WINDOW SESSION (2 SECONDS) GROUP BY N;
        CREATE TABLE O3 WITH (KEY_FORMAT='JSON') AS SELECT K, A, SUM(B) AS SB FROM S
            WINDOW SESSION (3 SECONDS, RETENTION 6 SECONDS, GRACE PERIOD 3 SECONDS) GROUP BY K, A HAVING SUM(B) > 0;
        CREATE TABLE O4 AS SELECT K, LATEST_BY_OFFSET(N) AS N, COUNT(DISTINCT D) AS CD, SUM(DISTINCT A) AS SA FROM S
            WINDOW SESSION (500 MILLISECONDS, GRACE PERIOD 9 SECONDS) WHERE A IS NOT NULL GROUP BY K HAVING COUNT(*) < 4;
        CREATE TABLE O5 AS SELECT N, COUNT(*) AS C, SUM(D) AS SD, COLLECT_LIST(A) AS L FROM S
            WINDOW SESSION (500 MILLISECONDS, GRACE PERIOD 1 SECONDS) GROUP BY N HAVING COUNT(*) > 1 EMIT FINAL;
    """,
    "tables": """
        CREATE STREAM O1 AS SELECT S.K AS K, A, V, W, T.K AS TK FROM S LEFT JOIN T ON S.K = T.K;
        CREATE STREAM O2 AS SELECT S.K AS K, A, V, W FROM S JOIN T ON S.K = T.K;
        CREATE STREAM O3 AS SELECT T.K AS K, A, V FROM S JOIN T ON S.N = T.K WHERE V > 0;
        CREATE STREAM O4 AS SELECT S.N AS N, A, V FROM S LEFT JOIN T ON S.N = T.K;
        CREATE TABLE O5 AS SELECT K, V * 2 AS X FROM T WHERE V > 0;
        CREATE TABLE O6 AS SELECT * FROM T;
        CREATE TABLE O7 AS SELECT S.K AS K, SUM(V) AS SV, COUNT(*) AS C FROM S JOIN T ON S.K = T.K GROUP BY S.K;
        CREATE TABLE O8 AS SELECT W, COUNT(*) AS C, COUNT(V) AS CV, SUM(V) AS SV, AVG(V) AS AV, COLLECT_LIST(V) AS L,
            HISTOGRAM(CAST(V AS STRING)) AS H, ATTR(V) AS O, STDDEV_SAMP(V) AS D, CORRELATION(V, V) AS X FROM T GROUP BY W;
        CREATE TABLE O9 AS SELECT V, COLLECT_LIST(K) AS L FROM T WHERE K <> 'b' GROUP BY V HAVING COUNT(*) > 1;
    """,
    # Each value of a group is remembered by itself.
    "values": """
        CREATE TABLE X (K STRING PRIMARY KEY, A INT, D DOUBLE, N STRING) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON');
        CREATE TABLE O1 AS SELECT W, MIN(V) AS A, MAX(V) AS B, COUNT(DISTINCT V) AS C, SUM(DISTINCT V) AS SV, TOPK(V, 2) AS T,
            TOPKDISTINCT(K, 2) AS TD, COLLECT_SET(V) AS CS, COUNT_DISTINCT(K) AS CK FROM T GROUP BY W;
        CREATE TABLE O2 AS SELECT N, MIN(D) AS A, MAX(D) AS B, AVG(DISTINCT D) AS C, MAX(K) AS E FROM X GROUP BY N
            HAVING MAX(A) > 0;
        CREATE TABLE O3 AS SELECT K, COUNT(DISTINCT N) AS A, SUM(DISTINCT D) AS B, COUNT(DISTINCT L) AS C FROM S GROUP BY K;
        CREATE TABLE O4 AS SELECT K, COUNT(DISTINCT N) AS A, AVG(DISTINCT A) AS B FROM S WINDOW HOPPING
            (SIZE 4 SECONDS, ADVANCE BY 2 SECONDS, RETENTION 6 SECONDS, GRACE PERIOD 2 SECONDS) GROUP BY K;
        CREATE TABLE O5 AS SELECT K, COUNT(DISTINCT D) AS A FROM S WINDOW TUMBLING
            (SIZE 3 SECONDS, GRACE PERIOD 1 SECONDS) GROUP BY K EMIT FINAL;
    """,
    "joins": """
        CREATE STREAM U (K STRING KEY, V INT, W STRING) WITH (KAFKA_TOPIC='t', VALUE_FORMAT='JSON');
        CREATE TABLE X (K STRING PRIMARY KEY, A INT, N STRING) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON');
        CREATE STREAM O1 AS SELECT S.K AS K, A, V FROM S JOIN U WITHIN 2 SECONDS ON S.K = U.K;
        CREATE STREAM O2 AS SELECT S.K AS K, A, V FROM S LEFT JOIN U WITHIN (1 SECONDS, 3 SECONDS) GRACE PERIOD 2 SECONDS
            ON S.K = U.K WHERE A IS NOT NULL;
        CREATE STREAM O3 AS SELECT ROWKEY AS K, A, V FROM S FULL JOIN U WITHIN 1 SECONDS GRACE PERIOD 0 SECONDS ON S.N = U.K;
        CREATE STREAM O4 AS SELECT U.K AS K, A, V FROM S RIGHT JOIN U WITHIN 5 SECONDS ON S.K = U.K;
        CREATE TABLE O5 AS SELECT X.K AS K, A, V FROM X JOIN T ON X.K = T.K;
        CREATE TABLE O6 AS SELECT ROWKEY AS K, A, V FROM X FULL JOIN T ON X.K = T.K WHERE A > 0 OR V > 0;
        CREATE TABLE O7 AS SELECT X.K AS K, A, V FROM X LEFT JOIN T ON X.N = T.K;
        CREATE TABLE O8 AS SELECT X.K AS K, A, V FROM X JOIN T ON X.N = T.K WHERE V >= 0;
    """,
}
CACHED = "SET 'cache.max.bytes.buffering' = '1000000';"
PROPERTIES = {"auto.offset.reset": "earliest", "cache.max.bytes.buffering": "0"}

#: Records by topic and partition.
Contents = dict[tuple[str, int], list[dict[str, object]]]


@dataclass(frozen=True, slots=True)
class Life:
    """An engine from its opening to its end: records in a batch at most, the most batches of a query (None: until all is
    read), and whether the log refuses one more in the end, which `again`, the engine tries once more. With two workers a
    batch is decoded while the one before it is committed.
    """

    batch_records: int
    steps: int | None = None
    refused: bool = False
    again: bool = False
    workers: int = 1


UNDISTURBED = Life(65_536)
#: A smaller seed is no simpler case, so nothing is shrunk.
PHASES = (Phase.explicit, Phase.reuse, Phase.generate)


def stream_value(random_: random.Random) -> bytes | None:
    if random_.random() < 0.04:
        return random_.choice([None, b"{", b"null", b"\xff", b'{"A":1.5}', b'{"a":2,"A":3}'])
    value = {
        "A": random_.choice([None, *range(-5, 6), 2**31 - 1]),
        "B": random_.choice([None, 0, 7, 2**63 - 1, -(2**63)]),
        "D": random_.choice([None, 0.1, 0.2, -0.0, 0.0, 1e300, -1e300, random_.uniform(-9, 9), random_.uniform(-1e6, 1e6)]),
        "E": random_.choice([0.0, 1.0, 3.0]),
        "M": random_.choice([None, 0.01, -12.34, 1000.55]),
        "N": random_.choice([None, "a", "a", "b", "bb", "ä€"]),
        "L": random_.choice([None, [], [1], [2, None, 3]]),
    }
    return json.dumps({name: v for name, v in value.items() if random_.random() > 0.03}).encode()


def table_value(random_: random.Random) -> bytes | None:
    if random_.random() < 0.25:
        return random_.choice([None, None, b"["])
    return json.dumps({"V": random_.choice([None, *range(-3, 4)]), "W": random_.choice([None, "x", "y"])}).encode()


def produce(log: EmbeddedLog, topic: str, partitions: int, random_: random.Random, count: int) -> None:
    """Hot keys, null keys, ties in timestamps, late records, malformed ones."""
    keys = [random_.choice([None, b"a", b"a", b"a", b"a", b"b", b"b", b"bb", b"c"]) for _ in range(count)]
    values = [(stream_value if topic == "s" else table_value)(random_) for _ in range(count)]
    span = 30_000 // count
    times = [max(i * span - random_.choice([0, 0, 0, 500, 4_000, 9_000]), 0) // 100 * 100 for i in range(count)]
    arrays = [pa.array(keys, pa.binary()), pa.array(values, pa.binary()), pa.array(times, pa.int64())]
    records = pa.RecordBatch.from_arrays([*arrays, pa.nulls(count, HEADERS_TYPE)], schema=RECORD_SCHEMA)
    places = partition_keys(records.column("key"), partitions, null_partition=random_.randrange(partitions))
    log.create_topic(topic, TopicConfig(partitions=partitions))
    with log.transaction() as transaction:
        for partition in range(partitions):
            transaction.append(topic, partition, records.filter(pa.array(places == partition)))


def prepare(directory: Path, statements: str, seed: int) -> None:
    random_ = random.Random(seed)  # noqa: S311 - test data
    log = EmbeddedLog(directory, durability="os")
    partitions = random_.choice([1, 1, 3])
    produce(log, "s", partitions, random_, random_.randint(30, 160))
    produce(log, "t", partitions, random_, random_.randint(5, 40))
    engine = Engine(log)
    for _ in engine.session(properties=PROPERTIES).execute(SOURCES + statements):
        pass
    engine.close()
    log.close()


def live(directory: Path, life: Life) -> dict[str, object]:
    """One life of the engine over a directory; what its tables show in the end."""
    log = EmbeddedLog(directory, durability="os")
    engine = Engine(log, batch_records=life.batch_records, workers=life.workers)
    shown: dict[str, object] = {}
    try:
        for info in engine.catalog.queries.values():
            at_work = engine.make_task(info)
            run(at_work, life.steps)
            if life.refused:
                refuse_one(at_work)
                at_work = engine.make_task(info)
                run(at_work, 1 if life.again else 0)
            if at_work.plan.materialized is not None:
                rows = at_work.plan.materialized.rows(BatchContext(engine.sql, {}), None)
                shown[info.id] = sorted(map(repr, rows.drop_columns(["$n"] if "$n" in rows.column_names else []).to_pylist()))
    finally:
        engine.close()
        log.close()
    return shown


def run(at_work: Task, steps: int | None) -> None:
    while steps is None or steps > 0:
        if at_work.step() == 0:
            break
        steps = None if steps is None else steps - 1


def refuse_one(at_work: Task) -> None:
    """One batch that the log does not take."""
    failing = mock.patch.object(Database, "commit", side_effect=sqlite3.OperationalError("disk I/O error"))
    with failing, suppress(LogWriteError):
        assert at_work.step() == 0


def contents(directory: Path) -> Contents:
    log = EmbeddedLog(directory, durability="os")
    found = {}
    for topic, config in log.topics().items():
        if topic.startswith("O"):
            for partition in range(config.partitions):
                rows: list[dict[str, object]] = []
                end = log.end_offset(topic, partition)
                while len(rows) < end:
                    rows += log.fetch(topic, partition, len(rows)).records.to_pylist()
                found[topic, partition] = rows
    log.close()
    return found


@contextmanager
def small_limits(small: bool) -> Iterator[None]:
    """What is done for many records is done for a few; if `small`, changelogs and windows are cleared away too."""
    with ExitStack() as limits:
        limits.enter_context(mock.patch.object(task, "_BACKLOG_RECORDS", 10))
        limits.enter_context(mock.patch.object(stage, "_REPORTED", 3))
        limits.enter_context(mock.patch.object(sql, "_FEW", 5))
        limits.enter_context(mock.patch.object(sql, "_SLICE", 8))
        if small:
            limits.enter_context(mock.patch.object(changelog, "_AT_LEAST", 20))
        yield


def outcome(statements: str, seed: int, lives: Sequence[Life], *, small: bool = False) -> tuple[Contents, object]:
    with TemporaryDirectory() as name, small_limits(small):
        directory = Path(name)
        prepare(directory, statements, seed)
        for life in lives:
            shown = live(directory, life)
        return contents(directory), shown


LIVES = st.lists(
    st.builds(
        Life,
        st.sampled_from([17, 1, 2, 5, 63, 64, 100]),
        st.sampled_from([1, 2, 3, 0]),
        st.booleans(),
        st.booleans(),
        st.sampled_from([1, 2]),
    ),
    min_size=1,
    max_size=3,
)
LAST = st.builds(Life, st.sampled_from([40, 11, 63, 64, 100, 65_536]), workers=st.sampled_from([2, 1]))


def check(group: str, seed: int, lives: Sequence[Life], small: bool) -> None:
    records, tables = outcome(QUERIES[group], seed, lives, small=small)
    expected_records, expected_tables = outcome(QUERIES[group], seed, [UNDISTURBED])
    assert records == expected_records
    assert tables == expected_tables


@pytest.mark.parametrize("group", QUERIES)
@settings(max_examples=2, phases=PHASES)
@given(seed=st.integers(0, 2**32), lives=LIVES, last=LAST, small=st.booleans())
def test_a_restart_makes_no_difference(group: str, seed: int, lives: list[Life], last: Life, small: bool) -> None:
    check(group, seed, [*lives, last], small)


@pytest.mark.long
@pytest.mark.parametrize("group", QUERIES)
@settings(max_examples=40, phases=PHASES)
@given(seed=st.integers(0, 2**32), lives=LIVES, last=LAST, small=st.booleans())
def test_many_restarts_make_no_difference(group: str, seed: int, lives: list[Life], last: Life, small: bool) -> None:
    check(group, seed, [*lives, last], small)


def rows_left(found: Contents) -> dict[tuple[str, int], dict[object, tuple[object, object]]]:
    """What a reader of a table's topic holds in the end: value and timestamp of each key that was not deleted."""
    last = {place: {record["key"]: record for record in records} for place, records in found.items()}
    return {
        place: {key: (r["value"], r["timestamp"]) for key, r in records.items() if r["value"] is not None}
        for place, records in last.items()
    }


@pytest.mark.parametrize("group", ["groups", "windows", "sessions"])
@settings(max_examples=1, phases=PHASES)
@given(seed=st.integers(0, 2**32), lives=LIVES, last=LAST)
def test_the_cache_leaves_out_nothing_that_lasts(group: str, seed: int, lives: list[Life], last: Life) -> None:
    records, tables = outcome(CACHED + QUERIES[group], seed, [*lives, last])
    expected_records, expected_tables = outcome(QUERIES[group], seed, [UNDISTURBED])
    assert rows_left(records) == rows_left(expected_records)
    assert tables == expected_tables

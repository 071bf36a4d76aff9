"""Run by `test_kill`: a query of every kind over a data directory until killed, or until everything is read.

python -m tests.engine.runtime.kill_worker DIRECTORY
"""

from __future__ import annotations

import sys
from pathlib import Path

from ksql.engine import Engine
from ksql.log import EmbeddedLog

STATEMENTS = """
CREATE STREAM IF NOT EXISTS S (K STRING KEY, A INT, D DOUBLE) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON');
CREATE STREAM IF NOT EXISTS R (K STRING KEY, A INT, V INT) WITH (KAFKA_TOPIC='r', VALUE_FORMAT='JSON');
CREATE TABLE IF NOT EXISTS T (K STRING PRIMARY KEY, V INT) WITH (KAFKA_TOPIC='t', VALUE_FORMAT='JSON');
CREATE TABLE IF NOT EXISTS U (K STRING PRIMARY KEY, F STRING, A INT) WITH (KAFKA_TOPIC='u', VALUE_FORMAT='JSON');
CREATE STREAM IF NOT EXISTS STATELESS AS SELECT K, A * 2 AS B FROM S WHERE A <> 3;
CREATE TABLE IF NOT EXISTS WINDOWED AS SELECT K, COUNT(*) AS C, SUM(D) AS SD FROM S WINDOW TUMBLING (SIZE 5 SECONDS) GROUP BY K;
CREATE TABLE IF NOT EXISTS CLOSED AS
    SELECT K, COUNT(*) AS C, SUM(D) AS SD FROM S WINDOW HOPPING (SIZE 500 MILLISECONDS, ADVANCE BY 250 MILLISECONDS,
        GRACE PERIOD 100 MILLISECONDS) GROUP BY K HAVING COUNT(*) > 1 EMIT FINAL;
CREATE TABLE IF NOT EXISTS SESSIONS AS SELECT K, COUNT(*) AS C, SUM(D) AS SD, LATEST_BY_OFFSET(A) AS A
    FROM S WINDOW SESSION (400 MILLISECONDS, GRACE PERIOD 2 SECONDS) GROUP BY K;
CREATE STREAM IF NOT EXISTS JOINED AS SELECT S.K AS K, A, V FROM S LEFT JOIN T ON S.K = T.K;
CREATE STREAM IF NOT EXISTS PAIRS AS
    SELECT ROWKEY, S.D AS D, R.V AS V FROM S FULL JOIN R WITHIN 20 MILLISECONDS GRACE PERIOD 500 MILLISECONDS ON S.K = R.K;
CREATE TABLE IF NOT EXISTS TABLES AS SELECT ROWKEY, T.V AS V, U.A AS A FROM T FULL JOIN U ON T.K = U.K;
CREATE TABLE IF NOT EXISTS BY_FOREIGN_KEY AS SELECT U.K AS K, U.A AS A, T.V AS V FROM U LEFT JOIN T ON U.F = T.K;
"""


def main(directory: str) -> None:
    log = EmbeddedLog(Path(directory), durability="os")
    engine = Engine(log, batch_records=500)
    engine.start()
    properties = {"auto.offset.reset": "earliest", "cache.max.bytes.buffering": "0"}
    for _ in engine.session(properties=properties).execute(STATEMENTS):
        pass
    sys.stdout.write("running\n")
    sys.stdout.flush()
    engine.wait_idle()
    engine.close()
    log.close()


if __name__ == "__main__":
    main(sys.argv[1])

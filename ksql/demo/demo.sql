-- Flights out of New York, as JSON records. A record's time is the scheduled
-- departure, not when the record arrived.
CREATE STREAM IF NOT EXISTS flights (
    origin    STRING KEY,
    flight    STRING,
    carrier   STRING,
    dest      STRING,
    tailnum   STRING,
    scheduled TIMESTAMP,
    delay     INTEGER,      -- minutes at departure; null: cancelled
    distance  INTEGER
) WITH (kafka_topic = 'flights', value_format = 'JSON', partitions = 1,
        timestamp = 'scheduled');

-- The airlines' names: a table, the last record of each key counts.
CREATE TABLE IF NOT EXISTS airlines (
    carrier STRING PRIMARY KEY,
    name    STRING
) WITH (kafka_topic = 'airlines', value_format = 'JSON', partitions = 1);

-- Hourly observations at the three airports, for the query at the end.
CREATE STREAM IF NOT EXISTS weather (
    origin     STRING KEY,
    hour       BIGINT,
    temp       DOUBLE,
    wind_speed DOUBLE,
    visibility DOUBLE
) WITH (kafka_topic = 'weather', value_format = 'JSON', partitions = 1);

SET 'auto.offset.reset' = 'earliest';

-- Filter and project: the flights that took off.
CREATE STREAM IF NOT EXISTS departed AS
    SELECT origin, carrier, flight, dest, delay, delay > 15 AS late
    FROM flights
    WHERE delay IS NOT NULL
    EMIT CHANGES;

-- Join each departure to its airline's name.
CREATE STREAM IF NOT EXISTS departed_by_airline AS
    SELECT d.carrier AS carrier, a.name AS airline, d.flight AS flight,
           d.origin AS origin, d.dest AS dest, d.delay AS delay
    FROM departed d
    LEFT JOIN airlines a ON d.carrier = a.carrier
    EMIT CHANGES;

-- Count and measure per airport and hour. Hours stay open for a day: a flight
-- 14 hours late still counts in its own. Pull queries see 1000 days of them.
CREATE TABLE IF NOT EXISTS departures_by_hour AS
    SELECT origin, COUNT(*) AS departures,
           AVG(delay) AS avg_delay, MAX(delay) AS max_delay
    FROM departed
    WINDOW TUMBLING (SIZE 1 HOUR, RETENTION 1000 DAYS, GRACE PERIOD 1 DAY)
    GROUP BY origin
    EMIT CHANGES;

-- One expression form after the other, in a projection.
SELECT 1, 0, 42, 2147483648, 9223372036854775807 FROM t EMIT CHANGES;
SELECT 1.5, 0.10, .5, 5., 123456789.123456789 FROM t EMIT CHANGES;
SELECT 1e3, 1E-3, 1.5e+10, .5E2, 5.e1 FROM t EMIT CHANGES;
SELECT 'text', '', 'it''s', 'a;b', '-- no comment', '/* none */', 'two
lines', 'ünïcode', '"quoted"', '`ticked`' FROM t EMIT CHANGES;
SELECT TRUE, FALSE, NULL, true, false, null FROM t EMIT CHANGES;
SELECT DECIMAL '1.10', decimal '-3', DECIMAL '0' FROM t EMIT CHANGES;
SELECT a, t.a, `a`, "a", t.`a`, `t`."a", A FROM t EMIT CHANGES;
SELECT a + b, a - b, a * b, a / b, a % b FROM t EMIT CHANGES;
SELECT a + b * c - d / e % f FROM t EMIT CHANGES;
SELECT (a + b) * (c - d) FROM t EMIT CHANGES;
SELECT a - (b - c), a - b - c, a / (b / c), ((a)) FROM t EMIT CHANGES;
SELECT -a, - a, - -a, -(-a), -1, - 1.5, -a * b, -(a * b), a - -1, +a, - +a FROM t EMIT CHANGES;
SELECT a || b, a || b || c, 'x' || CAST(a AS STRING) || 'y', a || b + c, (a || b) + c FROM t EMIT CHANGES;
SELECT a = b, a <> b, a != b, a < b, a <= b, a > b, a >= b FROM t EMIT CHANGES;
SELECT a = b AND c = d OR e = f, a = b AND (c = d OR e = f), NOT a = b, NOT (a = b AND c) FROM t EMIT CHANGES;
SELECT NOT a, NOT NOT a, NOT a AND NOT b OR NOT c, NOT (a OR b) FROM t EMIT CHANGES;
SELECT a IS NULL, a IS NOT NULL, NOT a IS NULL, a + 1 IS NULL, (a = b) IS NULL FROM t EMIT CHANGES;
SELECT a IS DISTINCT FROM b, a IS NOT DISTINCT FROM b, a + 1 IS DISTINCT FROM b || c FROM t EMIT CHANGES;
SELECT a BETWEEN 1 AND 2, a NOT BETWEEN b + 1 AND c * 2, a BETWEEN 'a' AND 'z' AND b, NOT a BETWEEN 1 AND 2 FROM t EMIT CHANGES;
SELECT a IN (1), a IN (1, 2, 3), a NOT IN ('x', 'y'), a IN (b, c + 1, NULL), NOT a IN (1) FROM t EMIT CHANGES;
SELECT a LIKE 'x%', a NOT LIKE '_y', a LIKE b || '%', a LIKE '10!%' ESCAPE '!', a NOT LIKE '!_' ESCAPE '!' FROM t EMIT CHANGES;
SELECT (a = b) = (c = d), (a IN (1)) = TRUE, (NOT a) = b FROM t EMIT CHANGES;
SELECT CASE WHEN a THEN 1 END FROM t EMIT CHANGES;
SELECT CASE WHEN a > 1 THEN 'big' WHEN a > 0 THEN 'small' ELSE 'none' END AS extent FROM t EMIT CHANGES;
SELECT CASE a WHEN 1 THEN 'one' ELSE 'many' END FROM t EMIT CHANGES;
SELECT CASE WHEN CASE WHEN a THEN b ELSE c END THEN d ELSE CASE WHEN e THEN f END END FROM t EMIT CHANGES;
SELECT CAST(a AS INT), CAST(a AS DECIMAL(4, 2)), CAST(a + 1 AS VARCHAR), cast(NULL as string) FROM t EMIT CHANGES;
SELECT CAST(a AS ARRAY<INT>), CAST(a AS MAP<STRING, ARRAY<INT>>), CAST(a AS STRUCT<x INT, `y` DATE>), CAST(a AS address) FROM t EMIT CHANGES;
SELECT CAST(CAST(a AS BIGINT) AS DOUBLE), CAST('12:00' AS TIME), CAST('2020-01-01' AS DATE), CAST(a AS BYTES) FROM t EMIT CHANGES;
SELECT ARRAY[], ARRAY[1], ARRAY[1, 2 + 3, a], ARRAY[ARRAY[1], ARRAY[]], ARRAY[STRUCT(x := 1)] FROM t EMIT CHANGES;
SELECT MAP(), MAP('a' := 1), MAP('a' := 1, 'b' := a + 1), MAP(a := MAP('x' := ARRAY[1])) FROM t EMIT CHANGES;
SELECT STRUCT(), STRUCT(x := 1), STRUCT(x := 1, `y` := 'b', z := STRUCT(key := a)) FROM t EMIT CHANGES;
SELECT STRUCT(type := 1, date := 2, "Select" := 3)->"Select" FROM t EMIT CHANGES;
SELECT arr[1], arr[-1], arr[a + 1], arr[1][2], m['k'], m['a'][1], t.arr[1], f(a)[1], ARRAY[1, 2][1] FROM t EMIT CHANGES;
SELECT s->x, t.s->x, s->x->y, s->`x`, arr[1]->x, s->arr[1], s->m['k']->z, f(a)->x, (s)->x FROM t EMIT CHANGES;
SELECT s->x + s->y * -s->z, -arr[1], NOT s->flag FROM t EMIT CHANGES;
SELECT COUNT(*), COUNT(), count(a), SUM(a + b), f(), f(a), f(a, b, c), nested(f(g(h(a)))) FROM t GROUP BY b EMIT CHANGES;
SELECT COUNT(DISTINCT a), SUM(DISTINCT a + b), TOPK(DISTINCT a, 3) FROM t GROUP BY b EMIT CHANGES;
SELECT UCASE(a), ucase(a), Ucase(a), `ucase`(a), "Own Function"(a) FROM t EMIT CHANGES;
SELECT REPLACE(a, 'x', 'y'), DATE(a), TIME(a), TIMESTAMP(a), YEAR(a), SET(a), IF(a, b, c), LEFT(a, 2), FILTER(a, x => x) FROM t EMIT CHANGES;
SELECT DATEADD(DAY, 1, d), DATEADD(DAYS, 1, d), DATESUB(HOURS, n, d), TIMEADD(MINUTE, 5, x), TIMESTAMPADD(MILLISECONDS, 1, ts) FROM t EMIT CHANGES;
SELECT TIMESTAMPSUB(SECOND, a, ts), TIMESUB(MILLISECOND, a, x), DATEADD(day, day, day) FROM t EMIT CHANGES;
SELECT TRANSFORM(a, x => x + 1), TRANSFORM(a, (x) => x + 1), TRANSFORM(m, (k, v) => UCASE(k), (k, v) => v * 2) FROM t EMIT CHANGES;
SELECT REDUCE(a, 0, (s, x) => s + x), REDUCE(m, 0, (s, k, v) => CASE WHEN k = 'a' THEN s ELSE s + v END) FROM t EMIT CHANGES;
SELECT FILTER(a, x => x > 1 AND NOT x IN (3, 4)), FILTER(m, (k, v) => v IS NOT NULL OR k LIKE 'a%') FROM t EMIT CHANGES;
SELECT TRANSFORM(a, x => TRANSFORM(x, y => y + b)), TRANSFORM(a, `x` => `x` || 'z'), REDUCE(TRANSFORM(a, x => x), 1, (p, q) => p * q) FROM t EMIT CHANGES;
SELECT f((a), (b)), f((a + b)), f(x => (x)), f((x, y) => (x + y)) FROM t EMIT CHANGES;
SELECT AS_VALUE(k), COALESCE(a, b, NULL), NULLIF(a, ''), IFNULL(a, 0), GREATEST(a, 1, 2.5) FROM t EMIT CHANGES;
SELECT EXTRACTJSONFIELD(body, '$.a[0].b'), REGEXP_EXTRACT('(.*) (.*)', a, 2), FORMAT_TIMESTAMP(ts, 'yyyy-MM-dd''T''HH:mm') FROM t EMIT CHANGES;
SELECT TOPK(a, b, c, 3), LATEST_BY_OFFSET(a, 2, FALSE), COLLECT_LIST(STRUCT(a := a, b := b)) FROM t GROUP BY k EMIT CHANGES;
SELECT a -- the first
     , b /* the
       second */ , c --@ no directive here
FROM /* a table */ t EMIT/**/CHANGES;
SELECT a--b
FROM t EMIT CHANGES;
SELECT 1a, 2b3, a1, 1e, e1, 1_000, 3@x FROM 4t EMIT CHANGES;
SELECT * FROM t WHERE a AND b OR c AND NOT d EMIT CHANGES;
SELECT * FROM t WHERE a = 1 AND b LIKE '%x%' AND c BETWEEN 1 AND 2 AND d IN (1, 2) AND e IS NOT NULL AND NOT f EMIT CHANGES;
SELECT * FROM t WHERE (a, b) = (1, 2) EMIT CHANGES;
SELECT * FROM t WHERE CASE WHEN a THEN b END EMIT CHANGES;
SELECT a, SUM(b) * 100 / COUNT(*) FROM t GROUP BY a HAVING SUM(b) / COUNT(*) > 0.5 AND MAX(c) IS NOT NULL EMIT CHANGES;
SELECT * FROM t GROUP BY a + 1, s->x, UCASE(b), arr[1] EMIT CHANGES;
SELECT * FROM t PARTITION BY a + 1 EMIT CHANGES;
SELECT * FROM t PARTITION BY CASE WHEN a THEN b ELSE c END, CAST(d AS STRING) EMIT CHANGES;

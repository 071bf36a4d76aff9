"""Every aggregate: scans of whole batches equal its `step` twin, bit for bit, however the records are split into batches."""

from __future__ import annotations

import math
import struct
from collections.abc import Sequence
from decimal import Decimal
from typing import Any
from unittest.mock import patch

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ksql.engine.aggregates import Bound, distinct, resolve_aggregate
from ksql.engine.aggregates.declare import Undoable
from ksql.engine.kernels import Segments
from ksql.engine.types.sql_types import (
    BIGINT,
    BOOLEAN,
    BYTES,
    DATE,
    DOUBLE,
    INTEGER,
    STRING,
    TIMESTAMP,
    Array,
    Map,
    SqlType,
    Struct,
)
from ksql.engine.types.sql_types import Decimal as DecimalType

VALUES: dict[SqlType, st.SearchStrategy[Any]] = {
    INTEGER: st.integers(-(2**31), 2**31 - 1) | st.integers(-3, 3),
    BIGINT: st.integers(-(2**63), 2**63 - 1) | st.integers(-3, 3),
    DOUBLE: st.sampled_from([0.0, -0.0, math.nan, math.inf, -math.inf, 0.1, 1e16, 1.0]) | st.floats(width=64),
    BOOLEAN: st.booleans(),
    STRING: st.text(st.sampled_from("ab\x00é\ue000\uffff\U0001f600"), max_size=3) | st.just("null"),
    BYTES: st.binary(max_size=2),
    DATE: st.integers(-10, 10),
    TIMESTAMP: st.integers(-10, 10),
    DecimalType(38, 2): st.integers(-(10**36), 10**36).map(lambda i: Decimal(i).scaleb(-2)),
    DecimalType(9, 2): st.integers(-1000, 1000).map(lambda i: Decimal(i).scaleb(-2)),
    Array(BIGINT): st.lists(st.none() | st.integers(-(2**63), 2**63 - 1), max_size=3),
    Array(DOUBLE): st.lists(st.none() | st.sampled_from([0.1, -0.0, 1e16, math.inf]), max_size=3),
    Array(INTEGER): st.lists(st.none() | st.integers(0, 2), max_size=2),
    Map(STRING, DOUBLE): st.dictionaries(st.sampled_from("xyz"), st.none() | st.sampled_from([0.0, -0.0, math.nan])).map(
        lambda made: list(made.items())
    ),
    Struct((("A", STRING),)): st.fixed_dictionaries({"A": st.none() | st.sampled_from("xy")}),
}
NUMBERS = [INTEGER, BIGINT, DOUBLE]
ORDERED = [*NUMBERS, STRING, BYTES, DATE, TIMESTAMP, DecimalType(9, 2), DecimalType(38, 2)]
OFFSETS: list[tuple[int | bool, ...]] = [(), (True,), (False,), (2,), (1, True), (3, False)]

CASES: list[tuple[str, list[SqlType], tuple[int | bool, ...]]] = [
    ("COUNT", [], ()),
    *[("COUNT", [t], ()) for t in (INTEGER, STRING)],
    *[("SUM", [t], ()) for t in (*NUMBERS, DecimalType(9, 2), DecimalType(38, 2))],
    *[("AVG", [t], ()) for t in NUMBERS],
    *[(name, [t], ()) for name in ("MIN", "MAX") for t in ORDERED],
    *[(name, [t], o) for name in ("LATEST_BY_OFFSET", "EARLIEST_BY_OFFSET") for t in (DOUBLE, Array(INTEGER)) for o in OFFSETS],
    *[(name, [t], ()) for name in ("COLLECT_LIST", "COLLECT_SET", "COUNT_DISTINCT", "ATTR") for t in VALUES],
    *[(name, [t], ()) for name in ("STDDEV_SAMP", "STDDEV_SAMPLE") for t in NUMBERS],
    *[("CORRELATION", [t, t], ()) for t in NUMBERS],
    *[("SUM_LIST", [Array(t)], ()) for t in NUMBERS],
    ("HISTOGRAM", [STRING], ()),
    *[("TOPK", [t], (3,)) for t in (*NUMBERS, STRING)],
    ("TOPK", [INTEGER, STRING], (1,)),
    ("TOPK", [DOUBLE, DOUBLE, Array(INTEGER)], (4,)),
    *[("TOPKDISTINCT", [t], (2,)) for t in ORDERED],
]


@pytest.mark.parametrize(("name", "types", "literals"), CASES, ids=str)
@settings(max_examples=10, deadline=None)
@given(data=st.data())
def test_scan_equals_step(name: str, types: list[SqlType], literals: tuple[int | bool, ...], data: st.DataObject) -> None:
    bound = resolve_aggregate(name, types, literals)
    keys = st.integers(0, data.draw(st.sampled_from([0, 3, 40])))
    row = st.tuples(keys, *[st.none() | VALUES[t] for t in types])
    rows = data.draw(st.lists(row, max_size=data.draw(st.sampled_from([10, 120]))))
    check_scan(bound, types, rows, None, data)


UNDOABLE = [case for case in CASES if case[0] == "COLLECT_SET" or isinstance(resolve_aggregate(*case), Undoable)]


@pytest.mark.parametrize(("name", "types", "literals"), UNDOABLE, ids=str)
@settings(max_examples=15, deadline=None)
@given(data=st.data())
def test_signed_scan_equals_step(
    name: str, types: list[SqlType], literals: tuple[int | bool, ...], data: st.DataObject
) -> None:
    """Few values, so that many are taken back that were added; some never were."""
    limit = {f"ksql.functions.{name.lower()}.limit": data.draw(st.sampled_from(["-1", "3"]))}
    bound = resolve_aggregate(name, types, literals, limit, table=True)
    keys = st.integers(0, data.draw(st.sampled_from([0, 3])))
    pool = [data.draw(st.tuples(*[st.none() | VALUES[t] for t in types])) for _ in range(4)]
    row = st.tuples(keys, st.sampled_from(pool)).map(lambda drawn: (drawn[0], *drawn[1]))
    rows = data.draw(st.lists(row, max_size=data.draw(st.sampled_from([10, 120]))))
    signs = data.draw(st.lists(st.sampled_from([1, -1, 1]), min_size=len(rows), max_size=len(rows)))
    with patch.object(distinct, "_MOST_IN_HISTOGRAM", data.draw(st.sampled_from([2, 1000]))):
        check_scan(bound, types, rows, signs, data)


def check_scan(
    bound: Bound, types: list[SqlType], rows: Sequence[tuple[Any, ...]], signs: list[int] | None, data: st.DataObject
) -> None:
    cuts = sorted(data.draw(st.lists(st.integers(0, len(rows)), max_size=3)))
    every = data.draw(st.booleans())
    expected, last = one_at_a_time(bound, rows, signs)
    results, states = [], {}
    for start, end in zip([0, *cuts], [*cuts, len(rows)], strict=True):
        results += in_batch(bound, types, rows[start:end], signs and signs[start:end], states, every=every)
    if every:
        assert exact(results) == exact(expected)
    assert exact([bound.result_of(states[key]) for key in sorted(last)]) == exact([last[key] for key in sorted(last)])


def one_at_a_time(bound: Bound, rows: Sequence[tuple[Any, ...]], signs: list[int] | None) -> tuple[list[Any], dict[int, Any]]:
    states: dict[int, list[Any]] = {}
    results, last = [], {}
    for i, (key, *arguments) in enumerate(rows):
        sign = () if signs is None else (signs[i],)
        states[key] = bound.step(states.get(key, [None] * len(bound.state)), arguments, *sign)
        last[key] = bound.result_of(states[key])
        results.append(last[key])
    return results, last


def in_batch(
    bound: Bound,
    types: Sequence[SqlType],
    rows: Sequence[tuple[Any, ...]],
    signs: list[int] | None,
    states: dict[int, list[Any]],
    *,
    every: bool,
) -> list[Any]:
    """Results in processing order; `states` is brought up to date."""
    segments = Segments(np.array([row[0] for row in rows], dtype=np.int64))
    if not rows:
        return []
    old = [
        pa.array([states[slot][i] if slot in states else None for slot in segments.slots.tolist()], type_)
        for i, (_, type_) in enumerate(bound.state)
    ]
    arguments = [pa.array([row[i + 1] for row in rows], t.arrow).take(pa.array(segments.order)) for i, t in enumerate(types)]
    wanted = np.arange(len(rows)) if every else segments.ends
    sign = () if signs is None else (np.array(signs, dtype=np.int64)[segments.order],)
    new = bound.scan(arguments, old, segments, wanted, *sign)
    assert [a.type for a in new] == [type_ for _, type_ in bound.state]
    result = bound.result(new)
    assert result.type == bound.returns.arrow
    at = segments.ends if every else np.arange(len(segments))
    for slot, place in zip(segments.slots.tolist(), at.tolist(), strict=True):
        states[slot] = [column[place].as_py() for column in new]
    return result.take(pa.array(segments.inverse)).to_pylist() if every else []


def exact(value: Any) -> Any:
    """Comparable by bits: NaNs are one, -0.0 is not 0.0."""
    if isinstance(value, float):
        return "NaN" if math.isnan(value) else struct.pack(">d", value)
    if isinstance(value, (list, tuple)):
        return [exact(item) for item in value]
    if isinstance(value, dict):
        return {name: exact(item) for name, item in value.items()}
    return value

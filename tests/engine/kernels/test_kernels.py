"""Every kernel equals a loop over the records, bit for bit: hot keys, long segments, nulls, NaN, -0.0, infinities, overflow."""

from __future__ import annotations

import math
from decimal import Context, Decimal
from itertools import pairwise

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ksql.engine.kernels import Segments, scans
from ksql.engine.kernels.decimals import running_decimal_sum
from ksql.engine.kernels.distinct import row_groups
from ksql.engine.kernels.lists import GrowingLists, ranges
from ksql.engine.kernels.nulls import validity
from ksql.engine.kernels.ranks import double_codes, double_values, order_codes
from ksql.engine.kernels.scans import plain_scan
from ksql.engine.kernels.segments import stable_order

EXACT = Context(prec=80)
LOW, HIGH = -(2**63), 2**63 - 1


@st.composite
def segments(draw: st.DrawFn) -> Segments:
    """Between no and a few hundred records: all keys once, a few keys, one hot key."""
    rows = draw(st.sampled_from([0, 1, 7, 300]))
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    kind = draw(st.sampled_from(["distinct", "few", "one", "zipf"]))
    made = {
        "distinct": rng.permutation(rows),
        "few": rng.integers(-2, 3, rows),
        "one": np.full(rows, LOW),
        "zipf": np.minimum(rng.zipf(1.2, rows), 2**40),
    }
    return Segments(made[kind].astype(np.int64))


def draw_array(data: st.DataObject, size: int, values: list[float], dtype: type) -> np.ndarray:
    rng = np.random.default_rng(data.draw(st.integers(0, 2**32)))
    return np.array(values, dtype=dtype)[rng.integers(0, len(values), size)]


DOUBLES = [0.0, -0.0, 0.1, 0.2, 1e16, -1e16, 1.0, 3.14]
WILD = [*DOUBLES, math.nan, math.inf, -math.inf]
INTEGERS = [LOW, HIGH, 0, 1, -1, 12345]


@settings(max_examples=100, deadline=None)
@given(made=st.lists(st.integers(-3, 3) | st.integers(LOW, HIGH), max_size=40))
def test_segments_are_a_stable_sort(made: list[int]) -> None:
    slots = np.array(made, dtype=np.int64)
    found = Segments(slots)
    expected = sorted(range(len(made)), key=lambda row: made[row])
    assert found.order.tolist() == expected == stable_order(slots).tolist()
    assert found.slots.tolist() == sorted(set(made))
    assert found.lengths.tolist() == [made.count(slot) for slot in sorted(set(made))]
    assert [made[expected[start]] for start in found.starts.tolist()] == found.slots.tolist()
    assert [end - start + 1 for start, end in zip(found.starts, found.ends, strict=True)] == found.lengths.tolist()
    assert found.order[found.inverse].tolist() == list(range(len(made)))
    assert found.slots[found.segment].tolist() == sorted(made) == found.spread(found.slots).tolist()


@settings(max_examples=100, deadline=None)
@given(found=segments(), data=st.data())
def test_integer_sums_wrap(found: Segments, data: st.DataObject) -> None:
    values, initial = draw_array(data, found.rows, INTEGERS, np.int64), draw_array(data, len(found), INTEGERS, np.int64)
    expected = plain_scan(lambda a, b: (a + b - LOW) % 2**64 + LOW, values.tolist(), found.lengths.tolist(), initial.tolist())
    assert scans.running_sum(values, initial, found).tolist() == expected


@settings(max_examples=100, deadline=None)
@given(found=segments(), data=st.data(), pool=st.sampled_from([DOUBLES, WILD]))
def test_double_sums_run_from_left_to_right(found: Segments, data: st.DataObject, pool: list[float]) -> None:
    values, initial = draw_array(data, found.rows, pool, np.float64), draw_array(data, len(found), pool, np.float64)
    valid = draw_array(data, found.rows, [0, 1, 1], bool)
    pairs = list(zip(values.tolist(), valid.tolist(), strict=True))
    expected = plain_scan(lambda a, b: a + b[0] if b[1] else a, pairs, found.lengths.tolist(), initial.tolist())
    assert bits(scans.running_double_sum(values, valid, initial, found)) == bits(np.array(expected, dtype=np.float64))


def bits(values: np.ndarray) -> list[int]:
    return list(np.where(np.isnan(values), np.nan, values).view(np.int64).tolist())


@pytest.mark.parametrize("largest", [True, False])
@settings(max_examples=50, deadline=None)
@given(found=segments(), data=st.data())
def test_extremes(largest: bool, found: Segments, data: st.DataObject) -> None:
    values, initial = draw_array(data, found.rows, INTEGERS, np.int64), draw_array(data, len(found), INTEGERS, np.int64)
    expected = plain_scan(max if largest else min, values.tolist(), found.lengths.tolist(), initial.tolist())
    assert scans.running_extreme(values, initial, found, largest=largest).tolist() == expected
    assert scans.running_extreme(values, np.full(len(found), scans.identity(largest=largest)), found, largest=largest)[
        found.starts
    ].tolist() == [values[start] for start in found.starts]


@settings(max_examples=100, deadline=None)
@given(found=segments(), data=st.data())
def test_last_first_and_previous(found: Segments, data: st.DataObject) -> None:
    flags = draw_array(data, found.rows, [0, 0, 1], bool)
    pairs, lengths = list(enumerate(flags.tolist())), found.lengths.tolist()
    last = plain_scan(lambda a, b: b[0] if b[1] else a, pairs, lengths, [-1] * len(found))
    first = plain_scan(lambda a, b: b[0] if b[1] and a < 0 else a, pairs, lengths, [-1] * len(found))
    assert scans.last_valid(flags, found).tolist() == last
    assert scans.first_valid(flags, found).tolist() == first
    before = [-1] * found.rows
    for start, length in zip(found.starts.tolist(), lengths, strict=True):
        before[start + 1 : start + length] = range(start, start + length - 1)
    assert scans.previous(np.arange(found.rows), np.full(len(found), -1), found).tolist() == before


@settings(max_examples=50, deadline=None)
@given(rows=st.lists(st.tuples(st.integers(0, 2), st.integers(0, 50)), max_size=30), cut=st.integers(0, 30))
def test_stream_time_is_the_maximum_per_partition(rows: list[tuple[int, int]], cut: int) -> None:
    expected, greatest = [], {}
    for partition, timestamp in rows:
        greatest[partition] = max(greatest.get(partition, timestamp), timestamp)
        expected.append(greatest[partition])
    known: dict[int, int] = {}
    found: list[int] = []
    for part in (rows[:cut], rows[cut:]):
        partitions, times = (np.array([row[i] for row in part], dtype=np.int64) for i in (0, 1))
        found += scans.by_partition_maximum(times, partitions, known).tolist()
    assert found == expected
    assert known == greatest


@pytest.mark.parametrize(("precision", "scale"), [(4, 1), (18, 0), (19, 5), (38, 38)])
@settings(max_examples=40, deadline=None)
@given(found=segments(), data=st.data())
def test_decimal_sums_are_exact_and_notice_overflow(precision: int, scale: int, found: Segments, data: st.DataObject) -> None:
    most = 10**precision - 1
    pool = [0, 1, -1, most, -most, most // 3, -(most // 7)]
    rng = np.random.default_rng(data.draw(st.integers(0, 2**32)))
    values, initial = ([pool[i] for i in rng.integers(0, len(pool), size)] for size in (found.rows, len(found)))
    type_ = pa.decimal128(precision, scale)
    made, before = (pa.array([Decimal(v).scaleb(-scale, EXACT) for v in vs], type_) for vs in (values, initial))
    sums, too_large = running_decimal_sum(made, before, found)
    expected = plain_scan(lambda a, b: a + b, values, found.lengths.tolist(), initial)
    assert too_large.tolist() == [abs(total) > most for total in expected]
    fits = [Decimal(total).scaleb(-scale, EXACT) for total in expected if abs(total) <= most]
    assert sums.filter(pa.array(~too_large)).to_pylist() == fits


@settings(max_examples=60, deadline=None)
@given(found=segments(), data=st.data())
def test_growing_lists(found: Segments, data: st.DataObject) -> None:
    kept = draw_array(data, found.rows, [0, 1], bool)
    values = pa.array([None if i % 5 == 0 else str(i) for i in range(found.rows)], pa.string())
    old = pa.array([None if i % 3 == 0 else ["old"] * (i % 3) for i in range(len(found))], pa.list_(pa.string()))
    pairs = list(zip(values.to_pylist(), kept.tolist(), strict=True))
    initial = [list(items or []) for items in old.to_pylist()]
    expected = plain_scan(lambda a, b: [*a, b[0]] if b[1] else a, pairs, found.lengths.tolist(), initial)
    lists = GrowingLists(values, kept, old, found)
    rows = np.arange(found.rows)
    assert lists.counts.tolist() == [len(items) for items in expected]
    assert lists.slices(rows, np.zeros_like(rows), lists.counts).to_pylist() == expected
    last_two = lists.slices(found.ends, np.maximum(lists.counts[found.ends] - 2, 0), lists.counts[found.ends])
    assert last_two.to_pylist() == [expected[row][-2:] for row in found.ends.tolist()]


def test_ranges() -> None:
    assert ranges(np.array([5, 0, 7]), np.array([2, 0, 3])).tolist() == [5, 6, 7, 8, 9]
    assert ranges(np.zeros(0, np.int64), np.zeros(0, np.int64)).tolist() == []


@pytest.mark.parametrize(
    "ascending",
    [
        pa.array([-math.inf, -1.0, -0.0, 0.0, 5e-324, 1.0, math.inf, math.nan]),
        pa.array([LOW, -1, 0, HIGH]),
        pa.array(["", "\x00", "A", "a", "aa", "é", "\ud7ff", "\U00010000", "\U0010ffff", "\ue000", "\uffff"]),
        pa.array([b"\x80", b"\xff", b"\xff\x80", b"\xff\x00", b"\x00", b"\x7f"]),
        pa.array([Decimal(-2), Decimal(0), Decimal("0.5"), Decimal(10)], pa.decimal128(20, 1)),
    ],
    ids=lambda array: str(array.type),
)
def test_codes_have_the_order_of_java(ascending: pa.Array) -> None:
    order = np.random.default_rng(1).permutation(len(ascending))
    shuffled = pa.concat_arrays([pa.nulls(2, ascending.type), ascending.take(pa.array(order))])
    codes, decode = order_codes(shuffled.slice(1))
    by_place = dict(zip(order.tolist(), codes[1:].tolist(), strict=True))
    assert all(by_place[i] < by_place[j] for i, j in pairwise(range(len(ascending))))
    assert str(decode(codes, validity(shuffled.slice(1)))) == str(shuffled.slice(1))


def test_double_codes_have_a_way_back() -> None:
    values = np.array(WILD)
    assert bits(double_values(double_codes(values))) == bits(values)


@given(
    rows=st.lists(
        st.tuples(
            st.none() | st.sampled_from(["", "a", "b"]),
            st.none() | st.sampled_from([0.0, -0.0, math.nan]),
            st.none() | st.lists(st.integers(0, 1), max_size=1),
        ),
        max_size=30,
    )
)
def test_equal_rows_are_one_group(rows: list[tuple[str | None, float | None, list[int] | None]]) -> None:
    types = [pa.string(), pa.float64(), pa.list_(pa.int64())]
    table = pa.table([pa.array([row[i] for row in rows], type_) for i, type_ in enumerate(types)], names=["s", "d", "l"])
    groups, first = row_groups(table)
    numbers: dict[str, int] = {}
    assert groups.tolist() == [numbers.setdefault(repr(row), len(numbers)) for row in rows]
    assert first.tolist() == [groups.tolist().index(group) for group in range(len(numbers))]

"""Which record looks next is the same, whether records are asked one by one or many at a time."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ksql.engine.kernels import unmatched
from ksql.engine.kernels.unmatched import NEVER, NO_LOOK, NOTHING, Looks, Waiting, emissions

#: Of a row: time, side, the record with which it begins to wait, how many records later one matches it (0: none does).
ROW = st.tuples(st.integers(0, 30), st.integers(0, 1), st.integers(-1, 39), st.integers(0, 60))
#: How far stream time moves with a record, whether it looks, and how far behind the minimum must lie.
RECORD = st.tuples(st.sampled_from([0, 0, 1, 2, 9]), st.booleans(), st.integers(2, 6))


@settings(max_examples=200, deadline=None)
@given(
    rows=st.lists(ROW, max_size=30, unique_by=lambda row: row[2] if row[2] >= 0 else row),
    records=st.lists(RECORD, min_size=40, max_size=40),
    most=st.sampled_from([float("inf"), 1, 0]),
    minimum=st.sampled_from([NOTHING, 0, 5]),
)
def test_many_at_a_time(rows: list[tuple[int, ...]], records: list[tuple[int, bool, int]], most: float, minimum: int) -> None:
    rows.sort()
    leaves = [arrives + later if later else NEVER for _, _, arrives, later in rows]
    waiting = Waiting([r[0] for r in rows], [r[1] for r in rows], [r[2] for r in rows], leaves)
    times = np.cumsum([step for step, *_ in records])
    limits = np.array([time - reach if looks else NO_LOOK for time, (_, looks, reach) in zip(times, records, strict=True)])
    found = []
    for one_by_one, at_a_time in ((1_000, 1), (0, 1), (0, 3), (2, 2)):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(unmatched, "_ONE_BY_ONE", one_by_one)
            patch.setattr(unmatched, "_AT_A_TIME", at_a_time)
            looks = Looks(minimum, most)
            out = emissions(waiting, limits, times, (3, 5), looks, lambda _time, _side: NOTHING)
            found.append((out, looks.minimum, looks.left))
    assert found == [found[0]] * 4

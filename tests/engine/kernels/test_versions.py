"""Versions of rows equal a table brought up to date change by change: hot keys, deletes, keys that come again, equal places."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from ksql.engine.kernels.versions import Versions, last_of_each

NONE = -1

changes = st.lists(st.tuples(st.integers(0, 4) | st.integers(0, 2**31 - 1), st.booleans(), st.integers(0, 3)), max_size=40)


def arrays(made: list[tuple[int, bool, int]]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(slot, whether it is a row, place) of every change; places ascend, with ties and gaps."""
    slots, live, gaps = (np.array([change[i] for change in made], dtype=t) for i, t in enumerate((np.int64, bool, np.int64)))
    return slots, live, np.cumsum(gaps)


@settings(max_examples=200, deadline=None)
@given(made=changes, stored=st.sets(st.integers(0, 4)))
def test_a_change_replaces_the_row_of_its_own_moment(made: list[tuple[int, bool, int]], stored: set[int]) -> None:
    slots, live, places = arrays(made)
    versions = Versions(slots, places)
    touched = versions.touched.tolist()
    assert touched == sorted(set(slots.tolist()))
    table = {slot: len(slots) + number for number, slot in enumerate(touched) if slot in stored}
    expected, last = [], {}
    for row, (slot, is_row) in enumerate(zip(slots.tolist(), live.tolist(), strict=True)):
        expected.append(table.pop(slot, NONE))
        last[slot] = row
        if is_row:
            table[slot] = row
    stored_live = np.array([slot in stored for slot in touched], dtype=bool)
    assert versions.old_rows(live, stored_live).tolist() == expected
    assert versions.before(live, stored_live).tolist() == [row != NONE for row in expected]
    assert versions.last.tolist() == [last[slot] for slot in touched]
    assert last_of_each(slots).tolist() == sorted(last.values())


@settings(max_examples=200, deadline=None)
@given(made=changes, lookups=st.lists(st.tuples(st.integers(-1, 5), st.integers(0, 60)), max_size=20), inclusive=st.booleans())
def test_a_record_sees_the_version_of_its_own_place(
    made: list[tuple[int, bool, int]], lookups: list[tuple[int, int]], inclusive: bool
) -> None:
    slots, _, places = arrays(made)
    asked, at = (np.array([lookup[i] for lookup in lookups], dtype=np.int64) for i in (0, 1))
    known = list(zip(slots.tolist(), places.tolist(), strict=True))
    expected = [
        max((i for i, (s, p) in enumerate(known) if s == slot and p < place + inclusive), default=NONE)
        for slot, place in lookups
    ]
    assert Versions(slots, places).at(asked, at, inclusive=inclusive).tolist() == expected


@settings(max_examples=100, deadline=None)
@given(left=changes, right=changes)
def test_two_tables_side_by_side(left: list[tuple[int, bool, int]], right: list[tuple[int, bool, int]]) -> None:
    """At every change of one table, what is current in the other: of changes with one place the left one comes first."""
    sides = [arrays(left), arrays(right)]
    first, second = (Versions(slots, places) for slots, _, places in sides)
    found = [
        second.at(sides[0][0], sides[0][2]).tolist(),
        first.at(sides[1][0], sides[1][2], inclusive=True).tolist(),
    ]
    events = sorted((p, side, row) for side in (0, 1) for row, p in enumerate(sides[side][2].tolist()))
    expected: list[list[int]] = [[], []]
    current: list[dict[int, int]] = [{}, {}]
    for _, side, row in events:
        slot = int(sides[side][0][row])
        expected[side].append(current[1 - side].get(slot, NONE))
        current[side][slot] = row
    assert found == expected

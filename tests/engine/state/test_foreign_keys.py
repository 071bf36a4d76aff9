"""The index of foreign keys against a plain twin: after batches that are committed or not, restarts, and slots that change."""

from __future__ import annotations

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ksql.engine.state import foreign_keys, store
from ksql.engine.state.foreign_keys import ForeignKeys
from ksql.engine.state.keyed_state import KeyedState

KEYS, ROWS = pa.schema([("k", pa.int64())]), pa.schema([("f", pa.string()), ("g", pa.int64())])
FOREIGN = st.tuples(st.sampled_from(["a", "b", "c", None]), st.sampled_from([1, 2, None]))
#: What becomes of keys in a batch; None: the row is deleted.
BATCH = st.dictionaries(st.integers(0, 12), st.none() | FOREIGN, max_size=8)
#: It is committed, or not, or after it everything starts anew; and whether the index is asked then.
STEP = st.tuples(BATCH, st.sampled_from(["commit", "commit", "discard", "restart"]), st.booleans())

Foreign = tuple[str | None, int | None]


def states() -> tuple[KeyedState, ForeignKeys]:
    table = KeyedState("table", KEYS, ROWS)
    return table, ForeignKeys("index", pa.schema([]), table, ["f", "g"])


def stage(table: KeyedState, index: ForeignKeys, batch: dict[int, Foreign | None]) -> None:
    keys = pa.table([pa.array(list(batch), pa.int64())], KEYS)
    columns = ([row and row[i] for row in batch.values()] for i in (0, 1))
    rows = pa.table([pa.array(column, field.type) for column, field in zip(columns, ROWS, strict=True)], ROWS)
    live = pa.array([row is not None for row in batch.values()], pa.bool_()).to_numpy(zero_copy_only=False)
    slots = table.store.lookup(keys, insert=True)
    table.stage(slots, keys, rows, live)
    index.stage(slots, rows)


def holders(table: KeyedState, index: ForeignKeys) -> list[tuple[Foreign, int]]:
    asked: list[Foreign] = [("a", 1), ("c", 2), ("b", 1), ("nobody", 1), ("a", None)]
    columns = ([key[i] for key in asked] for i in (0, 1))
    rows, slots = index.holders(pa.table([pa.array(c, f.type) for c, f in zip(columns, ROWS, strict=True)], ROWS))
    keys = table.store.rows_at(slots).column("k").to_pylist()
    return [(asked[row], key) for row, key in zip(rows.tolist(), keys, strict=True)]


@settings(max_examples=200, deadline=None)
@given(steps=st.lists(STEP, max_size=12))
def test_it_finds_the_rows_that_hold_a_key(steps: list[tuple[dict[int, Foreign | None], str, bool]]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(store, "_DEAD_AT_LEAST", 3)
        patch.setattr(foreign_keys, "_DEAD_AT_LEAST", 3)
        (table, index), twin, changelog = states(), {}, []
        for batch, then, ask in steps:
            stage(table, index, batch)
            if then == "discard":
                table.discard()
                index.discard()
            else:
                changelog += [changes for changes in [table.changes()] if changes is not None]
                assert index.changes() is None
                table.publish(0)
                index.publish(0)
                twin = {key: row for key, row in (twin | batch).items() if row is not None}
            if then == "restart":
                table, index = states()
                for changes in changelog:
                    table.restore(changes, 0)
            if ask:
                expected = [(row, key) for key, row in twin.items() if row in [("a", 1), ("c", 2), ("b", 1)]]
                assert sorted(holders(table, index), key=repr) == sorted(expected, key=repr)


def test_what_an_earlier_build_wrote_of_it_is_of_no_use() -> None:
    _, index = states()
    old = pa.record_batch({"f": ["a", "b"]})
    assert index.restore(old, 7).tolist() == [7, 7]
    assert len(index.in_use(old, 7)) == 0

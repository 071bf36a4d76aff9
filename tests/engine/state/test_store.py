"""The keyed store against a plain dictionary, for keys of every type, colliding hashes, deletes and compaction."""

from __future__ import annotations

import math
import struct
import threading
from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ksql.engine.state import KeyedStore, columns, index, keys, store

LIST, STRUCT = pa.list_(pa.int32()), pa.struct([("a", pa.string())])
VALUES: dict[pa.DataType, st.SearchStrategy[Any]] = {
    pa.int32(): st.integers(-3, 3),
    pa.int64(): st.sampled_from([0, 1, -1, 2**63 - 1, -(2**63)]),
    pa.bool_(): st.booleans(),
    pa.float64(): st.sampled_from([0.0, -0.0, math.nan, math.inf, 1.5]),
    pa.string(): st.sampled_from(["", "\x00", "\x00\x00", "a", "a\x00", "12345678", "123456789", "1234567890abcdefg", "é" * 9]),
    pa.binary(): st.sampled_from([b"", b"\x00", b"\xff" * 8, b"\xff" * 9]),
    pa.decimal128(38, 2): st.integers(-(10**30), 10**30).map(lambda i: Decimal(i % 7 - 3).scaleb(-2)),
    LIST: st.lists(st.none() | st.integers(0, 1), max_size=2),
    STRUCT: st.fixed_dictionaries({"a": st.none() | st.sampled_from("xy")}),
}
ROWS = pa.schema([("n", pa.int64()), ("s", pa.string()), ("l", LIST)])
ROW = st.tuples(
    st.none() | st.integers(-5, 5), st.none() | st.text(max_size=3), st.none() | st.lists(st.integers(0, 9), max_size=3)
)


def exact(value: Any) -> Any:
    """A hashable form; doubles by their bits, NaNs are one."""
    if isinstance(value, float):
        return ("NaN",) if math.isnan(value) else struct.pack(">d", value)
    if isinstance(value, (list, tuple)):
        return tuple(exact(item) for item in value)
    if isinstance(value, dict):
        return tuple(exact(item) for item in value.items())
    return value


def table(schema: pa.Schema, rows: list[tuple[Any, ...]]) -> pa.Table:
    return pa.table([pa.array([row[i] for row in rows], field.type) for i, field in enumerate(schema)], schema)


@pytest.mark.parametrize("collide", [False, True], ids=["spread", "colliding"])
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_store_is_a_dictionary(collide: bool, data: st.DataObject) -> None:
    types = data.draw(st.lists(st.sampled_from(list(VALUES)), min_size=1, max_size=3))
    schema = pa.schema([(f"k{i}", t) for i, t in enumerate(types)])
    key = st.tuples(*[st.none() | VALUES[t] for t in types])
    with pytest.MonkeyPatch.context() as patch:
        for module in (store, columns):
            patch.setattr(module, "_DEAD_AT_LEAST", 3)
        patch.setattr("ksql.engine.state.grow._PIECE_ROWS", 4)
        patch.setattr(store, "_SAMPLE", data.draw(st.sampled_from([1, 2_048])))
        if collide:
            patch.setattr(keys, "mix", lambda words: np.zeros(len(words), dtype=np.uint64))
            patch.setattr(keys, "_NULL", np.uint64(0))
        kept, model = KeyedStore(schema, ROWS), {}
        for _ in range(data.draw(st.integers(1, 6))):
            batch = data.draw(st.lists(key, max_size=12))
            change(kept, model, schema, batch, data)
        check(kept, model, schema, data.draw(st.lists(key, max_size=5)))


def change(kept: KeyedStore, model: dict[Any, Any], schema: pa.Schema, batch: list[Any], data: st.DataObject) -> None:
    slots = kept.lookup(table(schema, batch), insert=True)
    names = [exact(key) for key in batch]
    assert len(set(zip(names, slots.tolist(), strict=True))) == len(set(names)) == len(set(slots.tolist()))
    touched = np.unique(slots)
    rows, live = kept.gather(touched)
    by_slot = dict(zip(slots.tolist(), batch, strict=True))
    for i, slot in enumerate(touched.tolist()):
        name = exact(by_slot[slot])
        assert live[i] == (name in model)
        if live[i]:
            assert exact([c[i].as_py() for c in rows.columns]) == model[name][1]
    new = [data.draw(ROW) for _ in touched]
    kept.put(touched, table(ROWS, new))
    model |= {exact(by_slot[s]): (by_slot[s], exact(row)) for s, row in zip(touched.tolist(), new, strict=True)}
    if len(touched) and data.draw(st.booleans()):
        dead = touched[data.draw(st.integers(0, len(touched) - 1)) :]
        kept.delete(dead)
        for slot in dead.tolist():
            del model[exact(by_slot[slot])]


def check(kept: KeyedStore, model: dict[Any, Any], schema: pa.Schema, some: list[Any]) -> None:
    assert len(kept) == len(model)
    width = len(schema)
    found = {exact(tuple(row.values())[:width]): exact(tuple(row.values())[width:]) for row in kept.live_rows().to_pylist()}
    assert found == {name: row for name, (_, row) in model.items()}
    wanted = [key for key in some if exact(key) in model] + [key for key, _ in model.values()]
    read = [exact(tuple(row.values())[width:]) for row in kept.read(table(schema, wanted)).to_pylist()]
    assert read == [model[exact(key)][1] for key in wanted]
    unknown = kept.lookup(table(schema, some), insert=False)
    assert all(slot >= 0 for key, slot in zip(some, unknown.tolist(), strict=True) if exact(key) in model)


def test_index_grows_and_keeps_every_key() -> None:
    kept = KeyedStore(pa.schema([("k", pa.int64())]), pa.schema([("v", pa.int64())]))
    for start in range(0, 300_000, 60_000):
        numbers = np.arange(start, start + 60_000)
        kept.put(kept.lookup(pa.table({"k": numbers}), insert=True), pa.table({"v": numbers * 2}))
    asked = np.random.default_rng(0).permutation(300_000)
    rows, live = kept.gather(kept.lookup(pa.table({"k": asked}), insert=False))
    assert live.all()
    assert (rows.column("v").to_numpy() == asked * 2).all()
    assert (kept.lookup(pa.table({"k": asked + 300_000}), insert=False) == -1).all()


@pytest.mark.parametrize("high", [0, 2**64 - 1, 2**64 - 700], ids=["start", "end", "around"])
def test_probes_go_round_the_end_of_the_table(high: int) -> None:
    # Each hash occurs twice; the key is the row number's half.
    hashes = (np.arange(1500, dtype=np.uint64) + np.uint64(high)).repeat(2)
    keys_ = np.arange(1500).repeat(2)
    known: list[int] = []
    table_ = index.HashIndex()

    def verify(rows: np.ndarray, slots: np.ndarray) -> np.ndarray:
        return np.array([keys_[row] == known[slot] for row, slot in zip(rows, slots, strict=True)], dtype=bool)

    for part in np.array_split(np.arange(3000), 7):
        slots = table_.find_or_insert(
            hashes[part],
            lambda rows, slots, part=part: verify(part[rows], slots),  # type: ignore[misc]
            lambda rows, part=part: known.extend(keys_[part[rows]]),  # type: ignore[misc]
        )
        assert [known[slot] for slot in slots] == keys_[part].tolist()
    assert table_.size == 1500
    assert [known[slot] for slot in table_.find(hashes, verify)] == keys_.tolist()


def test_one_key_many_times_in_a_batch_has_one_slot() -> None:
    kept = KeyedStore(pa.schema([("k", pa.string())]), pa.schema([("v", pa.int64())]))
    slots = kept.lookup(pa.table({"k": ["a", "b"] * 40_000}), insert=True)
    assert sorted(set(slots.tolist())) == [0, 1]
    assert len(index.HashIndex()._table) == 1024


def test_readers_see_whole_batches() -> None:
    kept = KeyedStore(pa.schema([("k", pa.int64())]), pa.schema([("a", pa.int64()), ("b", pa.string())]))
    slots = kept.lookup(pa.table({"k": np.arange(1000)}), insert=True)
    torn: list[object] = []

    def read() -> None:
        for _ in range(50):
            rows = kept.live_rows()
            values = set(rows.column("a").to_pylist()) | {int(b) for b in rows.column("b").to_pylist()}
            if len(values) > 1:
                torn.append(values)

    reader = threading.Thread(target=read)
    reader.start()
    round_ = 0
    while reader.is_alive():
        kept.put(slots, pa.table({"a": np.full(1000, round_), "b": [str(round_)] * 1000}))
        round_ += 1
    reader.join()
    assert not torn

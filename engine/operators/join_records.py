"""What the stream-stream join works on: its sides, the records of a batch in order, pairs of them, and rows that come out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields

import numpy as np
import pyarrow as pa

from ksql.engine.kernels.nulls import complete
from ksql.engine.operators.batch import DELETED, PARTITION, PLACE, TIMESTAMP, Node
from ksql.engine.state.timed_state import Expiry, TimedState

#: Tells rows of one key and timestamp apart: they are numbered as they arrive.
SEQUENCE = "$sequence"


@dataclass(frozen=True, slots=True)
class Side:
    """One input of the join. Rows of the other side match from `before_ms` before a row's timestamp to `after_ms` after it.

    keys: refs of the key columns; encoded: ref of the key's bytes. columns: refs of all data columns with their types, the keys
    included. outer: rows without a match come out, too.
    """

    input: Node
    keys: Sequence[str]
    encoded: str
    columns: dict[str, pa.DataType]
    before_ms: int
    after_ms: int
    outer: bool

    def new_state(self, name: str, expiry: Expiry | None, more: Sequence[tuple[str, pa.DataType]] = ()) -> TimedState:
        """A state for rows of this side (and the columns `more`): by key, timestamp and number."""
        key = [(ref, self.columns[ref]) for ref in self.keys]
        keys = pa.schema([*key, (TIMESTAMP, pa.int64()), (SEQUENCE, pa.int64())])
        data = [(ref, type_) for ref, type_ in self.columns.items() if ref not in self.keys]
        rows = pa.schema([*data, *more, (PARTITION, pa.int32())])
        return TimedState(name, keys, rows, expiry, time=TIMESTAMP, partition=PARTITION)


@dataclass(slots=True)
class Pairs:
    """Pairs of rows that match: the number of the record that completes each, and of which side it is; the other side's row, as
    a row of `Records.candidates`; its timestamp and sequence number.
    """

    record: np.ndarray
    side: np.ndarray
    own: np.ndarray
    other: np.ndarray
    other_time: np.ndarray
    other_sequence: np.ndarray

    def where(self, mask: np.ndarray) -> Pairs:
        return Pairs(*(getattr(self, name)[mask] for name in self.__slots__))


class Records:
    """The rows of both sides in the order of their places: arrays with one value per record.

    time, partition, place, side; sequence: its number of all times; row: its number in its side's table; deleted: it has no
    value, and only tells the time; keyed: it has a value, and no part of its key is null; by_clock: it is none, but time that
    has passed; looks: it may let out rows that wait.
    positions[side][row] is the way back.
    candidates: for each side the table that rows are taken from: the batch's, then what was looked up in the buffers.
    """

    def __init__(
        self, tables: Sequence[pa.Table], sides: Sequence[Side], first_sequence: int, passed: Mapping[int, int] | None = None
    ) -> None:
        """passed: by partition the stream time to which time has passed behind the records; for each there is one more, of the
        first side, without key and value.
        """
        recorded = tables[0].num_rows
        tables = [_followed_by(tables, passed or {}), tables[1]]
        counts = [table.num_rows for table in tables]
        place, side = _both(tables, PLACE), np.repeat([0, 1], counts)
        row = np.concatenate([np.arange(count) for count in counts])
        order = np.lexsort((row, side, place))
        keyed = [complete(table.select(s.keys)) for table, s in zip(tables, sides, strict=True)]
        self.place, self.side, self.row = place[order], side[order], row[order]
        self.by_clock = (self.side == 0) & (self.row >= recorded)
        self.deleted = _both(tables, DELETED)[order]
        self.keyed = np.concatenate(keyed)[order] & ~self.deleted
        self.looks = self.keyed | self.by_clock
        self.time, self.partition = _both(tables, TIMESTAMP)[order], _both(tables, PARTITION)[order]
        self.sequence = np.arange(first_sequence, first_sequence + len(order))
        back = np.empty(len(order), dtype=np.int64)
        back[order] = np.arange(len(order))
        self.positions = np.split(back, counts[:1])
        self.candidates = list(tables)

    def __len__(self) -> int:
        return len(self.place)

    def add(self, side: int, stored: pa.Table) -> int:
        """Make rows of a store candidates of a side; the number of the first one. They lack some meta columns."""
        candidates = self.candidates[side]
        known = [name for name in stored.column_names if name in candidates.column_names]
        self.candidates[side] = pa.concat_tables([candidates, stored.select(known)], promote_options="default")
        return int(candidates.num_rows)

    def table(self, which: np.ndarray) -> pa.Table:
        """Meta columns of records."""
        columns = {PLACE: self.place, TIMESTAMP: self.time, PARTITION: self.partition}
        return pa.table({ref: pa.array(values[which]) for ref, values in columns.items()})

    def keyed_of(self, side: int) -> np.ndarray:
        """The records of a side that have a key, ascending."""
        return np.flatnonzero(self.keyed & (self.side == side))


def _followed_by(tables: Sequence[pa.Table], passed: Mapping[int, int]) -> pa.Table:
    """The first table with a row, at the place of the last record and without a value, for every partition of `passed`."""
    if not passed:
        return tables[0]
    last = int(_both(tables, PLACE).max(initial=0))
    columns = {
        PLACE: [last] * len(passed),
        TIMESTAMP: list(passed.values()),
        PARTITION: list(passed),
        DELETED: [True] * len(passed),
    }
    rows = [pa.array(columns.get(field.name, [None] * len(passed)), field.type) for field in tables[0].schema]
    return pa.concat_tables([tables[0], pa.table(rows, tables[0].schema)])


def _both(tables: Sequence[pa.Table], ref: str) -> np.ndarray:
    return np.concatenate([table.column(ref).to_numpy() for table in tables])


@dataclass(slots=True)
class Outputs:
    """Rows that come out: the record that causes each; rank and position among those of the record; the rows of the two sides,
    as rows of `Records.candidates` (-1: none); the timestamp.
    """

    record: np.ndarray
    rank: np.ndarray
    position: np.ndarray
    left: np.ndarray
    right: np.ndarray
    time: np.ndarray

    @classmethod
    def of(
        cls,
        side: int,
        record: np.ndarray,
        rank: int,
        rows: np.ndarray,
        time: np.ndarray,
        position: np.ndarray | None = None,
    ) -> Outputs:
        """Rows of one side without one of the other."""
        none = np.full(len(rows), -1)
        left, right = (rows, none) if side == 0 else (none, rows)
        positions = np.arange(len(rows)) if position is None else position
        return cls(record, np.full(len(rows), rank), positions, left, right, time)

    @classmethod
    def joined(cls, parts: Sequence[Outputs]) -> Outputs:
        """All of them in the order in which they come out."""
        columns = [np.concatenate([getattr(part, f.name) for part in parts]) for f in fields(cls)]
        order = np.lexsort((columns[2], columns[1], columns[0]))
        return cls(*(column[order] for column in columns))

    def table(self, records: Records, sides: Sequence[Side]) -> pa.Table:
        """Meta columns and the data columns of both sides."""
        n = len(self.record)
        meta = {
            PLACE: pa.array(records.place[self.record]),
            TIMESTAMP: pa.array(self.time),
            PARTITION: pa.array(records.partition[self.record]),
            DELETED: pa.array(np.zeros(n, dtype=bool)),
        }
        for side, rows in enumerate((self.left, self.right)):
            candidates = records.candidates[side].select(list(sides[side].columns)).combine_chunks()
            picked = candidates.take(pa.array(rows, mask=rows < 0))
            meta |= dict(zip(picked.column_names, picked.columns, strict=True))
        return pa.table(meta)

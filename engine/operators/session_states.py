"""What sessions hold after the rows of a batch: chains are scanned, and merged where one begins with several sessions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from ksql.engine.aggregates.declare import Mergeable
from ksql.engine.kernels.segments import Segments, stable_order
from ksql.engine.kernels.sessions import Chains, Sources
from ksql.engine.operators.groups import AggregateCall
from ksql.engine.state.columns import row_column
from ksql.engine.state.timed_store import TimedStore


@dataclass(frozen=True, slots=True)
class Continued:
    """The stored sessions that a batch goes on with: their slots, the rows that take them up, and their states."""

    slots: np.ndarray
    rows: np.ndarray
    states: pa.RecordBatch

    @staticmethod
    def of(sources: Sources, store: TimedStore) -> Continued:
        stored = sources.sessions < 0
        slots = -1 - sources.sessions[stored]
        return Continued(slots, sources.chains[stored], store.gather(slots)[0])


@dataclass(frozen=True, slots=True)
class States:
    """State columns after some of the rows sorted by group; `last` says which are the last ones of their chains."""

    rows: np.ndarray
    last: np.ndarray
    columns: Mapping[str, pa.Array]

    def where(self, chosen: np.ndarray) -> States:
        at = pa.array(np.flatnonzero(chosen))
        columns = {ref: column.take(at) for ref, column in self.columns.items()}
        return States(self.rows[chosen], self.last[chosen], columns)


def evaluate(
    calls: Sequence[AggregateCall],
    rows: pa.Table,
    groups: Segments,
    chains: Chains,
    continued: Continued,
    *,
    last_only: bool,
) -> States:
    """States after every row that is not too late; `last_only`: after the last row of each chain."""
    column = {ref: rows.column(ref).combine_chunks() for call in calls for ref in call.arguments}
    beginnings = _Beginnings(calls, chains, continued)
    parts = [_nothing(calls)]
    for level in _by_level(chains):
        segments = Segments(chains.chain[level])
        at = level[segments.order]
        wanted = segments.ends if last_only else np.arange(segments.rows)
        before, order = beginnings.of(segments.slots), pa.array(groups.order[at])
        columns: dict[str, pa.Array] = {}
        for call in calls:
            arguments = [column[ref].take(order) for ref in call.arguments]
            old = [before[ref] for ref in call.state_refs]
            columns |= zip(call.state_refs, _mergeable(call).scan(arguments, old, segments, wanted), strict=True)
        last = np.zeros(segments.rows, dtype=bool)
        last[segments.ends] = True
        parts.append(States(at[wanted], last[wanted], columns))
        beginnings.add(parts[-1])
    return _together(parts)


def _by_level(chains: Chains) -> list[np.ndarray]:
    """The rows that are not too late, those of chains that begin with no other first."""
    kept = np.flatnonzero(chains.chain >= 0)
    levels = chains.levels[chains.chain[kept]]
    if not levels.any():
        return [kept] if len(kept) else []
    order = stable_order(levels)
    return np.split(kept[order], np.flatnonzero(np.diff(levels[order])) + 1)


def _mergeable(call: AggregateCall) -> Mergeable:
    assert isinstance(call.function, Mergeable)
    return call.function


def _nothing(calls: Sequence[AggregateCall]) -> States:
    columns = {ref: pa.nulls(0, type_) for call in calls for ref, type_ in call.state_types}
    return States(np.zeros(0, dtype=np.int64), np.zeros(0, dtype=bool), columns)


def _together(parts: Sequence[States]) -> States:
    if len(parts) == 2:
        return parts[1]
    columns = {ref: pa.concat_arrays([part.columns[ref] for part in parts]) for ref in parts[0].columns}
    return States(np.concatenate([part.rows for part in parts]), np.concatenate([part.last for part in parts]), columns)


class _Beginnings:
    """The states that chains begin with: of stored sessions, and of chains that ended in others.

    They lie in columns, by the number of a chain, then those that were stored, then one that is empty.
    """

    def __init__(self, calls: Sequence[AggregateCall], chains: Chains, continued: Continued) -> None:
        self._calls, self._sources, self._chain = calls, chains.sources, chains.chain
        rows, sessions = len(chains.chain), chains.sources.sessions
        stored = sessions < 0
        self._numbers = np.where(stored, rows + np.cumsum(stored) - 1, sessions)
        self._empty = rows + len(continued.slots)
        self._awaited = np.zeros(rows, dtype=bool)
        self._awaited[sessions[~stored]] = True
        self._columns = {ref: row_column(type_) for call in calls for ref, type_ in call.state_types}
        for ref, column in self._columns.items():
            column.put(np.arange(rows, self._empty), continued.states.column(ref))

    def of(self, chains: np.ndarray) -> dict[str, pa.Array]:
        """The state columns that each of the chains begins with; all null for a new session."""
        first, end = (np.searchsorted(self._sources.chains, chains, side) for side in ("left", "right"))
        numbers = np.append(self._numbers, self._empty)[np.where(first < end, first, len(self._numbers))]
        columns = {ref: column.get(numbers) for ref, column in self._columns.items()}
        for merged in range(1, int((end - first).max(initial=0))):
            more = np.flatnonzero(end - first > merged)
            others = self._numbers[first[more] + merged]
            for call in self._calls:
                columns |= self._merged(call, columns, more, others)
        return columns

    def _merged(
        self, call: AggregateCall, columns: Mapping[str, pa.Array], more: np.ndarray, others: np.ndarray
    ) -> dict[str, pa.Array]:
        """The columns of a call, where the states of others have come to those at `more`."""
        left = [columns[ref].take(pa.array(more)) for ref in call.state_refs]
        right = [self._columns[ref].get(others) for ref in call.state_refs]
        size = len(next(iter(columns.values())))
        source = np.arange(size)
        source[more] = size + np.arange(len(more))
        merged = zip(call.state_refs, _mergeable(call).merge(left, right), strict=True)
        return {ref: pa.concat_arrays([columns[ref], column]).take(pa.array(source)) for ref, column in merged}

    def add(self, states: States) -> None:
        """Remember the states of chains that others begin with."""
        chain = self._chain[states.rows]
        ends = np.flatnonzero(states.last & self._awaited[chain])
        if len(ends):
            for ref, column in self._columns.items():
                column.put(chain[ends], states.columns[ref].take(pa.array(ends)))

"""Functions of the values that a group has, each remembered by itself: DISTINCT, and the extremes of tables."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ksql.engine.aggregates.declare import Bound, Function, Mergeable, Undoable, java_identity
from ksql.engine.aggregates.once import OnceInState
from ksql.engine.kernels.distinct import equality_codes
from ksql.engine.kernels.lives import Lives
from ksql.engine.kernels.nulls import validity
from ksql.engine.kernels.scans import previous, running_sum
from ksql.engine.kernels.segments import Segments, stable_order
from ksql.engine.types.sql_types import SqlType


@dataclass(frozen=True, slots=True)
class Known:
    """Values of segments: the number of the segment of each, the value, how often it is there, a number that tells it apart."""

    segments: np.ndarray
    values: pa.Array
    counts: np.ndarray
    codes: np.ndarray

    def take(self, rows: np.ndarray) -> Known:
        return Known(self.segments[rows], self.values.take(pa.array(rows)), self.counts[rows], self.codes[rows])


class GroupValues:
    """The values of a batch's segments: those that its rows bring or take (each different one is said to be touched), and what
    was known of them before.

    argument: the value of each sorted row; nulls are no values. signs: 1 where it comes, -1 where it goes; None: all come.
    """

    def __init__(self, argument: pa.Array, signs: np.ndarray | None, segments: Segments) -> None:
        self.argument, self.signs = argument, signs
        self._segments = segments
        self._rows = np.flatnonzero(validity(argument))
        codes = equality_codes(argument)[self._rows]
        #: The rows with a value, brought together by segment and value.
        self._groups = Segments(segments.segment[self._rows] * (int(codes.max(initial=0)) + 1) + codes)
        ones = np.ones(len(self._rows), dtype=np.int64) if signs is None else signs[self._rows]
        self._change = ones[self._groups.order]

    @property
    def touched(self) -> np.ndarray:
        """The first sorted row of each touched value."""
        return np.asarray(self._rows[self._groups.order[self._groups.starts]])

    def know(self, stored: np.ndarray, rest: Callable[[], tuple[np.ndarray, pa.Array, np.ndarray]]) -> None:
        """stored: how often each touched value was there before.

        rest: (segment, value, how often it is there) of the largest and smallest values of the segments that are not touched,
        as many as functions ask for.
        """
        self._stored, self._rest = stored, rest
        self._after = running_sum(self._change, stored, self._groups)

    def counts(self) -> np.ndarray:
        """How often each touched value is there after the batch."""
        return np.asarray(self._after[self._groups.ends])

    def turning(self) -> pa.Array:
        """The argument where the first of its value comes or the last one goes, else null."""
        before = previous(self._after, self._stored, self._groups)
        turns = np.zeros(len(self.argument), dtype=bool)
        turns[self._rows[self._groups.order]] = (before == 0) | (self._after == 0)
        return pc.if_else(pa.array(turns), self.argument, pa.scalar(None, self.argument.type))

    @cached_property
    def lives(self) -> Lives:
        """When each value is there, those of the rest among them."""
        return self._lives(self._known, self._known.counts)

    def lives_of_each(self, most: int) -> Lives:
        """When each value is there, and how often: each time it is an item of its own; only `most` times are of interest."""
        often = np.minimum(self._known.counts, most + self._gone(self._known.codes))
        return self._lives(self._known.take(np.repeat(np.arange(len(often)), often)), np.ones(int(often.sum()), dtype=np.int64))

    def _lives(self, known: Known, counts: np.ndarray) -> Lives:
        # A row without a value changes nothing, whatever its code.
        changes, codes = np.zeros((2, len(self.argument)), dtype=np.int64)
        by_value = self._rows[self._groups.order]
        changes[by_value], codes[by_value] = self._change, self._groups.segment
        amounts = np.append(counts, changes)
        return Lives(
            np.bincount(known.segments, minlength=len(self._segments)),
            known.values,
            self.argument,
            amounts,
            np.zeros_like(amounts),
            self._segments,
            codes=np.append(known.codes, codes),
        )

    @cached_property
    def _known(self) -> Known:
        """What there was before, by segment."""
        segments, values, counts = self._rest()
        there = np.flatnonzero(self._stored > 0)
        first = self.touched[there]
        return Known(
            np.append(self._segments.segment[first], segments),
            pa.concat_arrays([self.argument.take(pa.array(first)), values]),
            np.append(self._stored[there], counts),
            np.append(there, len(self._groups) + np.arange(len(segments))),
        ).take(stable_order(np.append(self._segments.segment[first], segments)))

    def _gone(self, codes: np.ndarray) -> np.ndarray:
        """How many rows of the batch take each value."""
        gone = np.bincount(self._groups.segment, self._change < 0, minlength=int(codes.max(initial=0)) + 1)
        return np.asarray(gone[codes], dtype=np.int64)


class OfValues(Function):
    """A function of the values of type `argument` that a group has.

    largest, smallest: of how many of them it has to know, whether or not a record brings or takes them.
    """

    argument: SqlType
    largest = smallest = 0

    @abstractmethod
    def scan(self, values: GroupValues, old: Sequence[pa.Array], segments: Segments, wanted: np.ndarray) -> list[pa.Array]:
        """State after each of the sorted rows `wanted`, from that per segment before (null where the group is new)."""

    @abstractmethod
    def step(self, state: Sequence[Any], value: Any, sign: int, left: Sequence[Any]) -> list[Any]:
        """State after one more record with `value` (taken back where sign is -1); `left` are the group's values after it."""


class Once(OfValues):
    """`function`, which skips nulls, of the different values of a group."""

    def __init__(self, function: Bound, argument: SqlType) -> None:
        self.argument = argument
        self.returns, self.state = function.returns, function.state
        self._function = function

    def mergeable(self) -> Mergeable:
        return OnceInState(self._function, self.argument)

    def scan(self, values: GroupValues, old: Sequence[pa.Array], segments: Segments, wanted: np.ndarray) -> list[pa.Array]:
        if values.signs is None:
            return self._function.scan([values.turning()], old, segments, wanted)
        assert isinstance(self._function, Undoable)
        return self._function.scan([values.turning()], old, segments, wanted, values.signs)

    def step(self, state: Sequence[Any], value: Any, sign: int, left: Sequence[Any]) -> list[Any]:
        equal = sum(java_identity(other) == java_identity(value) for other in left)
        turning = value if equal == (1 if sign > 0 else 0) else None
        if sign > 0:
            return self._function.step(state, [turning])
        assert isinstance(self._function, Undoable)
        return self._function.step(state, [turning], sign)

    def result(self, state: Sequence[pa.Array]) -> pa.Array:
        return self._function.result(state)

    def result_of(self, state: Sequence[Any]) -> Any:
        return self._function.result_of(state)

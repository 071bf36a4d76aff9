"""STDDEV_SAMP, STDDEV_SAMPLE and CORRELATION."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ksql.engine.aggregates.declare import ONCE, Bound, LiteralValue, Undoable, aggregate, wrap_int64
from ksql.engine.aggregates.sums import sum_of
from ksql.engine.kernels.nulls import numbers, validity
from ksql.engine.kernels.scans import previous, running_double_sum, running_sum, signed
from ksql.engine.kernels.segments import Segments
from ksql.engine.types.sql_types import BIGINT, DOUBLE, INTEGER, SqlType


class Deviation(Undoable):
    """Sum, count and sum of squared deviations, brought up to date record by record, and merged, as Youngs and Cramer describe.

    Taking a record back takes back what it would add as the last one.
    """

    returns = DOUBLE

    def __init__(self, sum_: Undoable, *, root: bool) -> None:
        self._sum, self._root = sum_, root
        self._whole = sum_.returns != DOUBLE
        self.state = (*sum_.state, ("count", pa.int64()), ("squares", pa.float64()))

    def scan(
        self,
        arguments: Sequence[pa.Array],
        old: Sequence[pa.Array],
        segments: Segments,
        wanted: np.ndarray,
        signs: np.ndarray | None = None,
    ) -> list[pa.Array]:
        every = np.arange(segments.rows)
        sums = self._sum.scan(arguments, old[:1], segments, every, signs)
        valid = validity(arguments[0])
        counts = running_sum(signed(valid.astype(np.int64), signs), numbers(old[1]), segments)
        values, totals, n = numbers(arguments[0]), numbers(sums[0]), counts
        if self._whole:
            values, totals = values.astype(np.int64), totals.astype(np.int64)
        if signs is not None:
            # Count and sum with the record, whether it comes or goes.
            n = np.where(signs > 0, n, previous(n, numbers(old[1]), segments))
            totals = np.where(signs > 0, totals, previous(totals, numbers(old[0]), segments))
        with np.errstate(all="ignore"):
            distance = (n * values - totals).astype(np.float64)
            growth = distance * distance / (n * (n - 1)).astype(np.float64)
        squares = running_double_sum(signed(growth, signs), valid & (n > 1), numbers(old[2]), segments)
        at = pa.array(wanted)
        return [sums[0].take(at), pa.array(counts[wanted]), pa.array(squares[wanted])]

    def step(self, state: Sequence[Any], arguments: Sequence[Any], sign: int = 1) -> list[Any]:
        count, squares, value = state[1] or 0, state[2] or 0.0, arguments[0]
        total = self._sum.step(state[:1], arguments, sign)[0]
        if value is None:
            return [total, count, squares]
        n, with_it = (count + 1, total) if sign > 0 else (count, state[0])
        if n > 1:
            distance = float(wrap_int64(n * value - with_it)) if self._whole else n * value - with_it
            squares += sign * (distance * distance / float(n * (n - 1)))
        return [total, count + sign, squares]

    def merge(self, left: Sequence[pa.Array], right: Sequence[pa.Array]) -> list[pa.Array]:
        (a, b), (sum_a, sum_b) = ([numbers(side[i]).astype(np.float64) for side in (left, right)] for i in (1, 0))
        with np.errstate(all="ignore"):
            distance = b / a * sum_a - sum_b
            between = a / (b * (a + b)) * (distance * distance)
            squares = numbers(left[2]) + numbers(right[2])
        squares = np.where((a > 0) & (b > 0), squares + between, squares)
        return [*self._sum.merge(left[:1], right[:1]), pc.add(left[1], right[1]), pa.array(squares)]

    def merge_of(self, left: Sequence[Any], right: Sequence[Any]) -> list[Any]:
        a, b, squares = float(left[1]), float(right[1]), left[2] + right[2]
        if a and b:
            distance = b / a * float(left[0]) - float(right[0])
            squares += a / (b * (a + b)) * (distance * distance)
        return [*self._sum.merge_of(left[:1], right[:1]), left[1] + right[1], squares]

    def result(self, state: Sequence[pa.Array]) -> pa.Array:
        counts = numbers(state[1])
        with np.errstate(all="ignore"):
            # What rounding leaves of squares that were taken back may be less than nothing.
            variance = np.where(counts < 2, 0.0, np.maximum(numbers(state[2]), 0.0) / (counts - 1))
            return pa.array(np.sqrt(variance) if self._root else variance)

    def result_of(self, state: Sequence[Any]) -> Any:
        if state[1] < 2:
            return 0.0
        variance = (0.0 if state[2] < 0 else state[2]) / (state[1] - 1)
        return math.sqrt(variance) if self._root else variance


class Correlation(Undoable):
    """Count and sums of x, y, xy, xx and yy. A record counts where neither column is null."""

    returns = DOUBLE
    state = (("count", pa.int64()), *((name, pa.float64()) for name in ("x", "y", "xy", "xx", "yy")))

    def scan(
        self,
        arguments: Sequence[pa.Array],
        old: Sequence[pa.Array],
        segments: Segments,
        wanted: np.ndarray,
        signs: np.ndarray | None = None,
    ) -> list[pa.Array]:
        valid = validity(arguments[0]) & validity(arguments[1])
        x, y = (numbers(argument).astype(np.float64) for argument in arguments)
        counts = running_sum(signed(valid.astype(np.int64), signs), numbers(old[0]), segments)
        with np.errstate(all="ignore"):
            terms = (signed(term, signs) for term in (x, y, x * y, x * x, y * y))
        sums = [running_double_sum(term, valid, numbers(before), segments) for term, before in zip(terms, old[1:], strict=True)]
        return [pa.array(column[wanted]) for column in (counts, *sums)]

    def step(self, state: Sequence[Any], arguments: Sequence[Any], sign: int = 1) -> list[Any]:
        sums = [value or 0.0 for value in state[1:]]
        if None in arguments:
            return [state[0] or 0, *sums]
        x, y = (float(argument) for argument in arguments)
        terms = (x, y, x * y, x * x, y * y)
        return [(state[0] or 0) + sign, *(a + sign * b for a, b in zip(sums, terms, strict=True))]

    def merge(self, left: Sequence[pa.Array], right: Sequence[pa.Array]) -> list[pa.Array]:
        return [pc.add(a, b) for a, b in zip(left, right, strict=True)]

    def merge_of(self, left: Sequence[Any], right: Sequence[Any]) -> list[Any]:
        return [a + b for a, b in zip(left, right, strict=True)]

    def result(self, state: Sequence[pa.Array]) -> pa.Array:
        return pa.array(_correlation(*(numbers(column).astype(np.float64) for column in state)))

    def result_of(self, state: Sequence[Any]) -> Any:
        return float(_correlation(*(np.float64(value) for value in state)))


def _correlation(n: Any, x: Any, y: Any, xy: Any, xx: Any, yy: Any) -> Any:
    with np.errstate(all="ignore"):
        return (n * xy - x * y) / (np.sqrt(n * xx - x * x) * np.sqrt(n * yy - y * y))


_NUMBERS = (INTEGER, BIGINT, DOUBLE)


def _deviation(types: Sequence[SqlType], literals: Sequence[LiteralValue], *, root: bool) -> Bound | None:
    if len(types) != 1 or literals or types[0] not in _NUMBERS:
        return None
    return Deviation(sum_of(types[0]), root=root)


_SIGNATURES = ["INT", "BIGINT", "DOUBLE"]


@aggregate(
    "STDDEV_SAMP",
    "Sample variance, in spite of its name; 0.0 for fewer than two values.",
    _SIGNATURES,
    tables=True,
    distinct=ONCE,
)
def bind_variance(types: Sequence[SqlType], literals: Sequence[LiteralValue]) -> Bound | None:
    return _deviation(types, literals, root=False)


@aggregate(
    "STDDEV_SAMPLE", "Sample standard deviation; 0.0 for fewer than two values.", _SIGNATURES, tables=True, distinct=ONCE
)
def bind_deviation(types: Sequence[SqlType], literals: Sequence[LiteralValue]) -> Bound | None:
    return _deviation(types, literals, root=True)


@aggregate(
    "CORRELATION",
    "Pearson's correlation of two columns; NaN for fewer than two rows or a constant column.",
    ["INT, INT", "BIGINT, BIGINT", "DOUBLE, DOUBLE"],
    "CORRELATION(height, weight)",
    tables=True,
)
def bind_correlation(types: Sequence[SqlType], literals: Sequence[LiteralValue]) -> Bound | None:
    return Correlation() if len(types) == 2 and types[0] == types[1] and types[0] in _NUMBERS and not literals else None

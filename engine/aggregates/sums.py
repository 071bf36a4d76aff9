"""SUM and AVG."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Context
from decimal import Decimal as PyDecimal
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ksql.engine.aggregates.declare import ONCE, Bound, LiteralValue, Undoable, aggregate, wrap_int32, wrap_int64
from ksql.engine.aggregates.merging import with_rows
from ksql.engine.errors import QueryError
from ksql.engine.kernels.decimals import running_decimal_sum
from ksql.engine.kernels.nulls import numbers, validity
from ksql.engine.kernels.scans import running_double_sum, running_sum, signed
from ksql.engine.kernels.segments import Segments
from ksql.engine.types.sql_types import BIGINT, DOUBLE, INTEGER, Decimal, SqlType

_NUMBERS = (INTEGER, BIGINT, DOUBLE)
_ZERO = PyDecimal(0)
_EXACT = Context(prec=80)


class Sum(Undoable):
    """The sum is all that is kept, so the sum of another group is to this one as a value that comes."""

    def merge(self, left: Sequence[pa.Array], right: Sequence[pa.Array]) -> list[pa.Array]:
        return with_rows(self, left, np.ones(len(right[0]), dtype=np.int64), right)

    def merge_of(self, left: Sequence[Any], right: Sequence[Any]) -> list[Any]:
        return self.step(left, right)


class IntegerSum(Sum):
    """Wraps around like Java's int or long."""

    def __init__(self, type_: SqlType) -> None:
        self.returns = type_
        self.state = (("sum", type_.arrow),)
        self._wrap = wrap_int32 if type_ == INTEGER else wrap_int64

    def scan(
        self,
        arguments: Sequence[pa.Array],
        old: Sequence[pa.Array],
        segments: Segments,
        wanted: np.ndarray,
        signs: np.ndarray | None = None,
    ) -> list[pa.Array]:
        values = signed(numbers(arguments[0]).astype(np.int64), signs)
        sums = running_sum(values, numbers(old[0]), segments)[wanted]
        return [pa.array(sums.astype(self.returns.arrow.to_pandas_dtype()))]

    def step(self, state: Sequence[Any], arguments: Sequence[Any], sign: int = 1) -> list[Any]:
        return [self._wrap((state[0] or 0) + sign * (arguments[0] or 0))]


class DoubleSum(Sum):
    returns = DOUBLE
    state = (("sum", pa.float64()),)

    def scan(
        self,
        arguments: Sequence[pa.Array],
        old: Sequence[pa.Array],
        segments: Segments,
        wanted: np.ndarray,
        signs: np.ndarray | None = None,
    ) -> list[pa.Array]:
        values, valid = signed(numbers(arguments[0]), signs), validity(arguments[0])
        return [pa.array(running_double_sum(values, valid, numbers(old[0]), segments)[wanted])]

    def step(self, state: Sequence[Any], arguments: Sequence[Any], sign: int = 1) -> list[Any]:
        total = 0.0 if state[0] is None else state[0]
        return [total if arguments[0] is None else total + sign * arguments[0]]


class DecimalSum(Sum):
    """Exact; a sum of more digits than the type has is an error that stops the query, as in ksqlDB."""

    def __init__(self, type_: Decimal) -> None:
        self.returns = type_
        self.state = (("sum", type_.arrow),)

    def scan(
        self,
        arguments: Sequence[pa.Array],
        old: Sequence[pa.Array],
        segments: Segments,
        wanted: np.ndarray,
        signs: np.ndarray | None = None,
    ) -> list[pa.Array]:
        sums, too_large = running_decimal_sum(arguments[0], old[0], segments, signs)
        if too_large.any():
            raise self._overflow()
        return [sums.take(pa.array(wanted))]

    def step(self, state: Sequence[Any], arguments: Sequence[Any], sign: int = 1) -> list[Any]:
        # Python's decimals would round at 28 digits: add the unscaled integers.
        scale = self.returns.arrow.scale
        before, value = (int((v or _ZERO).scaleb(scale, _EXACT)) for v in (state[0], arguments[0]))
        total = before + sign * value
        if abs(total) >= 10**self.returns.arrow.precision:
            raise self._overflow()
        return [PyDecimal(total).scaleb(-scale, _EXACT)]

    def _overflow(self) -> QueryError:
        return QueryError(
            f"SUM: the sum has more digits than {self.returns} holds", hint="CAST the argument to a wider DECIMAL."
        )


def sum_of(type_: SqlType) -> Undoable:
    """SUM of a number type."""
    if type_ in (INTEGER, BIGINT):
        return IntegerSum(type_)
    if type_ == DOUBLE:
        return DoubleSum()
    assert isinstance(type_, Decimal)
    return DecimalSum(type_)


@aggregate(
    "SUM",
    "Sum, in the type of the argument; 0 for no values.",
    ["INT", "BIGINT", "DOUBLE", "DECIMAL"],
    "SUM(amount)",
    tables=True,
    distinct=ONCE,
)
def bind_sum(types: Sequence[SqlType], literals: Sequence[LiteralValue]) -> Bound | None:
    is_number = len(types) == 1 and (types[0] in _NUMBERS or isinstance(types[0], Decimal))
    return sum_of(types[0]) if is_number and not literals else None


class Average(Undoable):
    """The sum is kept in the argument's type (so INT may wrap) and divided by the count."""

    returns = DOUBLE

    def __init__(self, sum_: Undoable) -> None:
        self._sum = sum_
        self.state = (*sum_.state, ("count", pa.int64()))

    def scan(
        self,
        arguments: Sequence[pa.Array],
        old: Sequence[pa.Array],
        segments: Segments,
        wanted: np.ndarray,
        signs: np.ndarray | None = None,
    ) -> list[pa.Array]:
        counts = running_sum(signed(validity(arguments[0]).astype(np.int64), signs), numbers(old[1]), segments)[wanted]
        return [*self._sum.scan(arguments, old[:1], segments, wanted, signs), pa.array(counts)]

    def step(self, state: Sequence[Any], arguments: Sequence[Any], sign: int = 1) -> list[Any]:
        count = (state[1] or 0) + (0 if arguments[0] is None else sign)
        return [*self._sum.step(state[:1], arguments, sign), count]

    def merge(self, left: Sequence[pa.Array], right: Sequence[pa.Array]) -> list[pa.Array]:
        return [*self._sum.merge(left[:1], right[:1]), pc.add(left[1], right[1])]

    def merge_of(self, left: Sequence[Any], right: Sequence[Any]) -> list[Any]:
        return [*self._sum.merge_of(left[:1], right[:1]), left[1] + right[1]]

    def result(self, state: Sequence[pa.Array]) -> pa.Array:
        counts = numbers(state[1])
        with np.errstate(divide="ignore", invalid="ignore"):
            quotient = state[0].to_numpy(zero_copy_only=False).astype(np.float64) / counts
        return pa.array(np.where(counts == 0, 0.0, quotient))

    def result_of(self, state: Sequence[Any]) -> Any:
        return float(state[0]) / state[1] if state[1] else 0.0


@aggregate("AVG", "Arithmetic mean; 0.0 for no values.", ["INT", "BIGINT", "DOUBLE"], "AVG(delay)", tables=True, distinct=ONCE)
def bind_average(types: Sequence[SqlType], literals: Sequence[LiteralValue]) -> Bound | None:
    return Average(sum_of(types[0])) if len(types) == 1 and types[0] in _NUMBERS and not literals else None

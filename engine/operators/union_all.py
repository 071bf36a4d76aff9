"""UNION ALL: the rows of several streams, in the order in which their records are processed."""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa

from ksql.engine.operators.batch import ALWAYS, BatchContext, in_order
from ksql.engine.operators.stage import Stage
from ksql.engine.state.stateful import Stateful


class UnionAll:
    """The rows of all `inputs`, which have the same columns."""

    def __init__(self, inputs: Sequence[Stage]) -> None:
        self.inputs = tuple(inputs)
        self.states: tuple[Stateful, ...] = ()

    def describe(self) -> str:
        return f"Union of {len(self.inputs)} streams"

    def decode(self, context: BatchContext) -> None:
        for input_ in self.inputs:
            input_.decode(context)

    def process(self, context: BatchContext) -> pa.Table:
        names = [*ALWAYS, *self.inputs[0].columns]
        return in_order(pa.concat_tables([input_.process(context).select(names) for input_ in self.inputs]))

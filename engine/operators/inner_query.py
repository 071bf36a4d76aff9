"""A query inside another one: what it makes goes on in memory, where a persistent query would write a topic."""

from __future__ import annotations

from dataclasses import replace

import pyarrow as pa

from ksql.engine.operators.batch import BatchContext, Node
from ksql.engine.state.stateful import Stateful


class InnerQuery:
    """The rows of the query `name`. Every change goes on, cache or not: the query around it reads them."""

    def __init__(self, input_: Node, name: str) -> None:
        self._input, self._name = input_, name
        self.inputs = (input_,)
        self.states: tuple[Stateful, ...] = ()

    def describe(self) -> str:
        return f"Query {self._name}"

    def decode(self, context: BatchContext) -> None:
        self._input.decode(context)

    def process(self, context: BatchContext) -> pa.Table:
        return self._input.process(replace(context, fold=False))

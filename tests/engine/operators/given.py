"""Nodes that hand out what they are given, to test operators without planning a query."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from ksql.engine.operators.batch import BatchContext, Node
from ksql.engine.state.stateful import Stateful

#: For operators that run no SQL.
CONTEXT = BatchContext(None, {})  # type: ignore[arg-type]


@dataclass
class Given:
    """The rows of the next batch: dictionaries of `columns` (types by ref), beside place, time, partition and deleted."""

    columns: Mapping[str, pa.DataType]
    rows: Sequence[Mapping[str, Any]] = ()
    inputs: Sequence[Node] = ()
    states: Sequence[Stateful] = ()

    def describe(self) -> str:
        return "given"

    def decode(self, context: BatchContext) -> None:
        """Nothing to do ahead."""

    def process(self, context: BatchContext) -> pa.Table:  # noqa: ARG002
        meta = {"$n": pa.int64(), "$ts": pa.int64(), "$p": pa.int32(), "$del": pa.bool_()}
        return pa.table(
            {ref: pa.array([row[ref] for row in self.rows], type_) for ref, type_ in {**meta, **self.columns}.items()}
        )


def publish(node: Node, offset: int = 0) -> None:
    """What a commit does."""
    for state in node.states:
        state.publish(offset)

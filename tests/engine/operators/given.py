"""Nodes that hand out what they are given, to test operators without planning a query."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from ksql.engine.operators.batch import BatchContext, Node
from ksql.engine.operators.join_condition import JoinCondition
from ksql.engine.planning.plan import walk
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


class Holds(JoinCondition):
    """Says of the values of two columns, one of either side, whether `predicate` is true of them."""

    def __init__(self, left: str, right: str, predicate: Callable[[Any, Any], bool]) -> None:
        self._refs, self._predicate = (left, right), predicate

    def holds(
        self,
        causes: pa.Table,
        sides: Collection[tuple[pa.Table, np.ndarray]],
        context: BatchContext,  # noqa: ARG002
    ) -> np.ndarray:
        assert all(causes.num_rows == len(rows) and (rows >= 0).all() for _, rows in sides)
        values = [
            table.column(ref).take(pa.array(rows)).to_pylist()
            for ref in self._refs
            for table, rows in sides
            if ref in table.column_names
        ]
        return np.array([self._predicate(left, right) for left, right in zip(*values, strict=True)], dtype=bool)


def states_of(node: Node) -> list[Stateful]:
    """All that it and its inputs remember."""
    return [state for part in walk(node) for state in part.states]


def publish(node: Node, offset: int = 0) -> None:
    """What a commit does."""
    for state in states_of(node):
        state.publish(offset)

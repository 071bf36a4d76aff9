"""Rows move to the partition of another key: what a topic in between would do, in memory."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from ksql.engine.kernels.nulls import complete
from ksql.engine.operators.batch import PARTITION, BatchContext, Node, as_bytes
from ksql.engine.operators.tally import NO_GROUP
from ksql.engine.state.stateful import Stateful
from ksql.log.partitioner import partition_keys

#: Ref of the new key's bytes, where rows of groups change their partition.
REKEY = "$rekey"


class Repartition:
    """`key` is the ref of the new key's bytes; the rows keep their order."""

    def __init__(self, input_: Node, key: str, partitions: int) -> None:
        self._input, self._key, self._partitions = input_, key, partitions
        self.inputs = (input_,)
        self.states: Sequence[Stateful] = ()

    def describe(self) -> str:
        return f"Repartition by {self._key} over {self._partitions} partition(s)"

    def decode(self, context: BatchContext) -> None:
        self._input.decode(context)

    def process(self, context: BatchContext) -> pa.Table:
        rows = self._input.process(context)
        return moved(rows, self._key, self._partitions) if context.spread else rows


def moved(rows: pa.Table, key: str, partitions: int) -> pa.Table:
    """The rows with the partitions that the bytes in column `key` have in a topic."""
    places = partition_keys(as_bytes(rows.column(key)).combine_chunks(), partitions)
    return rows.set_column(rows.column_names.index(PARTITION), PARTITION, pa.array(places))


def grouped(part: object, rows: pa.Table, keys: Sequence[str], partitions: int, context: BatchContext) -> pa.Table:
    """The rows that have a group, none of whose `keys` is null; over `partitions` (0: where they are) by their column `REKEY`.

    The others are counted as left out by `part`.
    """
    has_group = complete(rows.select(keys))
    if not has_group.all():
        rows = rows.filter(pa.array(has_group))
        context.tally.count(part, NO_GROUP, int(np.count_nonzero(~has_group)))
    if partitions and context.spread:
        rows = moved(rows, REKEY, partitions).drop_columns([REKEY])
    return rows

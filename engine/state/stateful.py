"""What an operator remembers from one batch to the next, as the task and the changelog see it."""

from __future__ import annotations

from typing import Protocol

import numpy as np
import pyarrow as pa


class Stateful(Protocol):
    """Something that survives a restart.

    What a batch changes is staged. It becomes the state by `publish` once the batch is committed, or is forgotten by `discard`;
    until then nobody sees it. `name` says for ever which state of its query it is (a query puts its name before those of the
    queries inside it); `schema` is that of its changes.

    The changelog is a sequence of records, each with some changes of one state; replaying them in order gives the state. A row
    remembers the record (by offset) that wrote it last, so a record's other rows are known to be of no use any more.
    """

    name: str

    @property
    def schema(self) -> pa.Schema: ...

    def changes(self) -> pa.RecordBatch | None:
        """What is staged, as `schema`; None if nothing is."""

    def publish(self, offset: int) -> np.ndarray:
        """What is staged becomes the state; the changelog has it at `offset`. Returns the offsets of the rows it replaces."""

    def discard(self) -> None:
        """Forget what is staged."""

    def restore(self, changes: pa.RecordBatch, offset: int) -> np.ndarray:
        """Apply a record of the changelog. Returns the offsets of the rows it replaces."""

    def in_use(self, changes: pa.RecordBatch, offset: int) -> pa.RecordBatch:
        """The rows of the record at `offset` (or of a part of it) that no later record has replaced."""

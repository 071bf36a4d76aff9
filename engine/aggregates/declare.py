"""The form in which an aggregate function is declared."""

from __future__ import annotations

import math
import struct
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from ksql.engine.kernels.segments import Segments
from ksql.engine.types.sql_types import SqlType

#: A literal argument: an integer, a boolean, or a text.
LiteralValue = int | bool | str


class Function(ABC):
    """An aggregate function for arguments of certain types.

    `state` names what is kept per group, with Arrow types; a group begins with all of it null. The state after every record is
    given by `scan` for whole batches, and by `step` for one record in plain Python: its twin, and the definition.
    """

    returns: SqlType
    state: Sequence[tuple[str, pa.DataType]]

    def limit(self, most: int) -> None:  # noqa: B027 - most functions have nothing to limit
        """Collect at most so many values."""

    def result(self, state: Sequence[pa.Array]) -> pa.Array:
        """Values of the function, from arrays of state: by default the only state column."""
        return state[0]

    def result_of(self, state: Sequence[Any]) -> Any:
        """The value of the function for one state, in plain Python."""
        return state[0]

    def mergeable(self) -> Mergeable | None:
        """This function for groups that may become one; None where there is none."""
        return None


class Bound(Function):
    """A function whose state is all it has to know of the rows that have come."""

    @abstractmethod
    def scan(
        self, arguments: Sequence[pa.Array], old: Sequence[pa.Array], segments: Segments, wanted: np.ndarray
    ) -> list[pa.Array]:
        """State after each of the sorted rows `wanted`.

        arguments: one value per sorted row. old: state per segment (null where the group is new). A state column that `result`
        does not read need only be right after the last row of a segment, and may be null elsewhere.
        """

    @abstractmethod
    def step(self, state: Sequence[Any], arguments: Sequence[Any]) -> list[Any]:
        """State after one more record."""


class Mergeable(Bound):
    """A function whose groups may become one, as sessions do."""

    #: There is one more argument, the last: the number of the row in the order of arrival.
    by_arrival = False

    def mergeable(self) -> Mergeable:
        return self

    @abstractmethod
    def merge(self, left: Sequence[pa.Array], right: Sequence[pa.Array]) -> list[pa.Array]:
        """State of the groups that two become, row by row: that of `left` with what has come to `right`; no group is empty."""

    @abstractmethod
    def merge_of(self, left: Sequence[Any], right: Sequence[Any]) -> list[Any]:
        """State of one such group, in plain Python."""


class Undoable(Mergeable):
    """A function that can take a record back, too: what a table needs, whose changes replace rows."""

    @abstractmethod
    def scan(
        self,
        arguments: Sequence[pa.Array],
        old: Sequence[pa.Array],
        segments: Segments,
        wanted: np.ndarray,
        signs: np.ndarray | None = None,
    ) -> list[pa.Array]:
        """As `Bound.scan`. signs: int64 per sorted row, 1 where it is added, -1 where it is taken back; None: all are added."""

    @abstractmethod
    def step(self, state: Sequence[Any], arguments: Sequence[Any], sign: int = 1) -> list[Any]:
        """State after one more record; after taking it back where sign is -1."""


Binder = Callable[[Sequence[SqlType], Sequence[LiteralValue]], Function | None]

#: As what becomes of a function by DISTINCT: it is given each different value once.
ONCE = "ONCE"


@dataclass(frozen=True, slots=True)
class Declaration:
    """An aggregate function: `signatures` for people, `bind` for the planner (None when the types do not fit).

    tables: binds it for tables, whose rows are taken back when they change; None: it cannot be used there.
    distinct: the name of the function that it is with DISTINCT (its own where that changes nothing), or ONCE; empty: refused.
    """

    name: str
    doc: str
    signatures: tuple[str, ...]
    bind: Binder
    example: str = ""
    tables: Binder | None = None
    distinct: str = ""


AGGREGATES: dict[str, Declaration] = {}


def aggregate(
    name: str,
    doc: str,
    signatures: Sequence[str],
    example: str = "",
    *,
    tables: Binder | bool = False,
    distinct: str = "",
) -> Callable[[Binder], Binder]:
    """Register a binder as the aggregate function `name`. tables: whether it binds for tables, too, or what does."""

    def register(bind: Binder) -> Binder:
        on_tables = (bind if tables else None) if isinstance(tables, bool) else tables
        AGGREGATES[name] = Declaration(name, doc, tuple(signatures), bind, example, on_tables, distinct)
        return bind

    return register


def is_aggregate(name: str) -> bool:
    return name in AGGREGATES


def wrap_int32(value: int) -> int:
    return (value + (1 << 31)) % (1 << 32) - (1 << 31)


def wrap_int64(value: int) -> int:
    return (value + (1 << 63)) % (1 << 64) - (1 << 63)


def java_identity(value: Any) -> Any:
    """Equal, and hashable, where Java's `equals` says so: NaN equals NaN, 0.0 is not -0.0, maps
    (lists of pairs) have no order. For the `step` twins."""
    if isinstance(value, float):
        return ("NaN",) if value != value else struct.pack(">d", value)  # noqa: PLR0124 - NaN
    if isinstance(value, list) and value and isinstance(value[0], tuple):
        return frozenset(java_identity(entry) for entry in value)
    if isinstance(value, (list, tuple)):
        return tuple(java_identity(item) for item in value)
    if isinstance(value, dict):
        return tuple((name, java_identity(item)) for name, item in value.items())
    return value


def java_order(value: Any) -> Any:
    """A key that sorts as Java's compareTo does. For the `step` twins."""
    if isinstance(value, float):
        bits = struct.unpack(">q", struct.pack(">d", math.nan if math.isnan(value) else value))[0]
        return bits if bits >= 0 else bits ^ 0x7FFF_FFFF_FFFF_FFFF
    if isinstance(value, str):
        return value.encode("utf-16-be", "surrogatepass")
    if isinstance(value, bytes):
        return [byte - 256 if byte > 127 else byte for byte in value]
    return value

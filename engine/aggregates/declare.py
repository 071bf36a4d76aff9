"""The form in which an aggregate function is declared."""

from __future__ import annotations

import struct
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np
import pyarrow as pa

from ksql.engine.errors import StatementError, did_you_mean
from ksql.engine.kernels.segments import Segments
from ksql.engine.types.sql_types import SqlType

#: A literal argument: an integer, a boolean, or a text.
LiteralValue = int | bool | str


class Bound(ABC):
    """An aggregate function for arguments of certain types.

    `state` names what is kept per group, with Arrow types; a group begins with all of it null. The state after every record is
    given by `scan` for whole batches, and by `step` for one record in plain Python: its twin, and the definition.
    """

    returns: SqlType
    state: Sequence[tuple[str, pa.DataType]]

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

    def mergeable(self) -> Mergeable | None:
        """This function for groups that may become one; None where there is none."""
        return None

    def limit(self, most: int) -> None:  # noqa: B027 - most functions have nothing to limit
        """Collect at most so many values."""

    def result(self, state: Sequence[pa.Array]) -> pa.Array:
        """Values of the function, from arrays of state: by default the only state column."""
        return state[0]

    def result_of(self, state: Sequence[Any]) -> Any:
        """The value of the function for one state, in plain Python."""
        return state[0]


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


Binder = Callable[[Sequence[SqlType], Sequence[LiteralValue]], Bound | None]


@dataclass(frozen=True, slots=True)
class Declaration:
    """An aggregate function: `signatures` for people, `bind` for the planner (None when the types do not fit).

    tables: it may be used on tables, whose rows are taken back when they change: it is `Undoable`.
    """

    name: str
    doc: str
    signatures: tuple[str, ...]
    bind: Binder
    example: str = ""
    tables: bool = False


AGGREGATES: dict[str, Declaration] = {}


def aggregate(
    name: str, doc: str, signatures: Sequence[str], example: str = "", *, tables: bool = False
) -> Callable[[Binder], Binder]:
    """Register a binder as the aggregate function `name`."""

    def register(bind: Binder) -> Binder:
        AGGREGATES[name] = Declaration(name, doc, tuple(signatures), bind, example, tables)
        return bind

    return register


def is_aggregate(name: str) -> bool:
    return name in AGGREGATES


def resolve_aggregate(
    name: str,
    types: Sequence[SqlType],
    literals: Sequence[LiteralValue],
    settings: Mapping[str, str] = MappingProxyType({}),
    *,
    table: bool = False,
) -> Bound:
    """The function for the types of its columns and its literals; no implicit casts. Raises StatementError.

    settings: `ksql.functions.<name>.limit` is how many values it collects at most. table: the rows are those of a table.
    """
    declaration = AGGREGATES.get(name)
    if declaration is None:
        raise StatementError(f"there is no aggregate function {name}", hint=did_you_mean(name, AGGREGATES))
    if table and not declaration.tables:
        raise StatementError(
            f"{name} cannot be used on a table",
            detail="when a row changes, its old value is taken back, which this function cannot do",
            hint="on tables there are " + ", ".join(sorted(known for known in AGGREGATES if AGGREGATES[known].tables)) + ".",
        )
    bound = declaration.bind(types, literals)
    if bound is None:
        given = ", ".join([str(t) for t in types] + [str(v) for v in literals])
        raise StatementError(
            f"{name} does not accept ({given})",
            detail="it accepts " + ", ".join(f"{name}({s})" for s in declaration.signatures),
            hint="aggregates convert no types by themselves: CAST the argument.",
        )
    limit = settings.get(f"ksql.functions.{name.lower()}.limit", "-1")
    if int(limit) >= 0:
        bound.limit(int(limit))
    return bound


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

"""What became of records, operator by operator: so that somebody can see why no row came out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

#: Of the table that shows a tally.
TITLE = "Records since the query was taken up"

READ = "read"
UNREADABLE = "left out: cannot be read"
NO_KEY = "left out: no key"
NO_VALUE = "left out: no value"
FILTERED = "left out: by a condition, or no value"
FAILED_EXPRESSION = "an expression failed: NULL, or left out"
NO_GROUP = "left out: no group, for a key is NULL"
LATE = "left out: late, every window had closed"
NO_JOIN_KEY = "without a match: a key of the join is NULL"
UNMATCHED = "left out: without a match"
TOO_OLD = "not kept for later matches: late"
NO_ROW = "left out: no row before, none after"
LATER_CHANGE = "left out: a later change of the key in the same batch (cache)"
WRITTEN = "written"


class Tally:
    """Numbers of rows by operator and by what became of them."""

    def __init__(self) -> None:
        self._numbers: dict[tuple[int, str], int] = {}

    def count(self, part: object, what: str, rows: int) -> None:
        if rows:
            key = id(part), what
            self._numbers[key] = self._numbers.get(key, 0) + rows

    def left_out(self, part: object) -> int:
        """Of how many rows the operator has made nothing so far."""
        return sum(rows for (of, what), rows in self._numbers.items() if of == id(part) and what != READ)

    def add(self, other: Tally) -> None:
        for key, rows in other._numbers.items():
            self._numbers[key] = self._numbers.get(key, 0) + rows

    def of(self, parts: Iterable[object]) -> list[tuple[int, str, int]]:
        """(number of the operator, what, rows) in the order of `parts`, then as counted first."""
        known: Mapping[tuple[int, str], int] = dict(self._numbers)
        return [(i, what, rows) for i, part in enumerate(parts) for (of, what), rows in known.items() if of == id(part)]

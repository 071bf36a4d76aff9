"""Judges the records of a topic with several partitions: what must be in which, and what is left to chance."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Sequence
from decimal import Decimal
from typing import Literal, NamedTuple

from tests.conformance.values import identity

#: exact: the records of every key, in order; records: the same in any order, timestamps aside; final: the last of each key.
JudgeBy = Literal["exact", "records", "final"]
Place = tuple[int, bytes | None]


class Row(NamedTuple):
    """A record and where it lies."""

    partition: int
    key: bytes | None
    value: bytes | None
    timestamp: int


def judge(by: JudgeBy, expected: Sequence[Row], actual: Sequence[Row]) -> str:
    """The first difference, or "". Every key must be in its partition, whatever counts of its records."""
    summed_up = _SUMMARIES[by]
    wanted, found = _by_place(expected), _by_place(actual)
    for place in sorted(wanted.keys() | found.keys(), key=lambda place: (place[0], place[1] or b"")):
        want, have = wanted.get(place, []), found.get(place, [])
        if summed_up(want) != summed_up(have):
            same = next((i for i, (a, b) in enumerate(zip(want, have, strict=False)) if a != b), min(len(want), len(have)))
            return f"partition {place[0]}, key {place[1]!r}: {_texts(have, same)}, expected {_texts(want, same)}"
    return ""


def _by_place(rows: Sequence[Row]) -> dict[Place, list[Row]]:
    places: dict[Place, list[Row]] = defaultdict(list)
    for row in rows:
        places[row.partition, row.key].append(row)
    return places


def _exact(rows: Sequence[Row]) -> Hashable:
    return tuple((_value(row), row.timestamp) for row in rows)


def _records(rows: Sequence[Row]) -> Hashable:
    return frozenset(Counter(map(_value, rows)).items())


def _final(rows: Sequence[Row]) -> Hashable:
    """A null value: there is no row any more, as if there had never been one."""
    return _value(rows[-1]) if rows else None


_SUMMARIES: dict[JudgeBy, Callable[[Sequence[Row]], Hashable]] = {"exact": _exact, "records": _records, "final": _final}


def _value(row: Row) -> Hashable:
    """A value as JSON, where it is that: the same number may be written in several ways."""
    if row.value is None:
        return None
    try:
        return identity(json.loads(row.value, parse_float=Decimal))
    except ValueError:
        return row.value


def _texts(rows: Sequence[Row], start: int) -> str:
    """How many records there are, and some of them from `start` on."""
    some = rows[start : start + 3]
    texts = [f"{'null' if row.value is None else row.value.decode('utf-8', 'replace')} at {row.timestamp}" for row in some]
    return f"{len(rows)} records" + (f" (from {start} on: {', '.join(texts)})" if some else "")

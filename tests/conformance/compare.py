"""Judges the records of one topic, in exact and in batch mode."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Sequence
from typing import Literal

from tests.conformance.topics import Seen, Topic
from tests.conformance.values import identity, same

Mode = Literal["exact", "batch"]
MODES: tuple[Mode, ...] = ("exact", "batch")


class Judge:
    """Compares what came out of `topic` with what a case expects. Every method returns "" or the first difference found."""

    def __init__(self, topic: Topic, tolerance: float = 0.0) -> None:
        self._topic = topic
        self._tolerance = tolerance

    def judge(self, expected: Sequence[Seen], actual: Sequence[Seen], mode: Mode) -> str:
        """Exact mode: record for record. Batch mode: streams in the same order per key, tables to the same final rows."""
        if mode == "batch" and self._topic.is_table:
            return self.folded(expected, actual)
        if mode == "exact" and self._topic.writers <= 1:
            return self.in_order(expected, actual)
        return self.per_key(expected, actual)

    def in_order(self, expected: Sequence[Seen], actual: Sequence[Seen]) -> str:
        """The same records in the same order."""
        for place, (want, have) in enumerate(zip(expected, actual, strict=False)):
            if difference := self._difference(want, have):
                return f"record {place}: {difference}"
        return _count_difference(expected, actual)

    def per_key(self, expected: Sequence[Seen], actual: Sequence[Seen]) -> str:
        """The same records per key and window, in the same order per statement that writes the topic."""
        found = _by_key(actual)
        for key, wanted in _by_key(expected).items():
            records = found.pop(key, [])
            if difference := self._interleaved(wanted, records) if self._topic.writers > 1 else self.in_order(wanted, records):
                return f"key {wanted[0].key!r}: {difference}"
        if found:
            return f"unexpected {next(iter(found.values()))[0]}"
        return ""

    def folded(self, expected: Sequence[Seen], actual: Sequence[Seen]) -> str:
        """The last value of every key and window is the same (none = deleted), and no other value ever came out."""
        found = _by_key(actual)
        for key, wanted in _by_key(expected).items():
            records = found.pop(key, [])
            have = records[-1].value if records else None
            if not self._same_value(wanted[-1].value, have):
                return f"key {wanted[0].key!r} {wanted[0].window or ''}: ends as {have!r}, expected {wanted[-1].value!r}"
            for record in records:
                if not any(self._same_value(want.value, record.value) for want in wanted):
                    return f"exact mode never gives {record}"
        if found:
            return f"exact mode never gives {next(iter(found.values()))[0]}"
        return ""

    def _interleaved(self, expected: Sequence[Seen], actual: Sequence[Seen]) -> str:
        """The same records, in an order that as many ordered sequences as there are writers can give."""
        left = dict(enumerate(actual))
        places = []
        for want in expected:
            place = next((place for place, have in left.items() if not self._difference(want, have)), None)
            if place is None:
                return f"missing {want}"
            del left[place]
            places.append(place)
        if left:
            return f"unexpected {next(iter(left.values()))}"
        needed = _ascending_sequences(places)
        return "" if needed <= self._topic.writers else f"an order {self._topic.writers} statements cannot give: {actual}"

    def _difference(self, want: Seen, have: Seen) -> str:
        if not same(want.key, have.key, self._topic.key_type(have.key), self._tolerance):
            return f"key {have.key!r}, expected {want.key!r}"
        if want.window != have.window:
            return f"window {have.window}, expected {want.window}, key {want.key!r}"
        if not self._same_value(want.value, have.value):
            return f"value {have.value!r}, expected {want.value!r}, key {want.key!r}"
        if want.timestamp is not None and want.timestamp != have.timestamp:
            return f"timestamp {have.timestamp}, expected {want.timestamp}, key {want.key!r}"
        if want.headers is not None and want.headers != have.headers:
            return f"headers {have.headers}, expected {want.headers}, key {want.key!r}"
        return ""

    def _same_value(self, want: object, have: object) -> bool:
        return same(want, have, self._topic.value_type(have), self._tolerance)


def _ascending_sequences(places: Sequence[int]) -> int:
    """How many ascending sequences `places` falls into, at least: each place goes behind the largest end that fits."""
    ends: list[int] = []
    for place in places:
        best = max((end for end in ends if end < place), default=None)
        if best is not None:
            ends.remove(best)
        ends.append(place)
    return len(ends)


def _by_key(records: Sequence[Seen]) -> dict[tuple[Hashable, ...], list[Seen]]:
    groups: dict[tuple[Hashable, ...], list[Seen]] = defaultdict(list)
    for record in records:
        groups[(identity(record.key), record.window)].append(record)
    return groups


def _count_difference(expected: Sequence[Seen], actual: Sequence[Seen]) -> str:
    if len(actual) < len(expected):
        return f"{len(actual)} records, expected {len(expected)}; the first missing: {expected[len(actual)]}"
    if len(actual) > len(expected):
        return f"{len(actual)} records, expected {len(expected)}; the first unexpected: {actual[len(expected)]}"
    return ""

"""The records of `curve`: what a workload reads by its number of keys.

The state is filled with all keys first, which is not counted; then records are counted whose keys are drawn from all of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

import duckdb
import numpy as np
import pyarrow as pa

from tests.benchmarks.data import CLICK, NEAR_MS, USER, VIEW, Draw, Kind, order
from tests.benchmarks.workload import CACHE_OFF

KEYS = (10_000, 100_000, 1_000_000)
_PIECE_ROWS = 1_000_000
#: Filling takes so long, ms; with what is counted it lies in one window of W2.
_FILL_MS, _COUNTED_MS = 100_000, 300_000


@dataclass(frozen=True)
class Part:
    """Records of one topic, `step_ms` apart. first: the number of the first; below 0 they come before all that is counted."""

    topic: str
    kind: Kind
    codes: np.ndarray
    first: int
    step_ms: float

    def pieces(self) -> Iterator[pa.Table]:
        """The records as (key, value, timestamp), …, some at a time."""
        rng = np.random.default_rng(20130101)
        with duckdb.connect(config={"threads": 1}) as con:
            for start in range(0, len(self.codes), _PIECE_ROWS):
                codes = self.codes[start : start + _PIECE_ROWS]
                yield self.kind.make(con, Draw(codes, self.first + start, self.step_ms), rng)


@dataclass(frozen=True)
class Curve:
    """A workload by its number of keys. `fill` and `counted` (by keys, and then by records) give what its topics hold.

    properties: those of the session. W7 writes every change: with the cache few keys are written far less often than many.
    """

    workload: str
    fill: Callable[[int], list[Part]]
    counted: Callable[[int, int], list[Part]]
    keys: tuple[int, ...] = KEYS
    properties: Mapping[str, str] = field(default_factory=dict)


def _all(topic: str, kind: Kind, keys: int) -> Part:
    """Every key once."""
    return Part(topic, kind, _rng(keys).permutation(keys), -keys, _FILL_MS / keys)


def _some(topic: str, kind: Kind, keys: int, rows: int) -> Part:
    """Keys drawn at random."""
    return Part(topic, kind, _rng(rows).integers(0, keys, rows), 0, _COUNTED_MS / rows)


def _rng(seed: int) -> np.random.Generator:
    return np.random.default_rng(seed)


def _views(keys: int, rows: int) -> list[Part]:
    return [_some("pageviews", VIEW, keys, rows)]


def _near(keys: int, rows: int, first: int) -> list[Part]:
    """Two streams in which about one record of the other lies near each one, whatever the number of keys."""
    step = 2 * NEAR_MS / keys
    kinds = {"pageviews": VIEW, "clicks": CLICK}
    return [Part(topic, kind, _rng(i).integers(0, keys, rows), first, step) for i, (topic, kind) in enumerate(kinds.items())]


def _buffered(keys: int) -> list[Part]:
    """What a join of streams keeps: two minutes, and a grace period."""
    rows = keys * 5 // 4
    return _near(keys, rows, -rows)


def _tables(part: Callable[..., Part], keys: int, *rows: int) -> list[Part]:
    """Orders, ten of each user; one record in a hundred is of a user."""
    users = keys // 10
    return [
        part("orders", order(users), keys, *(n - n // 100 for n in rows)),
        part("users", USER, users, *(n // 100 for n in rows)),
    ]


CURVES = (
    Curve("W2", lambda keys: [_all("pageviews", VIEW, keys)], _views),
    Curve("W3", lambda keys: [_all("users", USER, keys)], _views, (*KEYS, 10_000_000)),
    Curve("W4", lambda keys: [_all("pageviews", VIEW, keys)], _views, (*KEYS, 10_000_000)),
    Curve("W5", _buffered, lambda keys, rows: _near(keys, rows // 2, 0)),
    Curve("W7", lambda keys: _tables(_all, keys), lambda keys, rows: _tables(_some, keys, rows), properties=CACHE_OFF),
)

"""Groups that become one: what came to the one is taken in by the other, as rows that come after its own."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from ksql.engine.aggregates.declare import Bound
from ksql.engine.kernels.segments import Segments


def with_rows(function: Bound, states: Sequence[pa.Array], sizes: np.ndarray, arguments: Sequence[pa.Array]) -> list[pa.Array]:
    """Each state after sizes[i] more rows; the rows' arguments lie one after the other."""
    segments = Segments(np.repeat(np.arange(len(sizes)), sizes))
    if not segments.rows:
        return list(states)
    before = pa.array(segments.slots)
    after = function.scan(arguments, [column.take(before) for column in states], segments, segments.ends)
    source = np.arange(len(sizes))
    source[segments.slots] = len(sizes) + np.arange(len(segments))
    return [pa.concat_arrays([old, new]).take(pa.array(source)) for old, new in zip(states, after, strict=True)]


def with_steps(function: Bound, state: Sequence[Any], rows: Iterable[Sequence[Any]]) -> list[Any]:
    """The twin of `with_rows`: one state after some more rows."""
    for arguments in rows:
        state = function.step(state, arguments)
    return list(state)

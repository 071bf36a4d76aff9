"""Keyed state whose keys end with a value that ranks them."""

from __future__ import annotations

from ksql.engine.state.keyed_state import KeyedState
from ksql.engine.state.ranked_store import RankedStore


class RankedState(KeyedState):
    """Rows by owner and value, of which the largest and smallest are found; see `RankedStore`."""

    store: RankedStore

    def _new_store(self) -> RankedStore:
        return RankedStore(self.keys, self.rows)

"""The push queries that run at present."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from weakref import WeakValueDictionary

from ksql.engine.results import PushQuery


class PushQueries:
    """By id, whose case makes no difference. One that was not closed but forgotten is no longer among them."""

    def __init__(self) -> None:
        self._running: WeakValueDictionary[str, PushQuery] = WeakValueDictionary()
        self._number = 0
        self._lock = threading.Lock()

    def new_id(self, about: Sequence[str]) -> str:
        """An id of its own for a query; `about` are words that tell a person what it is."""
        with self._lock:
            self._number += 1
            return f"transient_{'_'.join(about)}_{self._number}"

    def add(self, query: PushQuery) -> None:
        with self._lock:
            self._running[query.query_id.upper()] = query

    def remove(self, query_id: str) -> None:
        with self._lock:
            self._running.pop(query_id.upper(), None)

    @property
    def running(self) -> list[PushQuery]:
        with self._lock:
            return list(self._running.values())

    def close(self, query_id: str) -> str | None:
        """Close one; its id as it is spelled, None when there is none."""
        with self._lock:
            query = self._running.get(query_id.upper())
        if query is None:
            return None
        query.close()
        return query.query_id

    def close_all(self) -> None:
        for query in self.running:
            query.close()

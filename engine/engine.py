"""The engine: what runs statements and queries over a log."""

from __future__ import annotations

from collections.abc import Mapping

from ksql.engine.core import EngineCore
from ksql.engine.session import Session
from ksql.engine.settings import checked


class Engine(EngineCore):
    """Runs statements and queries over `log`.

    `config` holds defaults of session properties; `workers` threads run the persistent queries, and as many a batch of one of
    them; they take at most `batch_records` records at a time. `clock` gives epoch ms. `sql` is another engine's, which it
    works with and leaves open. Close it when done; persistent queries go on when the log is opened again.
    """

    def session(self, *, properties: Mapping[str, str] | None = None, variables: Mapping[str, str] | None = None) -> Session:
        """A new session with the engine's defaults and the given properties. Raises ConfigError."""
        return Session(self, {**self.config, **checked(properties or {})}, variables or {})

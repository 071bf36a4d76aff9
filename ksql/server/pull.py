"""What the answer to a pull query says besides its rows: which columns are keys, and why it ended."""

from __future__ import annotations

from dataclasses import dataclass

from ksql.engine import Engine
from ksql.engine.results import Rows
from ksql.sql_text import limit_of, sources_of

_WINDOW_KEYS = frozenset({"WINDOWSTART", "WINDOWEND"})


@dataclass(frozen=True, slots=True)
class PullFacts:
    """keys: names of the columns marked KEY in the header. final_message: None when the body just ends."""

    keys: frozenset[str]
    final_message: str | None


def pull_facts(engine: Engine, statement: str, rows: Rows) -> PullFacts:
    """A table's key columns are marked, and its answer just ends; a stream's has no keys, and a message at the end."""
    read = [engine.sources[name] for name in sources_of(statement) if name in engine.sources]
    if len(read) == 1 and read[0].is_table:
        names = frozenset(column.name for column in read[0].key_columns)
        return PullFacts(names | _WINDOW_KEYS if read[0].windowed else names, None)
    if any(source.is_table for source in read):
        return PullFacts(frozenset(), None)
    limit = limit_of(statement)
    return PullFacts(frozenset(), "Query Completed" if limit is None or rows.table.num_rows < limit else "Limit Reached")

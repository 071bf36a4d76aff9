"""The streaming engine. A statement passes the rooms in this order:

    statements/   carries it out: one function per statement
    catalog/      what exists
    analysis/     what a query means: passes over the parsed tree
    planning/     the plan of operators for it
    expressions/, functions/, aggregates/   expressions as typed SQL, and the functions they call
    operators/    the nodes of a plan; kernels/ their array algorithms, state/ what they remember
    formats/      records' bytes to columns and back
    sql/          running DuckDB over batches
    runtime/      drives persistent queries; queries/ those of one client
    types/        SQL types, which all of them speak of

Loose are only the engine (core: without its sessions), sessions (session_state: what statements see of one), results,
settings (foreign_settings: those of ksqlDB and Kafka that mean nothing here) and errors.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ksql.engine.engine import Engine
    from ksql.engine.session import Session

__all__ = ["Engine", "Session"]


def __getattr__(name: str) -> Any:
    if name == "Engine":
        from ksql.engine.engine import Engine

        return Engine
    if name == "Session":
        from ksql.engine.session import Session

        return Session
    raise AttributeError(f"module {__name__} has no attribute {name}")

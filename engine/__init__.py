"""The streaming engine: catalog, analysis, planning, operators, state, formats, functions, runtime."""

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

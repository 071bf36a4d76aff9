"""What a statement sees of the session it runs in."""

from __future__ import annotations

from dataclasses import dataclass

from ksql.engine.core import EngineCore


@dataclass(slots=True)
class SessionState:
    """`properties` are changed by SET and UNSET, `variables` by DEFINE and UNDEFINE."""

    engine: EngineCore
    properties: dict[str, str]
    variables: dict[str, str]

    def now_ms(self) -> int:
        """Present time, epoch ms."""
        return self.engine.clock()

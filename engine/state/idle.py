"""What the clock says to operators whose stream time goes on while no records come."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Idle:
    """`timeout_ms`: so long a partition must have been without records until its stream time goes on by the clock. caught_up:
    nothing is left to read, so that a partition without records really has none.
    """

    timeout_ms: int
    now_ms: int
    caught_up: bool = True

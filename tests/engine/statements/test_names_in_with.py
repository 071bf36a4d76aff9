"""Names in WITH: of properties, and of the column that TIMESTAMP names, bare and between quotes of either kind."""

from __future__ import annotations

import pytest

from ksql.errors import KsqlError
from ksql.testing import TestDriver

NAMES = {
    "ts": "TS",
    "Ts": "TS",
    " ts ": "TS",
    "`ts`": "ts",
    '"ts"': "ts",
    "`TS`": "TS",
    '"TS"': "TS",
    "`a b`": "a b",
    "`a``b`": "a`b",
    '"a""b"': 'a"b',
    "1x": "1X",
    "time": "TIME",
    "S.ts": None,
    "a b": None,
    "ts;": None,
    "`ts": None,
    '"ts`': None,
    '""': None,
    "": None,
    "`Ts`": None,
}


def driver() -> TestDriver:
    driver = TestDriver()
    driver.create_topic("s")
    driver.execute("CREATE STREAM S (TS BIGINT) WITH (kafka_topic='s', value_format='JSON');")
    return driver


@pytest.mark.parametrize(("name", "column"), NAMES.items())
def test_the_timestamp_column(name: str, column: str | None) -> None:
    made = driver()
    columns = 'TS BIGINT, `ts` BIGINT, `a b` BIGINT, `a``b` BIGINT, `a"b` BIGINT, 1X BIGINT, TIME BIGINT'
    declare = f"CREATE STREAM D ({columns}) WITH (kafka_topic='s', value_format='JSON', timestamp='{name}');"
    selected = 'TS, TS AS `ts`, TS AS `a b`, TS AS `a``b`, TS AS `a"b`, TS AS 1X, TS AS TIME'
    select = f"CREATE STREAM C WITH (timestamp='{name}') AS SELECT {selected} FROM S;"
    for statement, source in ((declare, "D"), (select, "C")):
        if column is None:
            with pytest.raises(KsqlError, match=r"TIMESTAMP|there is no column Ts"):
                made.execute(statement)
        else:
            made.execute(statement)
            assert made.source(source).timestamp_column == column
    made.close()


@pytest.mark.parametrize("quotes", ["", "'", '"', "`"])
def test_names_of_properties(quotes: str) -> None:
    made = driver()
    topic, format_ = (f"{quotes}{name}{quotes}" for name in ("kafka_topic", "Value_Format"))
    made.execute(f"CREATE STREAM D (A INT) WITH ({topic}='s', {format_}='JSON');")
    assert made.source("D").value_format == "JSON"
    made.close()

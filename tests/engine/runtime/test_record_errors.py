"""Each record that cannot be read or computed is reported once, whatever batch it comes in."""

from __future__ import annotations

import pytest

from ksql.testing import Record, TestDriver

VALUES = [
    b'{"A":1,"N":"1"}',
    b'{"A":2,"N":"x"}',  # N is no number
    b'{"A":1.5,"N":"1"}',  # read as 1; rounded to 2 it would divide by zero
    b'{"A":2.5,"N":"1"}',  # read as 2, which divides by zero
    b'{"a":2,"A":"1"}',
    b'{"A":[]}',
    b"{",
    b"\xff",
    None,
]


def errors(count: int, *, batch: bool) -> list[tuple[int, str, str]]:
    """(offset, kind, message) of `count` records."""
    driver = TestDriver()
    driver.create_topic("s")
    driver.execute("""
        CREATE STREAM S (A INT, N STRING) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON');
        CREATE STREAM O AS SELECT 10 / (A - 2) AS Q, CAST(N AS INT) AS I FROM S;
    """)
    driver.feed([Record("s", None, VALUES[i % len(VALUES)], i) for i in range(count)], batch=batch)
    driver.close()
    return sorted((error.offset, error.kind, error.message) for error in driver.errors)


@pytest.mark.parametrize("count", [10, 63, 64, 300])
def test_errors_do_not_depend_on_the_batch(count: int) -> None:
    found = errors(count, batch=True)
    assert found == errors(count, batch=False)
    assert [offset for offset, _, _ in found if offset < len(VALUES)] == [1, 3, 5, 6, 7]

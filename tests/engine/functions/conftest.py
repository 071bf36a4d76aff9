from __future__ import annotations

from collections.abc import Iterator

import duckdb
import pytest

from ksql.engine import functions
from tests.engine.functions.evaluator import Evaluator


@pytest.fixture(scope="package")
def sql() -> Iterator[Evaluator]:
    connection = duckdb.connect()
    functions.register(connection)
    yield Evaluator(connection)
    connection.close()

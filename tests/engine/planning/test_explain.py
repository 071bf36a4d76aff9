"""EXPLAIN: a plan as its operators describe themselves, what they read indented below them."""

from __future__ import annotations

import pytest

from ksql.engine.results import Listing
from tests.engine.statements.running import driver


def explained(query: str) -> list[str]:
    with driver() as made:
        (listing,) = made.execute(f"EXPLAIN {query};")
    assert isinstance(listing, Listing)
    return [row[0] for row in next(rows for title, _, rows in listing.sections if title == "Plan")]


@pytest.mark.parametrize(
    ("query", "lines"),
    [
        ("SELECT ID FROM S EMIT CHANGES", ["Stage: Project", "  Source: S (topic s, key JSON, value JSON)"]),
        (
            "SELECT S.N, COUNT(*) FROM S JOIN T ON S.ID = T.ID LEFT JOIN T AS U ON S.N = U.ID GROUP BY S.N EMIT CHANGES",
            [
                "Stage: Project",
                "  Aggregation: 1 aggregate(s) by 1 key(s); state aggregation",
                "    Stage: Project → Filter",
                "      Left stream-table join on U.ID, table loaded first; state table.U",
                "        Stage: Filter → Project",
                "          Inner stream-table join on T.ID; state table.T",
                "            Stage: Project → Filter → Project",
                "              Source: S (topic s, key JSON, value JSON)",
                "            Stage: Project",
                "              Source: T (topic t, key KAFKA, value JSON)",
                "        Stage: Project",
                "          Source: T (topic t, key KAFKA, value JSON)",
            ],
        ),
        (
            "SELECT N, COUNT(*) FROM S WINDOW TUMBLING (SIZE 1 SECOND, GRACE PERIOD 0 SECONDS) GROUP BY N EMIT FINAL",
            [
                "Stage: Project",
                "  Closed windows; state aggregation.closed",
                "    Aggregation: 1 aggregate(s) by 1 key(s), TUMBLING windows of 1000 ms, grace 0 ms; "
                "states aggregation.stream-times, aggregation",
                "      Stage: Project → Filter",
                "        Source: S (topic s, key JSON, value JSON)",
            ],
        ),
        (
            "SELECT * FROM T WHERE N > 1 EMIT CHANGES",
            [
                "Table view by ID, filtered; state view",
                "  Stage: Project",
                "    Source: T (topic t, key KAFKA, value JSON)",
            ],
        ),
    ],
)
def test_operators(query: str, lines: list[str]) -> None:
    assert explained(query) == lines


@pytest.mark.parametrize(
    ("joined", "line"),
    [
        ("S JOIN T ON S.ID = T.ID AND S.N > T.N", "Inner stream-table join on T.ID, and a condition"),
        ("TWO JOIN TWO AS O WITHIN 1 SECOND ON TWO.I = O.I AND TWO.J = O.J", "join.O.left-key-1 = join.O.right-key-1, 1000 ms"),
        ("T LEFT JOIN T AS O ON T.ID = O.ID AND T.N > O.N", "Left table-table join on"),
        ("T JOIN T AS O ON T.N = O.ID AND T.A > O.A", "Inner foreign-key join on join.O.foreign-key = O.ID, and a condition"),
    ],
)
def test_keys_and_conditions_of_joins(joined: str, line: str) -> None:
    assert any(line in found for found in explained(f"SELECT 1 AS X FROM {joined} EMIT CHANGES"))


def test_a_table_that_is_loaded_first() -> None:
    with driver(properties={"ksql.join.table.load.first": "true"}) as made:
        (listing,) = made.execute("EXPLAIN SELECT S.ID FROM S JOIN T ON S.ID = T.ID EMIT CHANGES;")
    assert "join on T.ID, table loaded first" in str(listing)

"""Sets of cases: chosen by file and by what the statements use, never by a case's name."""

from __future__ import annotations

from collections.abc import Callable
from fnmatch import fnmatchcase

from tests.conformance import words
from tests.conformance.cases import Case

#: Formats that need a schema registry or its kind of schema.
REGISTRY_FORMATS = frozenset({"AVRO", "PROTOBUF", "PROTOBUF_NOSR", "JSON_SR"})

BACKBONE_FILES = ("random-stateless*", "random-stream-table*")
BACKBONE_AGGREGATE_FILES = ("random-aggregate*",)

#: Aggregate functions beyond COUNT, SUM, MIN, MAX, AVG, LATEST_BY_OFFSET and COLLECT_LIST.
LATER_AGGREGATES = frozenset(
    {
        "ATTR",
        "COLLECT_SET",
        "CORRELATION",
        "COUNT_DISTINCT",
        "EARLIEST_BY_OFFSET",
        "HISTOGRAM",
        "STDDEV_SAMP",
        "STDDEV_SAMPLE",
        "SUM_LIST",
        "TOPK",
        "TOPKDISTINCT",
    }
)


def is_backbone(case: Case) -> bool:
    """Stateless queries, stream-table joins, and aggregations with time windows or none over the first seven functions."""
    if any(fnmatchcase(case.file, glob) for glob in BACKBONE_FILES):
        return True
    if not any(fnmatchcase(case.file, glob) for glob in BACKBONE_AGGREGATE_FILES):
        return False
    sql = _sql(case)
    return not words.holds(sql, "WINDOW", "SESSION") and not words.called(sql) & LATER_AGGREGATES


def is_stateless(case: Case) -> bool:
    """Neither JOIN nor WINDOW nor GROUP BY, and no format that needs a registry."""
    sql = _sql(case)
    return is_core(case) and not set(words.words(sql)) & {"JOIN", "WINDOW"} and not words.holds(sql, "GROUP", "BY")


def is_core(case: Case) -> bool:
    """No format that needs a registry."""
    return not words.strings(_sql(case)) & REGISTRY_FORMATS


def is_query(case: Case) -> bool:
    """Every query case."""
    return bool(case.statements)


SETS: dict[str, Callable[[Case], bool]] = {
    "backbone": is_backbone,
    "stateless": is_stateless,
    "core": is_core,
    "all": is_query,
}


def backbone_file(name: str) -> bool:
    """True if a file of that name (without .json) can hold cases of the backbone set."""
    return any(fnmatchcase(name, glob) for glob in BACKBONE_FILES + BACKBONE_AGGREGATE_FILES)


def _sql(case: Case) -> str:
    return "\n".join(case.statements)

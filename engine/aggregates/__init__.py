"""Aggregate functions. Adding one is a class with `@aggregate` in a module listed here."""

from __future__ import annotations

from importlib import import_module

from ksql.engine.aggregates.declare import AGGREGATES, Bound, Function, is_aggregate
from ksql.engine.aggregates.resolve import resolve_aggregate

for _module in ("counting", "sums", "extremes", "by_offset", "collecting", "statistics", "distinct", "sum_list", "top"):
    import_module(f"ksql.engine.aggregates.{_module}")

__all__ = ["AGGREGATES", "Bound", "Function", "is_aggregate", "resolve_aggregate"]

"""Expressions of the dialect as typed DuckDB SQL: `compiler.Compiler`, and a rule for every kind of node."""

from ksql.engine.expressions import arithmetic, conditional, connectors, logic, values

__all__ = ["arithmetic", "conditional", "connectors", "logic", "values"]

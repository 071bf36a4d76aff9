"""Carrying out statements: one function per statement, found by its node class."""

from __future__ import annotations

from importlib import import_module

_MODULES = (
    "declare",
    "create_as",
    "drop",
    "control",
    "insert_values",
    "select",
    "show",
    "describe",
    "describe_function",
    "explain",
    "print_topic",
    "assertions",
    "assert_records",
    "assert_source",
)


def load_executors() -> None:
    """Import every module that registers executors."""
    for name in _MODULES:
        import_module(f"ksql.engine.statements.{name}")

"""What a tree is, with nothing normalised: sqlglot's own equality is blind to case in plain strings."""

from __future__ import annotations

from typing import Any

from sqlglot import exp


def shape(node: Any) -> Any:
    """The tree as nested tuples of class names and arguments; absent, False and empty arguments are left out."""
    if isinstance(node, list):
        return [shape(item) for item in node]
    if not isinstance(node, exp.Expr):
        return node
    arguments = {key: shape(value) for key, value in node.args.items()}
    return type(node).__name__, {
        key: value for key, value in arguments.items() if value is not None and value is not False and value != []
    }

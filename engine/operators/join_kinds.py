"""The kinds of joins, by what becomes of rows without a partner."""

from __future__ import annotations

from collections.abc import Mapping

#: Whether rows of the left and of the right side come out alone.
OUTER_SIDES: Mapping[str, tuple[bool, bool]] = {
    "INNER": (False, False),
    "LEFT": (True, False),
    "RIGHT": (False, True),
    "FULL": (True, True),
}


def described(text: str, condition: object) -> str:
    """What EXPLAIN says of a join, which may have a condition besides its keys."""
    return text if condition is None else f"{text}, and a condition"


def kind_of(left_outer: bool, right_outer: bool) -> str:
    """The kind as people read it: Inner, Left …"""
    return next(kind.capitalize() for kind, sides in OUTER_SIDES.items() if sides == (left_outer, right_outer))

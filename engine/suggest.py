"""Hints for mistyped names."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

#: How like a name must be, from 0 to 1: COSH is not what somebody meant by NOSUCH.
_ALIKE = 0.65


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """A hint naming the nearest known names, or '' when none is near."""
    by_upper = {candidate.upper(): candidate for candidate in known}
    near = get_close_matches(name.upper(), by_upper, n=2, cutoff=_ALIKE)
    return f"did you mean {' or '.join(by_upper[n] for n in near)}?" if near else ""

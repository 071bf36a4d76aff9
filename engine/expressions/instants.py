"""ROWTIME, WINDOWSTART and WINDOWEND compared with text: the text is a point in time, missing parts filled in."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from sqlglot import exp

from ksql.engine.errors import fail
from ksql.engine.expressions.typed import Typed
from ksql.engine.types.sql_types import BIGINT, STRING

_TEXT = re.compile(
    r"(?P<year>\d{4})(-(?P<month>\d{1,2})(-(?P<day>\d{1,2})"
    r"(T((?P<hour>\d{1,2})(:(?P<minute>\d{1,2})(:(?P<second>\d{1,2})(\.(?P<fraction>\d{1,9}))?)?)?)?)?)?)?"
    r"(?P<zone>Z|[+-]\d{2}:?\d{2})?"
)


def as_instant(node: exp.Expression, value: Typed) -> Typed:
    """A text literal as epoch milliseconds; anything else as it is. UTC unless the text has an offset."""
    if not (value.literal and value.type == STRING and isinstance(node, exp.Literal)):
        return value
    return Typed(f"{epoch_ms(node, node.this)}::BIGINT", BIGINT, nullable=False, literal=True)


def epoch_ms(node: exp.Expression, text: str) -> int:
    """Epoch milliseconds of an ISO date-time with optional trailing parts. Raises StatementError."""
    found = _TEXT.fullmatch(text.strip())
    if not found:
        fail(
            node,
            f"'{text}' is not a point in time",
            hint="write it like 2024-12-31T23:59:59.999, or a shorter beginning of that.",
        )
    parts = found.groupdict()
    numbers = {name: int(parts[name] or default) for name, default in _DEFAULTS.items()}
    try:
        moment = datetime(**numbers, tzinfo=UTC)
    except ValueError as error:
        fail(node, f"'{text}' is not a point in time: {error}")
    milliseconds = int((parts["fraction"] or "0").ljust(3, "0")[:3])
    return (moment - _EPOCH) // timedelta(milliseconds=1) + milliseconds - _offset_ms(parts["zone"])


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_DEFAULTS = {"year": 1970, "month": 1, "day": 1, "hour": 0, "minute": 0, "second": 0}


def _offset_ms(zone: str | None) -> int:
    if zone in (None, "Z"):
        return 0
    assert zone is not None
    sign = -1 if zone[0] == "-" else 1
    return sign * (int(zone[1:3]) * 60 + int(zone[-2:])) * 60_000

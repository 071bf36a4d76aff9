"""The WINDOW clause: how long windows are, how far apart, and for how long they are kept."""

from __future__ import annotations

from dataclasses import dataclass

from sqlglot import exp

from ksql.engine.errors import fail
from ksql.parser import nodes

_DAY_MS = 86_400_000
#: A record's windows are rows of one batch.
_MOST_WINDOWS = 1_000_000


@dataclass(frozen=True, slots=True)
class Windows:
    """`size_ms` is the gap of SESSION windows; `advance_ms` is the size for all but HOPPING ones."""

    kind: str
    size_ms: int
    advance_ms: int
    grace_ms: int
    retention_ms: int


def read_windows(clause: exp.Expression) -> Windows:
    """What `clause` says, the rest by default. Raises StatementError for lengths that do not go together."""
    kind, name = _KINDS[type(clause)]
    size = clause.args[name].milliseconds
    advance = clause.args["advance"].milliseconds if kind == "HOPPING" else size
    if size < 1 or advance < 1:
        fail(clause, "the size and advance of a window must be at least 1 millisecond")
    if advance > size:
        fail(clause, "ADVANCE BY must not be longer than SIZE", hint="else records between windows would be lost.")
    if -(-size // advance) > _MOST_WINDOWS:
        fail(clause, f"a record would fall into {-(-size // advance):,} windows", hint="ADVANCE BY a longer time.")
    grace, retention = (clause.args[part].milliseconds if clause.args.get(part) else None for part in ("grace", "retention"))
    grace = max(_DAY_MS - size, 0) if grace is None else grace
    if retention is not None and retention < size + grace:
        fail(clause, f"RETENTION must be at least SIZE plus GRACE PERIOD, {size + grace} milliseconds")
    return Windows(kind, size, advance, grace, max(_DAY_MS, size + grace) if retention is None else retention)


_KINDS: dict[type[exp.Expression], tuple[str, str]] = {
    nodes.TumblingWindow: ("TUMBLING", "size"),
    nodes.HoppingWindow: ("HOPPING", "size"),
    nodes.SessionWindow: ("SESSION", "gap"),
}

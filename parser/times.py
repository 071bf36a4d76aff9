"""Lengths of time: WITHIN … GRACE PERIOD, WINDOW …"""

from __future__ import annotations

from sqlglot import exp

from ksql.parser import nodes
from ksql.parser.stream import TokenStream
from ksql.parser.tokens import Kind
from ksql.parser.words import UNITS


def read_within(s: TokenStream) -> nodes.Within:
    token = s.token
    if s.accept_operator("("):
        before = read_duration(s)
        s.expect_operator(",")
        after = read_duration(s)
        s.expect_operator(")")
    else:
        before = read_duration(s)
        after = before.copy()
    return s.mark(nodes.Within(before=before, after=after, grace=_read_grace(s)), token)


def _read_grace(s: TokenStream) -> nodes.Duration | None:
    if not s.accept("GRACE"):
        return None
    s.expect("PERIOD")
    return read_duration(s)


#: Times of events plus this stay within 64 bits.
_LONGEST_MS = 10_000_000_000 * 86_400_000


def read_duration(s: TokenStream) -> nodes.Duration:
    """A whole number and a unit of time."""
    token = s.token
    amount = s.integer("a length of time")
    unit = s.token
    if unit.kind is not Kind.WORD or unit.value not in UNITS:
        s.fail_expecting(["DAYS", "HOURS", "MINUTES", "SECONDS", "MILLISECONDS"])
    duration = s.mark(nodes.Duration(this=amount, unit=UNITS[unit.value]), token)
    if duration.milliseconds > _LONGEST_MS:
        s.fail(f"{amount} {unit.text} are too long", hint="a time has an end: at most 10000000000 DAYS.", token=token)
    s.next()
    return duration


def read_window(s: TokenStream) -> exp.Expression:
    # A name before the window is allowed and means nothing.
    if s.token.kind in (Kind.WORD, Kind.QUOTED) and not s.peek().is_operator("("):
        s.name("a window name")
    token = s.token
    kind = s.expect_any("TUMBLING", "HOPPING", "SESSION")
    s.expect_operator("(")
    if kind == "SESSION":
        window: exp.Expression = nodes.SessionWindow(gap=read_duration(s))
    else:
        s.expect("SIZE")
        size = read_duration(s)
        if kind == "TUMBLING":
            window = nodes.TumblingWindow(size=size)
        else:
            s.expect_operator(",")
            s.expect("ADVANCE", "BY")
            window = nodes.HoppingWindow(size=size, advance=read_duration(s))
    if s.token.is_operator(",") and s.peek().is_word("RETENTION"):
        s.next()
        s.next()
        window.set("retention", read_duration(s))
    if s.token.is_operator(",") and s.peek().is_word("GRACE"):
        s.next()
        window.set("grace", _read_grace(s))
        if s.token.is_operator(",") and s.peek().is_word("RETENTION"):
            s.fail("RETENTION comes too late", hint="write it before GRACE PERIOD.", token=s.peek())
    s.expect_operator(")")
    return s.mark(window, token)

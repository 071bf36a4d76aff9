"""The MASK family: letters and digits replaced by mask characters."""

from __future__ import annotations

from functools import partial
from typing import Any

from ksql.engine.functions.declare import STRINGS, helper, scalar_sql
from ksql.engine.functions.utf16 import joined, units

text = partial(scalar_sql, category=STRINGS)
#: Masks of upper case, lower case, digits and everything else.
_DEFAULTS = "'X', 'x', 'n', '-'"
_WHAT = {
    "MASK": ("whole", "Text with masks for upper case, lower case, digits and everything else; a NULL mask leaves them"),
    "MASK_LEFT": ("left", "Text whose first characters are masked"),
    "MASK_RIGHT": ("right", "Text whose last characters are masked"),
    "MASK_KEEP_LEFT": ("keep left", "Text masked but for the first characters"),
    "MASK_KEEP_RIGHT": ("keep right", "Text masked but for the last characters"),
}
_EXAMPLES = {
    "MASK": ("MASK('My Pass 12')", "'Xx-Xxxx-nn'"),
    "MASK_LEFT": ("MASK_LEFT('My Pass 12', 3)", "'Xx-Pass 12'"),
    "MASK_RIGHT": ("MASK_RIGHT('My Pass 12', 2)", "'My Pass nn'"),
    "MASK_KEEP_LEFT": ("MASK_KEEP_LEFT('My Pass 12', 2)", "'My-Xxxx-nn'"),
    "MASK_KEEP_RIGHT": ("MASK_KEEP_RIGHT('My Pass 12', 3)", "'Xx-Xxxx 12'"),
}


@helper("ksql_mask", "STRING, STRING, INT, STRING, STRING, STRING, STRING -> STRING", null_in_null_out=False)
def mask(value: str | None, part: str, count: int, *masks: str | None) -> str | None:
    """`part`: where `count` characters lie that are masked, or kept."""
    if any(character is not None and len(units(character)) != 1 for character in masks):
        raise ValueError("a mask is one character")
    if count < 0:
        raise ValueError("the number of characters cannot be negative")
    if value is None:
        return None
    counted = units(value)
    start, end = _masked_range(part, len(counted), count)
    return joined(counted[:start] + "".join(_masked(c, *masks) for c in counted[start:end]) + counted[end:])


def _masked_range(part: str, size: int, count: int) -> tuple[int, int]:
    return {
        "whole": (0, size),
        "left": (0, min(count, size)),
        "right": (max(size - count, 0), size),
        "keep left": (min(count, size), size),
        "keep right": (0, max(size - count, 0)),
    }[part]


def _masked(character: str, upper: str | None, lower: str | None, digit: str | None, other: str | None) -> str:
    if character.isupper():
        chosen = upper
    elif character.islower():
        chosen = lower
    else:
        chosen = digit if character.isdecimal() else other
    return character if chosen is None else chosen


def _declare(name: str) -> None:
    part, doc = _WHAT[name]

    def build(call: Any, value: str, *rest: str) -> str:
        count, masks = ("0", rest) if part == "whole" else (rest[0], rest[1:])
        given = ", ".join(masks) or _DEFAULTS
        return f"ksql_mask{'_or_null' if call.safe else ''}({value}, '{part}', {count}, {given})"

    count = "" if part == "whole" else ", INT!"
    masks = ", STRING" * 4
    signatures = f"STRING{count} -> STRING | STRING{count}{masks} -> STRING"
    text(name, signatures, typed_sql=build, doc=doc, example=_EXAMPLES[name])


for _name in _WHAT:
    _declare(_name)

"""Functions of text that Python computes."""

from __future__ import annotations

import re
from functools import partial

from ksql.engine.functions.declare import STRINGS, scalar
from ksql.engine.functions.utf16 import joined, units

text = partial(scalar, category=STRINGS)
_BLANK = re.compile(r"\s+")


@text(
    "INITCAP",
    "STRING -> STRING",
    doc="Text with every word in lower case but for its first letter",
    example=("INITCAP('the fox')", "'The Fox'"),
)
def initcap(value: str) -> str:
    return re.sub(r"\S+", lambda word: word[0][0].upper() + word[0][1:].lower(), value.lstrip())


@text("CHR", "INT -> STRING", doc="The character of a code point, or of an escape such as \\u004B", example=("CHR(75)", "'K'"))
def character(code: int) -> str | None:
    return joined(units(chr(code))) if 0 <= code <= 0x10FFFF else None


@text("CHR", "STRING -> STRING", doc="", example=("CHR('\\u004B')", "'K'"))
def character_of_escape(escape: str) -> str | None:
    if not escape.startswith("\\u") or len(escape) < 6:
        return None
    return joined(re.sub(r"\\u+([0-9A-Fa-f]{4})", lambda found: chr(int(found[1], 16)), escape))


@text(
    "SPLIT_TO_MAP",
    "STRING, STRING, STRING -> MAP<STRING, STRING>",
    doc="Text of entries, each of a key and a value, as a map: text, delimiter of entries, delimiter of key and value",
    example=("SPLIT_TO_MAP('a=1;b=2', ';', '=')", "MAP('a' := '1', 'b' := '2')"),
)
def split_to_map(value: str, entry_delimiter: str, key_delimiter: str) -> dict[str, str] | None:
    if not entry_delimiter or not key_delimiter or entry_delimiter == key_delimiter:
        return None
    entries = (entry.split(key_delimiter) for entry in value.split(entry_delimiter) if key_delimiter in entry)
    return {key: rest[0] for key, *rest in entries}


# Masks: upper case letters, lower case letters, digits, and everything else each become one character.

Mask = str | None
_MASKS = "STRING, STRING, STRING, STRING"


class Masker:
    """The four mask characters; None leaves characters of its kind as they are."""

    def __init__(self, upper: Mask, lower: Mask, digit: Mask, other: Mask) -> None:
        for mask in (upper, lower, digit, other):
            if mask is not None and len(units(mask)) != 1:
                raise ValueError(f"'{mask}' is not one character, so it cannot be a mask")
        self._upper, self._lower, self._digit, self._other = upper, lower, digit, other

    def mask(self, text: str) -> str:
        return "".join(self._one(character) for character in text)

    def _one(self, character: str) -> str:
        if character.isupper():
            mask = self._upper
        elif character.islower():
            mask = self._lower
        else:
            mask = self._digit if character.isdecimal() else self._other
        return character if mask is None else mask


_DEFAULT: tuple[Mask, ...] = ("X", "x", "n", "-")


def _parts(text: str, count: int) -> tuple[str, str]:
    if count < 0:
        raise ValueError("the number of characters must not be negative")
    whole = units(text)
    return whole[:count], whole[count:]


@text(
    "MASK",
    "STRING -> STRING",
    doc="Text with X, x, n and - for its letters, digits and other characters, or with other masks",
    example=("MASK('My 2')", "'Xx-n'"),
)
def mask(value: str) -> str | None:
    return mask_with(value, *_DEFAULT)


@text(
    "MASK",
    f"STRING, {_MASKS} -> STRING",
    doc="",
    null_in_null_out=False,
    example=("MASK('My 2', '*', NULL, '#', NULL)", "'*y #'"),
)
def mask_with(value: str | None, *masks: Mask) -> str | None:
    return None if value is None else joined(Masker(*masks).mask(units(value)))


@text(
    "MASK_LEFT",
    "STRING, INT! -> STRING",
    doc="Text with its first n characters masked",
    example=("MASK_LEFT('Abc', 2)", "'Xxc'"),
)
def mask_left(value: str, count: int) -> str | None:
    return mask_left_with(value, count, *_DEFAULT)


@text("MASK_LEFT", f"STRING, INT!, {_MASKS} -> STRING", doc="", null_in_null_out=False)
def mask_left_with(value: str | None, count: int | None, *masks: Mask) -> str | None:
    if value is None or count is None:
        return None
    left, right = _parts(value, count)
    return joined(Masker(*masks).mask(left) + right)


@text(
    "MASK_RIGHT",
    "STRING, INT! -> STRING",
    doc="Text with its last n characters masked",
    example=("MASK_RIGHT('Abc', 2)", "'Axx'"),
)
def mask_right(value: str, count: int) -> str | None:
    return mask_right_with(value, count, *_DEFAULT)


@text("MASK_RIGHT", f"STRING, INT!, {_MASKS} -> STRING", doc="", null_in_null_out=False)
def mask_right_with(value: str | None, count: int | None, *masks: Mask) -> str | None:
    if value is None or count is None:
        return None
    _parts(value, count)
    left, right = _parts(value, max(len(units(value)) - count, 0))
    return joined(left + Masker(*masks).mask(right))


@text(
    "MASK_KEEP_LEFT",
    "STRING, INT! -> STRING",
    doc="Text with all but its first n characters masked",
    example=("MASK_KEEP_LEFT('Abc', 2)", "'Abx'"),
)
def mask_keep_left(value: str, count: int) -> str | None:
    return mask_keep_left_with(value, count, *_DEFAULT)


@text("MASK_KEEP_LEFT", f"STRING, INT!, {_MASKS} -> STRING", doc="", null_in_null_out=False)
def mask_keep_left_with(value: str | None, count: int | None, *masks: Mask) -> str | None:
    if value is None or count is None:
        return None
    left, right = _parts(value, count)
    return joined(left + Masker(*masks).mask(right))


@text(
    "MASK_KEEP_RIGHT",
    "STRING, INT! -> STRING",
    doc="Text with all but its last n characters masked",
    example=("MASK_KEEP_RIGHT('Abc', 2)", "'Xbc'"),
)
def mask_keep_right(value: str, count: int) -> str | None:
    return mask_keep_right_with(value, count, *_DEFAULT)


@text("MASK_KEEP_RIGHT", f"STRING, INT!, {_MASKS} -> STRING", doc="", null_in_null_out=False)
def mask_keep_right_with(value: str | None, count: int | None, *masks: Mask) -> str | None:
    if value is None or count is None:
        return None
    _parts(value, count)
    left, right = _parts(value, max(len(units(value)) - count, 0))
    return joined(Masker(*masks).mask(left) + right)

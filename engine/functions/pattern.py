"""Patterns of dates and times as the JVM writes them, such as yyyy-MM-dd'T'HH:mm:ss[.SSS]: taken apart."""

from __future__ import annotations

from dataclasses import dataclass

MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)
DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
HALVES = ("AM", "PM")
ERAS = ("BC", "AD")


@dataclass(frozen=True, slots=True)
class Field:
    """A letter and how often it is written; `letter` is [ or ] for the ends of an optional part."""

    letter: str
    count: int = 1


@dataclass(frozen=True, slots=True)
class Literal:
    """Text that stands for itself."""

    text: str


Part = Field | Literal


def split_pattern(pattern: str, *, optional: bool = True) -> list[Part]:
    """The parts of a pattern. Raises ValueError for an open quote or bracket, or a reserved character."""
    parts: list[Part] = []
    position = depth = 0
    while position < len(pattern):
        character = pattern[position]
        if character == "'":
            text, position = _quoted(pattern, position)
            parts.append(Literal(text))
            continue
        end = position + 1
        if character.isascii() and character.isalpha():
            while end < len(pattern) and pattern[end] == character:
                end += 1
            parts.append(Field(character, end - position))
        elif optional and character in "[]":
            depth += 1 if character == "[" else -1
            parts.append(Field(character))
        elif optional and character in "{}#":
            raise ValueError(f"the pattern '{pattern}' contains the reserved character {character}")
        else:
            parts.append(Literal(character))
        if depth < 0:
            raise ValueError(f"the pattern '{pattern}' closes an optional part that was not opened")
        position = end
    return parts + [Field("]")] * depth


def _quoted(pattern: str, start: int) -> tuple[str, int]:
    """The text of a quoted part that begins at `start`, and where it ends; two quotes are one."""
    text, position = "", start + 1
    while position < len(pattern):
        if pattern[position] != "'":
            text += pattern[position]
        elif pattern[position + 1 : position + 2] == "'":
            text += "'"
            position += 1
        else:
            return text or "'", position + 1
        position += 1
    raise ValueError(f"the pattern '{pattern}' has a quote that does not end")

"""Schemas as a case writes them ("ID INT KEY, S STRUCT<A DECIMAL(4,2)>"), brought into one spelling."""

from __future__ import annotations

import re
from dataclasses import dataclass

_TOKEN = re.compile(r"`((?:[^`]|``)*)`|(\w+)|([<>(),])")
_SYNONYMS = {"INT": "INTEGER", "VARCHAR": "STRING"}


@dataclass(frozen=True, slots=True)
class SchemaText:
    """Columns as (name, type) with types in one spelling, keys apart from values."""

    key: tuple[tuple[str, str], ...]
    value: tuple[tuple[str, str], ...]


def read_schema(text: str) -> SchemaText:
    """The columns of `text`. Unquoted names are in upper case."""
    reader = _Reader(text)
    key: list[tuple[str, str]] = []
    value: list[tuple[str, str]] = []
    while reader.more:
        column = (reader.name(), reader.type())
        is_key = "KEY" in reader.rest_of_column()
        (key if is_key else value).append(column)
    return SchemaText(tuple(key), tuple(value))


def type_text(text: str) -> str:
    """A type in one spelling, for example `int` as INTEGER and `DECIMAL(4,2)` as DECIMAL(4, 2)."""
    return _Reader(text).type()


class _Reader:
    def __init__(self, text: str) -> None:
        self._tokens = [(quoted, word, symbol) for quoted, word, symbol in _TOKEN.findall(text)]
        self._at = 0

    @property
    def more(self) -> bool:
        return self._at < len(self._tokens)

    def name(self) -> str:
        quoted, word, _ = self._next()
        return word.upper() if word else quoted.replace("``", "`")

    def type(self) -> str:
        base = self._next()[1].upper()
        base = _SYNONYMS.get(base, base)
        if base == "STRUCT":
            return f"STRUCT<{', '.join(self._list('>', with_names=True))}>"
        if base in ("ARRAY", "MAP"):
            return f"{base}<{', '.join(self._list('>', with_names=False))}>"
        if base == "DECIMAL":
            return f"DECIMAL({', '.join(self._list(')', with_names=False))})"
        return base

    def rest_of_column(self) -> list[str]:
        """Words up to and over the next comma, such as PRIMARY KEY."""
        found = []
        while self.more:
            _, word, symbol = self._next()
            if symbol == ",":
                break
            found.append(word.upper())
        return found

    def _list(self, end: str, *, with_names: bool) -> list[str]:
        self._next()
        items = []
        while self.more and self._tokens[self._at][2] != end:
            items.append(f"`{self.name()}` {self.type()}" if with_names else self.type())
            if self.more and self._tokens[self._at][2] == ",":
                self._next()
        if self.more:
            self._next()
        return items

    def _next(self) -> tuple[str, str, str]:
        if not self.more:
            raise ValueError("the schema text ends in the middle of a column")
        self._at += 1
        return self._tokens[self._at - 1]

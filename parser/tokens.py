"""Text to tokens: words, quoted names, strings, numbers, operators. Comments and space fall away."""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass
from enum import Enum, auto

from ksql.parser.errors import ParseError


class Kind(Enum):
    WORD = auto()
    QUOTED = auto()
    STRING = auto()
    NUMBER = auto()
    OPERATOR = auto()
    END = auto()


@dataclass(frozen=True, slots=True)
class Token:
    """`text` as written; `value` is upper case for words and unquoted for names and strings.

    `start` is its offset in the text, `line` and `column` (from 1) its place in the script.
    """

    kind: Kind
    text: str
    value: str
    start: int
    line: int
    column: int

    @property
    def end(self) -> int:
        """The offset behind it."""
        return self.start + len(self.text)

    def is_word(self, *words: str) -> bool:
        return self.kind is Kind.WORD and self.value in words

    def is_operator(self, *operators: str) -> bool:
        return self.kind is Kind.OPERATOR and self.value in operators


#: Possessive repeats: a literal without an end is a fault where it begins, and costs no second look.
#: Operators that only DuckDB has are tokens too, so that a pull query may use them.
_TOKEN = re.compile(
    r"""
    (?P<skip>\s+|--[^\n]*|/\*.*?\*/)
  | (?P<string>'(?:[^']|'')*+')
  | (?P<quoted>`(?:[^`]|``)*+`|"(?:[^"]|"")*+")
  | (?P<number>(?:\d+\.\d*|\.\d+|\d+)(?:[eE][+-]?\d+)?(?![\w@]))
  | (?P<word>[\w@]+)
  | (?P<operator>=>|->|:=|\|\||<>|!=|<=|>=|::|(?!/\*)[-+*/%=<>()\[\],.;:{}?&|~^!\#])
    """,
    re.VERBOSE | re.DOTALL | re.ASCII,
)


#: What JSON's escapes and the bytes of a command line can hold, and no text in UTF-8.
_HALF_CHARACTER = re.compile("[\ud800-\udfff]")
#: More digits mean nothing to any type, and Python refuses to count them.
_LONGEST_NUMBER = 1_000
#: More take gigabytes and minutes.
_MOST_TOKENS = 1_000_000


def tokenize(text: str, first_line: int = 1, first_column: int = 1) -> list[Token]:
    """All tokens of `text`, an END token last. Raises ParseError at an unterminated literal or a stray character."""
    if half := _HALF_CHARACTER.search(text):
        raise _at("half a character of two is none", text, half.start(), first_line, first_column)
    starts = [0, *(m.end() for m in re.finditer("\n", text))]
    tokens: list[Token] = []
    at = 0
    while at <= len(text):
        line = bisect_right(starts, at)
        column = at - starts[line - 1] + (first_column if line == 1 else 1)
        if at == len(text):
            tokens.append(Token(Kind.END, "", "", at, line + first_line - 1, column))
            break
        found = _TOKEN.match(text, at)
        if found is None:
            raise _stray(text, at, first_line, first_column)
        if found.lastgroup == "number" and found.end() - at > _LONGEST_NUMBER:
            raise _at(f"a number of {found.end() - at:,} digits is too long", text, at, first_line, first_column)
        if found.lastgroup != "skip":
            tokens.append(_token(found, line + first_line - 1, column))
        if len(tokens) > _MOST_TOKENS:
            raise _at(f"the statement has more than {_MOST_TOKENS:,} words", text, at, first_line, first_column)
        at = found.end()
    return tokens


def _token(found: re.Match[str], line: int, column: int) -> Token:
    text = found.group()
    kind = Kind[str(found.lastgroup).upper()]
    value = text
    if kind is Kind.WORD:
        value = text.upper()
    elif kind in (Kind.STRING, Kind.QUOTED):
        value = text[1:-1].replace(text[0] * 2, text[0])
    return Token(kind, text, value, found.start(), line, column)


def _at(message: str, text: str, at: int, first_line: int, first_column: int) -> ParseError:
    return ParseError(message, text=text, at=at, first_line=first_line, first_column=first_column)


_OPEN = {"'": ("string", "'"), "`": ("name", "`"), '"': ("name", '"'), "/": ("comment", "*/")}
_HINTS = {
    "$": "a variable is written ${name}; DEFINE name = '…'; gives it a value.",
    "\N{LEFT SINGLE QUOTATION MARK}": "strings stand in straight quotes: '…'",
    "\N{RIGHT SINGLE QUOTATION MARK}": "strings stand in straight quotes: '…'",
    "\N{LEFT DOUBLE QUOTATION MARK}": 'names stand in backticks or straight quotes: "…"',
    "\N{RIGHT DOUBLE QUOTATION MARK}": 'names stand in backticks or straight quotes: "…"',
}


def _stray(text: str, at: int, first_line: int, first_column: int) -> ParseError:
    """The error for what begins no token."""
    character = text[at]
    if character in _OPEN:
        what, end = _OPEN[character]
        message, hint = f"the {what} that begins here does not end", f"close it with {end}"
    else:
        message = f"unexpected character {character!r}"
        hint = "a name with other letters than A-Z stands in backticks." if character.isalpha() else _HINTS.get(character, "")
    return ParseError(message, text=text, at=at, first_line=first_line, first_column=first_column, hint=hint)

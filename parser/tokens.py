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
    """`text` as written; `value` is upper case for words and unquoted for names and strings. `start` is its place in the
    text.
    """

    kind: Kind
    text: str
    value: str
    start: int
    line: int
    column: int

    def is_word(self, *words: str) -> bool:
        return self.kind is Kind.WORD and self.value in words

    def is_operator(self, *operators: str) -> bool:
        return self.kind is Kind.OPERATOR and self.value in operators


_TOKEN = re.compile(
    r"""
    (?P<skip>\s+|--[^\n]*|/\*.*?\*/)
  | (?P<string>'(?:[^']|'')*')
  | (?P<quoted>`(?:[^`]|``)*`|"(?:[^"]|"")*")
  | (?P<number>(?:\d+\.\d*|\.\d+|\d+)(?:[eE][+-]?\d+)?(?![\w@]))
  | (?P<word>[\w@]+)
  | (?P<operator>=>|->|:=|\|\||<>|!=|<=|>=|::|[-+*/%=<>()\[\],.;:{}?])
    """,
    re.VERBOSE | re.DOTALL,
)


def tokenize(text: str, first_line: int = 1) -> list[Token]:
    """All tokens of `text`, an END token last. Raises ParseError at an unterminated literal or a stray character."""
    starts = [0, *(m.end() for m in re.finditer("\n", text))]
    tokens: list[Token] = []
    at = 0
    while at < len(text):
        line = bisect_right(starts, at)
        found = _TOKEN.match(text, at)
        if found is None:
            raise _stray(text, at, line, at - starts[line - 1] + 1, first_line)
        if found.lastgroup != "skip":
            tokens.append(_token(found, line + first_line - 1, at - starts[line - 1] + 1))
        at = found.end()
    line = len(starts)
    tokens.append(Token(Kind.END, "", "", len(text), line + first_line - 1, len(text) - starts[-1] + 1))
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


def _stray(text: str, at: int, line: int, column: int, first_line: int) -> ParseError:
    character = text[at]
    unterminated = {"'": "string", "`": "name", '"': "name"}.get(character)
    if unterminated:
        message, hint = f"the {unterminated} that begins here does not end", f"close it with {character}"
    elif text.startswith("/*", at):
        message, hint = "the comment that begins here does not end", "close it with */"
    else:
        message, hint = f"unexpected character {character!r}", ""
    error = ParseError(message, text=text, line=line, column=column, hint=hint)
    error.line += first_line - 1
    return error

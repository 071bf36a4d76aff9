"""Variables: `${name}` is replaced by a value that stays one thing, whatever it holds.

In a string or a quoted name the value is text, and a quote in it no end of anything. Elsewhere it is one name, string, number
or type, never more of a statement than that.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from difflib import get_close_matches

from ksql.parser.errors import ParseError, shorten
from ksql.parser.stream import TokenStream
from ksql.parser.tokens import Kind
from ksql.parser.types import read_type
from ksql.parser.words import RESERVED

#: A word with variables in it, or what encloses text: in a comment nothing is replaced.
_PART = re.compile(
    r"""
    (?P<word>(?<!\$)[\w@]*(?:\$\{\w+\}[\w@]*)+)
  | (?P<text>'(?:[^']|'')*+'|`(?:[^`]|``)*+`|"(?:[^"]|"")*+")
  | --[^\n]*|/\*.*?\*/
    """,
    re.VERBOSE | re.DOTALL,
)
_VARIABLE = re.compile(r"\$\{(\w+)\}")
#: With a dollar before it, it stands for itself.
_IN_TEXT = re.compile(r"(\$?)\$\{(\w+)\}")

_NUMBER = re.compile(r"(?P<sign>[+-]?)\s*(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?", re.ASCII)
_WORD = re.compile(r"[\w@]+", re.ASCII)
_QUOTED = re.compile(r"""'(?:[^']|'')*'|`(?:[^`]|``)*`|"(?:[^"]|"")*\"""", re.DOTALL)
#: Words that are values, though no name may be like them.
_CONSTANTS = ("TRUE", "FALSE", "NULL")
_HINT = "outside of quotes a variable is one name, string, number or type; as text it stands in quotes: '${{{name}}}'"


def substitute(text: str, variables: Mapping[str, str], *, line: int = 1, column: int = 1) -> str:
    """`text` with its variables replaced, where it begins at `line` and `column` of a script. Values are not looked into again.

    In strings and quoted names, `$${name}` gives `${name}`, and a variable that is not defined stays as it is. Elsewhere one
    that is not defined, or whose value is more than one thing, raises ParseError.
    """

    def part(found: re.Match[str]) -> str:
        if found["word"] is None:
            return found[0] if found["text"] is None else _in_text(found[0], variables)
        try:
            return _word(found, variables)
        except _WrongValueError as error:
            at = found.start() + error.at
            raise ParseError(error.message, text=text, at=at, first_line=line, first_column=column, hint=error.hint) from None

    return _PART.sub(part, text) if "${" in text else text


class _WrongValueError(Exception):
    """A variable that cannot be replaced; `at` counts from the word it stands in."""

    def __init__(self, message: str, at: int, hint: str) -> None:
        super().__init__(message)
        self.message, self.at, self.hint = message, at, hint


def _in_text(quoted: str, variables: Mapping[str, str]) -> str:
    quote = quoted[0]

    def value(found: re.Match[str]) -> str:
        escaped, name = found.groups()
        if escaped:
            return found[0][1:]
        return variables[name].replace(quote, quote * 2) if name in variables else found[0]

    return _IN_TEXT.sub(value, quoted)


def _word(word: re.Match[str], variables: Mapping[str, str]) -> str:
    """A variable alone, or a name made of variables and other letters."""
    names = list(_VARIABLE.finditer(word[0]))
    for found in names:
        if found[1] not in variables:
            raise _undefined(found, variables)
    if names[0][0] == word[0]:
        return _alone(names[0], variables[names[0][1]], word)
    for found in names:
        if not _WORD.fullmatch(variables[found[1]]):
            raise _not_one(found, variables[found[1]])
    return _VARIABLE.sub(lambda found: variables[found[1]], word[0])


def _alone(found: re.Match[str], value: str, word: re.Match[str]) -> str:
    value = value.strip()
    if number := _NUMBER.fullmatch(value):
        return f" {value}" if number["sign"] else value  # or two signs would begin a comment
    if _WORD.fullmatch(value):
        is_keyword = value.upper() in RESERVED and value.upper() not in _CONSTANTS
        return f"`{value.upper()}`" if is_keyword else value
    if _QUOTED.fullmatch(value):
        around = word.string[max(word.start() - 1, 0) : word.start()], word.string[word.end() : word.end() + 1]
        before, after = (" " if neighbour in ("'", '"', "`") else "" for neighbour in around)
        return f"{before}{value}{after}"  # or two strings would become one
    if _is_type(value):
        return value
    raise _not_one(found, value)


def _is_type(value: str) -> bool:
    if "--" in value or "/*" in value:
        return False  # a comment would swallow what follows
    try:
        stream = TokenStream(value)
        read_type(stream)
    except (ParseError, RecursionError):
        return False
    return stream.token.kind is Kind.END


def _undefined(found: re.Match[str], variables: Mapping[str, str]) -> _WrongValueError:
    near = get_close_matches(found[1], variables, n=1)
    hint = f"did you mean {near[0]}?" if near else f"DEFINE {found[1]} = '…'; gives it a value."
    return _WrongValueError(f"variable {found[1]} is not defined", found.start(), hint)


def _not_one(found: re.Match[str], value: str) -> _WrongValueError:
    message = f"the value of variable {found[1]} cannot stand here: {shorten(value) or 'it is empty'}"
    return _WrongValueError(message, found.start(), _HINT.format(name=found[1]))

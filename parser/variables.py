"""Variables: `${name}` is replaced as text, before anything is parsed."""

from __future__ import annotations

import re
from collections.abc import Mapping
from difflib import get_close_matches

from ksql.parser.errors import ParseError

#: A variable, or a comment, in which nothing is replaced. Strings and quoted names are stepped into: they may hold variables,
#: and what looks like a comment in them is none.
_PART = re.compile(r"\$\{(\w+)\}|'(?:[^']|'')*+'|`(?:[^`]|``)*+`|\"(?:[^\"]|\"\")*+\"|--[^\n]*|/\*.*?\*/", re.DOTALL)
_VARIABLE = re.compile(r"\$\{(\w+)\}")


def substitute(text: str, variables: Mapping[str, str], *, keep_undefined: bool = False) -> str:
    """`text` with every variable outside of comments replaced; values are not looked into again.

    Raises ParseError at one that is not defined, unless told to keep it as it is.
    """

    def value(found: re.Match[str], start: int = 0) -> str:
        name = found[1]
        if name in variables:
            return variables[name]
        if keep_undefined:
            return found[0]
        raise _undefined(text, start + found.start(), name, variables)

    def part(found: re.Match[str]) -> str:
        if found[1] is not None:
            return value(found)
        if found[0].startswith(("--", "/*")):
            return found[0]
        return _VARIABLE.sub(lambda inner: value(inner, found.start()), found[0])

    return _PART.sub(part, text) if "${" in text else text


def _undefined(text: str, at: int, name: str, variables: Mapping[str, str]) -> ParseError:
    near = get_close_matches(name, variables, n=1)
    hint = f"did you mean {near[0]}?" if near else f"DEFINE {name} = '…'; gives it a value."
    return ParseError(f"variable {name} is not defined", text=text, at=at, hint=hint)

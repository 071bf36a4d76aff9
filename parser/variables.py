"""Variables: `${name}` is replaced as text, before anything is parsed."""

from __future__ import annotations

import re
from collections.abc import Mapping
from difflib import get_close_matches

from ksql.parser.errors import ParseError

_VARIABLE = re.compile(r"\$\{(\w+)\}")


def substitute(text: str, variables: Mapping[str, str]) -> str:
    """`text` with every variable replaced. Raises ParseError at one that is not defined."""

    def value(found: re.Match[str]) -> str:
        name = found[1]
        if name in variables:
            return variables[name]
        line = text.count("\n", 0, found.start()) + 1
        column = found.start() - (text.rfind("\n", 0, found.start()) + 1) + 1
        near = get_close_matches(name, variables, n=1)
        hint = f"did you mean {near[0]}?" if near else f"DEFINE {name} = '…'; gives it a value."
        raise ParseError(f"variable {name} is not defined", text=text, line=line, column=column, hint=hint)

    return _VARIABLE.sub(value, text)

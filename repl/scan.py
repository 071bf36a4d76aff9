"""Statement text as tokens, for colours and completion: forgiving, since text at a prompt is seldom finished."""

from __future__ import annotations

import re
from dataclasses import dataclass

_TOKEN = re.compile(
    r"""
      (?P<space>\s+)
    | (?P<comment>--[^\n]*|/\*.*?(?:\*/|\Z))
    | (?P<string>'(?:[^']|'')*(?:'|\Z))
    | (?P<quoted>`(?:[^`]|``)*(?:`|\Z)|"(?:[^"]|"")*(?:"|\Z))
    | (?P<variable>\$\{[^}]*(?:\}|\Z))
    | (?P<number>\d+(?:\.\d+)?(?:[eE][+-]?\d+)?(?![\w@]))
    | (?P<word>[\w@]+)
    | (?P<symbol>->|=>|:=|<>|!=|<=|>=|\|\||.)
    """,
    re.VERBOSE | re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class Token:
    """kind: space, comment, string, quoted, variable, number, word or symbol. start: position of its first character."""

    kind: str
    text: str
    start: int

    @property
    def end(self) -> int:
        return self.start + len(self.text)

    @property
    def upper(self) -> str:
        """What it says regardless of case; '' for strings and quoted names, which say nothing to the grammar."""
        return self.text.upper() if self.kind in ("word", "symbol") else ""

    @property
    def name(self) -> str:
        """The identifier it stands for, as the catalog spells it; '' when it is none."""
        if self.kind == "word":
            return self.text.upper()
        quote = self.text[0]
        return self.text[1:].removesuffix(quote).replace(quote * 2, quote) if self.kind == "quoted" else ""


def scan(text: str) -> list[Token]:
    """All tokens of `text`; together they are the text. A string, name or comment without an end reaches to the end."""
    return [Token(match.lastgroup or "symbol", match[0], match.start()) for match in _TOKEN.finditer(text)]

"""Completion and colours in the form prompt-toolkit wants them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

from prompt_toolkit.completion import CompleteEvent, Completer
from prompt_toolkit.completion import Completion as PromptCompletion
from prompt_toolkit.document import Document
from prompt_toolkit.formatted_text import StyleAndTextTuples
from prompt_toolkit.lexers import Lexer
from prompt_toolkit.styles import Style

from ksql.repl.complete import Names, complete
from ksql.repl.keywords import ALL
from ksql.repl.scan import Token, scan

#: A word of two letters or more, or the dot after a source's name.
_BEGUN = re.compile(r"[\w@`]{2}\Z|\w[.`]\Z")

STYLE = Style.from_dict(
    {
        "prompt": "bold ansicyan",
        "keyword": "bold ansiblue",
        "string": "ansigreen",
        "number": "ansimagenta",
        "comment": "italic ansibrightblack",
        "quoted": "ansicyan",
        "variable": "ansiyellow",
    }
)


class SqlCompleter(Completer):
    """Offers what `complete` finds among the names there are now; unasked only where a word or a dot was typed."""

    def __init__(self, names: Callable[[], Names]) -> None:
        self._names = names

    def get_completions(self, document: Document, complete_event: CompleteEvent) -> Iterable[PromptCompletion]:
        if complete_event.text_inserted and not _BEGUN.search(document.text_before_cursor):
            return
        for found in complete(document.text, document.cursor_position, self._names()):
            yield PromptCompletion(found.text, found.start - document.cursor_position, display_meta=found.kind)


class SqlLexer(Lexer):
    """Colours by token; a text is scanned once for all its lines."""

    def lex_document(self, document: Document) -> Callable[[int], StyleAndTextTuples]:
        lines = coloured_lines(document.text)
        return lambda number: lines[number] if number < len(lines) else []


def coloured_lines(text: str) -> list[StyleAndTextTuples]:
    """Per line its pieces with the style of each."""
    lines: list[StyleAndTextTuples] = [[]]
    for token in scan(text):
        style = _style(token)
        for i, part in enumerate(token.text.split("\n")):
            if i:
                lines.append([])
            if part:
                lines[-1].append((style, part))
    return lines


def _style(token: Token) -> str:
    if token.kind == "word":
        return "class:keyword" if token.upper in ALL else ""
    return "" if token.kind in ("space", "symbol") else f"class:{token.kind}"

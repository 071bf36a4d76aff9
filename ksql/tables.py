"""Tables of text, as wide as the screen allows. Apart from `display`, so that the prompt is there before `rich` is loaded."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Literal, TextIO

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

Justify = Literal["left", "right"]

#: Where output is no terminal nothing is cut: this many characters fit on a line.
_UNLIMITED = 100_000


class TableWriter:
    """Writes tables to a file."""

    def __init__(self, file: TextIO) -> None:
        terminal = file.isatty()
        self._console = Console(file=file, width=None if terminal else _UNLIMITED, highlight=False, soft_wrap=not terminal)

    @property
    def width(self) -> int:
        """Characters in a line."""
        return self._console.width

    def write(
        self,
        columns: Sequence[tuple[str, Justify]],
        rows: Iterable[Sequence[str]],
        *,
        header: bool = True,
        widths: Sequence[int] = (),
    ) -> None:
        """Write rows of text under their headers; `widths` fixes the columns' widths, longer text folds."""
        table = Table(box=SIMPLE_HEAD, show_header=header, pad_edge=True, header_style="bold", show_edge=False)
        for i, (name, justify) in enumerate(columns):
            table.add_column(Text(name), justify=justify, overflow="fold", width=widths[i] if widths else None)
        for row in rows:
            table.add_row(*map(Text, row))
        self._console.print(table)

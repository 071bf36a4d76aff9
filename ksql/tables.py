"""Tables of text, as wide as the screen allows."""

from __future__ import annotations

import os
import shutil
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from itertools import zip_longest
from textwrap import TextWrapper
from typing import Literal, TextIO

from rich.cells import cell_len, chop_cells, set_cell_size

Justify = Literal["left", "right"]

#: Where output is no terminal nothing is cut: this many characters fit on a line.
_UNLIMITED = 1 << 30
#: No column becomes narrower than this to fit its neighbours on the line.
LEAST_WIDTH = 6
#: Characters between one column and the next, and around all of them together.
_GAP, _EDGES = 3, 2
#: Characters that would move the cursor or change the terminal, as pictures of themselves.
_PICTURES = {code: 0x2400 + code for code in range(32) if code != ord("\n")} | {127: 0x2421}


def styled(text: str, style: str, file: TextIO) -> str:
    """`text` in an ANSI style, where the file shows such and nobody said NO_COLOR."""
    plain = not file.isatty() or os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb"
    return text if plain else f"\x1b[{style}m{text}\x1b[0m"


class TableWriter:
    """Writes tables to a file."""

    def __init__(self, file: TextIO) -> None:
        self._file = file
        self._terminal = file.isatty()
        #: Whether text that is too wide takes several lines; else it is cut.
        self.wrap = True
        #: No column gets wider than this; 0: as wide as the line allows.
        self.column_width = 0
        self._rule = "─" if (getattr(file, "encoding", None) or "utf-8").lower().startswith("utf") else "-"

    @property
    def width(self) -> int:
        """Characters in a line, now: a window changes its size."""
        return shutil.get_terminal_size().columns if self._terminal else _UNLIMITED

    def write(
        self,
        columns: Sequence[tuple[str, Justify]],
        rows: Iterable[Sequence[str]],
        *,
        header: bool = True,
        widths: Sequence[int] = (),
    ) -> None:
        """Write rows of text under their headers; `widths` fixes the columns' widths, longer text folds."""
        cells = [list(map(_visible, column)) for column in zip(*rows, strict=True)] or [[]] * len(columns)
        names, sides = [name for name, _ in columns], [side for _, side in columns]
        fixed = list(widths) or self.widths(names, cells)
        if header:
            for line in _lines([[name] for name in names], sides, fixed, wrap=self.wrap):
                self._put(styled(line, "1", self._file))
            self._put(self._rule * (sum(fixed) + _GAP * (len(fixed) - 1) + _EDGES))
        for line in _lines(cells, sides, fixed, wrap=self.wrap):
            self._put(line)
        self._file.flush()

    def widths(self, names: Sequence[str], cells: Sequence[Sequence[str]], wished: Sequence[int] = ()) -> list[int]:
        """Widths of columns that fit on a line, at least as wished if there is room for that."""
        most = self.column_width or _UNLIMITED
        natural = [min(natural_width(name, column), most) for name, column in zip(names, cells, strict=True)]
        return fitting(natural, self.width, [min(width, most) for width in wished])

    def _put(self, line: str) -> None:
        self._file.write(line + "\n")


def natural_width(name: str, cells: Sequence[str]) -> int:
    """Room for a header and all cells as they are."""
    return max(_width(name), max(map(_width, cells), default=0), 1)


def fitting(natural: Sequence[int], line: int, wished: Sequence[int] = ()) -> list[int]:
    """Widths that fit on a line of so many characters.

    What was wished beyond the natural width goes first, then the widest columns give way.
    """
    widths = [max(pair) for pair in zip_longest(natural, wished, fillvalue=0)]
    room = line - _GAP * (len(widths) - 1) - _EDGES
    for least in (natural, [min(width, LEAST_WIDTH) for width in natural]):
        if sum(widths) > room:
            levels = range(max(widths) + 1)
            total = partial(_total, widths, least)
            widths = _lowered(widths, least, bisect_right(levels, room, key=total) - 1)
    return widths


def _total(widths: Sequence[int], least: Sequence[int], level: int) -> int:
    return sum(_lowered(widths, least, level))


def _lowered(widths: Sequence[int], least: Sequence[int], level: int) -> list[int]:
    """No width above the level, unless `least` demands it."""
    return [max(low, min(width, level)) for width, low in zip(widths, least, strict=True)]


def _lines(cells: Sequence[Sequence[str]], sides: Sequence[Justify], widths: Sequence[int], *, wrap: bool) -> Iterator[str]:
    """The lines of rows given by column; text that is too wide, or has line ends, takes several or is cut."""
    fit = _folded if wrap else _cut
    columns = [fit(column, side, width) for column, side, width in zip(cells, sides, widths, strict=True)]
    blank = [" " * width for width in widths]
    gap = " " * _GAP
    for row in zip(*columns, strict=True):
        for line in zip_longest(*row):
            yield f" {gap.join(empty if part is None else part for part, empty in zip(line, blank, strict=True))} "


def _folded(cells: Sequence[str], side: Justify, width: int) -> list[list[str]]:
    """The lines of each cell, all of the column's width."""
    wrapper = TextWrapper(width, break_on_hyphens=False, replace_whitespace=False)
    parts = ([cell] if _width(cell) <= width and "\n" not in cell else _wrapped(cell, wrapper) for cell in cells)
    return [[_padded(part, side, width) for part in lines] for lines in parts]


def _cut(cells: Sequence[str], side: Justify, width: int) -> list[list[str]]:
    """Each cell as one line of the column's width."""
    lines = (cell.replace("\n", " ") for cell in cells)
    return [[_padded(line if _width(line) <= width else set_cell_size(line, width - 1) + "…", side, width)] for line in lines]


def _wrapped(cell: str, wrapper: TextWrapper) -> list[str]:
    """The lines of a cell that needs more than one: between words if there are any, else anywhere."""
    lines = []
    for line in cell.split("\n"):
        if _width(line) <= wrapper.width:
            lines.append(line)
        else:
            lines += wrapper.wrap(line) if line.isascii() else chop_cells(line, wrapper.width)
    return lines


def _padded(text: str, side: Justify, width: int) -> str:
    if text.isascii():
        return text.ljust(width) if side == "left" else text.rjust(width)
    space = " " * (width - cell_len(text))
    return text + space if side == "left" else space + text


def _visible(cell: str) -> str:
    return cell if cell.isprintable() else cell.translate(_PICTURES)


def _width(text: str) -> int:
    """Columns of a terminal that the widest line of `text` takes."""
    if "\n" in text:
        return max(map(_width, text.split("\n")))
    return len(text) if text.isascii() else cell_len(text)

"""Results on a screen: tables for people, JSON lines for programs."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Iterable, Sequence
from typing import Any, Literal, TextIO

from ksql.engine.results import Changes, Listing, Message, Result, Rows
from ksql.engine.types.sql_types import Column, Decimal
from ksql.render import json_objects, text_cells
from ksql.tables import Justify, TableWriter, styled

OutputFormat = Literal["TABULAR", "JSON"]
OUTPUT_FORMATS: tuple[OutputFormat, ...] = ("TABULAR", "JSON")

_NUMBERS = {"INTEGER", "BIGINT", "DOUBLE"}


class Display:
    """Writes results to a file, by default the standard output, in one of two formats."""

    def __init__(self, file: TextIO | None = None, output: OutputFormat = "TABULAR") -> None:
        self.output = output
        #: Gets everything that is written here as well.
        self.copy: Display | None = None
        self.file = file or sys.stdout
        self.tables = TableWriter(self.file)

    def show(self, result: Message | Listing | Rows) -> None:
        """Write one complete result."""
        if self.copy is not None:
            self.copy.show(result)
        if self.output == "JSON":
            self.lines(_json_lines(result))
        elif isinstance(result, Message):
            self.lines([result.text] if result.text else [])
        elif isinstance(result, Listing):
            for title, headers, rows in result.sections:
                self._section(title, headers, rows)
        else:
            cells = text_cells(result.table, result.columns)
            self.tables.write([(c.name, _justify(c)) for c in result.columns], zip(*cells, strict=True))
            self.lines([f"{result.table.num_rows:,} {'row' if result.table.num_rows == 1 else 'rows'}"])

    def changes(self, columns: Sequence[Column]) -> ChangesDisplay:
        """A display for the rows of one push query."""
        return ChangesDisplay(self, columns)

    def line(self, text: str) -> None:
        """Write lines as they are."""
        if self.copy is not None:
            self.copy.line(text)
        self.lines([text])

    def error(self, text: str) -> None:
        """Write what went wrong, the first line in red."""
        if self.copy is not None:
            self.copy.error(text)
        first, *rest = text.split("\n")
        self.lines([styled(first, "31;1", self.file), *rest])

    def _section(self, title: str, headers: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
        if title:
            self.lines([styled(title, "1", self.file)])
        if headers:
            self.tables.write([(header, "left") for header in headers], rows, header=any(headers))
        else:
            self.lines(row[0] for row in rows)

    def lines(self, lines: Iterable[str]) -> None:
        """Write lines."""
        for line in lines:
            print(line, file=self.file)
        self.file.flush()


class ChangesDisplay:
    """Rows of a push query, written as they come under one header.

    Column widths stay as the first rows set them, with room for longer text that may follow.
    """

    def __init__(self, display: Display, columns: Sequence[Column]) -> None:
        self._display = display
        self._columns = columns
        self._widths: list[int] = []
        self._copy = None if display.copy is None else display.copy.changes(columns)

    def show(self, changes: Changes) -> None:
        """Write some rows. A deleted row shows its key, and <deleted> in the other columns."""
        if self._copy is not None:
            self._copy.show(changes)
        if self._display.output == "JSON":
            self._display.lines(_json_changes(changes, self._columns))
            return
        cells = _with_tombstones(text_cells(changes.table, self._columns), changes.tombstones)
        first = not self._widths
        if first:
            wished = [10 if _justify(c) == "right" else 16 for c in self._columns]
            self._widths = self._display.tables.widths([c.name for c in self._columns], cells, wished)
        columns = [(c.name, _justify(c)) for c in self._columns]
        self._display.tables.write(columns, zip(*cells, strict=True), header=first, widths=self._widths)


def result_text(result: Result) -> str:
    """A result as the text a screen would show."""
    if isinstance(result, Message | Listing | Rows):
        file = io.StringIO()
        Display(file).show(result)
        return file.getvalue().rstrip("\n")
    return f"push query {result.query_id}: iterate it for its rows"


def json_text(entity: Any) -> str:
    """An entity of the REST API, indented for reading."""
    return json.dumps(entity, indent=2, ensure_ascii=False)


def _json_lines(result: Message | Listing | Rows) -> list[str]:
    if isinstance(result, Rows):
        return json_objects(result.table, result.columns)
    return [json_text(result.entity or {"message": getattr(result, "text", "")})]


def _json_changes(changes: Changes, columns: Sequence[Column]) -> list[str]:
    """Rows as JSON objects; one that deletes its key says so in a field that no column can have."""
    rows = zip(json_objects(changes.table, columns), changes.tombstones, strict=True)
    return [row[:-1] + ',"@deleted":true}' if deleted else row for row, deleted in rows]


def _justify(column: Column) -> Justify:
    return "right" if isinstance(column.type, Decimal) or str(column.type) in _NUMBERS else "left"


def _with_tombstones(cells: list[list[str]], tombstones: Sequence[bool]) -> list[list[str]]:
    if not any(tombstones):
        return cells
    return [
        ["<deleted>" if deleted and cell == "null" else cell for cell, deleted in zip(column, tombstones, strict=True)]
        for column in cells
    ]

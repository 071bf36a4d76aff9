"""DELIMITED: one line of text per record, fields separated by one character and quoted where needed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from ksql.engine.errors import StatementError
from ksql.engine.formats.contract import Decoded, DecodeSql, FormatOptions
from ksql.engine.formats.csv_lines import LineReader
from ksql.engine.formats.java_numbers import JAVA_BLANKS
from ksql.engine.formats.rows import UnreadableError, decode_rows, java_text
from ksql.engine.formats.text_values import Read, print_text, read_text, text_converter
from ksql.engine.types.sql_types import BOOLEAN, BYTES, DOUBLE, STRING, Array, Column, Map, SqlType, Struct, string_literal

_WORDS = {"SPACE": " ", "TAB": "\t"}
#: Characters that printed numbers and booleans can hold.
_IN_NUMBERS = frozenset("0123456789+-.EInfityNatruefalse")


def bind(columns: tuple[Column, ...], options: FormatOptions) -> tuple[DelimitedDecoder, DelimitedEncoder]:
    """Decoder and encoder. Raises StatementError for nested columns or a delimiter that is not one character."""
    for column in columns:
        if isinstance(column.type, Array | Map | Struct):
            raise StatementError(
                f"the DELIMITED format does not support the type {column.type} of column {column.name}",
                hint="JSON carries arrays, maps and structs.",
            )
    delimiter = _delimiter(options)
    return DelimitedDecoder(columns, delimiter), DelimitedEncoder(columns, delimiter, is_key=options.is_key)


def _delimiter(options: FormatOptions) -> str:
    side = "KEY_DELIMITER" if options.is_key else "VALUE_DELIMITER"
    if options.delimiter.upper() in _WORDS:
        return _WORDS[options.delimiter.upper()]
    if not options.delimiter.strip(JAVA_BLANKS):
        raise StatementError(f"{side} must not be blank", hint="Write TAB or SPACE for a tab or a space.")
    if len(options.delimiter) != 1 or options.delimiter == '"' or options.delimiter > "\uffff":
        raise StatementError(
            f"{side} must be a single character, not '{options.delimiter}'", hint="Or one of the words TAB and SPACE."
        )
    return options.delimiter


@dataclass(frozen=True, slots=True)
class DelimitedDecoder:
    """Lines without quotes are split by SQL; lines with quotes, and odd spellings of numbers, are left to `exact`."""

    columns: tuple[Column, ...]
    delimiter: str
    text: bool = True

    def sql(self, data: str, prefix: str) -> DecodeSql:
        reads = [_read(column.type, f"nullif({prefix}[{index}], '')") for index, column in enumerate(self.columns, 1)]
        plain = f"{data} <> '' AND NOT regexp_matches({data}, '[\"\\r\\n]')"
        prepare = {
            prefix: f"CASE WHEN {plain} THEN string_split({data}, {string_literal(self.delimiter)}) END",
            f"{prefix}_null": f"{data} IS NULL",
        }
        checks = [f"coalesce(len({prefix}) = {len(self.columns)}, false)"]
        checks += [f"coalesce({item.trusted}, true)" for item in _null_safe(reads, prefix)]
        return DecodeSql(prepare, [item.value for item in reads], f"NOT ({prefix}_null OR ({' AND '.join(checks)}))")

    def exact(self, data: Sequence[bytes | None]) -> Decoded:
        converters = [text_converter(column.type) for column in self.columns]
        lines = LineReader(self.delimiter)
        return decode_rows(self.columns, data, lambda record: self._read(lines.first(java_text(record)), converters))

    def _read(self, fields: list[str], converters: Sequence[Callable[[str], Any]]) -> list[Any]:
        if len(fields) != len(self.columns):
            raise UnreadableError(f"expected {len(self.columns)} fields, found {len(fields)}")
        row = []
        for column, text, convert in zip(self.columns, fields, converters, strict=True):
            try:
                row.append(convert(text) if text else None)
            except UnreadableError as error:
                raise UnreadableError(f"{column.name}: {error}") from None
        return row


def _read(type_: SqlType, text: str) -> Read:
    return Read(f"lower({text}) = 'true'") if type_ == BOOLEAN else read_text(type_, text)


def _null_safe(reads: Sequence[Read], prefix: str) -> list[Read]:
    """Checks that count an empty field as good."""
    return [
        Read(item.value, f"nullif({prefix}[{index}], '') IS NULL OR ({item.trusted})")
        for index, item in enumerate(reads, 1)
        if item.trusted is not None
    ]


@dataclass(frozen=True, slots=True)
class DelimitedEncoder:
    """Writes a field in quotes where a reader could mistake it; null is an empty field. A key that is null is no key."""

    columns: tuple[Column, ...]
    delimiter: str
    is_key: bool

    def sql(self, columns: Sequence[str]) -> str:
        pairs = enumerate(zip(self.columns, columns, strict=True))
        fields = [self._field(column.type, value, first=index == 0) for index, (column, value) in pairs]
        if len(fields) == 1 and self.is_key:
            return fields[0]
        joined = f" || {string_literal(self.delimiter)} || ".join(f"coalesce({field}, '')" for field in fields)
        return f"({joined})"

    def _field(self, type_: SqlType, value: str, *, first: bool) -> str:
        text = print_text(type_, value)
        quoted = f"'\"' || replace({text}, '\"', '\"\"') || '\"'"
        if type_ in (STRING, BYTES) or self.delimiter in _IN_NUMBERS:
            return f"CASE WHEN regexp_matches({text}, {self._unsafe(first=first)}) THEN {quoted} ELSE {text} END"
        if not first or type_ == BOOLEAN:
            return text
        negative = f"signbit({value})" if type_ == DOUBLE else f"{value} < 0"
        return f"CASE WHEN {negative} THEN {quoted} ELSE {text} END"

    def _unsafe(self, *, first: bool) -> str:
        """Pattern of a text that must be quoted. The first field must start with a letter or digit and not be empty."""
        start = "^[^0-9A-Za-z]|^$" if first else "^[\\x00-#]"
        delimiter = f"\\x{{{ord(self.delimiter):x}}}"
        return string_literal(f'{start}|[{delimiter}"\\r\\n]|[\\x00- ]$')

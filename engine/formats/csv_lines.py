"""Lines of comma-separated text as commons-csv reads them in its default format."""

from __future__ import annotations

import re

from ksql.engine.formats.rows import UnreadableError

#: What the JVM calls white space, line ends left out.
_WHITESPACE = "[\t\x0b\x0c\x1c-\x20\u1680\u2000-\u2006\u2008-\u200a\u2028\u2029\u205f\u3000]"
_QUOTED = re.compile('"((?:[^"]|"")*)"')
_LINE_ENDS = re.compile("[\r\n]*")


class LineReader:
    """Splits texts into fields. A quote opens a quoted field only at the field's start; doubled quotes inside stand for one;
    blanks may follow its end.
    """

    def __init__(self, delimiter: str) -> None:
        self._delimiter = delimiter
        self._bare = re.compile(f"[^{re.escape(delimiter)}\r\n]*")
        self._blanks = re.compile(f"(?:(?!{re.escape(delimiter)}){_WHITESPACE})*")

    def first(self, text: str) -> list[str]:
        """The fields of the first line that is not empty. Raises UnreadableError, also for a fault in one of the others."""
        lines = []
        place = _end(_LINE_ENDS, text, 0)
        while place < len(text):
            fields, place = self._line(text, place)
            lines.append(fields)
            place = _end(_LINE_ENDS, text, place)
        if not lines:
            raise UnreadableError("the record has no fields")
        return lines[0]

    def _line(self, text: str, place: int) -> tuple[list[str], int]:
        """The fields of a line, and the place of its end."""
        fields = []
        while True:
            value, place = self._quoted(text, place) if text.startswith('"', place) else self._plain(text, place)
            fields.append(value)
            if not text.startswith(self._delimiter, place):
                return fields, place
            place += 1

    def _plain(self, text: str, place: int) -> tuple[str, int]:
        end = _end(self._bare, text, place)
        return text[place:end], end

    def _quoted(self, text: str, place: int) -> tuple[str, int]:
        found = _QUOTED.match(text, place)
        if found is None:
            raise UnreadableError("a quoted field does not end")
        end = _end(self._blanks, text, found.end())
        if end < len(text) and text[end] not in (self._delimiter, "\r", "\n"):
            raise UnreadableError("a quoted field is followed by other text")
        return found[1].replace('""', '"'), end


def _end(pattern: re.Pattern[str], text: str, place: int) -> int:
    found = pattern.match(text, place)
    return found.end() if found else place

"""JSON text as Jackson reads and writes it: what the JSON format and the functions over JSON texts share.

A value is None, bool, int, Decimal, str, list or dict. Numbers with a point or an exponent are Decimal, which prints like the
JVM's BigDecimal; like that it has no negative zero.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from decimal import Decimal, InvalidOperation
from typing import Any, Final

#: What `parse` gives for a text that holds nothing.
MISSING: Final = object()

_BLANKS = " \t\r\n"
_BLANK = re.compile(f"[{_BLANKS}]*")
#: Python's int neither reads nor prints longer texts.
_MANY_DIGITS = 4_000
_MAX_DEPTH = 1_000
#: Bytes that tell of an encoding.
_FEWEST_TOLD_BY = 4
#: A BigDecimal's exponent is kept in 32 bits.
_MAX_SCALE = 1 << 31


def decode(record: bytes) -> str:
    """The text of a record: UTF-8 unless a byte order mark or the zeros in its first bytes tell otherwise.

    Halves of a surrogate pair, each written as if it were a character, make one. Raises UnicodeDecodeError.
    """
    encoding = json.detect_encoding(record) if len(record) >= _FEWEST_TOLD_BY else "utf-8"
    try:
        return record.decode(encoding)
    except UnicodeDecodeError:
        return record.decode(encoding, "surrogatepass").encode("utf-16", "surrogatepass").decode("utf-16", "surrogatepass")


def parse_record(record: bytes) -> Any:
    """What a record says; see `decode` and `parse`."""
    return parse(decode(record))


def parse(text: str) -> Any:
    """The first value of `text`; what follows it does not count. MISSING when there is none, ValueError for what is no JSON."""
    start = _after_blanks(text, 0)
    if start == len(text):
        return MISSING
    value, end = _DECODER.raw_decode(text, start)
    if end < len(text) and not _ends(value, text[end]):
        raise ValueError(f"'{text[start : end + 1]}' is not JSON")
    if text.count("[") + text.count("{") > _MAX_DEPTH and _too_deep(value):
        raise ValueError("the record is nested too deeply")
    return value


def items_of(text: str) -> Iterator[Any]:
    """The elements of an array, each as soon as it is read; none if the text is no array. Raises ValueError when it comes to a
    place that is no JSON.
    """
    place = _after_blanks(text, 0)
    if not text.startswith("[", place):
        return
    place = _after_blanks(text, place + 1)
    if text.startswith("]", place):
        return
    while True:
        value, place = _DECODER.raw_decode(text, place)
        yield value
        place = _after_blanks(text, place)
        if not text.startswith(",", place):
            return
        place = _after_blanks(text, place + 1)


def _after_blanks(text: str, place: int) -> int:
    found = _BLANK.match(text, place)
    return found.end() if found else place


def _ends(value: Any, following: str) -> bool:
    """Whether a value may be followed so: a number ends at a blank, a word before what could not belong to it."""
    if value is None or isinstance(value, bool):
        return not (following == "$" or f"a{following}".isidentifier())
    return isinstance(value, dict | list | str) or following in _BLANKS


def _too_deep(value: Any) -> bool:
    layer = [value]
    for _ in range(_MAX_DEPTH + 1):
        layer = [item for outer in layer if isinstance(outer, dict | list) for item in _items(outer)]
        if not layer:
            return False
    return True


def _items(outer: dict[str, Any] | list[Any]) -> list[Any]:
    return list(outer.values()) if isinstance(outer, dict) else outer


def _whole(digits: str) -> int | Decimal:
    return int(digits) if len(digits) < _MANY_DIGITS else Decimal(digits)


def big_decimal(text: str) -> Decimal:
    """The number as the JVM's BigDecimal reads it. Raises ValueError."""
    try:
        number = Decimal(text)
    except InvalidOperation:
        number = None
    if number is None or not number.is_finite() or "_" in text or text != text.strip():
        raise ValueError(f"'{text}' is not a decimal number")
    if "e" in text.lower() and not -_MAX_SCALE < int(number.as_tuple().exponent) <= _MAX_SCALE:
        raise ValueError(f"{text} has too large an exponent")
    return number if number else number.copy_abs()


def _refuse_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


_DECODER = json.JSONDecoder(parse_int=_whole, parse_float=big_decimal, parse_constant=_refuse_constant)


def write(value: Any) -> str:
    """JSON without blanks; what is not ASCII stays as it is. A lone half of a surrogate pair becomes a question mark."""
    if isinstance(value, dict):
        return "{" + ",".join(f"{quoted(key)}:{write(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(write, value)) + "]"
    if isinstance(value, str):
        return quoted(value)
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    return str(value)


def quoted(text: str) -> str:
    """The text as a JSON string."""
    return '"' + _SPECIAL.sub(lambda found: _ESCAPES.get(found[0]) or f"\\u{ord(found[0]):04X}", encodable(text)) + '"'


_SPECIAL = re.compile(r'[\x00-\x1f"\\]')
_ESCAPES = {'"': '\\"', "\\": "\\\\", "\b": "\\b", "\t": "\\t", "\n": "\\n", "\f": "\\f", "\r": "\\r"}


def encodable(text: str) -> str:
    """Half a surrogate pair cannot be written as UTF-8; it becomes a question mark."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode("utf-8")

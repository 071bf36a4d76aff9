"""Parts and positions of texts and bytes. Positions count from 1, in UTF-16 units; a negative one counts from the end."""

from __future__ import annotations

from functools import partial

from ksql.engine.functions.declare import STRINGS, Call, helper, scalar, scalar_sql
from ksql.engine.functions.utf16 import joined, units

text = partial(scalar_sql, category=STRINGS)
text_python = partial(scalar, category=STRINGS)
_FAR = 2147483647

# SUBSTRING


def _bounds(size: int, position: int, length: int) -> tuple[int, int]:
    start = max(size + position, 0) if position < 0 else min(max(position - 1, 0), size)
    return start, max(min(start + length, size), start)


@helper("ksql_substring", "STRING, INT, INT -> STRING")
def substring(value: str, position: int, length: int) -> str:
    counted = units(value)
    start, end = _bounds(len(counted), position, length)
    return joined(counted[start:end])


def _first(size: str, position: str) -> str:
    """The first position, from 1 on."""
    return f"(CASE WHEN {position} < 0 THEN greatest({size} + {position} + 1, 1) ELSE greatest({position}, 1) END)"


def _substring(call: Call, value: str, position: str, length: str = str(_FAR)) -> str:
    basic = f"substring({value}, {_first(f'length({value})', position)}, greatest({length}, 0))"
    return (
        f"(CASE WHEN ksql_basic({value}) THEN {basic} "
        f"ELSE ksql_substring{'_or_null' if call.safe else ''}({value}, {position}, {length}) END)"
    )


def _subbytes(value: str, position: str, length: str = str(_FAR)) -> str:
    first = _first(f"octet_length({value})", position)
    last = f"least({first} + greatest(CAST({length} AS BIGINT), 0) - 1, octet_length({value}))"
    return (
        f"(CASE WHEN {last} >= {first} THEN array_slice({value}, {first}, {last}) "
        f"WHEN {last} IS NOT NULL AND {value} IS NOT NULL THEN CAST('' AS BLOB) END)"
    )


text(
    "SUBSTRING", "STRING, INT -> STRING | STRING, INT, INT -> STRING", typed_sql=_substring,
    doc="Part of a text or of bytes from a position on, as long as the third argument says",
    example=("SUBSTRING('stream', 2, 3)", "'tre'"),
)  # fmt: skip
text(
    "SUBSTRING", "BYTES, INT -> BYTES | BYTES, INT, INT -> BYTES", sql=_subbytes,
    doc="", example=("FROM_BYTES(SUBSTRING(TO_BYTES('stream', 'utf8'), -3), 'utf8')", "'eam'"),
)  # fmt: skip

# LPAD and RPAD


@helper("ksql_padded", "STRING, INT, STRING, BOOLEAN -> STRING")
def padded(value: str, length: int, padding: str, left: bool) -> str:
    counted, filler = units(value), units(padding)
    missing = max(length - len(counted), 0)
    fill = (filler * (missing // len(filler) + 1))[:missing]
    return joined((fill + counted if left else counted + fill)[:length])


def _pad(side: str) -> partial[str]:
    return partial(_padded_text, side)


def _padded_text(side: str, call: Call, value: str, length: str, padding: str) -> str:
    exact = f"ksql_padded{'_or_null' if call.safe else ''}({value}, {length}, {padding}, {str(side == 'lpad').upper()})"
    return (
        f"(CASE WHEN {length} < 0 OR {padding} = '' THEN NULL "
        f"WHEN ksql_basic({value}) AND ksql_basic({padding}) THEN {side}({value}, {length}, {padding}) ELSE {exact} END)"
    )


def _padded_bytes(side: str, value: str, length: str, padding: str) -> str:
    """Bytes are padded as hexadecimal text."""
    hexadecimal = f"{side}(hex({value}), {length} * 2, hex({padding}))"
    return f"(CASE WHEN {length} >= 0 AND octet_length({padding}) > 0 THEN unhex({hexadecimal}) END)"


for _name, _side, _doc, _example in (
    ("LPAD", "lpad", "Text or bytes filled up on the left to a length, or cut to it", ("LPAD('7', 3, '0')", "'007'")),
    ("RPAD", "rpad", "Text or bytes filled up on the right to a length, or cut to it", ("RPAD('ab', 5, 'xy')", "'abxyx'")),
):
    text(_name, "STRING, INT, STRING -> STRING", typed_sql=_pad(_side), doc=_doc, example=_example)
    text(_name, "BYTES, INT, BYTES -> BYTES", sql=partial(_padded_bytes, _side), doc=_doc)

# INSTR

_INSTR = "Position of a text in another, 0 if there is none; from a position on, or back from a negative one; the n-th time"


@helper("ksql_instr", "STRING, STRING, INT, INT -> INT")
def instr(value: str, wanted: str, position: int, occurrence: int) -> int:
    counted, wanted = units(value), units(wanted)
    if position == 0 or occurrence < 1 or abs(position) > len(counted):
        return 0
    if position < 0:
        return _last(counted[: len(counted) + position + 1], wanted, occurrence) + 1
    found = _next(counted[position - 1 :], wanted, occurrence)
    return found + position if found >= 0 else 0


def _next(value: str, wanted: str, occurrence: int) -> int:
    found = value.find(wanted)
    while wanted and occurrence > 1 and found >= 0:
        found, occurrence = value.find(wanted, found + 1), occurrence - 1
    return found


def _last(value: str, wanted: str, occurrence: int) -> int:
    found = value.rfind(wanted)
    while wanted and occurrence > 1 and found >= 0:
        found, occurrence = value.rfind(wanted, 0, found + len(wanted) - 1), occurrence - 1
    return found


def _instr(call: Call, value: str, wanted: str, position: str = "1", occurrence: str = "1") -> str:
    exact = f"ksql_instr{'_or_null' if call.safe else ''}({value}, {wanted}, {position}, {occurrence})"
    if position == "1" and occurrence == "1":
        found = (
            f"CASE WHEN {wanted} = '' THEN CAST({value} <> '' AS INTEGER) ELSE CAST(instr({value}, {wanted}) AS INTEGER) END"
        )
        exact = f"CASE WHEN ksql_basic({value}) THEN {found} ELSE {exact} END"
    return f"COALESCE({exact}, 0)"


text(
    "INSTR", "STRING, STRING -> INT | STRING, STRING, INT! -> INT | STRING, STRING, INT!, INT! -> INT", typed_sql=_instr,
    doc=_INSTR, example=("INSTR('corporate floor', 'or', 3)", "5"),
)  # fmt: skip

# SPLIT


@helper("ksql_split", "STRING, STRING -> ARRAY<STRING>")
def split(value: str, delimiter: str) -> list[str]:
    if not delimiter:
        return [joined(unit) for unit in units(value)] or [""]
    return value.split(delimiter)


@text_python("SPLIT", "BYTES, BYTES -> ARRAY<BYTES>", doc="")
def split_bytes(value: bytes, delimiter: bytes) -> list[bytes]:
    if not delimiter:
        return [value[i : i + 1] for i in range(len(value))] or [b""]
    return value.split(delimiter)


text(
    "SPLIT", "STRING, STRING -> ARRAY<STRING>",
    typed_sql=lambda call, value, delimiter: (
        f"(CASE WHEN {delimiter} <> '' OR ksql_basic({value}) THEN string_split({value}, {delimiter}) "
        f"ELSE ksql_split{'_or_null' if call.safe else ''}({value}, {delimiter}) END)"
    ),
    doc="The parts of a text or of bytes between delimiters; an empty delimiter splits everywhere",
    example=("SPLIT('a,b,,c', ',')", "ARRAY['a', 'b', '', 'c']"),
)  # fmt: skip


@text_python(
    "SPLIT_TO_MAP", "STRING, STRING, STRING -> MAP<STRING, STRING>",
    doc="A map of the key and value pairs in a text, given what stands between pairs and between key and value",
    example=("SPLIT_TO_MAP('a=1&b=2', '&', '=')", "MAP('a' := '1', 'b' := '2')"),
)  # fmt: skip
def split_to_map(value: str, between: str, within: str) -> dict[str, str] | None:
    if not between or not within or between == within:
        return None
    pairs = (entry.split(within) for entry in value.split(between) if entry)
    return {pair[0]: pair[1] for pair in pairs if len(pair) > 1}

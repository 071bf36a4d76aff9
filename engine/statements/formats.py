"""Formats of a source: what WITH says, what a sink inherits, what the session's defaults are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from sqlglot import exp

from ksql.engine.catalog.definitions import Source
from ksql.engine.errors import fail
from ksql.engine.formats import capabilities
from ksql.engine.formats.contract import FormatOptions
from ksql.engine.settings import KEY_FORMAT, VALUE_FORMAT, WRAP, is_on, value_of
from ksql.engine.statements.with_clause import written


@dataclass(frozen=True, slots=True)
class Formats:
    key: str
    value: str
    key_options: FormatOptions
    value_options: FormatOptions


def choose_formats(
    node: exp.Expression, values: Mapping[str, Any], session: Mapping[str, str], inherited: Source | None = None
) -> Formats:
    """Formats of the new source that `node` creates; `inherited` is the left-most source of the query that fills it.

    Raises StatementError.
    """
    key = (
        values.get("KEY_FORMAT")
        or values.get("FORMAT")
        or (inherited.key_format if inherited else value_of(session, KEY_FORMAT))
    )
    value = (
        values.get("VALUE_FORMAT")
        or values.get("FORMAT")
        or (inherited.value_format if inherited else value_of(session, VALUE_FORMAT))
    )
    if not value:
        fail(node, "VALUE_FORMAT is missing", hint="WITH (…, VALUE_FORMAT='JSON') says how values are written.")
    key, value = key.upper(), value.upper()
    if value == "NONE":
        fail(written(node, "VALUE_FORMAT", "FORMAT"), "NONE is no format for values", hint="it is for a key without columns.")
    for side, format_ in (("KEY", key), ("VALUE", value)):
        if f"{side}_DELIMITER" in values and format_ != "DELIMITED":
            place = written(node, f"{side}_DELIMITER")
            fail(place, f"{side}_DELIMITER is for the DELIMITED format, but the {side.lower()} format is {format_}")
    return Formats(key, value, _key_options(values, key, inherited), _value_options(values, value, inherited))


def wrap_by_default(options: FormatOptions, format_: str, columns: int, session: Mapping[str, str]) -> FormatOptions:
    """Options of a value of so many columns: where they leave open whether a single one is wrapped, the session may say."""
    if options.wrap_single is not None or columns != 1 or not value_of(session, WRAP):
        return options
    wrap, can = is_on(session, WRAP), capabilities(format_)
    return replace(options, wrap_single=wrap) if (can.wrapping if wrap else can.unwrapping) else options


def _key_options(values: Mapping[str, Any], key: str, inherited: Source | None) -> FormatOptions:
    same = inherited is not None and inherited.key_format == key
    default = inherited.key_options.delimiter if same and inherited else ","
    return FormatOptions(is_key=True, delimiter=values.get("KEY_DELIMITER", default))


def _value_options(values: Mapping[str, Any], value: str, inherited: Source | None) -> FormatOptions:
    same = inherited is not None and inherited.value_format == value
    default = inherited.value_options.delimiter if same and inherited else ","
    wrap = values.get("WRAP_SINGLE_VALUE")
    return FormatOptions(is_key=False, delimiter=values.get("VALUE_DELIMITER", default), wrap_single=wrap)

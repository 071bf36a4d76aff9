"""Serialisation formats. `bind` gives the decoder and encoder of a key or value; adding a format is a file and a line here."""

from __future__ import annotations

import difflib
from collections.abc import Callable
from dataclasses import dataclass

from ksql.engine.errors import NotSupportedError, StatementError
from ksql.engine.formats import delimited, json_format, kafka, none
from ksql.engine.formats.contract import Decoder, Encoder, FormatOptions
from ksql.engine.types.sql_types import Column


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a format can do, whether or not this engine has it yet."""

    wrapping: bool = True
    unwrapping: bool = True
    registry: bool = False
    delimiter: bool = False


@dataclass(frozen=True, slots=True)
class _Format:
    capabilities: Capabilities
    bind: Callable[[tuple[Column, ...], FormatOptions], tuple[Decoder, Encoder]] | None = None


_FORMATS: dict[str, _Format] = {
    "JSON": _Format(Capabilities(), json_format.bind),
    "KAFKA": _Format(Capabilities(wrapping=False), kafka.bind),
    "DELIMITED": _Format(Capabilities(wrapping=False, delimiter=True), delimited.bind),
    "NONE": _Format(Capabilities(wrapping=False, unwrapping=False), none.bind),
    "JSON_SR": _Format(Capabilities(registry=True)),
    "AVRO": _Format(Capabilities(registry=True)),
    "PROTOBUF": _Format(Capabilities(registry=True, unwrapping=False)),
    "PROTOBUF_NOSR": _Format(Capabilities()),
}


def capabilities(name: str) -> Capabilities:
    """What the format called `name` (any case) can do. Raises StatementError for an unknown name."""
    return _find(name).capabilities


def bind(name: str, columns: tuple[Column, ...], options: FormatOptions) -> tuple[Decoder, Encoder]:
    """Decoder and encoder of the columns of one side, in the format called `name` (any case).

    Raises StatementError for an unknown format, or columns or options that it cannot carry; NotSupportedError for a format
    this engine does not have yet.
    """
    found = _find(name)
    if found.bind is None:
        raise NotSupportedError(
            f"the format {name.upper()} is not supported yet", hint=f"Formats that are: {', '.join(_supported())}."
        )
    _check_options(name.upper(), found.capabilities, columns, options)
    if not columns:
        return none.bind((), options)
    return found.bind(columns, options)


def _find(name: str) -> _Format:
    found = _FORMATS.get(name.upper())
    if found is None:
        close = difflib.get_close_matches(name.upper(), _FORMATS, 1)
        hint = f"did you mean {close[0]}?" if close else f"Formats are: {', '.join(_supported())}."
        raise StatementError(f"unknown format: {name}", hint=hint)
    return found


def _supported() -> list[str]:
    return [name for name, item in _FORMATS.items() if item.bind is not None]


def _check_options(name: str, can: Capabilities, columns: tuple[Column, ...], options: FormatOptions) -> None:
    if options.delimiter != "," and not can.delimiter:
        raise StatementError(f"the {name} format takes no delimiter", hint="Only DELIMITED does.")
    if options.wrap_single is None:
        return
    if len(columns) != 1:
        raise StatementError("WRAP_SINGLE_VALUE is only allowed when there is a single value column")
    if not (can.wrapping if options.wrap_single else can.unwrapping):
        raise StatementError(f"the {name} format does not support WRAP_SINGLE_VALUE={str(options.wrap_single).lower()}")

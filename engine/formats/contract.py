"""What a serialisation format gives the engine: SQL that decodes and encodes whole batches, and an exact row decoder.

A format is bound once to the columns of a key or value: `bind(format, columns, options)`. The decoder's SQL is fused by the
planner with the steps that follow it into one DuckDB statement; rows it marks as suspect are decoded again, one by one, by
`exact`, which defines the truth.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import pyarrow as pa

from ksql.engine.types.sql_types import Column


@dataclass(frozen=True, slots=True)
class DecodeSql:
    """Fragments of `SELECT columns, suspect FROM (SELECT *, prepare FROM raw)`.

    Run it with `SET disabled_optimizers = 'filter_pushdown'`: that optimizer would copy `prepare` into a filter above it, and
    every record would be parsed twice.

    prepare: alias → SQL over the raw relation, computed once per row (aliases start with the prefix given to `sql`).
    columns: one SQL expression over `prepare` per bound column, in order, of exactly the column's DuckDB type; none raises.
    suspect: boolean SQL over `raw` and `prepare`, never null: the row must go through `exact`.
    """

    prepare: Mapping[str, str]
    columns: Sequence[str]
    suspect: str


@dataclass(frozen=True, slots=True)
class Decoded:
    """Rows of the bound columns, and the reason for each row that could not be decoded (then its columns are null)."""

    rows: pa.Table
    errors: Sequence[str | None]


class Decoder(Protocol):
    @property
    def columns(self) -> tuple[Column, ...]:
        """The bound columns."""

    @property
    def text(self) -> bool:
        """True: `data` in `sql` is VARCHAR (the engine checks the UTF-8; a bad row comes as NULL and counts as suspect)."""

    def sql(self, data: str, prefix: str) -> DecodeSql:
        """SQL over the raw column called `data` (already quoted). Null data decodes to null columns and is not suspect.

        Cheap; call it for every batch: a decoder learns from the rows that `exact` sees, and then gives other SQL.
        """

    def exact(self, data: Sequence[bytes | None]) -> Decoded:
        """Decode row by row; the definition of the format."""


class Encoder(Protocol):
    @property
    def columns(self) -> tuple[Column, ...]:
        """The bound columns."""

    def sql(self, columns: Sequence[str]) -> str:
        """SQL of type VARCHAR or BLOB over one SQL expression per bound column; never raises for values of those types."""


@dataclass(frozen=True, slots=True)
class FormatOptions:
    """What WITH (...) says of one side (key or value)."""

    is_key: bool
    delimiter: str = ","
    #: None: the format's own default. False: a single column is written bare.
    wrap_single: bool | None = None
    properties: Mapping[str, str] = field(default_factory=dict)

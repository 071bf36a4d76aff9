"""NONE: no columns at all; what the record holds is ignored, and nothing is written."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pyarrow as pa

from ksql.engine.errors import StatementError
from ksql.engine.formats.contract import Decoded, DecodeSql, FormatOptions
from ksql.engine.types.sql_types import Column


def bind(columns: tuple[Column, ...], options: FormatOptions) -> tuple[NoneDecoder, NoneEncoder]:
    """Raises StatementError when there are columns to carry."""
    if columns:
        side = "key" if options.is_key else "value"
        raise StatementError(
            f"the NONE format carries no columns, but the {side} has {', '.join(map(str, columns))}",
            hint="Use KAFKA or JSON, or declare no key column.",
        )
    return NoneDecoder(), NoneEncoder()


@dataclass(frozen=True, slots=True)
class NoneDecoder:
    columns: tuple[Column, ...] = ()
    text: bool = False

    def sql(self, data: str, prefix: str) -> DecodeSql:
        return DecodeSql({}, [], "false")

    def exact(self, data: Sequence[bytes | None]) -> Decoded:
        return Decoded(pa.table({}), [None] * len(data))


@dataclass(frozen=True, slots=True)
class NoneEncoder:
    columns: tuple[Column, ...] = ()

    def sql(self, columns: Sequence[str]) -> str:
        return "NULL::BLOB"

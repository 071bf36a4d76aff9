"""The bytes of a key that no topic holds: where its rows would lie if one did."""

from __future__ import annotations

from collections.abc import Sequence

from ksql.engine.analysis.traits import Traits
from ksql.engine.errors import StatementError
from ksql.engine.formats import bind
from ksql.engine.formats.contract import FormatOptions
from ksql.engine.operators.steps import Sql
from ksql.engine.types.sql_types import BYTES, Column, quote_duckdb


def key_bytes(traits: Traits, keys: tuple[Column, ...], refs: Sequence[str] = ()) -> Sql:
    """The key in columns called by their refs, as a repartition topic would hold it: in the format of the rows' old key; where
    that cannot carry it, as JSON. refs: where the values lie, if the columns are called otherwise in the bytes.
    """
    options = FormatOptions(is_key=True, delimiter=traits.key_options.delimiter)
    try:
        _, encoder = bind("KAFKA" if traits.key_format == "NONE" else traits.key_format, keys, options)
    except StatementError:
        _, encoder = bind("JSON", keys, FormatOptions(is_key=True))
    sql = encoder.sql([quote_duckdb(ref) for ref in refs or [key.name for key in keys]])
    return Sql(sql, sql, BYTES)

"""The order in which the JVM lists a map: by the hash of its keys. DuckDB keeps the order in which entries came."""

from __future__ import annotations

from collections.abc import Sequence

from ksql.engine.functions.declare import helper
from ksql.engine.functions.utf16 import units


@helper("ksql_hash_order", "ARRAY<STRING> -> ARRAY<INT>")
def hash_order(keys: Sequence[str]) -> list[int]:
    """Positions (from 1) of `keys` in the order of a hash table of the size the JVM would take."""
    size = 16
    while len(keys) > size * 3 // 4:
        size *= 2
    buckets = [_spread(key) & (size - 1) for key in keys]
    return [i + 1 for i in sorted(range(len(keys)), key=buckets.__getitem__)]


def _spread(key: str) -> int:
    code = 0
    for unit in units(key):
        code = (code * 31 + ord(unit)) & 0xFFFFFFFF
    return code ^ (code >> 16)

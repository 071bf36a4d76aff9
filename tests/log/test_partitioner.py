from __future__ import annotations

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ksql.log import partition_key, partition_keys
from ksql.log.partitioner import murmur2

KEYS = st.lists(st.none() | st.binary(max_size=40) | st.binary(min_size=7, max_size=9), max_size=60)

#: Signed, as Java shows them.
KNOWN = {
    b"21": -973932308,
    b"foobar": -790332482,
    b"a-little-bit-long-string": -985981536,
    b"a-little-bit-longer-string": -1486304829,
    b"lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8": -58897971,
    b"abc": 479470107,
}


@pytest.mark.parametrize("key", KNOWN)
def test_hashes_are_kafkas(key: bytes) -> None:
    assert murmur2(key) == KNOWN[key] & 0xFFFFFFFF
    assert partition_keys(pa.array([key]), 1000).tolist() == [(KNOWN[key] & 0x7FFFFFFF) % 1000]


@given(KEYS, st.integers(1, 2**31 - 1), st.data())
def test_arrays_agree_with_single_keys(keys: list[bytes | None], partitions: int, data: st.DataObject) -> None:
    null_partition = data.draw(st.integers(0, partitions - 1))
    start = data.draw(st.integers(0, len(keys)))
    found = partition_keys(pa.array(keys, pa.binary())[start:], partitions, null_partition)
    assert found.dtype.name == "int32"
    assert found.tolist() == [partition_key(key, partitions, null_partition) for key in keys[start:]]


def test_keys_must_be_binary() -> None:
    with pytest.raises(TypeError, match="string"):
        partition_keys(pa.array(["a"]), 3)

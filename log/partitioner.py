"""Which partition a record belongs to: Kafka's default partitioner, so that data moved to or from Kafka stays where it is.

The partition is murmur2 of the key bytes with the sign bit cleared, modulo the number of partitions. The window that follows a
key has no say: whoever writes one hashes what stands before it. `murmur2` is the plain form, one key at a time, and the oracle
of the vectorised one in `partition_keys`.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from ksql.log.contract import Log, Transaction

_SEED = 0x9747B28C
_M = 0x5BD1E995
_WORD = 0xFFFFFFFF

_Words = npt.NDArray[np.uint32]


def murmur2(key: bytes) -> int:
    """The hash as an unsigned 32-bit number (Java shows the same bits with a sign)."""
    h = _SEED ^ len(key)
    whole = len(key) & ~3
    for at in range(0, whole, 4):
        k = int.from_bytes(key[at : at + 4], "little") * _M & _WORD
        h = (h * _M & _WORD) ^ ((k ^ k >> 24) * _M & _WORD)
    if whole < len(key):
        h = (h ^ int.from_bytes(key[whole:], "little")) * _M & _WORD
    h = (h ^ h >> 13) * _M & _WORD
    return h ^ h >> 15


def partition_key(key: bytes | None, partitions: int, null_partition: int = 0) -> int:
    """The partition of one key; null keys go where the caller wants them."""
    return null_partition if key is None else (murmur2(key) & 0x7FFFFFFF) % partitions


def partition_keys(keys: pa.Array, partitions: int, null_partition: int = 0) -> npt.NDArray[np.int32]:
    """The partition of every key, in order, as `partition_key` gives it. `keys` has the type pa.binary()."""
    if keys.type != pa.binary():
        raise TypeError(f"keys must be binary, not {keys.type}")
    if partitions == 1 or keys.null_count == len(keys):
        return np.full(len(keys), null_partition, dtype=np.int32)
    offsets = np.frombuffer(keys.buffers()[1], dtype=np.int32, count=len(keys) + 1, offset=4 * keys.offset)
    result = ((_hash_all(keys.buffers()[2], offsets) & 0x7FFFFFFF) % np.uint32(partitions)).astype(np.int32)
    if keys.null_count:
        result[keys.is_null().to_numpy(zero_copy_only=False)] = null_partition
    return result


def append_spread(log: Log, transaction: Transaction, topic: str, records: pa.RecordBatch) -> None:
    """Append records of RECORD_SCHEMA as a producer does: each to the partition of its key, all without one to the partition
    that got the fewest so far, so that the next batch goes to another.
    """
    partitions, keys = log.topics()[topic].partitions, records.column("key")
    if partitions == 1:
        transaction.append(topic, 0, records)
        return
    shortest = min(range(partitions), key=lambda partition: log.end_offset(topic, partition)) if keys.null_count else 0
    places = partition_keys(keys, partitions, shortest)
    for partition in np.unique(places):
        transaction.append(topic, int(partition), records.filter(pa.array(places == partition)))


def _hash_all(data: pa.Buffer | None, offsets: npt.NDArray[np.int32]) -> _Words:
    """Hashes of data[offsets[i]:offsets[i + 1]]. Keys are sorted by length, longest first: those that still have a next
    word are then a prefix, whatever the lengths."""
    content = np.frombuffer(data or b"", dtype=np.uint8)
    lengths = np.diff(offsets)
    order = np.argsort(-lengths, kind="stable")
    starts, lengths = offsets[:-1][order].astype(np.int64), lengths[order]
    m = np.uint32(_M)
    h = np.uint32(_SEED) ^ lengths.astype(np.uint32)
    _mix_words(h, content, starts, lengths // 4)
    _mix_tails(h, content, starts + (lengths & ~3), lengths & 3)
    h = (h ^ h >> np.uint32(13)) * m
    hashes = np.empty_like(h)
    hashes[order] = h ^ h >> np.uint32(15)
    return hashes


def _mix_words(h: _Words, content: npt.NDArray[np.uint8], starts: npt.NDArray[np.int64], counts: npt.NDArray[np.int32]) -> None:
    m = np.uint32(_M)
    words: _Words = np.ndarray((max(len(content) - 3, 0),), dtype="<u4", buffer=content, strides=(1,))  # one at every byte
    ascending = -counts
    for step in range(int(counts.max(initial=0))):
        longer = int(np.searchsorted(ascending, -step))
        k = words[starts[:longer] + 4 * step] * m
        k ^= k >> np.uint32(24)
        h[:longer] = h[:longer] * m ^ k * m


def _mix_tails(h: _Words, content: npt.NDArray[np.uint8], starts: npt.NDArray[np.int64], counts: npt.NDArray[np.int32]) -> None:
    """The last one to three bytes."""
    for place in range(3):
        having = np.flatnonzero(counts > place)
        h[having] ^= content[starts[having] + place].astype(np.uint32) << np.uint32(8 * place)
    having = np.flatnonzero(counts)
    h[having] *= np.uint32(_M)

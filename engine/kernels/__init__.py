"""Segmented scans in NumPy and Arrow: what record-at-a-time processing would give, over whole batches."""

from ksql.engine.kernels.segments import Segments

__all__ = ["Segments"]

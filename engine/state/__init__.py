"""Keyed columnar state: a hash index from key to slot, and columns by slot."""

from ksql.engine.state.store import KeyedStore

__all__ = ["KeyedStore"]

"""Topics in a local directory: the log that needs no broker."""

from ksql.log.embedded.log import EmbeddedLog

__all__ = ["EmbeddedLog"]

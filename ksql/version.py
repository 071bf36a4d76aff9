"""The version of the installed distribution."""

from __future__ import annotations

from functools import cache
from importlib.metadata import PackageNotFoundError
from importlib.metadata import version as distribution_version


@cache
def version() -> str:
    """For example '0.1.0'; '0+checkout' when the package runs from a checkout that was never installed."""
    try:
        return distribution_version("ksql-engine")
    except PackageNotFoundError:
        return "0+checkout"

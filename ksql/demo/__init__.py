"""`ksql demo`: a week of real flights through streams, a join, a windowed table and live queries."""

from ksql.demo.replay import run

__all__ = ["run"]

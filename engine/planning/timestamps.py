"""The TIMESTAMP and TIMESTAMP_FORMAT properties: the column that holds a row's time."""

from __future__ import annotations

from sqlglot import exp

from ksql.engine.errors import StatementError
from ksql.engine.expressions.typed import Scope
from ksql.engine.functions.time_format import format_moment, of_timestamp
from ksql.engine.functions.zones import find_zone
from ksql.engine.operators.steps import Sql, compile_sql
from ksql.engine.types.sql_types import BIGINT, STRING, TIMESTAMP
from ksql.parser import nodes


def timestamp_sql(column: str, format_: str | None, scope: Scope) -> Sql:
    """Epoch ms as the column gives them: a BIGINT, a TIMESTAMP, or a STRING read with the format."""
    node = exp.Column(this=exp.to_identifier(column, quoted=True))
    name = scope.find(node, column)
    if name.hidden:
        raise StatementError(f"{column} cannot be the timestamp: it is the record's own", hint="leave TIMESTAMP out.")
    if format_ is not None:
        _check_pattern(format_)
    if name.column.type in (BIGINT, TIMESTAMP) and format_ is None:
        return compile_sql(node, scope)
    if name.column.type == STRING and format_ is not None:
        call = nodes.FunctionCall(
            this="STRINGTOTIMESTAMP", expressions=[node, exp.Literal.string(format_), exp.Literal.string("UTC")]
        )
        return compile_sql(call, scope)
    if format_ is None:
        raise StatementError(
            f"column {column} cannot be the timestamp: it is {name.column.type}",
            hint="TIMESTAMP takes a BIGINT (epoch milliseconds) or TIMESTAMP column, or a STRING with TIMESTAMP_FORMAT.",
        )
    raise StatementError(f"TIMESTAMP_FORMAT is for a STRING column, but {column} is {name.column.type}")


def _check_pattern(pattern: str) -> None:
    try:
        format_moment(of_timestamp(0, find_zone("UTC")), pattern)
    except ValueError as error:
        raise StatementError(f"TIMESTAMP_FORMAT: {error}", hint="a pattern is like yyyy-MM-dd'T'HH:mm:ss.") from None

"""The sink of a plan: from result rows to records of the target's topic."""

from __future__ import annotations

from ksql.engine.catalog.definitions import Source
from ksql.engine.expressions.typed import Name, Scope
from ksql.engine.formats import bind
from ksql.engine.operators.sink import Encode, Sink
from ksql.engine.operators.stage import Stage
from ksql.engine.operators.steps import Retime
from ksql.engine.operators.windows import WINDOW_END, WINDOW_START
from ksql.engine.planning.plan import Plan
from ksql.engine.planning.timestamps import timestamp_sql


def attach_sink(plan: Plan, target: Source) -> None:
    """Give `plan` the sink that writes `target`'s topic."""
    keys, values = plan.refs[: plan.key_count], plan.refs[plan.key_count :]
    _, key_encoder = bind(target.key_format, target.key_columns, target.key_options)
    _, value_encoder = bind(target.value_format, target.value_columns, target.value_options)
    window = {None: (), "SESSION": (WINDOW_END, WINDOW_START)}.get(plan.window.kind if plan.window else None, (WINDOW_START,))
    output = plan.output
    if target.timestamp_column:
        output = _retimed(plan, target)
    plan.attach(
        Sink(
            output,
            Encode(keys, values, key_encoder, value_encoder, window, plan.keeps_key),
            (target.partitions, plan.traits.partitions),
            is_table=plan.is_table,
            window=window,
        )
    )


def _retimed(plan: Plan, target: Source) -> Stage:
    """Records get the timestamp of the column the sink declares."""
    names = tuple(Name("", column, ref) for column, ref in zip(plan.columns, plan.refs, strict=True))
    assert target.timestamp_column is not None
    retime = Retime(timestamp_sql(target.timestamp_column, target.timestamp_format, Scope(names)))
    output = plan.output
    columns = {ref: column.type for ref, column in zip(plan.refs, plan.columns, strict=True)}
    if isinstance(output, Stage):
        return Stage(output.input, [*output.steps, retime], output.columns)
    return Stage(output, [retime], columns)

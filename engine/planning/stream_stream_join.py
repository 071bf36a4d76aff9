"""A stream joined with a stream within a time: plans the operator of that name."""

from __future__ import annotations

from collections.abc import Mapping

from sqlglot import exp

from ksql.engine.analysis.joins import JOIN_KEY
from ksql.engine.analysis.model import JoinClause
from ksql.engine.analysis.traits import Traits
from ksql.engine.expressions.typed import Name
from ksql.engine.operators.batch import Node
from ksql.engine.operators.join_kinds import OUTER_SIDES
from ksql.engine.operators.join_records import Side
from ksql.engine.operators.repartition import Repartition
from ksql.engine.operators.steps import Sql, compile_sql
from ksql.engine.operators.stream_stream_join import StreamStreamJoin
from ksql.engine.planning.key_bytes import key_bytes
from ksql.engine.planning.relation import Relation, kept
from ksql.engine.planning.table_join import add_column
from ksql.engine.settings import LOOK_INTERVAL, value_of
from ksql.engine.types.sql_types import Column, quote_duckdb


def join_streams(left: Relation, right: Relation, join: JoinClause, properties: Mapping[str, str]) -> Relation:
    """Pairs of rows of one key whose times lie within WITHIN of each other; rows without a partner, where the kind asks."""
    assert join.within is not None
    before, after = (join.within.args[name].milliseconds for name in ("before", "after"))
    grace = join.within.args.get("grace")
    reach, other_reach = (before, after), (after, before)
    if join.kind == "RIGHT":
        reach, other_reach = other_reach, reach
    name = f"join.{join.right.alias}"
    format_, outer = left.traits, OUTER_SIDES[join.kind]
    sides = (
        _side(left, join.left_key, f"{name}.left", format_, reach, outer=outer[0]),
        _side(right, join.right_key, f"{name}.right", format_, other_reach, outer=outer[1]),
    )
    node = StreamStreamJoin(
        name,
        sides,
        None if grace is None else grace.milliseconds,
        swapped=join.kind == "RIGHT",
        look_interval_ms=int(value_of(properties, LOOK_INTERVAL)),
    )
    return _joined(node, sides, left, right, join)


def _side(relation: Relation, key: exp.Expression, name: str, format_: Traits, reach: tuple[int, int], *, outer: bool) -> Side:
    """One side, its rows where their join key puts them in the format of `format_`."""
    traits = relation.traits
    sql = compile_sql(key, relation.scope)
    assert sql.type is not None
    key_ref = add_column(relation, f"{name}-key", sql)
    encoded = add_column(relation, f"{name}-bytes", key_bytes(format_, (Column(key_ref, sql.type),)))
    columns = {ref: type_.arrow for ref, type_ in relation.columns.items() if ref != encoded}
    stays = traits.is_keyed_by(key) and not traits.is_misplaced and traits.key_format == format_.key_format
    input_: Node = relation.stage()
    if not stays and traits.partitions > 1:
        input_ = Repartition(input_, encoded, traits.partitions)
    return Side(input_, key_ref, encoded, columns, *reach, outer)


def _joined(node: Node, sides: tuple[Side, Side], left: Relation, right: Relation, join: JoinClause) -> Relation:
    """Rows of the join. Their key is the value both sides were compared by, whichever of them is there."""
    (key,) = join.result.keys
    key_ref = f"{JOIN_KEY}.{join.right.alias}"
    columns = {ref: type_ for side in (left, right) for ref, type_ in side.columns.items()}
    for side in sides:
        del columns[side.encoded]
    name = Name("", Column(key.value.name, key.type), key_ref, hidden=True)
    names = (*(n for n in (*left.names, *right.names) if n.qualifier), name)
    relation = Relation(node, names, columns, join.result)
    either = f"COALESCE({', '.join(quote_duckdb(side.key) for side in sides)})"
    relation.project([*(kept(ref, type_) for ref, type_ in columns.items()), (key_ref, Sql(either, either, key.type))], names)
    return relation

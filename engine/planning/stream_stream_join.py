"""A stream joined with a stream within a time: plans the operator of that name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlglot import exp

from ksql.engine.analysis.joins import join_key
from ksql.engine.analysis.model import JoinClause
from ksql.engine.analysis.traits import Traits
from ksql.engine.operators.batch import Node
from ksql.engine.operators.join_kinds import OUTER_SIDES
from ksql.engine.operators.join_records import Side
from ksql.engine.operators.repartition import Repartition
from ksql.engine.operators.steps import Sql
from ksql.engine.operators.stream_stream_join import StreamStreamJoin
from ksql.engine.planning.join_keys import add_key, add_window_end, condition_of, key_names, shared_key
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
        _side(left, join.left_keys, f"{name}.left", format_, reach, outer=outer[0]),
        _side(right, join.right_keys, f"{name}.right", format_, other_reach, outer=outer[1]),
    )
    node = StreamStreamJoin(
        name,
        sides,
        None if grace is None else grace.milliseconds,
        swapped=join.kind == "RIGHT",
        look_interval_ms=int(value_of(properties, LOOK_INTERVAL)),
        condition=condition_of(join, left, right),
    )
    return _joined(node, sides, left, right, join)


def _side(
    relation: Relation,
    keys: Sequence[exp.Expression],
    name: str,
    format_: Traits,
    reach: tuple[int, int],
    *,
    outer: bool,
) -> Side:
    """One side, its rows where their join key puts them in the format of `format_`."""
    traits = relation.traits
    refs = add_key(relation, keys, f"{name}-key")
    # Equal keys of both sides have equal bytes, whatever their columns are called.
    columns = tuple(Column(join_key(i), relation.columns[ref]) for i, ref in enumerate(refs[: len(keys)]))
    key = key_bytes(format_, columns, refs[: len(keys)])
    encoded = add_column(relation, f"{name}-bytes", _with_window(key, refs[len(keys) :]))
    in_place = len(keys) == 1 and traits.lies_by(*keys) and traits.key_format == format_.key_format
    stays = in_place or traits.window is not None
    input_: Node = relation.stage()
    if not stays and traits.partitions > 1:
        input_ = Repartition(input_, encoded, traits.partitions)
    types = {ref: type_.arrow for ref, type_ in relation.columns.items() if ref != encoded}
    return Side(input_, refs, encoded, types, *reach, outer)


def _with_window(key: Sql, bounds: Sequence[str]) -> Sql:
    """The bytes of a windowed key, which sort by the window last; a session's end comes before its start."""
    texts = [f"printf('%016x', {quote_duckdb(bound)})" for bound in reversed(bounds)]
    plain, safe = ("||".join([sql, *(f"unhex({text})" for text in texts)]) for sql in (key.plain, key.safe))
    return Sql(plain, safe, key.type)


def _joined(node: Node, sides: tuple[Side, Side], left: Relation, right: Relation, join: JoinClause) -> Relation:
    """Rows of the join. Their key is the value both sides were compared by, whichever of them is there."""
    columns = {ref: type_ for side in (left, right) for ref, type_ in side.columns.items()}
    for side in sides:
        del columns[side.encoded]
    names = (*(n for n in (*left.names, *right.names) if n.qualifier), *key_names(join))
    relation = Relation(node, names, columns, join.result)
    either = [f"COALESCE({', '.join(map(quote_duckdb, refs))})" for refs in zip(*(side.keys for side in sides), strict=True)]
    key = [(ref, Sql(sql, sql, type_)) for (ref, type_), sql in zip(shared_key(join).items(), either, strict=True)]
    relation.project([*(kept(ref, type_) for ref, type_ in columns.items()), *key], names)
    add_window_end(relation)
    return relation

"""What may be joined with what: kinds, windows, keys, partitions. Each rule is a pass."""

from __future__ import annotations

from dataclasses import dataclass

from sqlglot import exp

from ksql.engine.analysis.joins import join_kind, join_nodes
from ksql.engine.analysis.model import Analysis, JoinClause
from ksql.engine.analysis.traits import Traits
from ksql.engine.catalog.catalog import Catalog
from ksql.engine.errors import fail


@dataclass(frozen=True, slots=True)
class _Rule:
    """The joins two kinds of relations can make, and whether they need WITHIN (else they cannot have it)."""

    kinds: tuple[str, ...]
    within: bool


_EVERY = ("INNER", "LEFT", "RIGHT", "FULL")
_RULES = {
    ("stream", "stream"): _Rule(_EVERY, within=True),
    ("stream", "table"): _Rule(("INNER", "LEFT"), within=False),
    ("table", "table"): _Rule(_EVERY, within=False),
}


def check_join_kinds(analysis: Analysis, catalog: Catalog) -> Analysis:
    """Which kinds can be joined how, before anything about their columns is said."""
    left = analysis.sources[0].traits.kind
    for node, source in zip(join_nodes(analysis), analysis.sources[1:], strict=True):
        right = source.traits.kind
        _check_kind(node, left, right, source.alias)
        left = "stream" if "stream" in (left, right) else "table"
    return analysis


def _check_kind(node: exp.Expression, left: str, right: str, alias: str) -> None:
    rule = _RULES.get((left, right))
    if rule is None:
        fail(
            node,
            f"a {left} cannot be joined with the {right} {alias}: rows of a {right} look up those of a {left}",
            hint=f"write the {right} first: FROM {alias} JOIN …",
        )
    if join_kind(node) not in rule.kinds:
        hint = f"{' and '.join('JOIN' if kind == 'INNER' else f'{kind} JOIN' for kind in rule.kinds)} are possible."
        fail(node, f"a {left} and a {right} cannot be joined by {join_kind(node)} JOIN", hint=hint)
    if node.args.get("within") is not None and not rule.within:
        fail(node, "WITHIN is for stream-stream joins only", hint="a table has no window: leave WITHIN out.")
    if node.args.get("within") is None and rule.within:
        fail(node, f"the join with {alias} has no WITHIN", hint=f"streams meet in time: JOIN {alias} WITHIN 1 HOUR ON …")


def check_join_windows(analysis: Analysis, catalog: Catalog) -> Analysis:
    """A windowed key equals only another one, of windows of the same kind, and rows stay where it has put them."""
    for left, join in analysis.steps:
        right = join.right.traits
        kinds = [None if traits.window is None else traits.window.kind for traits in (left, right)]
        if kinds[0] != kinds[1]:
            fail(
                join.node,
                f"{left.origin.name} has {left.window or 'no window'} and {join.right.alias} has {right.window or 'no window'}",
                hint="windowed sources join only with others that have windows of the same kind.",
            )
        if left.window is not None:
            _check_windowed_key(left, join)
    return analysis


def _check_windowed_key(left: Traits, join: JoinClause) -> None:
    right = join.right.traits
    if not (left.is_keyed_by(*join.left_keys) and right.is_keyed_by(*join.right_keys)):
        fail(join.node, "windowed sources are joined by their keys only", hint="their rows cannot be given another key.")
    ways = [(traits.key_format, traits.key_options, _names_in_bytes(traits)) for traits in (left, right)]
    if ways[0] != ways[1] or not right.lies_by(*join.right_keys):
        fail(
            join.node,
            f"the windowed keys of {left.origin.name} and {join.right.alias} are written in different ways",
            hint="their rows cannot be moved: both need the same KEY_FORMAT, and the same columns in the same order.",
        )


def _names_in_bytes(traits: Traits) -> list[str]:
    """What stands in a key besides its values."""
    return [column.name for column in traits.origin.key_columns] if len(traits.keys) > 1 else []


def check_join_keys(analysis: Analysis, catalog: Catalog) -> Analysis:
    """A table is found by its primary key, and keys that are compared have one type."""
    for left, join in analysis.steps:
        _check_primary_key(left, join)
        for equality in join.on:
            if equality.types[0] != equality.types[1]:
                fail(
                    join.node,
                    f"the join keys have different types: {equality.types[0]} and {equality.types[1]}",
                    hint=f"CAST(… AS {equality.types[1]}) makes them equal.",
                )
        if join.condition is not None and left.is_table and join.kind == "FULL":
            message = "a FULL JOIN of tables takes equalities of their primary keys only"
            fail(join.condition, message, hint="rows of one key that do not satisfy more would be two rows of one key.")
    return analysis


def _check_primary_key(left: Traits, join: JoinClause) -> None:
    right = join.right
    if right.traits.is_table and not right.traits.is_keyed_by(*join.right_keys):
        name = ", ".join(f"{right.alias}.{key.value.name}" for key in right.traits.keys)
        fail(join.right_keys[0], f"the table's side of the condition must be its primary key {name}")
    if is_foreign(left, join) and join.kind not in ("INNER", "LEFT"):
        fail(join.node, f"a join by a foreign key cannot be a {join.kind} JOIN", hint="JOIN and LEFT JOIN are possible.")


def check_partitions(analysis: Analysis, catalog: Catalog) -> Analysis:
    """Rows that meet lie in partitions of one number, unless a foreign key leads to them."""
    for left, join in analysis.steps:
        right = join.right.source
        if left.partitions != right.partitions and not is_foreign(left, join):
            kind, by = ("TABLE", "") if left.is_table else ("STREAM", " PARTITION BY …")
            fail(
                join.node,
                f"{left.origin.name} has {left.partitions} partitions and {right.name} has {right.partitions}: "
                "they must have as many",
                hint=f"CREATE {kind} … WITH (PARTITIONS={right.partitions}) AS SELECT …{by} makes them alike.",
            )
    return analysis


def is_foreign(left: Traits, join: JoinClause) -> bool:
    """Whether a table refers to another by something else than its own key."""
    return left.is_table and join.right.traits.is_table and not left.is_keyed_by(*join.left_keys)

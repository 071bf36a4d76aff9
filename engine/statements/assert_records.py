"""ASSERT VALUES and ASSERT NULL VALUES: what the next record of a source's topic holds. Only a test has a next record."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NoReturn

import pyarrow as pa
from sqlglot import exp

from ksql.engine.analysis.model import AliasedSource
from ksql.engine.catalog.definitions import Source
from ksql.engine.errors import AssertionFailedError, StatementError, did_you_mean, fail, located
from ksql.engine.expressions.typed import Name, Scope
from ksql.engine.operators.batch import DELETED, BatchContext, RecordError
from ksql.engine.operators.steps import compile_sql
from ksql.engine.planning.relation import Relation, read
from ksql.engine.results import Message, Result
from ksql.engine.runtime.cursor import Cursor
from ksql.engine.runtime.reader import Reader
from ksql.engine.statements.insert_values import insertable
from ksql.engine.statements.registry import Request, executes
from ksql.engine.types.sql_types import Column
from ksql.parser import nodes


@executes(nodes.AssertValues, nodes.AssertNullValues)
def assert_record(request: Request) -> Result:
    refuse_outside_of_tests(request)
    source = request.source(request.node.this)
    relation = read(0, AliasedSource(source.name, source))
    expected = _expected(request, source, relation)
    tombstone = isinstance(request.node, nodes.AssertNullValues)
    actual = _next_row(request, source, relation, expected)
    if actual["deleted"] and not tombstone:
        _fail(request, f"the next record of {source.name} has no value: it is a tombstone")
    if tombstone and not actual["deleted"]:
        _fail(request, f"the next record of {source.name} has a value, and is no tombstone")
    for name, value in expected.items():
        if not _same(value, actual[name]):
            detail = f"expected {value!r}, found {actual[name]!r}"
            _fail(request, f"the next record of {source.name} has another {name}", detail)
    return Message(request.text, f"Record of {source.name} is as asserted.")


def refuse_outside_of_tests(request: Request) -> None:
    """Refuse a statement that has a meaning in tests only."""
    if request.engine.asserted is None:
        hint = "ksql.testing.TestDriver carries it out, in Python."
        raise located(StatementError("this ASSERT is a statement of tests only", hint=hint), request.node)


def _fail(request: Request, message: str, detail: str = "") -> NoReturn:
    raise located(AssertionFailedError(message, detail=detail), request.node)


def _expected(request: Request, source: Source, relation: Relation) -> dict[str, Any]:
    """The asserted values by column name, each of its column's type."""
    node = request.node
    names = {name.column.name: name for name in relation.names}
    keys = [column.name for column in source.key_columns]
    default = keys if isinstance(node, nodes.AssertNullValues) else insertable(source)
    columns = [column.name for column in node.args.get("columns") or ()] or default
    for column in node.args.get("columns") or ():
        if column.name not in names:
            fail(column, f"{source.name} has no column {column.name}", hint=did_you_mean(column.name, names))
    values = node.args["values"]
    if len(columns) != len(values):
        fail(node, f"{len(values)} values for {len(columns)} columns: {', '.join(columns)}")
    sql = [_typed(value, names[name].column) for name, value in zip(columns, values, strict=True)]
    one = pa.table({"n": [0]})
    row = request.engine.sql.run("SELECT " + ", ".join(f'{text} AS "c{i}"' for i, text in enumerate(sql)) + " FROM batch", one)
    return {name: row.column(i)[0].as_py() for i, name in enumerate(columns)}


def _typed(value: exp.Expression, column: Column) -> str:
    return compile_sql(value, Scope(()), column.type, f"column {column.name}").of(True)


def _next_row(request: Request, source: Source, relation: Relation, wanted: Mapping[str, Any]) -> dict[str, Any]:
    """The record's values for the wanted columns, and whether it is a tombstone. The next time, it is the one after it."""
    engine, topic = request.engine, source.topic
    assert engine.asserted is not None
    offset = engine.asserted.get(topic, engine.log.start_offset(topic, 0))
    reader = Reader(engine.log, [Cursor(0, topic, 0, offset)], 1)
    reader.close()
    batch = reader.read()
    if batch is None:
        count = engine.log.end_offset(topic, 0)
        _fail(request, f"there is no next record of {source.name}: the topic {topic} has {count}, all of them asserted")
    engine.asserted[topic] = batch.positions[0][1].offset
    errors: list[RecordError] = []
    rows = relation.stage().process(BatchContext(engine.sql, batch.inputs, errors=errors.append))
    if rows.num_rows == 0:
        _fail(request, f"the next record of {source.name} cannot be read", "\n".join(error.message for error in errors))
    refs: dict[str, Name] = {name.column.name: name for name in relation.names}
    row = {name: rows.column(refs[name].ref)[0].as_py() for name in wanted}
    return row | {"deleted": rows.column(DELETED)[0].as_py()}


def _same(expected: object, found: object) -> bool:
    """Whether two values are equal; NaN is NaN."""
    return expected == found or (expected != expected and found != found)  # noqa: PLR0124

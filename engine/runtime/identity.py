"""Which state of a query is which: by its name and schema, kept with the query, so that no restart mistakes one for another.

A query's states are described when it is created. A plan made later, by whatever version of the program, must have the same
states, or know a way from the old ones to them (`migrate`, `adapted`); else the query is refused: it never goes on without its
state.
"""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import pyarrow as pa

from ksql.engine.catalog.definitions import QueryInfo
from ksql.engine.errors import QueryError
from ksql.engine.operators.batch import PARTITION
from ksql.engine.state.changes import PLAN_VERSION
from ksql.engine.state.keyed_state import KeyedState
from ksql.engine.state.stateful import Stateful
from ksql.engine.state.stream_times import StreamTimes
from ksql.engine.state.timed_state import UNKNOWN_PARTITION
from ksql.log.contract import Log

#: Where version 1 kept stream times.
NUMBERS = "query.numbers"
_HINT = "run it with the version of ksql that wrote the state, or drop the query and create it again."


def describe(states: Sequence[Stateful]) -> dict[str, str]:
    """The schema of each state's changes, as text, by the state's name."""
    return {state.name: b64encode(state.schema.serialize()).decode() for state in states}


def check(info: QueryInfo, states: Sequence[Stateful]) -> None:
    """Raise QueryError unless `states`, of a plan made now, are those the query was created with."""
    if info.version > PLAN_VERSION:
        raise QueryError(f"query {info.id} was created by a newer version of ksql", query_id=info.id, hint=_HINT)
    known = {name: pa.ipc.read_schema(pa.py_buffer(b64decode(text))) for name, text in info.states.items()}
    _compare(info.id, known, {state.name: state.schema for state in states})


def migrate(info: QueryInfo, states: Sequence[Stateful]) -> QueryInfo:
    """A query that an older version created, as this version describes it.

    Version 1 did not describe states: whether those of the changelog are the plan's is seen when it is read.
    """
    return replace(info, version=PLAN_VERSION, states=describe(states))


def adapted(query_id: str, state: Stateful, version: int, changes: pa.RecordBatch) -> pa.RecordBatch:
    """Changes that a plan of `version` wrote, in the schema of `state`. Raises QueryError when there is no way."""
    if version == 1 and PARTITION in state.schema.names and PARTITION not in changes.schema.names:
        unknown = pa.array(np.full(len(changes), UNKNOWN_PARTITION, dtype=np.int32))
        columns = {**dict(zip(changes.schema.names, changes.columns, strict=True)), PARTITION: unknown}
        changes = pa.RecordBatch.from_pydict({name: columns[name] for name in state.schema.names if name in columns})
    _compare(query_id, {state.name: changes.schema}, {state.name: state.schema})
    return changes


def by_old_name(states: Sequence[Stateful]) -> dict[str, Stateful]:
    """The keyed states by the names that version 1 gave them: their kind, and their place among all."""
    keyed = [state for state in states if isinstance(state, KeyedState)]
    return {f"{state.name.partition('.')[0]}-{i}": state for i, state in enumerate(keyed)}


def restore_old_numbers(log: Log, query_id: str, states: Sequence[Stateful]) -> None:
    """Stream times as version 1 kept them; what the changelog says later is newer."""
    numbers = json.loads(log.scan(NUMBERS).get(query_id, b"{}"))
    old = by_old_name(states)
    times = {state.name: state for state in states if isinstance(state, StreamTimes)}
    for name, by_partition in numbers.items():
        if by_partition:
            known = {int(partition): time for partition, time in by_partition.items()}
            times[f"{old[name].name}.stream-times"].begin(known)


def unknown(query_id: str, name: str, states: Sequence[Stateful]) -> QueryError:
    """The changelog has a state that the plan has not."""
    return _refused(query_id, [f"there is a state {name}; the plan has {', '.join(state.name for state in states)}"])


def _compare(query_id: str, known: Mapping[str, pa.Schema], planned: Mapping[str, pa.Schema]) -> None:
    gone = [f"there is a state {name} that the plan does not have" for name in known if name not in planned]
    missing = [f"the plan has a state {name} that was never kept" for name in planned if name not in known]
    changed = [
        f"state {name} has the columns {_columns(known[name])}; the plan wants {_columns(planned[name])}"
        for name in known
        if name in planned and not known[name].equals(planned[name])
    ]
    if differences := [*gone, *missing, *changed]:
        raise _refused(query_id, differences)


def _refused(query_id: str, differences: Sequence[str]) -> QueryError:
    message = f"the state of query {query_id} does not fit its plan"
    return QueryError(message, query_id=query_id, detail="\n".join(differences), hint=_HINT)


def _columns(schema: pa.Schema) -> str:
    return ", ".join(f"{field.name} {field.type}" for field in schema)

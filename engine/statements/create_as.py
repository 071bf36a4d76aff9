"""CREATE STREAM/TABLE AS SELECT and INSERT INTO … SELECT: persistent queries."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlglot import exp

from ksql.engine.analysis.frozen import frozen_query
from ksql.engine.analysis.model import Analysis
from ksql.engine.catalog.definitions import QueryInfo, Source
from ksql.engine.errors import NotSupportedError, fail, located
from ksql.engine.planning.analyze import analyze
from ksql.engine.planning.plan import Plan
from ksql.engine.planning.planner import plan
from ksql.engine.planning.sink import attach_sink
from ksql.engine.results import Result
from ksql.engine.runtime import changelog, identity
from ksql.engine.runtime.task import group_name, start_cursors
from ksql.engine.settings import IDLE_TIMEOUT, KEY_FORMAT, TOPIC_PREFIX, reads_latest, value_of
from ksql.engine.state.changes import PLAN_VERSION
from ksql.engine.state.keyed_state import KeyedState
from ksql.engine.statements.declare import check_retention, check_source
from ksql.engine.statements.formats import Formats, choose_formats, wrap_by_default
from ksql.engine.statements.internal_formats import check_internal_formats
from ksql.engine.statements.registry import Request, executes
from ksql.engine.statements.replace import check_query_replaceable, check_replaceable
from ksql.engine.statements.status import done, warning
from ksql.engine.statements.topics import ensure_topic
from ksql.engine.statements.with_clause import INSERT, STREAM_AS, TABLE_AS, read_properties, written
from ksql.engine.types.sql_types import Column
from ksql.log.contract import Transaction
from ksql.parser import nodes, to_sql

_GROUP_IT = "GROUP BY makes a table of a stream."
_READ_TOPIC = "a table's changes are a stream, too: CREATE STREAM … WITH (KAFKA_TOPIC='its topic', …) declares it."


@dataclass(frozen=True, slots=True)
class Creation:
    """A CREATE … AS SELECT worked out: the source it makes, and the plan that fills it."""

    source: Source
    plan: Plan
    analysis: Analysis
    values: dict[str, Any]


@executes(nodes.CreateStreamAs, nodes.CreateTableAs, alone=True)
def create_as(request: Request) -> Result:
    node = request.node
    is_table = isinstance(node, nodes.CreateTableAs)
    kind = "table" if is_table else "stream"
    name = node.this.name
    catalog = request.engine.catalog
    existing = catalog.sources.get(name)
    if existing is not None and node.args.get("if_not_exists"):
        return warning(
            request.text, f"Cannot add {kind} `{name}`: A {existing.kind.lower()} with the same name already exists."
        )
    if existing is not None and not node.args.get("or_replace"):
        fail(
            node,
            f"Cannot add {kind} `{name}`: A {existing.kind.lower()} with the same name already exists",
            hint=f"DROP {existing.kind} {name}; first, or CREATE OR REPLACE.",
        )
    new_id = f"C{kind[0].upper()}AS_{name}_{catalog.next_id('query')}"
    query_id = (existing.query_id if existing is not None else None) or new_id
    creation = work_out(request, is_table, query_id)
    if existing is not None:
        check_replaceable(existing, creation.source, node)
        check_query_replaceable(catalog.queries.get(query_id), _sources(creation), catalog.writers(name), node)
        if query_id in catalog.queries:
            _refuse_lost_state([request.engine.plan_of(catalog.queries[query_id]), creation.plan], existing, node)
    with request.engine.stopped(query_id):
        _start(request, creation, query_id, new_source=True)
    return done(request.text, f"Created query with ID {query_id}", kind, f"`{name}`", "create", query_id)


def _refuse_lost_state(plans: Sequence[Plan], target: Source, node: exp.Expression) -> None:
    """What the old query remembers about its groups or joined rows would mean nothing to the new one."""
    if any(isinstance(state, KeyedState) for plan_ in plans for state in plan_.states):
        hint = f"DROP {target.kind} {target.name}; and create it anew."
        raise located(NotSupportedError("CREATE OR REPLACE of a query that keeps state is not supported yet", hint=hint), node)


@executes(nodes.InsertInto, alone=True)
def insert_into(request: Request) -> Result:
    node = request.node
    catalog = request.engine.catalog
    values = read_properties(node, INSERT)
    query_id = values.get("QUERY_ID") or f"INSERTQUERY_{catalog.next_id('query')}"
    _check_query_id(values.get("QUERY_ID"), request)
    target = request.source(node.this)
    if target.is_table:
        fail(
            node,
            f"{target.name} is a table; INSERT INTO … SELECT writes streams only",
            hint="CREATE TABLE … AS SELECT makes a table.",
        )
    if target.read_only:
        fail(node, f"{target.name} was declared with SOURCE and is read-only")
    analysis = analyze(node.args["query"], catalog, request.session.properties, persistent=True)
    made = plan(analysis, request.session.properties, into=target)
    if made.is_table:
        fail(node.args["query"], "the query makes a table, which cannot be inserted into a stream", hint=_READ_TOPIC)
    _check_same_columns(made, target, node)
    _check_same_window(made, target, node)
    check_internal_formats(analysis, made, node)
    attach_sink(made, target)
    made.check(request.engine.sql, node.args["query"])
    creation = Creation(target, made, analysis, {})
    _start(request, creation, query_id, new_source=False)
    return done(request.text, f"Created query with ID {query_id}", "stream", f"`{target.name}`", "create", query_id)


def work_out(request: Request, is_table: bool, query_id: str) -> Creation:
    """Analyse and plan the statement. Changes nothing."""
    node = request.node
    values = read_properties(node, TABLE_AS if is_table else STREAM_AS)
    analysis = analyze(node.args["query"], request.engine.catalog, request.session.properties, persistent=True)
    made = plan(analysis, request.session.properties)
    if made.is_table != is_table:
        other = "STREAM" if is_table else "TABLE"
        fail(
            node,
            f"Invalid result type. Your SELECT query produces a {other}. "
            f"Please use CREATE {other} AS SELECT statement instead.",
            hint=_GROUP_IT if is_table else _READ_TOPIC,
        )
    check_internal_formats(analysis, made, node.args["query"])
    if is_table:
        check_retention(values, node, windowed=made.window is not None)
    inherited = analysis.relation.origin
    formats = choose_formats(node, values, request.session.properties, inherited)
    source = _sink_source(request, made, values, formats, inherited, query_id)
    check_source(source, node)
    attach_sink(made, source)
    made.check(request.engine.sql, node.args["query"])
    return Creation(source, made, analysis, values)


def _sink_source(
    request: Request, made: Plan, values: dict[str, Any], formats: Formats, inherited: Source, query_id: str
) -> Source:
    name = request.node.this.name
    topic = values.get("KAFKA_TOPIC") or value_of(request.session.properties, TOPIC_PREFIX) + name
    existing = request.engine.log.topics().get(topic)
    keys, columns = made.columns[: made.key_count], made.columns[made.key_count :]
    if not columns:
        hint = "select a column besides the key, such as AS_VALUE(key)."
        fail(request.node.args["query"], "the projection contains no value columns", hint=hint)
    return Source(
        name=name,
        is_table=made.is_table,
        key_columns=keys,
        value_columns=columns,
        topic=topic,
        key_format=_key_format(request.node, values, formats, keys, value_of(request.session.properties, KEY_FORMAT)),
        value_format=formats.value,
        key_options=formats.key_options,
        value_options=wrap_by_default(formats.value_options, formats.value, len(columns), request.session.properties),
        timestamp_column=values.get("TIMESTAMP"),
        timestamp_format=values.get("TIMESTAMP_FORMAT"),
        idle_timeout_ms=values.get(IDLE_TIMEOUT.upper()),
        windowed=made.window.kind if made.window else None,
        window_size_ms=made.window.size_ms if made.window else None,
        window_retention_ms=made.window.retention_ms if made.window else None,
        partitions=values.get("PARTITIONS") or (existing.partitions if existing else inherited.partitions),
        replicas=values.get("REPLICAS") or (existing.replicas if existing else inherited.replicas),
        statement=request.text,
        query_id=query_id,
    )


def _key_format(node: exp.Expression, values: dict[str, Any], formats: Formats, keys: tuple[Any, ...], default: str) -> str:
    """A result without a key has no key format, and one with a key does not inherit that."""
    if not keys:
        if values.get("KEY_FORMAT", "NONE") != "NONE":
            fail(
                written(node, "KEY_FORMAT"),
                "KEY_FORMAT is given, but the result has no key column",
                hint="PARTITION BY makes a column the key.",
            )
        return "NONE"
    inherits = "KEY_FORMAT" not in values and "FORMAT" not in values
    return default if inherits and formats.key == "NONE" else formats.key


def _check_query_id(query_id: str | None, request: Request) -> None:
    if query_id is None:
        return
    if not re.fullmatch(r"\w+", query_id) or re.match(r"CSAS_|CTAS_|INSERTQUERY_|CST_", query_id):
        fail(
            request.node,
            f"{query_id} cannot be a query id",
            hint="letters, digits and _; CSAS_, CTAS_, INSERTQUERY_ and CST_ are reserved.",
        )
    if query_id in request.engine.catalog.queries:
        fail(request.node, f"there is a query called {query_id} already")


def _check_same_columns(made: Plan, target: Source, node: exp.Expression) -> None:
    keys, values = made.columns[: made.key_count], made.columns[made.key_count :]
    for problem, given, wanted, hint in (
        ("key of the query differs from that", keys, target.key_columns, "PARTITION BY sets the key, AS its name."),
        ("columns of the query differ from those", values, target.value_columns, "AS gives a name, CAST a type."),
    ):
        if given != wanted:
            fail(
                node.args["query"],
                f"the {problem} of {target.name}",
                detail=f"{target.name} has {_listed(wanted)}\nthe query gives {_listed(given)}",
                hint=hint,
            )


def _check_same_window(made: Plan, target: Source, node: exp.Expression) -> None:
    if made.window != target.window:
        given, wanted = made.window or "no window", target.window or "no window"
        fail(node.args["query"], f"the key of the query has {given}, but that of {target.name} has {wanted}")


def _listed(columns: Sequence[Column]) -> str:
    return ", ".join(map(str, columns)) or "none"


def _sources(creation: Creation) -> tuple[str, ...]:
    """Names of what the query reads, each once."""
    return tuple(dict.fromkeys(creation.analysis.reads))


def _start(request: Request, creation: Creation, query_id: str, *, new_source: bool) -> None:
    """Create topic, definitions and query in one transaction, then let it run."""
    engine, source = request.engine, creation.source
    node = request.node
    info = QueryInfo(
        id=query_id,
        statement=frozen_statement(node, creation.analysis),
        sink=source.name,
        sources=_sources(creation),
        properties=dict(request.session.properties),
        version=PLAN_VERSION,
        states=identity.describe(creation.plan.states),
    )
    with request.change() as transaction:
        changelog.create_topic(transaction, engine.log, query_id, creation.plan.states)
        compact = source.is_table and not source.windowed
        ensure_topic(
            engine.log, transaction, source.topic, creation.values, node, default_partitions=source.partitions, compact=compact
        )
        _commit_start(transaction, request, creation.plan, query_id)
        engine.catalog.change(
            transaction,
            sources={source.name: replace(source, statement=request.text)} if new_source else {},
            queries={query_id: info},
            used_ids=["query"],
        )
    engine.run_query(info)


def _commit_start(transaction: Transaction, request: Request, plan: Plan, query_id: str) -> None:
    """Where the query begins is decided now: what is written from here on is read, however late a worker takes it up."""
    for cursor in start_cursors(request.engine.log, query_id, plan, latest=reads_latest(request.session.properties)):
        transaction.commit_offsets(group_name(query_id, cursor.source), {cursor.place: cursor.position})


def frozen_statement(node: exp.Expression, analysis: Analysis) -> str:
    """The statement with its stars written out and custom types resolved, so that it means the same for ever."""
    frozen = node.copy()
    frozen.set("query", frozen_query(analysis))
    return to_sql(frozen)

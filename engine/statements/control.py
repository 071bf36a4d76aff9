"""TERMINATE, PAUSE, RESUME, and what changes a session: SET, UNSET, DEFINE, UNDEFINE."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import replace

from ksql.engine.errors import fail
from ksql.engine.results import Message, Result
from ksql.engine.settings import mistyped, wrong_value
from ksql.engine.statements.registry import Call, executes
from ksql.engine.statements.status import done
from ksql.engine.suggest import did_you_mean
from ksql.parser import nodes


def _queries(call: Call) -> list[str]:
    """Ids of the persistent queries the statement names."""
    queries = call.engine.catalog.queries
    if call.node.args.get("all"):
        return list(queries)
    name = call.node.this.name
    if name not in queries:
        fail(call.node.this, f"there is no query {name}", hint=did_you_mean(name, queries) or "SHOW QUERIES; lists what runs.")
    return [name]


@executes(nodes.Terminate, alone=True)
def terminate(call: Call) -> Result:
    """Stop queries for good. What they wrote, and the source they filled, stay."""
    name = "" if call.node.args.get("all") else call.node.this.name
    if name and call.engine.close_push_query(name):
        entity = {"@type": "terminate_query", "statementText": call.text, "queryId": name, "wasTerminated": True}
        return Message(call.text, "Query terminated.", entity)
    ids, catalog = _queries(call), call.engine.catalog
    filled = {s.name: replace(s, query_id=None) for s in catalog.sources.values() if s.query_id in ids}
    with ExitStack() as stack:
        for query in ids:
            stack.enter_context(call.engine.stopped(query))
        transaction = stack.enter_context(call.transaction())
        for query in ids:
            call.engine.forget_state(transaction, query)
        catalog.change(transaction, sources=filled, queries=dict.fromkeys(ids))
    return done(call.text, "Query terminated.", "terminate", name or "ALL", "execute")


@executes(nodes.Pause, nodes.Resume, alone=True)
def pause(call: Call) -> Result:
    paused = isinstance(call.node, nodes.Pause)
    changed = {q: replace(call.engine.catalog.queries[q], state="PAUSED" if paused else "RUNNING") for q in _queries(call)}
    with call.transaction() as transaction:
        call.engine.catalog.change(transaction, queries=changed)
    for query in changed:
        call.engine.runtime.pause(query, paused)
    word = "pause" if paused else "resume"
    return done(call.text, f"Query {word}d.", word, "ALL" if call.node.args.get("all") else call.node.this.name, "execute")


@executes(nodes.Set)
def set_property(call: Call) -> Result:
    name, value = call.node.this.name, call.node.args["value"].name
    if expected := wrong_value(name, value):
        fail(call.node.args["value"], f"property '{name}' must be {expected}, not '{value}'")
    if known := mistyped(name):
        fail(call.node.this, f"there is no property '{name}'", hint=f"did you mean {known}?")
    before = call.session.properties.get(name)
    call.session.properties[name] = value
    change = f" from '{before}'" if before is not None else ""
    return Message(call.text, f"Successfully changed property '{name}'{change} to '{value}'.", _properties_entity(call))


@executes(nodes.Unset)
def unset_property(call: Call) -> Result:
    name = call.node.this.name
    if name not in call.session.properties:
        hint = did_you_mean(name, call.session.properties) or "SHOW PROPERTIES; lists what is."
        fail(call.node.this, f"property '{name}' is not set in this session", hint=hint)
    before = call.session.properties.pop(name)
    return Message(call.text, f"Successfully unset property '{name}' (value was '{before}').", _properties_entity(call))


def _properties_entity(call: Call) -> dict[str, object]:
    properties = [{"name": k, "scope": "KSQL", "value": v, "editable": True} for k, v in call.session.properties.items()]
    return {
        "@type": "properties",
        "statementText": call.text,
        "properties": properties,
        "overwrittenProperties": list(call.session.properties),
        "defaultProperties": [],
        "warnings": [],
    }


@executes(nodes.Define)
def define(call: Call) -> Result:
    name, value = call.node.this.name, call.node.args["value"].name
    call.session.variables[name] = value
    return Message(call.text, f"Variable {name} is now '{value}'.")


@executes(nodes.Undefine)
def undefine(call: Call) -> Result:
    name = call.node.this.name
    if name not in call.session.variables:
        hint = did_you_mean(name, call.session.variables) or "SHOW VARIABLES; lists what is."
        fail(call.node.this, f"variable {name} is not defined", hint=hint)
    del call.session.variables[name]
    return Message(call.text, f"Variable {name} is no longer defined.")


@executes(nodes.RunScript)
def run_script(call: Call) -> Result:
    """The prompt replaces it by the statements of the file: only there a path means a file of the user."""
    fail(call.node, "RUN SCRIPT works at the prompt only", hint="ksql run FILE.sql runs a file without a prompt.")

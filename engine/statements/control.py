"""TERMINATE, PAUSE, RESUME, and what changes a session: SET, UNSET, DEFINE, UNDEFINE."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace

from sqlglot import exp

from ksql.engine.errors import did_you_mean, fail
from ksql.engine.results import Message, Result
from ksql.engine.settings import canonical, find
from ksql.engine.statements.registry import Request, executes
from ksql.engine.statements.status import done
from ksql.errors import ConfigError
from ksql.parser import nodes


def _queries(request: Request) -> list[str]:
    """Ids of the persistent queries the statement names."""
    if request.node.args.get("all"):
        return list(request.engine.catalog.queries)
    return [request.query(request.node.this).id]


@executes(nodes.Terminate, alone=True)
def terminate(request: Request) -> Result:
    """Stop queries for good. What they wrote, and the source they filled, stay."""
    name = "" if request.node.args.get("all") else request.node.this.name
    if name and (closed := request.engine.push_queries.close(name)):
        entity = {"@type": "terminate_query", "statementText": request.text, "queryId": closed, "wasTerminated": True}
        return Message(request.text, "Query terminated.", entity)
    ids, catalog = _queries(request), request.engine.catalog
    filled = {s.name: replace(s, query_id=None) for s in catalog.sources.values() if s.query_id in ids}
    with ExitStack() as stack:
        for query in ids:
            stack.enter_context(request.engine.stopped(query))
        transaction = stack.enter_context(request.change())
        for query in ids:
            request.engine.forget_state(transaction, query)
        catalog.change(transaction, sources=filled, queries=dict.fromkeys(ids))
    return done(request.text, "Query terminated.", "terminate", name or "ALL", "execute")


@executes(nodes.Pause, nodes.Resume, alone=True)
def pause(request: Request) -> Result:
    paused = isinstance(request.node, nodes.Pause)
    changed = {
        q: replace(request.engine.catalog.queries[q], state="PAUSED" if paused else "RUNNING") for q in _queries(request)
    }
    with request.change() as transaction:
        request.engine.catalog.change(transaction, queries=changed)
    for query in changed:
        request.engine.runtime.pause(query, paused)
    word = "pause" if paused else "resume"
    return done(
        request.text,
        f"Query {word}d.",
        word,
        "ALL" if request.node.args.get("all") else request.node.this.name,
        "execute",
    )


@executes(nodes.Set)
def set_property(request: Request) -> Result:
    name, value = request.node.this.name, request.node.args["value"].name
    with _placed(request.node.this):
        setting = find(name)
    with _placed(request.node.args["value"]):
        setting.check(value)
    before = request.session.properties.get(setting.name)
    request.session.properties[setting.name] = value
    change = f" from '{before}'" if before is not None else ""
    return Message(request.text, f"Successfully changed property '{name}'{change} to '{value}'.", _properties_entity(request))


@contextmanager
def _placed(node: exp.Expression) -> Iterator[None]:
    """A wrong setting in here is a wrong statement at `node`."""
    try:
        yield
    except ConfigError as error:
        fail(node, error.message, hint=error.hint)


@executes(nodes.Unset)
def unset_property(request: Request) -> Result:
    name = request.node.this.name
    before = request.session.properties.pop(canonical(name), None)
    if before is None:
        hint = did_you_mean(name, request.session.properties) or "SHOW PROPERTIES; lists what is."
        fail(request.node.this, f"property '{name}' is not set in this session", hint=hint)
    return Message(request.text, f"Successfully unset property '{name}' (value was '{before}').", _properties_entity(request))


def _properties_entity(request: Request) -> dict[str, object]:
    properties = [{"name": k, "scope": "KSQL", "value": v, "editable": True} for k, v in request.session.properties.items()]
    return {
        "@type": "properties",
        "statementText": request.text,
        "properties": properties,
        "overwrittenProperties": list(request.session.properties),
        "defaultProperties": [],
        "warnings": [],
    }


@executes(nodes.Define)
def define(request: Request) -> Result:
    name, value = request.node.this.name, request.node.args["value"].name
    request.session.variables[name] = value
    return Message(request.text, f"Variable {name} is now '{value}'.")


@executes(nodes.Undefine)
def undefine(request: Request) -> Result:
    name = request.node.this.name
    if name not in request.session.variables:
        hint = did_you_mean(name, request.session.variables) or "SHOW VARIABLES; lists what is."
        fail(request.node.this, f"variable {name} is not defined", hint=hint)
    del request.session.variables[name]
    return Message(request.text, f"Variable {name} is no longer defined.")


@executes(nodes.RunScript)
def run_script(request: Request) -> Result:
    """The prompt and scripts replace it by the statements of the file: only there a path means a file of the user."""
    fail(request.node, "RUN SCRIPT works at the prompt and in scripts only", hint="ksql -f FILE runs a file of statements.")

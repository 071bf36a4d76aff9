"""POST /query and /query-stream: one SELECT or PRINT, its rows written as they come. POST /close-query ends one."""

from __future__ import annotations

import threading
from collections.abc import AsyncIterator, Callable, Iterator

import anyio
from anyio import to_thread
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from ksql.engine import Session
from ksql.engine.results import Changes, Listing, Message, PushQuery, Rows
from ksql.parser import split
from ksql.server.errors import BAD_REQUEST, SERVER_ERROR, ApiError, statement_failed
from ksql.server.formats import ArrayForm, LineForm, ObjectForm, RowForm
from ksql.server.pull import PullFacts, pull_facts
from ksql.server.requests import DELIMITED, JSON, VERSIONED_JSON, StatementRequest, negotiate, read_json, read_statements
from ksql.server.state import ServerState, state_of
from ksql.sql_text import is_push, is_query

#: Rows of a pull query that are put into text at a time.
_ROWS_AT_A_TIME = 10_000
#: How often a waiting push query looks whether it was closed, in seconds.
_LOOK_S = 1.0


async def query(request: Request) -> Response:
    """The older route: always objects."""
    media_type = negotiate(request, (JSON, VERSIONED_JSON))
    body = await read_statements(request, "ksql", "streamsProperties")
    return await _answer(request, body, media_type, lambda final: ObjectForm(final=final))


async def query_stream(request: Request) -> Response:
    """The newer route: the form is the client's choice."""
    media_type = negotiate(request, (DELIMITED, JSON, VERSIONED_JSON))
    body = await read_statements(request, "sql", "properties")
    return await _answer(request, body, media_type, _FORMS[media_type])


async def close_query(request: Request) -> Response:
    """End a push query by its id."""
    query_id = (await read_json(request)).get("queryId")
    if not isinstance(query_id, str):
        raise ApiError(BAD_REQUEST, 'the body must be a JSON object with the id of a push query in "queryId"')
    if not state_of(request).close_query(query_id):
        raise ApiError(BAD_REQUEST, f"no push query with the id {query_id} is running")
    return JSONResponse({})


_FORMS: dict[str, Callable[[bool], RowForm]] = {
    DELIMITED: lambda final: LineForm(),  # noqa: ARG005
    JSON: lambda final: ArrayForm(),  # noqa: ARG005
    VERSIONED_JSON: lambda final: ObjectForm(final=final),
}


async def _answer(
    request: Request, body: StatementRequest, media_type: str, form: Callable[[bool], RowForm]
) -> StreamingResponse:
    state = state_of(request)
    statement = _single_query(body.text)
    result = await _started(request, body.session(request), statement)
    if isinstance(result, Rows):
        facts = pull_facts(state.engine, statement, result)
        return StreamingResponse(_pull_body(result, facts, form(False)), media_type=media_type)
    state.admit(result)
    return _PushResponse(result, form(True), state, media_type)


def _single_query(text: str) -> str:
    try:
        statements = [piece.text for piece in split(text)]
    except Exception as error:
        raise statement_failed(error, text) from error
    if len(statements) != 1:
        raise ApiError(BAD_REQUEST, f"one SELECT or PRINT statement is expected, found {len(statements)} statements")
    if not is_query(statements[0]):
        raise ApiError(BAD_REQUEST, "only SELECT and PRINT belong here; send other statements to /ksql")
    return statements[0]


async def _started(request: Request, session: Session, statement: str) -> Rows | PushQuery:
    """The answer to the statement, worked on in a thread. Stopped when the client hangs up."""
    state = state_of(request)
    working: list[int] = []
    outcome: list[Rows | PushQuery | Exception] = []

    def work() -> None:
        working.append(threading.get_ident())
        try:
            outcome.append(_start(session, statement))
        except Exception as error:  # a task group would wrap it
            outcome.append(error)

    async def watch() -> None:
        while (await request.receive())["type"] != "http.disconnect":
            pass
        for thread in working:
            state.engine.pull_database.interrupt(thread)

    async with anyio.create_task_group() as group:
        group.start_soon(watch)
        await to_thread.run_sync(work, limiter=state.pull_threads)
        group.cancel_scope.cancel()
    if isinstance(outcome[0], Exception):
        raise outcome[0]
    return outcome[0]


def _start(session: Session, statement: str) -> Rows | PushQuery:
    try:
        result = next(iter(session.execute(statement)), None)
    except Exception as error:
        raise statement_failed(error, statement, push=is_push(statement)) from error
    if result is None or isinstance(result, Message | Listing):
        raise ApiError(BAD_REQUEST, "only SELECT and PRINT belong here; send other statements to /ksql")
    return result


def _pull_body(rows: Rows, facts: PullFacts, form: RowForm) -> Iterator[str]:
    """A sync generator: its work is done in threads."""
    yield form.begin(rows.query_id, rows.columns, facts.keys)
    for start in range(0, rows.table.num_rows, _ROWS_AT_A_TIME):
        yield form.rows(rows.table.slice(start, _ROWS_AT_A_TIME), rows.columns)
    yield form.end(facts.final_message)


class _PushResponse(StreamingResponse):
    """Rows as they come. When the client hangs up, or never listens, the query is closed, which frees the thread that waits."""

    def __init__(self, push: PushQuery, form: RowForm, state: ServerState, media_type: str) -> None:
        super().__init__(_push_body(push, form, state), media_type=media_type)
        self._push, self._state = push, state

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._state.close_query(self._push.query_id)
            self._push.close()


async def _push_body(push: PushQuery, form: RowForm, state: ServerState) -> AsyncIterator[str]:
    yield form.begin(push.query_id, push.columns, frozenset())
    try:
        while (changes := await _next(push, state)) is not None:
            yield await to_thread.run_sync(form.rows, changes.table, push.columns, changes.tombstones)
    except Exception as error:
        failure = statement_failed(error, push.statement)
        yield form.failure(SERVER_ERROR, failure.message)
        return
    yield form.end("Limit Reached" if push.limit_reached else "Query Completed")


async def _next(push: PushQuery, state: ServerState) -> Changes | None:
    """The next rows; None at the end (a StopIteration cannot pass through a coroutine)."""

    def wait() -> Changes | None:
        try:
            while True:
                changes = push.next_changes(_LOOK_S)
                if changes is not None:
                    return changes
        except StopIteration:
            return None

    return await to_thread.run_sync(wait, abandon_on_cancel=True, limiter=state.push_threads)

"""SQL that needs a long argument several times, but holds and computes it once.

SQL is built by putting the text of arguments into the text of a call. Where a call needs an argument twice, nesting such calls
would double the text at every level. So an argument that is long, or that would be repeated within, becomes a lambda's
parameter. Only such arguments do: DuckDB binds the body of a lambda twice, so it has to stay small.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

#: Above this length an argument is not repeated.
_LONG = 150
#: What repeats its arguments where nobody sees it: macros of ours and of DuckDB.
_MACRO = re.compile(r"(?:\bksql_\w+|\b(?:nullif|split_part|array_to_string))\(", re.IGNORECASE)
#: DuckDB compares with each element of a short list, so it repeats what stands before it.
_LIST = " IN ("
#: No name of a query can be this one.
_BOUND = '"$v"'


def bind_once(arguments: Sequence[Any], build: Callable[..., str]) -> str:
    """`build(*arguments)`, each long argument computed once. Arguments that are no text, such as lambdas, are left alone."""
    long = [i for i, argument in enumerate(arguments) if isinstance(argument, str) and is_long(argument)]
    if not long:
        return build(*arguments)
    names = {i: _BOUND if len(long) == 1 else f"{_BOUND}.a{i}" for i in long}
    body = build(*(names.get(i, argument) for i, argument in enumerate(arguments)))
    if not _repeats(body, list(names.values())):
        return build(*arguments)
    packed = arguments[long[0]] if len(long) == 1 else f"struct_pack({', '.join(f'a{i} := {arguments[i]}' for i in long)})"
    return f"list_transform([{packed}], lambda {_BOUND}: {body})[1]"


def is_long(sql: str, limit: int = _LONG) -> bool:
    """Whether `sql` is too long to be written twice, or holds some of its parts several times where nobody sees it."""
    return "(" in sql and (len(sql) > limit or _LIST in sql or _MACRO.search(sql) is not None)


def _repeats(body: str, names: list[str]) -> bool:
    """Whether `body` computes what `names` stand for more than once, be it within a macro or for every element of a list."""
    return _LIST in body or any(_computes_again(body, body.find(name), name) for name in names)


def _computes_again(body: str, first: int, name: str) -> bool:
    before = body[: max(first, 0)]
    return "lambda " in before or _MACRO.search(before) is not None or body.count(name) > 1

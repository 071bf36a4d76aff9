"""SQL that needs a long argument several times, but holds and computes it once.

SQL is built by putting the text of arguments into the text of a call. Where a call needs an argument twice, nesting such calls
would double the text at every level. So an argument that is long, or that a macro makes long, becomes a lambda's parameter.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

#: Above this length an argument is not repeated.
_LONG = 150
#: A macro of ours, which repeats its arguments where nobody sees it.
_MACRO = re.compile(r"ksql_\w+\(")
#: No name of a query can be this one.
_BOUND = '"$v"'


def bind_once(arguments: Sequence[Any], build: Callable[..., str]) -> str:
    """`build(*arguments)`, each long argument computed once. Arguments that are no text, such as lambdas, are left alone."""
    long = [i for i, argument in enumerate(arguments) if isinstance(argument, str) and _is_long(argument)]
    if not long:
        return build(*arguments)
    names = {i: _BOUND if len(long) == 1 else f"{_BOUND}.a{i}" for i in long}
    body = build(*(names.get(i, argument) for i, argument in enumerate(arguments)))
    if not _repeats(body, list(names.values())):
        return build(*arguments)
    packed = arguments[long[0]] if len(long) == 1 else f"struct_pack({', '.join(f'a{i} := {arguments[i]}' for i in long)})"
    return f"list_transform([{packed}], lambda {_BOUND}: {body})[1]"


def _is_long(argument: str) -> bool:
    return "(" in argument and (len(argument) > _LONG or _MACRO.search(argument) is not None)


def _repeats(body: str, names: list[str]) -> bool:
    """Whether `body` computes what `names` stand for more than once, be it within a macro or for every element of a list."""
    return "lambda " in body or _MACRO.search(body) is not None or any(body.count(name) > 1 for name in names)

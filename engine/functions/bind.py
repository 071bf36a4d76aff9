"""SQL in which an argument occurs several times or inside a lambda, but is computed once."""

from __future__ import annotations

from collections.abc import Callable


def bound(arguments: tuple[str, ...], body: Callable[..., str]) -> str:
    """SQL of `body(*names)`, where the names stand for the values of `arguments`.

    `$…` is no name a statement can have, so nothing in the arguments is hidden by it.
    """
    packed = ", ".join(f"a{i} := {argument}" for i, argument in enumerate(arguments))
    names = [f'"$v".a{i}' for i in range(len(arguments))]
    return f'list_transform([struct_pack({packed})], lambda "$v": {body(*names)})[1]'

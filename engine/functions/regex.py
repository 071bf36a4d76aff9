"""Functions of regular expressions."""

from __future__ import annotations

from functools import partial

from ksql.engine.functions.declare import REGEX, scalar
from ksql.engine.functions.java_regex import compile_java, replace

expressions = partial(scalar, category=REGEX)


@expressions(
    "REGEXP_EXTRACT",
    "STRING, STRING -> STRING",
    doc="First part of the second text that the expression matches, or a group of it",
    example=("REGEXP_EXTRACT('[0-9]+', 'a12b3')", "'12'"),
)
def extract(pattern: str, text: str) -> str | None:
    return extract_group(pattern, text, 0)


@expressions(
    "REGEXP_EXTRACT", "STRING, STRING, INT -> STRING", doc="", example=("REGEXP_EXTRACT('([a-z])([0-9])', 'a1', 2)", "'1'")
)
def extract_group(pattern: str, text: str, group: int) -> str | None:
    expression = compile_java(pattern)
    if group > expression.groups:
        return None
    found = expression.search(text)
    if not found:
        return None
    return found[_checked(group)]


@expressions(
    "REGEXP_EXTRACT_ALL",
    "STRING, STRING -> ARRAY<STRING>",
    doc="All parts of the second text that the expression matches, or a group of each",
    example=("REGEXP_EXTRACT_ALL('[0-9]+', 'a12b3')", "ARRAY['12', '3']"),
)
def extract_all(pattern: str, text: str) -> list[str] | None:
    return extract_all_groups(pattern, text, 0)


@expressions(
    "REGEXP_EXTRACT_ALL",
    "STRING, STRING, INT -> ARRAY<STRING>",
    doc="",
    example=("REGEXP_EXTRACT_ALL('([a-z])([0-9])', 'a1b2', 1)", "ARRAY['a', 'b']"),
)
def extract_all_groups(pattern: str, text: str, group: int) -> list[str] | None:
    expression = compile_java(pattern)
    if group > expression.groups:
        return None
    return [found[_checked(group)] for found in expression.finditer(text)]


def _checked(group: int) -> int:
    if group < 0:
        raise ValueError(f"there is no group {group}")
    return group


@expressions(
    "REGEXP_REPLACE",
    "STRING, STRING, STRING -> STRING",
    doc="Text with all that an expression matches replaced; $1 is the first group",
    example=("REGEXP_REPLACE('a1b2', '([a-z])([0-9])', '$2$1')", "'1a2b'"),
)
def replace_all(text: str, pattern: str, replacement: str) -> str:
    return replace(compile_java(pattern), text, replacement)


@expressions(
    "REGEXP_SPLIT_TO_ARRAY",
    "STRING, STRING -> ARRAY<STRING>",
    doc="Parts of a text between matches of an expression; single characters if that is empty",
    example=("REGEXP_SPLIT_TO_ARRAY('a1b22c', '[0-9]+')", "ARRAY['a', 'b', 'c']"),
)
def split(text: str, pattern: str) -> list[str]:
    if not pattern:
        return list(text) or [""]
    expression = compile_java(pattern)
    if expression.fullmatch(""):
        raise ValueError("an expression that matches nothing at all cannot split a text")
    parts, start = [], 0
    for found in expression.finditer(text):
        parts.append(text[start : found.start()])
        start = found.end()
    return [*parts, text[start:]]

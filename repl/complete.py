"""What may follow at the cursor: a pure function of the text, the cursor, and what exists."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from ksql.engine.types.sql_types import Column, Struct, quote_name
from ksql.parser.words import RESERVED
from ksql.repl import keywords
from ksql.repl.scan import Token, scan


@dataclass(frozen=True, slots=True)
class Completion:
    """`text` takes the place of what stands between `start` and the cursor. kind: what it is, for the eye."""

    text: str
    start: int
    kind: str


@dataclass(frozen=True, slots=True)
class Names:
    """What exists, as completion needs it. `commands` are the prompt's own."""

    streams: Mapping[str, Sequence[Column]] = field(default_factory=dict)
    tables: Mapping[str, Sequence[Column]] = field(default_factory=dict)
    functions: Sequence[str] = ()
    topics: Sequence[str] = ()
    queries: Sequence[str] = ()
    commands: Sequence[str] = ()

    @property
    def sources(self) -> dict[str, Sequence[Column]]:
        return {**self.streams, **self.tables}


Offer = tuple[str, Iterable[str]]
"""A kind, and the texts of that kind."""

_PLAIN_NAME = re.compile(r"[A-Z_@][A-Z0-9_@]*\Z")
_UNTOUCHED = {"comment", "number", "variable"}
_ENCLOSED = {"string", "quoted"}
_EXPRESSION_CLAUSES = {"SELECT", "WHERE", "BY", "HAVING", "ON", "VALUES"}
_CLAUSES = _EXPRESSION_CLAUSES | {"FROM", "JOIN", "INTO", "WITHIN", "LIMIT", "EMIT", "WINDOW"}
_ON_SOURCES = {"FROM", "JOIN", "INTO", "DESCRIBE"}
_ON_QUERIES = {"TERMINATE", "PAUSE", "RESUME", "EXPLAIN"}


def complete(text: str, cursor: int, names: Names) -> list[Completion]:
    """Completions at `cursor`, best kind first. Nothing in comments, and in strings only where their meaning is known."""
    before, whole = _statement(text, cursor)
    current = before[-1] if before and before[-1].end == cursor else None
    if current is not None and (current.kind in _UNTOUCHED or (current.kind in _ENCLOSED and not _is_open(current))):
        return []
    if current is not None and current.kind == "string":
        return _inside_string(current, before[:-1], names)
    typed = current if current is not None and current.kind in ("word", "quoted") else None
    past = [token for token in (before[:-1] if typed else before) if token.kind not in ("space", "comment")]
    start = typed.start if typed else cursor
    prefix = typed.text if typed else ""
    return _matching(prefix, start, _offers(past, whole, names))


def _statement(text: str, cursor: int) -> tuple[list[Token], list[Token]]:
    """The tokens of the cursor's statement up to the cursor, and all its tokens."""
    before = scan(text[:cursor])
    first = max((i + 1 for i, token in enumerate(before) if token.text == ";"), default=0)
    after = scan(text[cursor:])
    last = next((i for i, token in enumerate(after) if token.text == ";"), len(after))
    return before[first:], before[first:] + after[:last]


def _offers(past: list[Token], whole: list[Token], names: Names) -> list[Offer]:
    """What may come after the tokens `past`."""
    words = [token.upper for token in past]
    if not words:
        return [("statement", keywords.STATEMENTS), ("command", names.commands)]
    last = words[-1]
    if last == ".":
        return [("column", _columns_of(past[-2].name if len(past) > 1 else "", whole, names))]
    if last == "->":
        return [("field", _fields_of(past[-2].name if len(past) > 1 else "", whole, names))]
    return _after_words(words, names) or _in_clause(words, whole, names)


def _after_words(words: list[str], names: Names) -> list[Offer]:
    """Where the last words alone decide."""
    last = words[-1]
    if words[-2:] == ["DESCRIBE", "FUNCTION"]:
        return [("function", names.functions)]
    if last in _ON_QUERIES and len(words) == 1:
        return [("query", names.queries), ("keyword", ["ALL"])]
    if words == ["PRINT"]:
        return [("topic", names.topics)]
    if words[0] in ("DROP", "ALTER") and last in ("STREAM", "TABLE", "EXISTS"):
        return [("source", names.streams if "STREAM" in words else names.tables), ("keyword", ["IF EXISTS"])]
    if last in _ON_SOURCES and words[0] != "SHOW":
        return [("source", names.sources), *([("keyword", ["FUNCTION", "STREAMS", "TABLES"])] if words == ["DESCRIBE"] else [])]
    longest = next((tuple(words[-n:]) for n in (3, 2, 1) if tuple(words[-n:]) in keywords.AFTER), None)
    return [("keyword", keywords.AFTER[longest])] if longest else []


def _in_clause(words: list[str], whole: list[Token], names: Names) -> list[Offer]:
    """Where the clause decides."""
    clause = next((word for word in reversed(words) if word in _CLAUSES or word in ("WITH", "CREATE")), "")
    if clause == "WITH" and words.count("(") > words.count(")"):
        return [("property", keywords.PROPERTIES)]
    if clause == "CREATE":
        return [("type", keywords.COLUMN_TYPES), ("keyword", ["WITH (", "AS SELECT"])]
    if clause in ("FROM", "JOIN") and words[-1] == ",":
        return [("source", names.sources)]
    if clause in _EXPRESSION_CLAUSES:
        columns = [column.name for source in _in_scope(whole, names).values() for column in source]
        return [
            ("column", dict.fromkeys(columns)),
            ("function", names.functions),
            ("keyword", (*keywords.EXPRESSION, *keywords.CLAUSES)),
        ]
    if clause == "INTO":
        return [("keyword", ["VALUES (", "SELECT"])]
    return [("keyword", (*keywords.CLAUSES, "EXTENDED", "FROM BEGINNING"))]


def _in_scope(whole: list[Token], names: Names) -> dict[str, Sequence[Column]]:
    """Columns by source name and by alias, for all sources that the statement reads; all sources while it reads none."""
    tokens = [token for token in whole if token.kind not in ("space", "comment")]
    scope: dict[str, Sequence[Column]] = {}
    for i, token in enumerate(tokens[1:], 1):
        columns = names.sources.get(token.name)
        if columns is None or tokens[i - 1].upper not in ("FROM", "JOIN"):
            continue
        scope[token.name] = columns
        follow = tokens[i + 1 : i + 3]
        alias = follow[-1] if follow and follow[0].upper == "AS" else follow[0] if follow else None
        if alias is not None and alias.name and alias.upper not in keywords.ALL:
            scope[alias.name] = columns
    return scope or names.sources


def _columns_of(qualifier: str, whole: list[Token], names: Names) -> list[str]:
    columns = _in_scope(whole, names).get(qualifier, names.sources.get(qualifier, ()))
    return [column.name for column in columns]


def _fields_of(column: str, whole: list[Token], names: Names) -> list[str]:
    types = [c.type for source in _in_scope(whole, names).values() for c in source if c.name == column]
    return [name for type_ in types if isinstance(type_, Struct) for name, _ in type_.fields]


def _inside_string(string: Token, past: list[Token], names: Names) -> list[Completion]:
    """A topic after KAFKA_TOPIC=, a format after …FORMAT=."""
    words = [token.upper for token in past if token.kind not in ("space", "comment")]
    if len(words) < 2 or words[-1] != "=":
        return []
    kind, texts = "topic", names.topics
    if words[-2] != "KAFKA_TOPIC":
        kind, texts = "format", keywords.FORMATS if words[-2] in ("VALUE_FORMAT", "KEY_FORMAT", "FORMAT") else ()
    typed = string.text[1:]
    return [Completion(text, string.start + 1, kind) for text in texts if text.upper().startswith(typed.upper())]


def _matching(prefix: str, start: int, offers: list[Offer]) -> list[Completion]:
    """Offers that begin with what was typed, then those that hold it, in the spelling that fits what was typed."""
    wanted = prefix.lstrip('`"').upper()
    found: dict[str, Completion] = {}
    for test in (str.startswith, str.__contains__):
        for kind, texts in offers:
            for text in texts:
                if test(text.upper(), wanted) and text not in found:
                    found[text] = Completion(_spelled(text, prefix, kind), start, kind)
        if len(wanted) < 2:
            break
    return list(found.values())


def _spelled(text: str, prefix: str, kind: str) -> str:
    if kind in ("topic", "query"):
        return text
    if kind in ("column", "source", "field") and (prefix[:1] in ("`", '"') or not _is_plain(text)):
        return quote_name(text)
    return text.lower() if prefix.islower() else text


def _is_plain(name: str) -> bool:
    """Whether a name needs no quotes."""
    return bool(_PLAIN_NAME.match(name)) and name not in RESERVED


def _is_open(token: Token) -> bool:
    """Whether a string or quoted name still waits for its end."""
    quote = token.text[0]
    body = token.text[1:]
    return not body.endswith(quote) or (len(body) - len(body.rstrip(quote))) % 2 == 0

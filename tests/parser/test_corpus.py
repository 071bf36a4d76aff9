"""Print and reparse is the identity, over a corpus in which every form occurs."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from sqlglot import exp

from ksql.parser import nodes, parse, parse_one, to_sql
from ksql.parser.generator import WRITERS
from tests.parser.corpus_files import FOLDER, pieces
from tests.parser.shape import shape

CORPUS = pieces()


def all_subclasses(class_: type) -> set[type]:
    return {class_}.union(*(all_subclasses(c) for c in class_.__subclasses__()))


@pytest.mark.parametrize("place", CORPUS)
def test_print_and_reparse_is_the_identity(place: str) -> None:
    node = parse_one(CORPUS[place].text).node
    text = to_sql(node)
    again = parse_one(text).node
    assert shape(again) == shape(node)
    assert again == node
    assert to_sql(again) == text


def test_the_corpus_is_large_enough() -> None:
    assert len({to_sql(parse_one(piece.text).node) for piece in CORPUS.values()}) >= 300


def test_every_node_of_the_dialect_occurs() -> None:
    seen = {type(node) for piece in CORPUS.values() for node in parse_one(piece.text).node.walk()}
    own = {c for c in all_subclasses(exp.Expr) if c.__module__ == nodes.__name__} - {nodes.Statement}
    assert own - seen == set()
    assert set(WRITERS) - seen == set()


def test_only_the_file_of_pull_queries_needs_the_database() -> None:
    for place, piece in CORPUS.items():
        database = parse_one(piece.text).node.find(nodes.DatabaseQuery) is not None
        assert database == place.startswith("pull.sql"), place


@pytest.mark.parametrize("file", sorted(file.name for file in FOLDER.glob("*.sql")))
def test_a_file_is_read_as_its_statements(file: str) -> None:
    statements = parse((FOLDER / file).read_text(encoding="utf-8"))
    assert [(s.text, s.line, s.column) for s in statements] == [(p.text, p.line, p.column) for p in pieces(file).values()]


#: Strings, quoted names and numbers with an exponent are kept as written, and so are the names of these.
CASED = re.compile(r"['`\"]|\de|\.e", re.IGNORECASE)
CASED_NODES = (nodes.DatabaseQuery, nodes.Define, nodes.Undefine, nodes.Print, nodes.AssertTopic, nodes.AssertSchema)


@pytest.mark.parametrize("change", [str.upper, str.lower])
def test_case_means_nothing_without_quotes(change: Callable[[str], str]) -> None:
    read = {piece.text: parse_one(piece.text).node for piece in CORPUS.values() if not CASED.search(piece.text)}
    compared = {text: node for text, node in read.items() if not node.find(*CASED_NODES)}
    assert len(compared) > 150
    for text, node in compared.items():
        assert shape(parse_one(change(text)).node) == shape(node), text


@pytest.mark.parametrize("place", CORPUS)
def test_space_and_comments_between_tokens_mean_nothing(place: str) -> None:
    node = parse_one(CORPUS[place].text).node
    spread = to_sql(node).replace(", ", "\n  ,/* and */\t").replace(" FROM ", " -- from where; 'it' `is\n FROM\r\n")
    if "'" not in CORPUS[place].text and not node.find(nodes.DatabaseQuery):
        assert shape(parse_one(spread).node) == shape(node)

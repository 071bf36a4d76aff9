"""Print and reparse is the identity, on statements made at random."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from ksql.parser import parse_expression, parse_one, parse_type, split, to_sql
from tests.parser.shape import shape

LETTERS = "aZ';`\"-/*% é\n"
STRING = st.text(LETTERS, max_size=5).map(lambda text: "'" + text.replace("'", "''") + "'")
QUOTED = st.text(LETTERS, min_size=1, max_size=5).map(lambda text: "`" + text.replace("`", "``") + "`")
NAME = st.sampled_from(["a", "B", "key", "1st", "@x", "date", "map", "struct", "a_b", "emit", "partition"]) | QUOTED
FUNCTION = st.sampled_from(["f", "Ucase", "replace", "date"]) | QUOTED
UNIT = st.sampled_from(["DAY", "HOURS", "MINUTES", "SECOND", "MILLISECONDS"])
DURATION = st.builds("{} {}".format, st.integers(0, 10**6), UNIT)
TYPE = st.recursive(
    st.sampled_from(["INT", "BIGINT", "DECIMAL(4, 2)", "STRING", "my_type", "`own`"]),
    lambda inner: st.one_of(
        st.builds("ARRAY<{}>".format, inner),
        st.builds("MAP<{}, {}>".format, inner, inner),
        st.lists(st.builds("{} {}".format, NAME, inner), max_size=3).map(lambda fields: f"STRUCT<{', '.join(fields)}>"),
    ),
    max_leaves=5,
)
COLUMN = NAME | st.builds("{}.{}".format, NAME, NAME)
LITERAL = st.one_of(st.sampled_from(["1", "0.5", "1e3", ".5", "TRUE", "NULL", "DECIMAL '1.0'", "9223372036854775807"]), STRING)
BINARY = st.sampled_from(["+", "-", "*", "/", "%", "||", "=", "<>", "!=", "<", ">=", "AND", "OR", "IS DISTINCT FROM"])
SUFFIX = st.sampled_from(
    ["IS NULL", "IS NOT NULL", "IN (1, 2)", "NOT IN (a)", "BETWEEN 1 AND 2", "NOT LIKE 'x'", "LIKE 'x' ESCAPE '!'"]
)


def _expressions(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    listed = st.lists(inner, max_size=3).map(", ".join)
    return st.one_of(
        st.builds("({} {} {})".format, inner, BINARY, inner),
        st.builds("({} {})".format, inner, SUFFIX),
        st.builds("(NOT {})".format, inner),
        st.builds("(- {})".format, inner),
        st.builds("{}({})".format, FUNCTION, listed),
        st.builds("f(({}, q) => {})".format, NAME, inner),
        st.builds("f(x => {}, DAYS)".format, inner),
        st.builds("ARRAY[{}]".format, listed),
        st.builds("MAP({} := {})".format, inner, inner),
        st.builds("STRUCT({} := {})".format, NAME, inner),
        st.builds("({})[{}]".format, inner, inner),
        st.builds("({})->{}".format, inner, NAME),
        st.builds("CAST({} AS {})".format, inner, TYPE),
        st.builds("CASE WHEN {} THEN {} ELSE {} END".format, inner, inner, inner),
    )


EXPRESSION = st.recursive(COLUMN | LITERAL, _expressions, max_leaves=12)
ITEM = st.one_of(st.just("*"), st.builds("{}.*".format, NAME), EXPRESSION, st.builds("{} AS {}".format, EXPRESSION, NAME))
SOURCE = st.builds("{} AS {}".format, NAME, NAME)
GRACE = st.builds("GRACE PERIOD {}".format, DURATION)
WINDOW = st.one_of(
    st.builds("TUMBLING (SIZE {})".format, DURATION),
    st.builds("HOPPING (SIZE {}, ADVANCE BY {}, RETENTION {}, {})".format, DURATION, DURATION, DURATION, GRACE),
    st.builds("SESSION ({}, {})".format, DURATION, GRACE),
)
JOIN = st.builds(
    "{} JOIN {} {} ON {}".format,
    st.sampled_from(["", "INNER", "LEFT", "RIGHT OUTER", "FULL OUTER"]),
    SOURCE,
    st.one_of(
        st.just(""), st.builds("WITHIN {}".format, DURATION), st.builds("WITHIN ({}, {}) {}".format, DURATION, DURATION, GRACE)
    ),
    EXPRESSION,
)


@st.composite
def queries(draw: st.DrawFn) -> str:
    """A push query with any of its clauses."""

    def maybe(word: str, inner: st.SearchStrategy[str]) -> str:
        return f" {word} {draw(inner)}" if draw(st.booleans()) else ""

    parts = [
        "SELECT " + ", ".join(draw(st.lists(ITEM, min_size=1, max_size=3))),
        f" FROM {draw(SOURCE)} ",
        " ".join(draw(st.lists(JOIN, max_size=2))),
        maybe("WINDOW", WINDOW),
        *(maybe(word, EXPRESSION) for word in ("WHERE", "GROUP BY", "PARTITION BY", "HAVING")),
        maybe("UNION ALL", st.builds("SELECT {} FROM {}".format, ITEM, SOURCE)),
        f" EMIT {draw(st.sampled_from(['CHANGES', 'FINAL']))}",
        maybe("LIMIT", st.integers(0, 10**9).map(str)),
    ]
    return "".join(parts)


@given(EXPRESSION)
def test_expressions(text: str) -> None:
    node = parse_expression(text)
    assert shape(parse_expression(to_sql(node))) == shape(node)


@given(TYPE)
def test_types(text: str) -> None:
    node = parse_type(text)
    assert shape(parse_type(to_sql(node))) == shape(node)


def _around(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """Queries around others."""
    return st.one_of(
        st.builds("SELECT * FROM ({}) AS {} EMIT CHANGES".format, inner, NAME),
        st.builds("SELECT * FROM ({}) {} JOIN ({}) AS {} ON a = b EMIT FINAL".format, inner, JOIN, inner, NAME),
        st.builds("WITH {} AS ({}), {} AS ({}) SELECT * FROM a EMIT CHANGES".format, NAME, inner, NAME, inner),
    )


@settings(max_examples=60)
@given(st.recursive(queries(), _around, max_leaves=3))
def test_queries(text: str) -> None:
    node = parse_one(text).node
    printed = to_sql(node)
    assert shape(parse_one(printed).node) == shape(node)
    assert [piece.text for piece in split(f"{printed}; {printed};")] == [f"{printed};"] * 2

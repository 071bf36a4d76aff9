"""Random expressions of every kind, deep and wide, over the columns of `COLUMNS`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from random import Random

from ksql.engine.types.sql_types import BIGINT, BOOLEAN, DOUBLE, INTEGER, STRING, Array, Decimal, Map, SqlType, Struct

COLUMNS: Mapping[str, SqlType] = {
    "I": INTEGER,
    "L": BIGINT,
    "D": DOUBLE,
    "N": Decimal(10, 2),
    "S": STRING,
    "T": STRING,
    "F": BOOLEAN,
    "R": Struct((("S", STRING), ("R", Struct((("L", BIGINT),))))),
    "LS": Array(STRING),
    "LL": Array(BIGINT),
    "M": Map(STRING, BIGINT),
}

#: By kind: n number, t text, b condition, l list of texts. A letter in braces is an expression of that kind, with w before it
#: several of them.
FORMS: Mapping[str, Sequence[str]] = {
    "n": (
        "({n} + {n})",
        "({n} - {n} * 2)",
        "({n} / {n})",
        "({n} % 7)",
        "({wn:+})",
        "-({n})",
        "ABS({n})",
        "ROUND({n}, 1)",
        "LEN({t})",
        "CAST({n} AS BIGINT)",
        "CAST({t} AS DOUBLE)",
        "CAST({n} AS DECIMAL(20, 4))",
        "CASE WHEN {b} THEN {n} ELSE {n} END",
        "CASE {wb:case} ELSE {n} END",
        "COALESCE(L, CAST({n} AS BIGINT))",
        "NULLIF(CAST({n} AS BIGINT), 3)",
        "ARRAY[{n}, {n}][1]",
        "MAP({t} := {n})['a']",
        "STRUCT(X := {n})->X",
        "REDUCE(LL, CAST({n} AS BIGINT), (acc, x) => acc + x)",
    ),
    "t": (
        "({t} || {t})",
        "({wt:||})",
        "({t} + {t})",
        "UCASE({t})",
        "TRIM({t})",
        "SUBSTRING({t}, 2)",
        "REPLACE({t}, {t}, 'a')",
        "LPAD({t}, 5, {t})",
        "CAST({n} AS STRING)",
        "CAST({b} AS STRING)",
        "CAST({l} AS STRING)",
        "CASE WHEN {b} THEN {t} WHEN {b} THEN {t} END",
        "COALESCE({t}, {t})",
        "ELT(2, {wt:,})",
        "CONCAT({wt:,})",
        "ARRAY_JOIN({l}, {t})",
        "{l}[1]",
    ),
    "b": (
        "({b} AND {b})",
        "({b} OR {b})",
        "({wb:AND})",
        "({wb:OR})",
        "(NOT {b})",
        "({b} = {b})",
        "({n} = {n})",
        "({n} < {n})",
        "({t} <> {t})",
        "({n} BETWEEN {n} AND {n})",
        "({t} LIKE {t})",
        "({t} NOT LIKE 'a%')",
        "({n} IN ({wn:,}))",
        "({t} IN ({wt:,}))",
        "({n} IS NULL)",
        "({b} IS NOT NULL)",
        "({n} IS DISTINCT FROM {n})",
        "ARRAY_CONTAINS({l}, {t})",
        "CASE WHEN {b} THEN {b} ELSE {b} END",
    ),
    "l": (
        "LS",
        "ARRAY[{wt:,}]",
        "SPLIT({t}, {t})",
        "ARRAY_DISTINCT({l})",
        "TRANSFORM({l}, x => x || {t})",
        "FILTER({l}, x => x <> {t})",
    ),
}
LEAVES: Mapping[str, Sequence[str]] = {
    "n": ("I", "L", "D", "N", "R->R->L", "LL[1]", "M['k']", "1", "2.50"),
    "t": ("S", "T", "R->S", "LS[1]", "'ab'"),
    "b": ("F", "(I > 1)", "(I + 1 > L)", "(S LIKE 'a%')", "TRUE"),
    "l": ("LS", "ARRAY['a', T]"),
}
_JOINED: Mapping[str, str] = {"+": " + ", "||": " || ", "AND": " AND ", "OR": " OR ", ",": ", ", "case": " "}


def expression(random: Random, depth: int) -> str:
    return _write(random, random.choice("ntb"), depth)


def _write(random: Random, kind: str, depth: int) -> str:
    if depth <= 0 or random.random() < 0.1:
        return random.choice(LEAVES[kind])
    form = random.choice(FORMS[kind])

    def one(kind: str) -> str:
        # One part goes on being deep, the others are not, so that size does not explode with depth.
        return _write(random, kind, depth - 1 if random.random() < 0.6 else random.randint(0, 1))

    return _Filled(one, random).of(form)


class _Filled:
    def __init__(self, one: Callable[[str], str], random: Random) -> None:
        self._one = one
        self._random = random

    def of(self, form: str) -> str:
        head, *rest = form.split("{")
        return head + "".join(self._part(*part.split("}", 1)) for part in rest)

    def _part(self, place: str, behind: str) -> str:
        if not place.startswith("w"):
            return self._one(place) + behind
        kind, word = place[1:].split(":")
        parts = [self._one(kind) for _ in range(self._random.choice((2, 3, 5, 40)))]
        if word == "case":
            parts = [f"WHEN {part} THEN {self._one('n')}" for part in parts]
        return _JOINED[word].join(parts) + behind

"""The WITH clause: which properties a statement takes, and what they must look like."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NoReturn

from sqlglot import exp

from ksql.engine.errors import NotSupportedError, StatementError, did_you_mean, fail, located
from ksql.engine.formats import capabilities
from ksql.engine.settings import IDLE_TIMEOUT

#: Kinds of statements by what they may say.
STREAM, TABLE, STREAM_AS, TABLE_AS, INSERT, ASSERT_TOPIC = (
    "CREATE STREAM",
    "CREATE TABLE",
    "CREATE STREAM AS",
    "CREATE TABLE AS",
    "INSERT INTO",
    "ASSERT TOPIC",
)
_DECLARE = frozenset({STREAM, TABLE})
_CREATE = frozenset({STREAM, TABLE, STREAM_AS, TABLE_AS})
_STREAMS = frozenset({STREAM, STREAM_AS})


@dataclass(frozen=True, slots=True)
class Property:
    """One property: the statements that take it, and how its text becomes a value (raising ValueError with the reason)."""

    statements: frozenset[str]
    read: Callable[[str], Any]
    supported: bool = True


def _text(value: str) -> str:
    if not value:
        raise ValueError("must not be empty")
    return value


def _upper(value: str) -> str:
    return _text(value).upper()


def _format(value: str) -> str:
    capabilities(value)  # an unknown name is refused here, where its place is known
    return _upper(value)


_COLUMN = re.compile(r'\s*(?:([A-Za-z0-9_@]+)|"((?:[^"]|"")+)"|`((?:[^`]|``)+)`)\s*')


def _column(value: str) -> str:
    """The name of a column, spelled as in SQL: its case counts between quotes only."""
    found = _COLUMN.fullmatch(value)
    if not found:
        raise ValueError("must be the name of a column")
    bare, double, back = found.groups()
    return bare.upper() if bare else double.replace('""', '"') if double else back.replace("``", "`")


def _positive(value: str) -> int:
    number = _integer(value)
    if number < 1:
        raise ValueError("must be at least 1")
    return number


def _not_negative(value: str) -> int:
    number = _integer(value)
    if number < 0:
        raise ValueError("must not be negative")
    return number


def _integer(value: str) -> int:
    if not re.fullmatch(r"[+-]?\d+", value):
        raise ValueError("must be a whole number")
    return int(value)


def _boolean(value: str) -> bool:
    if value.upper() not in ("TRUE", "FALSE"):
        raise ValueError("must be true or false")
    return value.upper() == "TRUE"


def _window_type(value: str) -> str:
    if value.upper() not in ("TUMBLING", "HOPPING", "SESSION"):
        raise ValueError("must be TUMBLING, HOPPING or SESSION")
    return value.upper()


_UNITS_MS = {"DAY": 86_400_000, "HOUR": 3_600_000, "MINUTE": 60_000, "SECOND": 1_000, "MILLISECOND": 1}


def _duration(value: str) -> int:
    found = re.fullmatch(r"\s*(\d+)\s+([A-Z]+?)S?\s*", value.upper())
    if not found or found[2] not in _UNITS_MS or int(found[1]) == 0:
        raise ValueError("must be like '10 SECONDS'")
    return int(found[1]) * _UNITS_MS[found[2]]


def _cleanup(value: str) -> str:
    known = {"DELETE": "delete", "COMPACT": "compact", "COMPACT,DELETE": "compact,delete", "DELETE,COMPACT": "compact,delete"}
    if value.upper().replace(" ", "") not in known:
        raise ValueError("must be delete, compact, or both")
    return known[value.upper().replace(" ", "")]


PROPERTIES: Mapping[str, Property] = {
    "KAFKA_TOPIC": Property(_CREATE, _text),
    "FORMAT": Property(_CREATE, _format),
    "KEY_FORMAT": Property(_CREATE, _format),
    "VALUE_FORMAT": Property(_CREATE, _format),
    "KEY_DELIMITER": Property(_CREATE, _text),
    "VALUE_DELIMITER": Property(_CREATE, _text),
    "WRAP_SINGLE_VALUE": Property(_CREATE, _boolean),
    "PARTITIONS": Property(_CREATE | {ASSERT_TOPIC}, _positive),
    "REPLICAS": Property(_CREATE | {ASSERT_TOPIC}, _positive),
    "RETENTION_MS": Property(_CREATE, _integer),
    "CLEANUP_POLICY": Property(_CREATE, _cleanup),
    "TIMESTAMP": Property(_CREATE, _column),
    "TIMESTAMP_FORMAT": Property(_CREATE, _text),
    IDLE_TIMEOUT.upper(): Property(_STREAMS, _not_negative),
    "WINDOW_TYPE": Property(_DECLARE, _window_type),
    "WINDOW_SIZE": Property(_DECLARE, _duration),
    "SOURCE_CONNECTOR": Property(_DECLARE, _text),
    "SOURCED_BY_CONNECTOR": Property(_DECLARE, _text),
    "KEY_SCHEMA_ID": Property(_CREATE, _integer, supported=False),
    "VALUE_SCHEMA_ID": Property(_CREATE, _integer, supported=False),
    "KEY_SCHEMA_FULL_NAME": Property(_CREATE, _text, supported=False),
    "VALUE_SCHEMA_FULL_NAME": Property(_CREATE, _text, supported=False),
    "VALUE_AVRO_SCHEMA_FULL_NAME": Property(_CREATE, _text, supported=False),
    "KEY_PROTOBUF_NULLABLE_REPRESENTATION": Property(_CREATE, _upper, supported=False),
    "VALUE_PROTOBUF_NULLABLE_REPRESENTATION": Property(_CREATE, _upper, supported=False),
    "QUERY_ID": Property(frozenset({INSERT}), _upper),
}


def written(node: exp.Expression, *names: str) -> exp.Expression:
    """Where the first of the properties `names` that there is in the WITH clause of `node` was written; else `node`."""
    clause = node.args.get("properties")
    places: dict[str, exp.Expression] = {p.this.name.upper(): p for p in clause.expressions} if clause is not None else {}
    return next((places[name] for name in names if name in places), node)


def read_properties(node: Any, statement: str) -> dict[str, Any]:
    """Values of the WITH clause of `node`, by upper-case name. Raises StatementError for an unknown, misplaced, malformed or
    repeated one.
    """
    clause = node.args.get("properties")
    values: dict[str, Any] = {}
    for written in clause.expressions if clause is not None else ():
        name = written.this.name.upper()
        if name in values:
            fail(written, f"property {name} is given twice")
        values[name] = _read(written, name, statement)
    if "FORMAT" in values and {"KEY_FORMAT", "VALUE_FORMAT"} & values.keys():
        fail(clause, "FORMAT excludes KEY_FORMAT and VALUE_FORMAT", hint="FORMAT sets both.")
    for written in clause.expressions if clause is not None else ():
        if not PROPERTIES[written.this.name.upper()].supported:
            _refuse_schema(written, values, statement)
    return values


#: Where a key is said, since it is no property of WITH.
_KEYS = {
    STREAM: "mark the key where it is declared: (ID INT KEY, …).",
    TABLE: "mark the key where it is declared: (ID INT PRIMARY KEY, …).",
    STREAM_AS: "PARTITION BY makes a column the key.",
    TABLE_AS: "GROUP BY makes the key; a table made of a table has that one's.",
}


def _read(written: exp.Expression, name: str, statement: str) -> Any:
    known = PROPERTIES.get(name)
    text = written.expression.name
    if known is None or statement not in known.statements:
        if name == "KEY":
            fail(written, f"{statement} has no property KEY any more", hint=_KEYS.get(statement, ""))
        allowed = [n for n, p in PROPERTIES.items() if statement in p.statements and p.supported]
        fail(
            written,
            f"{statement} has no property {name}",
            hint=did_you_mean(name, allowed) or f"it takes {', '.join(allowed)}.",
        )
    try:
        return known.read(text)
    except StatementError as error:
        raise located(error, written.expression) from None
    except ValueError as error:
        fail(written.expression, f"property {name} {error}, but it is '{text}'")


def _refuse_schema(written: exp.Expression, values: Mapping[str, Any], statement: str) -> NoReturn:
    """Properties about a schema in a registry: most formats have none."""
    name = written.this.name.upper()
    side = name.partition("_")[0]
    default = "KAFKA" if side == "KEY" and statement in _DECLARE else None
    format_ = values.get(f"{side}_FORMAT") or values.get("FORMAT") or default
    if format_ and not capabilities(format_).registry:
        fail(written, f"{name} is for formats with a schema registry, and {format_} has none")
    raise located(NotSupportedError(f"property {name} is not supported yet"), written)

"""Which overload a call means, and what is said when there is none."""

from __future__ import annotations

import pytest

from ksql.engine.errors import StatementError
from ksql.engine.functions import ArgumentType, LambdaArgument, LambdaTypes, UnitArgument, resolve
from ksql.engine.types.sql_types import (
    BIGINT,
    BOOLEAN,
    DATE,
    DOUBLE,
    INTEGER,
    STRING,
    TIMESTAMP,
    Array,
    Decimal,
    Map,
    SqlType,
)


@pytest.mark.parametrize(
    ("name", "arguments", "parameters", "returns"),
    [
        ("ABS", [INTEGER], [INTEGER], INTEGER),
        ("abs", [Decimal(9, 2)], [Decimal(9, 2)], Decimal(9, 2)),
        ("SIGN", [Decimal(9, 2)], [DOUBLE], INTEGER),
        ("ROUND", [Decimal(9, 2)], [Decimal(9, 2)], Decimal(7, 0)),
        ("ROUND", [Decimal(9, 2), INTEGER], [Decimal(9, 2), INTEGER], Decimal(9, 2)),
        ("POWER", [DOUBLE, INTEGER], [DOUBLE, DOUBLE], DOUBLE),
        ("GREATEST", [DATE, STRING, None], [DATE, DATE, DATE], DATE),
        ("GREATEST", [Decimal(9, 2), Decimal(7, 6)], [Decimal(13, 6), Decimal(13, 6)], Decimal(13, 6)),
        ("COALESCE", [None, INTEGER, INTEGER], [INTEGER, INTEGER, INTEGER], INTEGER),
        ("IFNULL", [BIGINT, INTEGER], [BIGINT, BIGINT], BIGINT),
        ("CONCAT", [STRING, None, STRING], [STRING, STRING, STRING], STRING),
        ("ARRAY_CONTAINS", [Array(STRING), None], [Array(STRING), STRING], BOOLEAN),
        ("ARRAY_LENGTH", [None], [Array(STRING)], INTEGER),
        ("ABS", [None], [INTEGER], INTEGER),
        ("EXPLODE", [Array(Decimal(4, 1))], [Array(Decimal(4, 1))], Array(Decimal(4, 1))),
        ("EXPLODE", [Array(STRING)], [Array(STRING)], Array(STRING)),
        ("FORMAT_DATE", [STRING, STRING], [DATE, STRING], STRING),
    ],
)
def test_resolves(name: str, arguments: list[ArgumentType], parameters: list[SqlType], returns: SqlType) -> None:
    resolved = resolve(name, arguments)
    assert list(resolved.parameter_types) == parameters
    assert resolved.returns == returns


def test_a_unit_is_a_word() -> None:
    assert resolve("DATEADD", [UnitArgument("DAYS"), INTEGER, DATE]).returns == DATE
    assert "INTERVAL '" not in resolve("DATEADD", [UnitArgument("day"), INTEGER, DATE]).render(["day", "1", "D"], safe=False)
    with pytest.raises(StatementError, match="DATEADD does not accept"):
        resolve("DATEADD", [UnitArgument("MONTHS"), INTEGER, DATE])


def test_lambdas_get_their_types_from_the_other_arguments() -> None:
    seen: list[list[SqlType]] = []

    def infer(types: object) -> SqlType:
        seen.append(list(types))  # type: ignore[call-overload]
        return STRING

    resolved = resolve("TRANSFORM", [Map(STRING, DOUBLE), LambdaArgument(2, infer), LambdaArgument(2, infer)])
    assert seen == [[STRING, DOUBLE], [STRING, DOUBLE]]
    assert resolved.parameter_types[1] == LambdaTypes((STRING, DOUBLE), STRING)
    assert resolved.returns == Map(STRING, STRING)


def test_reduce_takes_the_type_of_its_beginning() -> None:
    resolved = resolve("REDUCE", [Array(INTEGER), BIGINT, LambdaArgument(2, lambda types: types[1])])
    assert resolved.parameter_types[2] == LambdaTypes((BIGINT, INTEGER), BIGINT)
    assert resolved.returns == BIGINT


@pytest.mark.parametrize(
    ("name", "arguments", "message"),
    [
        ("UCSE", [STRING], "did you mean UCASE"),
        ("NOTHING_LIKE_IT", [], "SHOW FUNCTIONS"),
        ("LEN", [INTEGER], r"LEN does not accept \(INTEGER\)"),
        ("LEN", [INTEGER], r"it accepts LEN\("),
        ("GREATEST", [INTEGER, BIGINT], "ambiguous"),
        ("GREATEST", [STRING, INTEGER], "does not accept"),
        ("GREATEST", [], "does not accept"),
        ("COALESCE", [], "does not accept"),
        ("COALESCE", [None, None], "cannot be told"),
        ("GEO_DISTANCE", [DOUBLE, DOUBLE, STRING, INTEGER], "does not accept"),
        ("EXPLODE", [Map(STRING, INTEGER)], "does not accept"),
        ("DATEADD", [DATE, INTEGER, DATE], "does not accept"),
        ("UNIX_TIMESTAMP", [DATE], "does not accept"),
        ("FILTER", [Array(INTEGER), LambdaArgument(2, lambda _: BOOLEAN)], "does not accept"),
        ("ARRAY_CONTAINS", [Array(INTEGER), STRING], "does not accept"),
        ("FROM_UNIXTIME", [TIMESTAMP], "does not accept"),
    ],
)
def test_refuses(name: str, arguments: list[ArgumentType], message: str) -> None:
    with pytest.raises(StatementError) as error:
        resolve(name, arguments)
    assert __import__("re").search(message, str(error.value))

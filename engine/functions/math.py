"""Mathematical functions."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from ksql.engine.functions.declare import MATH, Call, scalar_sql

maths = partial(scalar_sql, category=MATH)

_ONE_DOUBLE = "INT -> DOUBLE | BIGINT -> DOUBLE | DOUBLE -> DOUBLE"
_TWO_DOUBLES = "INT, INT -> DOUBLE | BIGINT, BIGINT -> DOUBLE | DOUBLE, DOUBLE -> DOUBLE"


def _of_double(function: str) -> Callable[[str], str]:
    return lambda x: f"{function}(CAST({x} AS DOUBLE))"


def _pair(template: str) -> Callable[[str, str], str]:
    return lambda x, y: template.format(f"CAST({x} AS DOUBLE)", f"CAST({y} AS DOUBLE)")


# DuckDB refuses the trigonometry of infinity, which is NaN.
def _of_finite(function: str) -> Callable[[str], str]:
    return lambda x: (
        f"(CASE WHEN isinf(CAST({x} AS DOUBLE)) THEN CAST('NaN' AS DOUBLE) ELSE {function}(CAST({x} AS DOUBLE)) END)"
    )


for _name, _sql, _doc, _example in (
    ("ACOS", _of_double("acos"), "Arc cosine, in radians", ("ACOS(1)", "CAST(0 AS DOUBLE)")),
    ("ASIN", _of_double("asin"), "Arc sine, in radians", ("ASIN(0)", "CAST(0 AS DOUBLE)")),
    ("ATAN", _of_double("atan"), "Arc tangent, in radians", ("ATAN(0)", "CAST(0 AS DOUBLE)")),
    ("COS", _of_finite("cos"), "Cosine of radians", ("COS(0)", "CAST(1 AS DOUBLE)")),
    ("SIN", _of_finite("sin"), "Sine of radians", ("SIN(0)", "CAST(0 AS DOUBLE)")),
    ("TAN", _of_finite("tan"), "Tangent of radians", ("TAN(0)", "CAST(0 AS DOUBLE)")),
    ("COSH", _of_double("cosh"), "Hyperbolic cosine", ("COSH(0)", "CAST(1 AS DOUBLE)")),
    ("SINH", _of_double("sinh"), "Hyperbolic sine", ("SINH(0)", "CAST(0 AS DOUBLE)")),
    ("TANH", _of_double("tanh"), "Hyperbolic tangent", ("TANH(0)", "CAST(0 AS DOUBLE)")),
    ("CBRT", _of_double("cbrt"), "Cube root", ("ROUND(CBRT(27), 9)", "CAST(3 AS DOUBLE)")),
    ("SQRT", _of_double("sqrt"), "Square root; NaN of a negative number", ("SQRT(16)", "CAST(4 AS DOUBLE)")),
    ("EXP", _of_double("exp"), "e to the power of a number", ("EXP(0)", "CAST(1 AS DOUBLE)")),
    ("LN", _of_double("ln"), "Natural logarithm", ("LN(1)", "CAST(0 AS DOUBLE)")),
    (
        "LOG",
        _of_double("ln"),
        "Natural logarithm, or the logarithm of the second number to the base of the first",
        ("LOG(1)", "0e0"),
    ),
    ("DEGREES", _of_double("degrees"), "Radians as degrees", ("DEGREES(PI())", "CAST(180 AS DOUBLE)")),
    ("RADIANS", _of_double("radians"), "Degrees as radians", ("RADIANS(180)", "PI()")),
):
    maths(_name, _ONE_DOUBLE, sql=_sql, doc=_doc, example=_example)

maths(
    "COT",
    _ONE_DOUBLE,
    sql=lambda x: f"(CAST(1 AS DOUBLE) / {_of_finite('tan')(x)})",
    doc="Cotangent of radians",
    example=("ROUND(COT(1), 6)", "0.642093e0"),
)
maths(
    "ATAN2",
    _TWO_DOUBLES,
    sql=_pair("atan2({0}, {1})"),
    doc="Angle of the point (x, y), given y and x, in radians",
    example=("ATAN2(0, 1)", "CAST(0 AS DOUBLE)"),
)
maths(
    "POWER",
    _TWO_DOUBLES,
    sql=_pair("pow({0}, {1})"),
    doc="A number to the power of another",
    example=("POWER(2, 10)", "1024e0"),
)
maths(
    "LOG",
    _TWO_DOUBLES,
    sql=_pair(
        "(CASE WHEN {1} IS NULL THEN NULL WHEN {0} <= 0 OR {0} = 1 THEN CAST('NaN' AS DOUBLE) ELSE ln({1}) / ln({0}) END)"
    ),
    doc="",
    example=("LOG(2, 8)", "3e0"),
)
maths("PI", "-> DOUBLE", sql=lambda: "pi()", doc="The number pi", example=("ROUND(PI(), 4)", "3.1416e0"))
maths("RANDOM", "-> DOUBLE", sql=lambda: "random()", doc="A random number from 0 up to 1", example=("RANDOM() < 1", "TRUE"))

_LOWEST = {"INT": "CAST('-2147483648' AS INTEGER)", "BIGINT": "CAST('-9223372036854775808' AS BIGINT)"}

for _type, _lowest in _LOWEST.items():
    # The lowest number has no positive twin: it stays.
    maths(
        "ABS",
        f"{_type} -> {_type}",
        sql=lambda x, lowest=_lowest: f"(CASE WHEN {x} = {lowest} THEN {lowest} ELSE abs({x}) END)",
        doc="Magnitude of a number",
        example=("ABS(-5)", "5"),
    )
maths("ABS", "DOUBLE -> DOUBLE | DECIMAL -> DECIMAL", sql=lambda x: f"abs({x})", doc="", example=("ABS(-1.5)", "1.5"))

maths(
    "SIGN",
    "INT -> INT | BIGINT -> INT | DOUBLE -> INT",
    sql=lambda x: f"CAST(sign({x}) AS INTEGER)",
    doc="-1, 0 or 1: the sign of a number",
    example=("SIGN(-7)", "-1"),
)


def _whole(function: str) -> Callable[[Call, str], str]:
    return lambda call, x: f"{'TRY_CAST' if call.safe else 'CAST'}({function}({x}) AS {call.returns.duckdb})"


for _name, _function, _doc, _example in (
    ("CEIL", "ceil", "Smallest whole number not below a number, in its type", ("CEIL(1.2)", "2.0")),
    ("FLOOR", "floor", "Largest whole number not above a number, in its type", ("FLOOR(1.8)", "1.0")),
):
    maths(_name, "INT -> INT | BIGINT -> BIGINT", sql=lambda x: x, doc=_doc)
    maths(_name, "DOUBLE -> DOUBLE | DECIMAL -> DECIMAL", typed_sql=_whole(_function), doc=_doc, example=_example)

_COMPARABLE = ("INT", "BIGINT", "DOUBLE", "STRING", "DATE", "TIME", "TIMESTAMP")


def _extreme(function: str) -> Callable[..., str]:
    return lambda *values: f"{function}({', '.join(values)})"


for _name, _doc, _example in (
    ("GREATEST", "Largest of the arguments that are not NULL", ("GREATEST(3, NULL, 5)", "5")),
    ("LEAST", "Smallest of the arguments that are not NULL", ("LEAST(3, NULL, 5)", "3")),
):
    for _type in _COMPARABLE:
        maths(_name, f"{_type}, {_type}... -> {_type}", sql=_extreme(_name.lower()), doc=_doc, example=_example)
    maths(_name, "DECIMAL, DECIMAL... -> DECIMAL", sql=_extreme(_name.lower()), widen=True, doc=_doc, example=_example)

"""The form in which a function is declared; the type checker, DESCRIBE FUNCTION, completion and the reference read it.

A function is SQL text or Python. Both forms state signatures (see `signature`), a line of documentation and an example:

    scalar_sql("UCASE", "STRING -> STRING", sql=lambda a: f"upper({a})", category=STRINGS,
               doc="Text in upper case", example=("UCASE('abc')", "'ABC'"))

    @scalar("INITCAP", "STRING -> STRING", category=STRINGS, doc="…", example=("INITCAP('the fox')", "'The Fox'"))
    def initcap(text: str) -> str: ...

Declaring a name again adds overloads to it. NULL in, NULL out, unless `null_in_null_out` is False; NULL for a parameter marked
`!` makes the function fail, as an exception does: the value is NULL and the row is logged.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any, Literal, TypeVar

from ksql.engine.functions.signature import Signature, parse_signature
from ksql.engine.types.sql_types import SqlType

MATH, STRINGS, BINARY, REGEX, JSON = "MATHEMATICAL", "STRING", "BYTES", "REGULAR EXPRESSION", "JSON"
COLLECTIONS, LAMBDAS, TIME_AND_DATE, URLS, NULLS, GEO, KEYS = (
    "ARRAY",
    "LAMBDA",
    "DATE / TIME",
    "URL",
    "CONDITIONAL",
    "GEO",
    "KEY",
)
TABLE_FUNCTIONS = "TABLE"

Kind = Literal["scalar", "table"]
Example = tuple[str, str]
#: Names of lambda parameters in SQL text of ours: no name of a query can be one of them.
X, INDEX, E = '"$x"', '"$i"', '"$e"'
Python = TypeVar("Python", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class LambdaSql:
    """A compiled lambda: names of its parameters and the DuckDB SQL of its body."""

    parameters: Sequence[str]
    body: str

    def __str__(self) -> str:
        return f"lambda {', '.join(self.parameters)}: {self.body}"


@dataclass(frozen=True, slots=True)
class Call:
    """What a builder of SQL may ask: types of the arguments (coerced) and of the result, and whether the SQL must not raise."""

    types: tuple[SqlType, ...]
    returns: SqlType
    safe: bool

    def attempt(self, sql: str) -> str:
        """`sql`, made to give NULL instead of raising when it must not raise."""
        return f"TRY({sql})" if self.safe else sql

    def fail(self, message: str) -> str:
        """SQL of the result's type that raises where it is evaluated; NULL when it must not raise."""
        value = "NULL" if self.safe else f"ksql_error('{message}')"
        return f"CAST({value} AS {self.returns.duckdb})"


@dataclass(frozen=True, slots=True)
class Overload:
    """One signature of a function, and how it is computed: `build(call, *arguments)` gives SQL."""

    signature: Signature
    build: Callable[..., str]
    #: The result type from the argument types, where the signature cannot say it.
    result: Callable[[Sequence[SqlType]], SqlType] | None = None
    #: Says that all arguments get one common DECIMAL type.
    widen: bool = False
    python: Callable[..., Any] | None = None
    null_in_null_out: bool = True
    #: The name of the Python implementation in DuckDB.
    udf: str = ""


@dataclass(frozen=True, slots=True)
class Function:
    """A function with all its overloads. `kind` is scalar, or table: one row per element of the array it returns."""

    name: str
    kind: Kind
    category: str
    doc: str
    overloads: list[Overload] = field(default_factory=list)
    examples: list[Example] = field(default_factory=list)

    @property
    def signatures(self) -> tuple[Signature, ...]:
        return tuple(overload.signature for overload in self.overloads)


_FUNCTIONS: dict[str, Function] = {}
_HELPERS: list[Overload] = []
_MACROS: dict[str, str] = {}


def declared() -> Mapping[str, Function]:
    """All functions declared so far, by name."""
    return MappingProxyType(_FUNCTIONS)


def implementations() -> list[Overload]:
    """Everything implemented in Python: overloads of functions, and helpers that only SQL text calls."""
    return [o for f in _FUNCTIONS.values() for o in f.overloads if o.python is not None] + _HELPERS


def scalar_sql(
    name: str,
    signatures: str,
    *,
    category: str,
    doc: str,
    sql: Callable[..., str] | None = None,
    typed_sql: Callable[..., str] | None = None,
    result: Callable[[Sequence[SqlType]], SqlType] | None = None,
    widen: bool = False,
    example: Example | None = None,
    kind: Kind = "scalar",
) -> None:
    """Declare a function computed by SQL text. `|` separates signatures.

    sql: SQL of the call from SQL of the arguments; it never raises. typed_sql: the same with a `Call` before them, which says
    whether it may raise.
    """
    build = typed_sql or _untyped(sql)
    for text in signatures.split("|"):
        _add(Function(name, kind, category, doc), example, Overload(parse_signature(name, text), build, result, widen))


def scalar(
    name: str, signature: str, *, category: str, doc: str, example: Example | None = None, null_in_null_out: bool = True
) -> Callable[[Python], Python]:
    """Declare a function computed by Python, once per distinct arguments of a chunk of rows. Its types are concrete, not T.

    Values: int, float, Decimal, str, bytes, bool, list, dict (MAP and STRUCT); DATE is days, TIME ms of day, TIMESTAMP epoch
    ms. A parameter that repeats is given as one list.
    """

    def declare(function: Python) -> Python:
        parsed = parse_signature(name, signature)
        count = len(_FUNCTIONS[name].overloads) if name in _FUNCTIONS else 0
        udf = f"ksql_{name.lower()}{'_' + str(count) if count else ''}"
        overload = Overload(parsed, _call_udf(udf, parsed), None, False, function, null_in_null_out, udf)
        _add(Function(name, "scalar", category, doc), example, overload)
        return function

    return declare


def helper(udf: str, signature: str) -> Callable[[Python], Python]:
    """Register a Python function that SQL text may call: `udf(…)` raises for a bad value, `udf_or_null(…)` gives NULL."""

    def declare(function: Python) -> Python:
        parsed = parse_signature(udf, signature)
        _HELPERS.append(Overload(parsed, _call_udf(udf, parsed), python=function, udf=udf))
        return function

    return declare


def macro(head: str, body: str) -> None:
    """Register SQL that other SQL text may call, such as `ksql_len(t)`."""
    _MACROS[head] = body


def macros() -> Mapping[str, str]:
    """Bodies of the registered macros, by name and parameters."""
    return MappingProxyType(_MACROS)


def _add(declared_now: Function, example: Example | None, overload: Overload) -> None:
    function = _FUNCTIONS.setdefault(declared_now.name, declared_now)
    if declared_now.doc and not function.doc:
        function = replace(function, doc=declared_now.doc, category=declared_now.category)
        _FUNCTIONS[function.name] = function
    function.overloads.append(overload)
    if example and example not in function.examples:
        function.examples.append(example)


def _untyped(sql: Callable[..., str] | None) -> Callable[..., str]:
    if sql is None:
        raise ValueError("a function needs sql or typed_sql")
    return lambda call, *arguments: sql(*arguments)  # noqa: ARG005 - the signature of a builder


def _call_udf(udf: str, signature: Signature) -> Callable[..., str]:
    fixed = len(signature.parameters) - signature.variadic

    def build(call: Call, *arguments: str) -> str:
        given = list(arguments[:fixed])
        if signature.variadic:
            given.append(f"[{', '.join(arguments[fixed:])}]::{signature.parameters[-1].type.duckdb}[]")
        return f"{safe_name(udf) if call.safe else udf}({', '.join(given)})"

    return build


def safe_name(udf: str) -> str:
    """The DuckDB name of the variant that gives NULL instead of raising."""
    return f"{udf}_or_null"

"""Overload resolution: which signature of a function a call means.

An exact match wins; failing that, one that takes the arguments after implicit widening. Among several: one without a repeated
parameter, then more parameters, then fewer types that the arguments decide. What is still undecided is an error.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from ksql.engine.errors import StatementError, did_you_mean
from ksql.engine.functions.declare import Call, Function, LambdaSql, Overload, declared
from ksql.engine.functions.signature import AnyDecimal, Generic, LambdaPattern, Signature, UnitPattern, walk
from ksql.engine.sql.binding import bind_once
from ksql.engine.types.casts import can_coerce, common_type, decimal_of
from ksql.engine.types.sql_types import DATE, STRING, Array, Decimal, Map, SqlType, Struct

#: Words a UNIT parameter takes; a last S may be missing.
UNITS_MS = {"MILLISECONDS": 1, "SECONDS": 1000, "MINUTES": 60_000, "HOURS": 3_600_000, "DAYS": 86_400_000}


@dataclass(frozen=True, slots=True)
class LambdaArgument:
    """A lambda given to a function: how many parameters it has, and the type of its body once their types are known."""

    arity: int
    infer: Callable[[Sequence[SqlType]], SqlType]

    def __str__(self) -> str:
        return "LAMBDA"


@dataclass(frozen=True, slots=True)
class UnitArgument:
    """A bare word given to a function."""

    word: str

    def __str__(self) -> str:
        return self.word


#: The type of an argument; None is an untyped NULL.
ArgumentType = SqlType | LambdaArgument | UnitArgument | None


@dataclass(frozen=True, slots=True)
class LambdaTypes(SqlType):
    """What a lambda argument must be compiled to."""

    parameters: tuple[SqlType, ...]
    returns: SqlType


@dataclass(frozen=True, slots=True)
class Resolved:
    """A call whose overload is known.

    parameter_types: per argument the type it must be coerced to; a `LambdaTypes` for a lambda, a `UnitPattern` for a unit word.
    returns: type of the result (of a table function: an ARRAY with one element per row).
    """

    function: Function
    overload: Overload
    parameter_types: tuple[SqlType, ...]
    returns: SqlType

    def render(self, arguments: Sequence[str | LambdaSql], *, safe: bool) -> str:
        """DuckDB SQL of the call. With `safe` it never raises: a failing row gives NULL."""
        call = Call(self.parameter_types, self.returns, safe)
        build = partial(self.overload.build, call)
        parameters = self.overload.signature.expanded(len(arguments)) or ()
        required = [i for i, parameter in enumerate(parameters) if parameter.required]

        def checked(*values: str | LambdaSql) -> str:
            if not required:
                return build(*values)
            missing = " OR ".join(f"({values[i]}) IS NULL" for i in required)
            failure = call.fail(f"{self.function.name} does not accept NULL")
            return f"(CASE WHEN {missing} THEN {failure} ELSE {build(*values)} END)"

        # Python takes each argument as it is; SQL may need it more than once.
        return checked(*arguments) if self.overload.python and not required else bind_once(arguments, checked)


#: What functions of other databases are called here.
_HERE = {
    "ARRAY_AGG": "COLLECT_LIST",
    "CARDINALITY": "ARRAY_LENGTH",
    "CEILING": "CEIL",
    "CHAR_LENGTH": "LEN",
    "LENGTH": "LEN",
    "LOWER": "LCASE",
    "NOW": "UNIX_TIMESTAMP",
    "NVL": "IFNULL",
    "POW": "POWER",
    "SUBSTR": "SUBSTRING",
    "UNNEST": "EXPLODE",
    "UPPER": "UCASE",
}


def function_named(name: str) -> Function:
    """The function called `name`, case not counting. Raises StatementError."""
    function = declared().get(name.upper())
    if function is None:
        known = _HERE.get(name.upper())
        hint = f"{known} does that." if known else did_you_mean(name, declared())
        raise StatementError(f"there is no function {name}", hint=hint or "SHOW FUNCTIONS; lists all functions.")
    return function


def resolve(name: str, arguments: Sequence[ArgumentType]) -> Resolved:
    """The overload of function `name` for these arguments. Raises StatementError."""
    function = function_named(name)
    for widen in (False, True):
        fits = [b for o in function.overloads if (b := _bind(o, arguments, widen))]
        if fits:
            return _resolved(function, _best(function, fits, arguments, widen), arguments)
    raise StatementError(f"{function.name} does not accept ({_given(arguments)})", detail=_signatures(function))


@dataclass(slots=True)
class _Bound:
    overload: Overload
    types: list[SqlType]
    generics: dict[str, SqlType]

    @property
    def rank(self) -> tuple[bool, int, int]:
        signature = self.overload.signature
        return not signature.variadic, len(signature.parameters), -signature.generics


def _best(function: Function, fits: list[_Bound], arguments: Sequence[ArgumentType], widen: bool) -> _Bound:
    highest = max(b.rank for b in fits)
    best = [b for b in fits if b.rank == highest]
    # Without widening only a bare NULL fits several: then any will do.
    if len(best) > 1 and widen:
        raise StatementError(
            f"the call {function.name}({_given(arguments)}) is ambiguous",
            detail="it could mean " + " or ".join(str(b.overload.signature) for b in best),
            hint="CAST the arguments to one type.",
        )
    return best[0]


def _bind(overload: Overload, arguments: Sequence[ArgumentType], widen: bool) -> _Bound | None:
    """The types of parameters that fit the arguments, or None. Lambdas come last: their types follow from the others."""
    parameters = overload.signature.expanded(len(arguments))
    if parameters is None:
        return None
    generics: dict[str, SqlType] = {}
    pairs = [(p.type, a) for p, a in zip(parameters, arguments, strict=True)]
    for pattern, argument in pairs:
        if not isinstance(argument, LambdaArgument) and not _accepts(pattern, argument, generics, widen):
            return None
    for pattern, argument in pairs:
        if isinstance(argument, LambdaArgument) and not _accepts_lambda(pattern, argument, generics):
            return None
    types = [_parameter_type(pattern, argument, generics) for pattern, argument in pairs]
    return _Bound(overload, types, generics)


def _accepts(pattern: SqlType, argument: ArgumentType, generics: dict[str, SqlType], widen: bool) -> bool:
    if isinstance(pattern, UnitPattern):
        return isinstance(argument, UnitArgument) and unit_name(argument.word) is not None
    if isinstance(argument, UnitArgument | LambdaArgument) or isinstance(pattern, LambdaPattern):
        return False
    if argument is None:
        return True
    return _matches(pattern, argument, generics) or (widen and _widens(pattern, argument, generics))


def unit_name(word: str) -> str | None:
    """The unit of time that `word` means; None when it means none."""
    upper = word.upper()
    return next((u for u in UNITS_MS if upper in (u, u[:-1])), None)


def _matches(pattern: SqlType, given: SqlType, generics: dict[str, SqlType]) -> bool:
    """Whether `given` is what `pattern` says; a generic that is met first is set."""
    if isinstance(pattern, Generic):
        return generics.setdefault(pattern.name, given) == given
    if isinstance(pattern, AnyDecimal):
        return isinstance(given, Decimal)
    if isinstance(pattern, Array):
        return isinstance(given, Array) and _matches(pattern.item, given.item, generics)
    if isinstance(pattern, Map):
        return (
            isinstance(given, Map)
            and _matches(pattern.key, given.key, generics)
            and _matches(pattern.value, given.value, generics)
        )
    return pattern == given


def _widens(pattern: SqlType, given: SqlType, generics: dict[str, SqlType]) -> bool:
    if isinstance(pattern, AnyDecimal):
        return decimal_of(given) is not None
    target = generics.get(pattern.name) if isinstance(pattern, Generic) else pattern
    # A date may be compared with a timestamp, but it is no argument in the place of one.
    if target is None or isinstance(target, Array | Map | Struct) or given == DATE:
        return False
    return can_coerce(given, target, literal=False)


def _accepts_lambda(pattern: SqlType, argument: LambdaArgument, generics: dict[str, SqlType]) -> bool:
    if not isinstance(pattern, LambdaPattern) or len(pattern.parameters) != argument.arity:
        return False
    parameters = [_substitute(p, generics) for p in pattern.parameters]
    if any(p is None for p in parameters):
        return False
    result = argument.infer([p for p in parameters if p is not None])
    expected = generics.setdefault(pattern.result.name, result) if isinstance(pattern.result, Generic) else pattern.result
    return expected == result or can_coerce(result, expected, literal=False)


def _substitute(pattern: SqlType, generics: dict[str, SqlType]) -> SqlType | None:
    """`pattern` with its generics filled in; None when one is not known."""
    if isinstance(pattern, Generic):
        return generics.get(pattern.name)
    if isinstance(pattern, Array):
        item = _substitute(pattern.item, generics)
        return item and Array(item)
    if isinstance(pattern, Map):
        key, value = _substitute(pattern.key, generics), _substitute(pattern.value, generics)
        return Map(key, value) if key and value else None
    return pattern


def _parameter_type(pattern: SqlType, argument: ArgumentType, generics: dict[str, SqlType]) -> SqlType:
    if isinstance(pattern, LambdaPattern):
        *parameters, result = (_substitute(p, generics) or STRING for p in (*pattern.parameters, pattern.result))
        return LambdaTypes(tuple(parameters), result)
    if isinstance(pattern, AnyDecimal):
        given = argument if isinstance(argument, SqlType) else None
        return (decimal_of(given) if given is not None else None) or Decimal(1, 0)
    if isinstance(argument, SqlType) and isinstance(pattern, Array | Map):
        return argument
    # A NULL about whose type nothing is known may have any.
    return _substitute(pattern, {**dict.fromkeys(_letters(pattern), STRING), **generics}) or STRING


def _letters(pattern: SqlType) -> list[str]:
    return [t.name for t in walk(pattern) if isinstance(t, Generic)]


def _resolved(function: Function, bound: _Bound, arguments: Sequence[ArgumentType]) -> Resolved:
    overload, types = bound.overload, bound.types
    if overload.widen:
        known = [t for t, a in zip(types, arguments, strict=True) if a is not None]
        common = common_type(known)
        types = [common or t for t in types]
    if overload.result is not None:
        returns: SqlType | None = overload.result(types)
    elif isinstance(overload.signature.returns, AnyDecimal):
        returns = next(part for t in types for part in walk(t) if isinstance(part, Decimal))
    else:
        returns = _substitute(overload.signature.returns, bound.generics)
    if returns is None:
        raise StatementError(
            f"the type of {function.name}({_given(arguments)}) cannot be told",
            hint="CAST(NULL AS …) gives a NULL its type.",
        )
    return Resolved(function, overload, tuple(types), Array(returns) if function.kind == "table" else returns)


def _given(arguments: Sequence[ArgumentType]) -> str:
    return ", ".join("NULL" if a is None else str(a) for a in arguments)


def _signatures(function: Function) -> str:
    return "it accepts " + ", ".join(_short(s) for s in function.signatures)


def _short(signature: Signature) -> str:
    return str(signature).split(" -> ", 1)[0]

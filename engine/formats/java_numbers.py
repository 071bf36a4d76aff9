"""Numbers as the JVM reads and converts them: the rules JSON and DELIMITED share.

Every function raises UnreadableError (its text is the reason a record cannot be decoded) when the text or number does not fit.
"""

from __future__ import annotations

import re
from decimal import MAX_EMAX, MIN_EMIN, Context, Decimal

from ksql.engine.formats.json_text import big_decimal
from ksql.engine.formats.rows import UnreadableError

#: Exact arithmetic for every number a record can hold; a result that would be rounded is an error.
_EXACT = Context(prec=5000, Emax=MAX_EMAX, Emin=MIN_EMIN)
_INTEGER = re.compile(r"[+-]?\d+")
_DOUBLE = re.compile(r"[+-]?(?:NaN|Infinity|(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?[fFdD]?)")
_HEX_DOUBLE = re.compile(r"[+-]?0[xX](?:[0-9a-fA-F]+\.?[0-9a-fA-F]*|\.[0-9a-fA-F]+)[pP][+-]?[0-9]+[fFdD]?")
#: What the JVM trims.
JAVA_BLANKS = "".join(map(chr, range(0x21)))
_MAX_EXPONENT = 5000


def wrap(number: int, bits: int) -> int:
    """The low `bits` of a number, as a signed integer: what a narrowing conversion leaves."""
    half = 1 << (bits - 1)
    return (number + half) % (half << 1) - half


def truncate(number: int | Decimal, bits: int) -> int:
    """A JSON number as an integer: the fraction is cut off, then the number wraps."""
    if isinstance(number, Decimal):
        exponent = number.as_tuple().exponent
        # Sixty-four factors of two leave no low bit; nor is anything left before the point of a fraction.
        if number.adjusted() < 0 or (isinstance(exponent, int) and exponent >= 64):
            return 0
        number = int(number)
    return wrap(number, bits)


def parse_integer(text: str, bits: int) -> int:
    """A text as an integer: a sign and digits only, within range."""
    if not _INTEGER.fullmatch(text):
        raise UnreadableError(f"'{text}' is not a whole number")
    number = int(text)
    if wrap(number, bits) != number:
        raise UnreadableError(f"{text} is out of range")
    return number


def parse_double(text: str) -> float:
    """A text as a double, correctly rounded; blanks around it, a type suffix and hexadecimal floats are allowed."""
    trimmed = text.strip(JAVA_BLANKS)
    if _DOUBLE.fullmatch(trimmed):
        return float(trimmed.rstrip("fFdD") if not trimmed.endswith("Infinity") else trimmed)
    if _HEX_DOUBLE.fullmatch(trimmed):
        try:
            return float.fromhex(trimmed.rstrip("fFdD") if "p" not in trimmed.lower() else _cut_suffix(trimmed))
        except OverflowError:
            return float("-inf") if trimmed.startswith("-") else float("inf")
    raise UnreadableError(f"'{text}' is not a number")


def _cut_suffix(text: str) -> str:
    """Hexadecimal floats end in a decimal exponent, so a letter at the end can only be the type suffix."""
    return text[:-1] if text[-1] in "fFdD" else text


def to_double(number: int | Decimal) -> float:
    """A JSON number as a double, correctly rounded; too large becomes infinite."""
    try:
        return float(number)
    except OverflowError:
        return float("-inf") if number < 0 else float("inf")


def parse_decimal(text: str) -> Decimal:
    """A text as an exact decimal: digits, point and exponent."""
    try:
        return big_decimal(text)
    except ValueError as error:
        raise UnreadableError(str(error)) from None


def fit_decimal(number: int | Decimal, precision: int, scale: int) -> Decimal:
    """The number with exactly `scale` digits behind the point. It is never rounded: what does not fit is an error."""
    value = Decimal(number)
    if not value.is_zero() and value.adjusted() >= precision - scale:
        raise UnreadableError(f"{number} is too large for DECIMAL({precision}, {scale})")
    if not value.is_zero() and value.adjusted() < -_MAX_EXPONENT:
        raise UnreadableError(f"{number} does not fit DECIMAL({precision}, {scale}) without rounding")
    fitted = value.quantize(Decimal(1).scaleb(-scale), context=_EXACT)
    if fitted != value:
        raise UnreadableError(f"{number} does not fit DECIMAL({precision}, {scale}) without rounding")
    return fitted

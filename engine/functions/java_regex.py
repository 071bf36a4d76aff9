"""Java's regular expressions as Python's.

Both are backtracking engines with much the same syntax. What differs is rewritten: named groups, flags in the middle, classes
such as \\p{Alpha} and [a-z&&[^bc]], \\Q…\\E quotes, what a dot leaves out, and replacements with $1.
"""

from __future__ import annotations

import re
import sys
import unicodedata
from collections.abc import Callable
from functools import lru_cache

#: ASCII classes, as the inside of brackets.
_POSIX = {
    "Lower": "a-z",
    "Upper": "A-Z",
    "ASCII": r"\x00-\x7f",
    "Alpha": "a-zA-Z",
    "Digit": "0-9",
    "Alnum": "a-zA-Z0-9",
    "Punct": r"!-/:-@\[-`{-~",
    "Graph": "!-~",
    "Print": " -~",
    "Blank": r" \t",
    "Cntrl": r"\x00-\x1f\x7f",
    "XDigit": "0-9a-fA-F",
    "Space": r" \t\n\x0b\f\r",
}
_BINARY: dict[str, Callable[[str], bool]] = {
    "Alphabetic": str.isalpha,
    "Letter": str.isalpha,
    "Lowercase": str.islower,
    "Uppercase": str.isupper,
    "White_Space": str.isspace,
    "Digit": str.isdecimal,
    "javaLowerCase": str.islower,
    "javaUpperCase": str.isupper,
    "javaWhitespace": str.isspace,
    "javaLetter": str.isalpha,
    "javaDigit": str.isdecimal,
    "javaLetterOrDigit": str.isalnum,
}
_ENDS = r"\n\r\x85\u2028\u2029"
_ESCAPES = {
    "h": r"[ \t\xa0\u1680\u180e\u2000-\u200a\u202f\u205f\u3000]",
    "H": r"[^ \t\xa0\u1680\u180e\u2000-\u200a\u202f\u205f\u3000]",
    "v": r"[\n\x0b\f\r\x85\u2028\u2029]",
    "V": r"[^\n\x0b\f\r\x85\u2028\u2029]",
    "R": rf"(?:\r\n|[\x0b\f{_ENDS}])",
    "z": r"\Z",
    "Z": rf"(?=(?:\r\n|[{_ENDS}])?\Z)",
    "e": r"\x1b",
    "a": r"\x07",
}


@lru_cache(maxsize=512)
def compile_java(pattern: str) -> re.Pattern[str]:
    """The Python expression for a Java one. Raises ValueError when there is none."""
    try:
        return re.compile(_Translator(pattern).translate(), re.ASCII)
    except (re.error, IndexError, OverflowError) as error:
        raise ValueError(f"'{pattern}' is not a regular expression: {error}") from None


def replace(expression: re.Pattern[str], text: str, replacement: str) -> str:
    """Every match replaced; `$1` and `${name}` stand for groups, a backslash takes the meaning from what follows."""
    parts = _replacement(replacement, expression.groups)
    return expression.sub(lambda found: "".join(p if isinstance(p, str) else found[p[0]] or "" for p in parts), text)


def _replacement(text: str, groups: int) -> list[str | tuple[int | str]]:
    parts: list[str | tuple[int | str]] = []
    position = 0
    while position < len(text):
        if text[position] == "\\":
            parts.append(text[position + 1])
            position += 2
        elif text[position] == "$":
            group, position = _group_reference(text, position + 1, groups)
            parts.append((group,))
        else:
            parts.append(text[position])
            position += 1
    return parts


def _group_reference(text: str, position: int, groups: int) -> tuple[int | str, int]:
    named = re.compile(r"\{([A-Za-z][A-Za-z0-9]*)\}").match(text, position)
    if named:
        return named[1], named.end()
    if not text[position : position + 1].isdigit():
        raise ValueError("after $ a replacement needs the number or the name of a group")
    number, position = int(text[position]), position + 1
    if number > groups:
        raise ValueError(f"there is no group {number}")
    while text[position : position + 1].isdigit() and number * 10 + int(text[position]) <= groups:
        number, position = number * 10 + int(text[position]), position + 1
    return number, position


class _Translator:
    """Reads a pattern once from left to right."""

    def __init__(self, pattern: str) -> None:
        self._text = pattern
        self._at = 0
        self._dot_matches_all = False
        #: For every open group, how many flag groups were opened inside it.
        self._flagged = [0]

    def translate(self) -> str:
        out = []
        while self._at < len(self._text):
            out.append(self._next())
        return "".join(out) + ")" * self._flagged[0]

    def _take(self, count: int = 1) -> str:
        taken = self._text[self._at : self._at + count]
        self._at += count
        return taken

    def _next(self) -> str:
        character = self._take()
        if character == "\\":
            return self._escape(in_class=False)
        if character == "[":
            return self._class()
        if character == "(":
            return self._open()
        if character == ")":
            return ")" * (self._flagged.pop() + 1) if len(self._flagged) > 1 else ")"
        if character == ".":
            return "." if self._dot_matches_all else f"[^{_ENDS}]"
        return character

    def _open(self) -> str:
        if self._text.startswith("?<", self._at) and self._text[self._at + 2 : self._at + 3] not in ("=", "!"):
            self._at += 2
            self._flagged.append(0)
            return "(?P<"
        flags = re.compile(r"\?([a-zA-Z]*)(?:-([a-zA-Z]*))?([:)])").match(self._text, self._at)
        if not flags or (not flags[1] and not flags[2]):
            self._flagged.append(0)
            return "("
        return self._flags(flags)

    def _flags(self, flags: re.Match[str]) -> str:
        """`(?i)` counts up to the end of the group around it: it becomes a group of its own."""
        self._at = flags.end()
        on, off = (re.sub("[duU]", "", part or "") for part in (flags[1], flags[2]))
        if "s" in on or "s" in off:
            self._dot_matches_all = "s" in on
        if flags[3] == ":":
            self._flagged.append(0)
        else:
            self._flagged[-1] += 1
        return f"(?{on}{'-' + off if off else ''}:"

    def _escape(self, *, in_class: bool) -> str:
        letter = self._take()
        if letter == "Q":
            end = self._text.find("\\E", self._at)
            quoted = self._text[self._at : end if end >= 0 else None]
            self._at += len(quoted) + 2
            return re.escape(quoted)
        if letter in "pP":
            return self._property(negated=letter == "P", in_class=in_class)
        if letter == "x" and self._text.startswith("{", self._at):
            end = self._text.index("}", self._at)
            code, self._at = int(self._text[self._at + 1 : end], 16), end + 1
            return re.escape(chr(code))
        if letter == "0":
            digits = re.compile("[0-7]{1,3}").match(self._text, self._at)
            self._at += len(digits[0]) if digits else 0
            return re.escape(chr(int(digits[0], 8))) if digits else r"\0"
        if letter == "k":
            self._at = self._text.index(">", self._at) + 1
            return f"(?P={self._text[: self._at].rpartition('<')[2][:-1]})"
        if letter in _ESCAPES and not (in_class and letter in "RzZ"):
            return _ESCAPES[letter][1:-1] if in_class and letter in "hv" else _ESCAPES[letter]
        return "\\" + letter

    def _property(self, *, negated: bool, in_class: bool) -> str:
        if self._take() == "{":
            end = self._text.index("}", self._at)
            name, self._at = self._text[self._at : end], end + 1
        else:
            name = self._text[self._at - 1]
        if name.startswith("^"):
            negated, name = not negated, name[1:]
        inside = property_class(name)
        if in_class and negated:
            return _complement(inside)
        return inside if in_class else f"[{'^' if negated else ''}{inside}]"

    # Classes: [a-z], with unions [a[b]] and intersections [a&&b] in them

    def _class(self) -> str:
        """A class as an expression for one character, after its opening bracket."""
        negated = self._text.startswith("^", self._at)
        self._at += negated
        operands = [self._union()]
        while self._text.startswith("&&", self._at):
            self._at += 2
            operands.append(self._union())
        if self._take() != "]":
            raise ValueError("a character class does not end")
        *conditions, last = operands
        both = "".join(f"(?={c})" for c in conditions) + last
        if len(operands) == 1 and both.startswith("[") and not both.startswith("[^") and negated:
            return "[^" + both[1:]
        return f"(?:(?!{both})[\\s\\S])" if negated else both if len(operands) == 1 else f"(?:{both})"

    def _union(self) -> str:
        plain, nested = "", []
        first = True
        while self._at < len(self._text) and not self._text.startswith("&&", self._at):
            if self._text[self._at] == "]" and not first:
                break
            character = self._take()
            if character == "[":
                nested.append(self._class())
            elif character == "\\":
                plain += self._escape(in_class=True)
            else:
                plain += "\\" + character if character in "[]&~|" else character
            first = False
        parts = ([f"[{plain}]"] if plain else []) + nested
        return parts[0] if len(parts) == 1 else f"(?:{'|'.join(parts)})"


def property_class(name: str) -> str:
    """The inside of a class for \\p{name}. Raises ValueError for a property Python knows nothing of."""
    for key, separator in (("gc", "="), ("general_category", "=")):
        name = name.removeprefix(key + separator)
    if name in _POSIX:
        return _POSIX[name]
    plain = name.removeprefix("Is")
    if name in _BINARY or plain in _BINARY:
        return _ranges(_BINARY.get(name) or _BINARY[plain])
    if re.fullmatch("L[CDlmotu]?|M[cen]?|N[dlo]?|P[cdefios]?|S[ckmo]?|Z[lps]?|C[cfnos]?", plain):
        return _category(plain)
    raise ValueError(f"the character property {name} is not known")


@lru_cache(maxsize=64)
def _category(name: str) -> str:
    if name in ("LC", "LD"):
        wanted: tuple[str, ...] = ("Lu", "Ll", "Lt") if name == "LC" else ("Lu", "Ll", "Lt", "Lm", "Lo", "Nd")
        return _ranges(lambda character: unicodedata.category(character) in wanted)
    return _ranges(lambda character: unicodedata.category(character).startswith(name))


@lru_cache(maxsize=64)
def _ranges(member: Callable[[str], bool]) -> str:
    """The code points for which `member` is true, as ranges."""
    out, start = [], -1
    for code in range(sys.maxunicode + 2):
        inside = code <= sys.maxunicode and member(chr(code))
        if inside and start < 0:
            start = code
        elif not inside and start >= 0:
            out.append(f"\\U{start:08x}-\\U{code - 1:08x}")
            start = -1
    return "".join(out)


def _complement(inside: str) -> str:
    expression = re.compile(f"[{inside}]")
    return _ranges(lambda character: expression.match(character) is None)

"""Java's regular expressions, as Python runs them."""

from __future__ import annotations

import pytest

from ksql.engine.functions.java_regex import compile_java, replace


@pytest.mark.parametrize(
    ("pattern", "text", "found"),
    [
        (r"\p{Alpha}+", "1abé", "ab"),
        (r"\p{L}+", "1abé2", "abé"),
        (r"\p{Lu}\p{Ll}", "aÉé", "Éé"),
        (r"\P{Digit}+", "12ab", "ab"),
        (r"[\p{Punct}&&[^!]]", "!?", "?"),
        (r"[a-z&&[^aeiou]]+", "aebcd", "bcd"),
        (r"[a-c[x-z]]+", "mxaz", "xaz"),
        (r"[^a-c[x-z]]+", "axmn", "mn"),
        (r"[^\d]", "1a", "a"),
        (r"[]a]", "]", "]"),
        (r"(?<year>\d{4})-\k<year>", "2024-2024", "2024-2024"),
        (r"a(?i)bc", "aBC", "aBC"),
        (r"(a(?i)b)C", "aBC", "aBC"),
        (r"(?i:ab)c", "ABc", "ABc"),
        (r"\Qa.b\E+", "a.bb", "a.bb"),
        (r"a.c", "a\rc abc", "abc"),
        (r"(?s)a.c", "a\nc", "a\nc"),
        (r"\x{1F600}", "x😀", "😀"),
        (r"\x41\0101\u0041", "AAA", "AAA"),
        (r"\h+x", "\t x", "\t x"),
        (r"a\R", "a\r\n", "a\r\n"),
        (r"a\Z", "a\n", "a"),
        (r"a\z", "a\n", None),
        (r"x*+x", "xxx", None),
        (r"(?>x+)y", "xxy", "xxy"),
        (r"(?<=a)b", "ab", "b"),
        (r"\w+", "é_a1", "_a1"),
        (r"[\w&&[^_]]+", "_a1_", "a1"),
        (r"[|&~[#]]+", "a|#", "|#"),
    ],
)
def test_finds(pattern: str, text: str, found: str | None) -> None:
    match = compile_java(pattern).search(text)
    assert (match[0] if match else None) == found


@pytest.mark.parametrize(
    ("pattern", "text", "replacement", "result"),
    [
        ("(a)(b)", "ab", "$2$1", "ba"),
        ("(?<x>a)", "ab", "[${x}]", "[a]b"),
        ("a", "aa", r"\$1", "$1$1"),
        ("(a)|b", "ab", "<$1>", "<a><>"),
        ("(a)", "a", "$10", "a0"),
        ("x*", "ab", "-", "-a-b-"),
    ],
)
def test_replaces(pattern: str, text: str, replacement: str, result: str) -> None:
    assert replace(compile_java(pattern), text, replacement) == result


@pytest.mark.parametrize("pattern", ["(", "[a", "*", r"\p{Nonsense}", "a{2,1}", "(?<1>a)", "\\"])
def test_refuses_what_is_no_expression(pattern: str) -> None:
    with pytest.raises(ValueError, match=r"regular expression|class|property"):
        compile_java(pattern)


@pytest.mark.parametrize("replacement", ["$", "$2", "${y}", "a\\"])
def test_refuses_what_is_no_replacement(replacement: str) -> None:
    with pytest.raises((ValueError, IndexError)):
        replace(compile_java("(a)"), "a", replacement)

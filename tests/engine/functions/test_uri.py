"""URIs as the JVM takes them apart."""

from __future__ import annotations

import pytest

from ksql.engine.functions.uri import Uri, decode, parse_uri


@pytest.mark.parametrize(
    ("text", "uri"),
    [
        ("http://u:p@a.org:80/b%20c?d=1#e", Uri("http", "a.org", 80, "/b%20c", "d=1", "e")),
        ("http://a.org", Uri("http", "a.org", None, "", None, None)),
        ("http://a.org:", Uri("http", "a.org", None, "", None, None)),
        ("http://a.org?", Uri("http", "a.org", None, "", "", None)),
        ("mailto:me@x.org", Uri("mailto", None, None, None, None, None)),
        ("", Uri(None, None, None, "", None, None)),
        ("a/b?c", Uri(None, None, None, "a/b", "c", None)),
        ("//a.org/b", Uri(None, "a.org", None, "/b", None, None)),
        ("file:///etc", Uri("file", None, None, "/etc", None, None)),
        ("http://127.0.0.1:8080/", Uri("http", "127.0.0.1", 8080, "/", None, None)),
        ("http://[::1]:80/", Uri("http", "[::1]", 80, "/", None, None)),
        ("http://under_score.org/", Uri("http", None, None, "/", None, None)),
        ("http://münchen.de/ä", Uri("http", None, None, "/ä", None, None)),
    ],
)
def test_parts(text: str, uri: Uri) -> None:
    assert parse_uri(text) == uri


@pytest.mark.parametrize(
    "text", ["a b", "http://a.org/%zz", "http://", "http:", ":a", "1a:b", "http://a.org/{x}", "http://a.org/a|b", 'a"b']
)
def test_refuses(text: str) -> None:
    with pytest.raises(ValueError, match=r"is not a URI|names no host|nothing after"):
        parse_uri(text)


@pytest.mark.parametrize(
    ("text", "decoded"), [("a%20b", "a b"), ("%C3%A9", "é"), ("%FF", "\ufffd"), ("a+b", "a+b"), (None, None)]
)
def test_decodes(text: str | None, decoded: str | None) -> None:
    assert decode(text) == decoded

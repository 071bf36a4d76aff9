"""Functions of URLs."""

from __future__ import annotations

import re
from functools import partial
from urllib.parse import quote_plus

from ksql.engine.functions.declare import URLS, scalar
from ksql.engine.functions.uri import decode, parse_uri

urls = partial(scalar, category=URLS)


@urls(
    "URL_DECODE_PARAM",
    "STRING -> STRING",
    doc="Text out of a query of a URL, with its escapes resolved",
    example=("URL_DECODE_PARAM('a%20b+c')", "'a b c'"),
)
def decode_param(text: str) -> str | None:
    if re.search("%(?![0-9A-Fa-f]{2})", text):
        raise ValueError(f"'{text}' has an escape that is not % and two digits")
    return decode(text.replace("+", " "))


@urls(
    "URL_ENCODE_PARAM",
    "STRING -> STRING",
    doc="Text with escapes, fit for a query of a URL",
    example=("URL_ENCODE_PARAM('a b&c')", "'a+b%26c'"),
)
def encode_param(text: str) -> str:
    return quote_plus(text, safe="*").replace("~", "%7E")


@urls(
    "URL_EXTRACT_FRAGMENT",
    "STRING -> STRING",
    doc="What follows # in a URL",
    example=("URL_EXTRACT_FRAGMENT('http://a.org/b#c')", "'c'"),
)
def fragment(url: str) -> str | None:
    return decode(parse_uri(url).fragment)


@urls("URL_EXTRACT_HOST", "STRING -> STRING", doc="Host of a URL", example=("URL_EXTRACT_HOST('http://a.org:80/b')", "'a.org'"))
def host(url: str) -> str | None:
    return parse_uri(url).host


@urls(
    "URL_EXTRACT_PARAMETER",
    "STRING, STRING -> STRING",
    doc="Value of a parameter in the query of a URL",
    example=("URL_EXTRACT_PARAMETER('http://a.org/?b=1&c=2', 'c')", "'2'"),
)
def parameter(url: str, name: str) -> str | None:
    query = decode(parse_uri(url).query)
    for part in (query or "").split("&"):
        key, _, value = part.partition("=")
        if query is not None and key == name:
            return value
    return None


@urls("URL_EXTRACT_PATH", "STRING -> STRING", doc="Path of a URL", example=("URL_EXTRACT_PATH('http://a.org/b/c?d')", "'/b/c'"))
def path(url: str) -> str | None:
    return decode(parse_uri(url).path)


@urls(
    "URL_EXTRACT_PORT",
    "STRING -> INT",
    doc="Port of a URL, where it names one",
    example=("URL_EXTRACT_PORT('http://a.org:80/b')", "80"),
)
def port(url: str) -> int | None:
    return parse_uri(url).port


@urls(
    "URL_EXTRACT_PROTOCOL",
    "STRING -> STRING",
    doc="Protocol of a URL",
    example=("URL_EXTRACT_PROTOCOL('http://a.org')", "'http'"),
)
def protocol(url: str) -> str | None:
    return parse_uri(url).scheme


@urls(
    "URL_EXTRACT_QUERY",
    "STRING -> STRING",
    doc="What follows ? in a URL",
    example=("URL_EXTRACT_QUERY('http://a.org/?b=1')", "'b=1'"),
)
def query(url: str) -> str | None:
    return decode(parse_uri(url).query)

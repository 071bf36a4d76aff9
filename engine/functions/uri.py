"""URIs as the JVM takes them apart (RFC 2396): strict about characters, lenient about authorities that name no host."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

_ESCAPED = r"%[0-9A-Fa-f]{2}"
_UNRESERVED = r"A-Za-z0-9\-_.!~*'()"
_OTHER = r"\u00a1-\u167f\u1681-\u1fff\u200b-\u2027\u202a-\u202e\u2030-\u205e\u2060-\u2fff\u3001-\U0010ffff"
_PATH = re.compile(rf"(?:[{_UNRESERVED}{_OTHER}:@&=+$,;/]|{_ESCAPED})*")
_ANY = re.compile(rf"(?:[{_UNRESERVED}{_OTHER}:@&=+$,;/?\[\]]|{_ESCAPED})*")
_AUTHORITY = re.compile(rf"(?:[{_UNRESERVED}{_OTHER}:@&=+$,;\[\]]|{_ESCAPED})*")
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+\-.]*")
_PARTS = re.compile(r"(?:(?P<scheme>[^:/?#]*):)?(?P<rest>[^#]*)(?:#(?P<fragment>.*))?", re.DOTALL)
_SERVER = re.compile(r"(?:(?P<user>[^@]*)@)?(?P<host>\[[0-9A-Fa-f:.%a-z]+\]|[^:@\[\]]*)(?::(?P<port>\d*))?")
_HOST = re.compile(r"(?:[A-Za-z0-9](?:[A-Za-z0-9\-]*[A-Za-z0-9])?\.)*[A-Za-z](?:[A-Za-z0-9\-]*[A-Za-z0-9])?\.?")
_IPV4 = re.compile(r"(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)\.){3}(?:25[0-5]|2[0-4]\d|1?\d?\d)")


@dataclass(frozen=True, slots=True)
class Uri:
    """The parts of a URI, as written; None for what it does not have."""

    scheme: str | None
    host: str | None
    port: int | None
    path: str | None
    query: str | None
    fragment: str | None


@lru_cache(maxsize=4096)
def parse_uri(text: str) -> Uri:
    """The parts of `text`. Raises ValueError when it is not a URI."""
    found = _PARTS.fullmatch(text)
    if not found:
        raise ValueError(f"'{text}' is not a URI")
    scheme, rest, fragment = found["scheme"], found["rest"], found["fragment"]
    if scheme is not None:
        _check(_SCHEME, scheme, text)
        if not rest:
            raise ValueError(f"'{text}' has nothing after its scheme")
    if fragment is not None:
        _check(_ANY, fragment, text)
    if scheme is not None and not rest.startswith("/"):
        _check(_ANY, rest, text)
        return Uri(scheme, None, None, None, None, fragment)
    return _hierarchical(text, scheme, rest, fragment)


def _hierarchical(text: str, scheme: str | None, rest: str, fragment: str | None) -> Uri:
    rest, mark, query = rest.partition("?")
    host = port = None
    if rest.startswith("//"):
        authority, slash, path = rest[2:].partition("/")
        rest = slash + path
        if not authority and not rest:
            raise ValueError(f"'{text}' names no host")
        host, port = _server(text, authority)
    _check(_PATH, rest, text)
    _check(_ANY, query, text)
    return Uri(scheme, host, port, rest, query if mark else None, fragment)


def _server(text: str, authority: str) -> tuple[str | None, int | None]:
    """Host and port; none for an authority that is no server, such as one with an underscore."""
    _check(_AUTHORITY, authority, text)
    found = _SERVER.fullmatch(authority)
    if not found or not (found["host"].startswith("[") or _HOST.fullmatch(found["host"]) or _IPV4.fullmatch(found["host"])):
        return None, None
    return found["host"], int(found["port"]) if found["port"] else None


def _check(allowed: re.Pattern[str], part: str, text: str) -> None:
    if not allowed.fullmatch(part):
        raise ValueError(f"'{text}' is not a URI: a character of '{part}' is not allowed there")


def decode(text: str | None) -> str | None:
    """`text` with escapes such as %20 resolved, as UTF-8."""
    if text is None or "%" not in text:
        return text
    runs = re.compile(f"(?:{_ESCAPED})+")
    return runs.sub(lambda run: bytes.fromhex(run[0].replace("%", "")).decode("utf-8", "replace"), text)

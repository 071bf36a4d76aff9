"""Case files as values: loaded, expanded, and freed of those that do not count."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from fnmatch import fnmatchcase
from itertools import product
from pathlib import Path
from typing import Any

Json = Any

#: The oldest version whose behaviour counts: a case made for older ones only is left out.
OLDEST_MAJOR = 7

#: How often due rows are looked for when a case does not say. The wall clock stands still in a case, so a second never
#: passes and nothing is looked for after the first time.
DEFAULT_PROPERTIES = {
    "ksql.streams.__emit.interval.ms.kstreams.outer.join.spurious.results.fix__": "1000",
    "ksql.streams.__emit.interval.ms.kstreams.windowed.aggregation__": "1000",
}

_MARKS = {"format": "{FORMAT}", "config": "{CONFIG}"}


@dataclass(frozen=True, slots=True)
class Case:
    """One test: what is executed, what is fed, what must come out. Numbers with a fraction are Decimal, digits as written."""

    file: str
    name: str
    statements: tuple[str, ...]
    properties: Mapping[str, str] = field(default_factory=lambda: dict(DEFAULT_PROPERTIES))
    topics: tuple[Json, ...] = ()
    inputs: tuple[Json, ...] = ()
    outputs: tuple[Json, ...] = ()
    sources_after: tuple[Json, ...] = ()
    topics_after: tuple[Json, ...] = ()
    #: The error the last statement (or the processing) must end in; None: everything must succeed.
    expected_error: Json | None = None
    counts: bool = True

    def matches(self, glob: str) -> bool:
        """True if `glob` fits the name of the file, with or without .json, or `file/case name`."""
        return any(fnmatchcase(text, glob) for text in (self.file, f"{self.file}.json", f"{self.file}/{self.name}"))


def case_files(folder: Path) -> list[Path]:
    """The files of query cases below `folder`."""
    return sorted((folder / "query").glob("*.json"))


def load_file(path: Path) -> list[Case]:
    """All cases of a file; one per format and configuration where a case lists several."""
    document = json.loads(path.read_text(encoding="utf-8"), parse_float=Decimal)
    return [case for raw in document["tests"] for case in _expand(path.stem, raw)]


def _expand(file: str, raw: Json) -> Iterator[Case]:
    lists = {key: raw[key] for key in _MARKS if raw.get(key)}
    for choice in product(*lists.values()):
        chosen = dict(zip(lists, choice, strict=True))
        marks = {_MARKS[key]: str(value) for key, value in chosen.items()}
        suffix = "".join(f" [{value}]" for value in marks.values())
        yield _case(file, raw["name"] + suffix, _replace(raw, marks))


def _replace(node: Json, marks: Mapping[str, str]) -> Json:
    if isinstance(node, str):
        for mark, text in marks.items():
            node = node.replace(mark, text)
        return node
    if isinstance(node, list):
        return [_replace(item, marks) for item in node] if marks else node
    if isinstance(node, dict):
        return {_replace(key, marks): _replace(value, marks) for key, value in node.items()} if marks else node
    return node


def _case(file: str, name: str, raw: Json) -> Case:
    after = raw.get("post") or {}
    return Case(
        file=file,
        name=name,
        statements=tuple(raw["statements"]),
        properties=DEFAULT_PROPERTIES | {key: _property_text(value) for key, value in (raw.get("properties") or {}).items()},
        topics=tuple(raw.get("topics") or ()),
        inputs=tuple(raw.get("inputs") or ()),
        outputs=tuple(raw.get("outputs") or ()),
        sources_after=tuple(after.get("sources") or ()),
        topics_after=tuple((after.get("topics") or {}).get("topics") or ()),
        expected_error=raw.get("expectedException"),
        counts=raw.get("enabled", True) and _is_recent(raw.get("versions") or {}),
    )


def _property_text(value: Json) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _is_recent(versions: Mapping[str, str]) -> bool:
    newest = versions.get("max")
    return newest is None or int(newest.split(".")[0]) >= OLDEST_MAJOR

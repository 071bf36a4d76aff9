"""The form of a golden file: a story told in sections, some of them what one does, the others what then can be seen.

    What the story shows, in a sentence or two.

    -- statements
    CREATE STREAM orders (id STRING KEY, amount INT) WITH (kafka_topic='orders', value_format='JSON', partitions=1);

    -- produce orders
    1000 | a | {"AMOUNT": 5}

    -- expect BIG
    # A line like this one explains; the lines below it are what the test compares.
    1000 | a | {"AMOUNT":5}

    -- query
    SELECT * FROM totals;

    -- answer
    ...

Done: `statements` and `query` (SQL; only the latter shows its answer), `produce TOPIC` (records, written as
`timestamp in ms | key | value`). Seen: `expect TOPIC` (the records that came into the topic since it was last looked at),
`answer` (of the query before it), `error` (of the statements or query before it, which must fail).

A record with a windowed key names its window after the key, `a [0, 5000)`, or its session, `a [0, 700]`. `<null>` is no key
or no value at all; bytes that are no text are written \\x00; headers follow the value as `| name=value`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

NULL = "<null>"
DONE, SEEN = ("statements", "produce", "query"), ("expect", "answer", "error")
_HEADER = re.compile(
    rf"-- (?:(produce|expect) (\S+)|({'|'.join(w for w in (*DONE, *SEEN) if w not in ('produce', 'expect'))}))"
)


@dataclass(frozen=True, slots=True)
class Section:
    """A header, the comment below it, and the lines that are its content."""

    kind: str
    topic: str
    comment: tuple[str, ...]
    lines: tuple[str, ...]

    @property
    def text(self) -> str:
        return "\n".join(self.lines)

    def __str__(self) -> str:
        return "\n".join([f"-- {self.kind} {self.topic}".rstrip(), *self.comment, *self.lines])


@dataclass(frozen=True, slots=True)
class Story:
    """What a golden file holds."""

    title: str
    sections: tuple[Section, ...]

    def __str__(self) -> str:
        return "\n\n".join([self.title, *map(str, self.sections)]) + "\n"


def read_story(path: Path) -> Story:
    """The story in a file. Raises ValueError for one that breaks the form."""
    parts: list[tuple[str, str, list[str]]] = [("title", "", [])]
    for line in path.read_text(encoding="utf-8").splitlines():
        header = _HEADER.fullmatch(line)
        if header:
            parts.append((header[1] or header[3], header[2] or "", []))
        else:
            parts[-1][2].append(line)
    sections = [_section(*part) for part in parts[1:]]
    for before, section in zip([None, *sections], sections, strict=False):
        allowed = {"answer": ("query",), "error": ("query", "statements")}.get(section.kind)
        if allowed and (before is None or before.kind not in allowed):
            raise ValueError(f"{path.name}: '-- {section.kind}' must follow '-- {' or -- '.join(allowed)}'")
    return Story("\n".join(parts[0][2]).strip(), tuple(sections))


def _section(kind: str, topic: str, lines: Sequence[str]) -> Section:
    lines = "\n".join(lines).strip("\n").split("\n") if any(lines) else []
    comments = next((i for i, line in enumerate(lines) if not line.startswith("#")), len(lines))
    return Section(kind, topic, tuple(lines[:comments]), tuple(lines[comments:]))

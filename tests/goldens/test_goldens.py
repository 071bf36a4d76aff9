"""Every story ends the same, whether its records come one by one, in batches, or with restarts in between.

`pytest tests/goldens --rewrite-goldens` writes what happens into the files; read the diff before you commit it.
"""

from __future__ import annotations

import random
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import pytest

from ksql.errors import KsqlError
from ksql.log import EmbeddedLog, Log, MemoryLog
from ksql.testing import Record
from tests.goldens.records import parse_records, print_records
from tests.goldens.story import Section, Story, read_story
from tests.goldens.world import World

STORIES = sorted((Path(__file__).parent / "stories").glob("*.golden"))
SPLITS = 8


@dataclass(frozen=True, slots=True)
class Mode:
    """How records come: how likely it is that a batch, and that a life of the engine, ends after one of them; and how many
    threads run the queries (0: the test's own).
    """

    cut: float
    restart: float = 0.0
    workers: int = 0


ONE_BY_ONE, AT_ONCE, SPLIT = Mode(1.0), Mode(0.0), Mode(0.4)
RESTARTED, THREADS = Mode(0.5, restart=0.4), Mode(0.4, restart=0.1, workers=2)


def tell(story: Story, mode: Mode, random_: random.Random, open_log: Callable[[], Log] = MemoryLog) -> Story:
    """The story as it happens: what can be seen, in place of what the file says. Restarts need a log that opens again."""
    world = World(open_log, mode.workers)
    sections: list[Section] = []
    seen: list[str] = []
    for i, section in enumerate(story.sections):
        follows = story.sections[i + 1].kind if i + 1 < len(story.sections) else ""
        if section.kind in ("statements", "query"):
            seen = _executed(world, section, fails=follows == "error")
        elif section.kind == "produce":
            for batch in _batches(parse_records(section.topic, section.lines), mode.cut, random_):
                world.produce(batch)
                _maybe_restart(world, mode, random_)
        elif section.kind == "expect":
            source = next((s for s in world.engine.sources.values() if s.topic == section.topic), None)
            seen = print_records(world.news(section.topic), source)
        sections.append(replace(section, lines=tuple(seen)) if section.kind in ("expect", "answer", "error") else section)
        _maybe_restart(world, mode, random_)
    world.close()
    return replace(story, sections=tuple(sections))


def _executed(world: World, section: Section, *, fails: bool) -> list[str]:
    """The answer of a section's SQL, or the error that it must end in."""
    try:
        answer = world.execute(section.text)
    except KsqlError as error:
        if not fails:
            raise
        return str(error).split("\n")
    assert not fails, f"an error should follow: {section.text}"
    return answer.split("\n") if answer else []


def _batches(records: Sequence[Record], cut: float, random_: random.Random) -> Iterator[list[Record]]:
    batch: list[Record] = []
    for record in records:
        batch.append(record)
        if random_.random() < cut:
            yield batch
            batch = []
    if batch:
        yield batch


def _maybe_restart(world: World, mode: Mode, random_: random.Random) -> None:
    if random_.random() < mode.restart:
        world.restart()


@pytest.fixture(params=STORIES, ids=lambda path: path.stem)
def path(request: pytest.FixtureRequest) -> Path:
    found: Path = request.param
    return found


def seeded(path: Path, turn: int) -> random.Random:
    return random.Random(zlib.crc32(f"{path.stem} {turn}".encode()))  # noqa: S311 - test data


def test_one_by_one(path: Path, request: pytest.FixtureRequest) -> None:
    story = read_story(path)
    told = str(tell(story, ONE_BY_ONE, seeded(path, 0)))
    if request.config.getoption("--rewrite-goldens"):
        path.write_text(told, encoding="utf-8")
    assert told == path.read_text(encoding="utf-8")


@pytest.mark.parametrize("mode", [AT_ONCE, SPLIT], ids=["at once", "split"])
def test_in_batches(path: Path, mode: Mode) -> None:
    assert str(tell(read_story(path), mode, seeded(path, 1))) == path.read_text(encoding="utf-8")


@pytest.mark.parametrize("mode", [RESTARTED, THREADS], ids=["restarts", "threads"])
def test_on_disk(path: Path, mode: Mode, tmp_path: Path) -> None:
    told = tell(read_story(path), mode, seeded(path, 2), partial(EmbeddedLog, tmp_path, durability="os"))
    assert str(told) == path.read_text(encoding="utf-8")


@pytest.mark.long
def test_in_many_ways(path: Path, tmp_path: Path) -> None:
    for turn in range(SPLITS):
        open_log = partial(EmbeddedLog, tmp_path / str(turn), durability="os")
        told = tell(read_story(path), THREADS if turn % 4 == 0 else RESTARTED, seeded(path, turn), open_log)
        assert str(told) == path.read_text(encoding="utf-8"), f"turn {turn}"

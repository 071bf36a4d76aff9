"""Data directories that earlier versions wrote open, and their queries go on as if nothing had happened.

NAME.zip is a directory in which version NAME carried out `story.STATEMENTS` and wrote the first 40 readings.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

import ksql
from tests.data.story import STATEMENTS, feed, shown

HERE = Path(__file__).parent
VERSIONS = sorted(path.stem for path in HERE.glob("*.zip"))


@pytest.fixture(scope="module")
def undisturbed() -> list[dict[str, list[str]]]:
    """What a new database shows after 40 and after 60 readings."""
    with ksql.connect() as db:
        db.execute(STATEMENTS)
        expected = []
        for first, last in ((0, 40), (40, 60)):
            feed(db, first, last)
            assert db.wait_idle(60)
            expected.append(shown(db))
        return expected


@pytest.mark.parametrize("version", VERSIONS)
def test_it_opens_and_goes_on(version: str, undisturbed: list[dict[str, list[str]]], tmp_path: Path) -> None:
    shutil.unpack_archive(HERE / f"{version}.zip", tmp_path)
    with ksql.connect(tmp_path) as db:
        assert db.wait_idle(60)
        assert {query.id: query.error for query in db.engine.queries.values() if query.error} == {}
        assert shown(db) == undisturbed[0]
        feed(db, 40, 50)
        assert db.wait_idle(60)
    with ksql.connect(tmp_path) as db:  # once more: now this version's state is beside the older one's
        feed(db, 50, 60)
        assert db.wait_idle(60)
        assert shown(db) == undisturbed[1]


def test_there_are_some() -> None:
    assert "0.1.0" in VERSIONS

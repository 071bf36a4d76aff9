"""Properties: one list, however they come in."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import anyio
import httpx
import pytest

import ksql
from ksql.config import load_config
from ksql.engine.settings import SETTINGS, checked, value_of
from ksql.errors import KsqlError
from ksql.server.app import create_app

EARLIEST = {"auto.offset.reset": "earliest"}


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"ksql.streams.auto.offset.reset": "earliest"}, EARLIEST),
        ({"auto.offset.reset": "latest", "ksql.streams.consumer.auto.offset.reset": "earliest"}, EARLIEST),
        ({"consumer.auto.offset.reset": "earliest"}, EARLIEST),
        ({"cache.max.bytes.buffering": 0}, {"cache.max.bytes.buffering": "0"}),
        ({"ksql.persistence.wrap.single.values": True}, {"ksql.persistence.wrap.single.values": "true"}),
        ({"commit.interval.ms": "1", "ksql.streams.commit.interval.ms": 2}, None),
        ({"ksql.streams.producer.anything": "x", "consumer.max.poll.records": "5", "ksql.streams.__internal": "0"}, None),
        ({"sasl.jaas.config": "x", "ksql.query.pull.table.scan.enabled": "false"}, None),
    ],
)
def test_names_and_values(given: dict[str, Any], expected: dict[str, str] | None) -> None:
    assert checked(given) == (expected or {name: str(value) for name, value in given.items()})


@pytest.mark.parametrize("name", SETTINGS)
def test_every_default_is_allowed(name: str) -> None:
    assert SETTINGS[name].default in ("", value_of({}, name))
    if SETTINGS[name].default:
        SETTINGS[name].check(SETTINGS[name].default)
    assert SETTINGS[name].doc


def by_set(name: str, value: str) -> None:
    with ksql.connect() as db:
        db.execute(f"SET '{name}' = '{value}';")


def by_request(name: str, value: str) -> None:
    """What a server refuses is told apart from what it does."""

    async def ask(db: ksql.Database) -> httpx.Response:
        transport = httpx.ASGITransport(create_app(db.engine))
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            return await client.post("/ksql", json={"ksql": "SHOW STREAMS;", "streamsProperties": {name: value}})

    with ksql.connect() as db:
        answer = anyio.run(ask, db)
    if answer.status_code != 200:
        assert (answer.status_code, answer.json()["error_code"]) == (400, 40000)
        raise KsqlError(answer.json()["message"])


def by_connect(name: str, value: str) -> None:
    ksql.connect(properties={name: value}).close()


def by_file(name: str, value: str) -> None:
    Path("ksql.properties").write_text(f"{name} = {value}\n", encoding="utf-8")
    load_config(config_file="ksql.properties", environ={"HOME": "/h"})


@pytest.mark.parametrize("way", [by_set, by_request, by_connect, by_file])
@pytest.mark.parametrize(
    ("name", "value", "messages"),
    [
        ("auto.offset.reset", "first", "property 'auto.offset.reset' must be earliest or latest, not 'first'"),
        ("ksql.streams.cache.max.bytes.buffering", "-1", "property 'cache.max.bytes.buffering' must be a number of bytes"),
        ("ksql.functions.collect_list.limit", "x", "must be a whole number"),
        ("auto.ofset.reset", "latest", "there is no property 'auto.ofset.reset' … did you mean auto.offset.reset?"),
        ("ksql.streams.auto.offset.rest", "latest", "did you mean auto.offset.reset?"),
        ("AUTO.OFFSET.RESET", "latest", "did you mean auto.offset.reset?"),
        ("nonsense", "1", "there is no property 'nonsense' … Hint: SHOW PROPERTIES;"),
        ("ksql.nonsense", "1", "there is no property"),
    ],
)
def test_refused_everywhere_alike(
    *, way: Callable[[str, str], None], name: str, value: str, messages: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(KsqlError) as refused:
        way(name, value)
    assert all(message in str(refused.value) for message in messages.split(" … "))


@pytest.mark.parametrize("name", ["ksql.max.push.queries", "ksql.service.id", "bootstrap.servers"])
def test_a_servers_property_stands_in_its_file_only(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    by_file(name, "1")
    by_connect(name, "1")
    for way in (by_set, by_request):
        with pytest.raises(KsqlError, match="belongs to the server and cannot be set in a session"):
            way(name, "1")


def test_a_wrong_property_is_pointed_at() -> None:
    for statement, column in (("SET 'nonsense' = '1';", 5), ("SET 'auto.offset.reset' = 'first';", 27)):
        with ksql.connect() as db, pytest.raises(ksql.StatementError) as refused:
            db.execute(statement)
        assert refused.value.column == column


def test_the_last_word_counts_whatever_the_prefix() -> None:
    with ksql.connect(properties={"ksql.streams.auto.offset.reset": "earliest"}) as db:
        db.execute("SET 'auto.offset.reset' = 'latest';")
        assert value_of(db.session.properties, "auto.offset.reset") == "latest"
        db.execute("UNSET 'ksql.streams.auto.offset.reset';")
        assert value_of(db.session.properties, "auto.offset.reset") == "latest"


def test_what_is_shown() -> None:
    with ksql.connect(properties={"ksql.max.push.queries": "7"}) as db:
        db.execute("SET 'ksql.streams.auto.offset.reset' = 'earliest'; SET 'commit.interval.ms' = '5';")
        rows = {row["Property"]: list(row.values())[1:] for row in db.execute("SHOW PROPERTIES")}
        assert set(rows) == {*SETTINGS, "commit.interval.ms"}
        assert rows["auto.offset.reset"][:2] == ["SESSION", "earliest"]
        assert rows["ksql.max.push.queries"][:2] == ["", "7"]
        assert rows["commit.interval.ms"] == ["SESSION", "5", "no effect here"]

"""Properties of a server and its sessions: which there are, what they may be, and what holds where nobody says otherwise.

SET, REST requests, properties files and `connect()` all check by the one list here. A property has one name inside the engine;
users may put ksqlDB's prefixes before it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches

from ksql.engine.foreign_settings import is_of_server, is_of_session, may_be_of_client
from ksql.errors import ConfigError

PREFIX = "ksql.streams."
_PREFIXES = (PREFIX, "consumer.", "main.consumer.")

RESET = "auto.offset.reset"
CACHE = "cache.max.bytes.buffering"
KEY_FORMAT = "ksql.persistence.default.format.key"
VALUE_FORMAT = "ksql.persistence.default.format.value"
WRAP = "ksql.persistence.wrap.single.values"
TOPIC_PREFIX = "ksql.output.topic.name.prefix"
LENIENT_KEYS = "ksql.new.query.planner.enabled"
LOOK_INTERVAL = "__emit.interval.ms.kstreams.outer.join.spurious.results.fix__"
FINAL_INTERVAL = "__emit.interval.ms.kstreams.windowed.aggregation__"
IDLE_TIMEOUT = "ksql.idle.timeout.ms"
LOAD_FIRST = "ksql.join.table.load.first"
VARIABLES = "ksql.variable.substitution.enable"
MAX_PUSH_QUERIES = "ksql.max.push.queries"
ERROR_STREAM = "ksql.logging.processing.topic.auto.create"
ERROR_ROWS = "ksql.logging.processing.rows.include"


@dataclass(frozen=True, slots=True)
class Kind:
    """What a value must be, for people, and whether it is that."""

    expected: str
    fits: Callable[[str], bool]


TEXT = Kind("text", lambda value: True)  # noqa: ARG005
BOOLEAN = Kind("true or false", lambda value: value.lower() in ("true", "false"))
WHOLE = Kind("a whole number", lambda value: value.removeprefix("-").isdecimal() and len(value) < 20)
BYTES = Kind("a number of bytes, 0 for none", str.isdecimal)
COUNT = Kind("a number, 0 or more", str.isdecimal)
EARLIEST_LATEST = Kind("earliest or latest", lambda value: value.lower() in ("earliest", "latest"))


@dataclass(frozen=True, slots=True)
class Setting:
    """One property. `default`: '' where nothing holds unless somebody says so. `of_server`: no session may change it."""

    name: str
    kind: Kind
    default: str
    doc: str
    of_server: bool = False

    def check(self, value: str) -> None:
        """Raises ConfigError unless it may have the value."""
        if not self.kind.fits(value):
            raise ConfigError(f"property '{self.name}' must be {self.kind.expected}, not '{value}'")


#: Those that make a difference here.
SETTINGS: Mapping[str, Setting] = {
    setting.name: setting
    for setting in (
        Setting(RESET, EARLIEST_LATEST, "latest", "where a new query begins to read streams; tables are read from the start"),
        Setting(
            CACHE,
            BYTES,
            "10000000",
            "0: a table's topic gets every change; else the last of each key and batch, unless a query reads it",
        ),
        Setting(KEY_FORMAT, TEXT, "KAFKA", "the KEY_FORMAT of a CREATE that names none"),
        Setting(VALUE_FORMAT, TEXT, "", "the VALUE_FORMAT of a CREATE that names none"),
        Setting(WRAP, BOOLEAN, "", "whether a value of one column is written as an object; else as the format has it"),
        Setting(TOPIC_PREFIX, TEXT, "", "begins the names of topics that CREATE … AS SELECT makes"),
        Setting(LENIENT_KEYS, BOOLEAN, "false", "true: a stream's query may leave its key columns out"),
        Setting(LOOK_INTERVAL, WHOLE, "0", "milliseconds between looks for rows of outer joins that nothing will match"),
        Setting(FINAL_INTERVAL, WHOLE, "0", "milliseconds between looks for windows to come out under EMIT FINAL"),
        Setting(
            IDLE_TIMEOUT,
            COUNT,
            "0",
            "milliseconds without a record after which a partition's windows close by the clock; 0: never",
        ),
        Setting(
            LOAD_FIRST, BOOLEAN, "false", "true: a stream joined with a table waits until what the table holds by then is read"
        ),
        Setting(VARIABLES, BOOLEAN, "true", "whether ${name} stands for a variable"),
        Setting("ksql.functions.collect_list.limit", WHOLE, "-1", "how many values COLLECT_LIST keeps; -1: all"),
        Setting("ksql.functions.collect_set.limit", WHOLE, "-1", "how many values COLLECT_SET keeps; -1: all"),
        Setting(MAX_PUSH_QUERIES, COUNT, "100", "how many push queries a server runs at a time", of_server=True),
        Setting(
            ERROR_STREAM, BOOLEAN, "true", "whether errors of records and queries go to KSQL_PROCESSING_LOG", of_server=True
        ),
        Setting(ERROR_ROWS, BOOLEAN, "false", "whether KSQL_PROCESSING_LOG holds the records with errors", of_server=True),
    )
}


def find(name: str, *, of_session: bool = True) -> Setting:
    """The property that `name` means, prefix or not; one without effect allows any text.

    of_session: asked for a session, which may not have the server's. Raises ConfigError.
    """
    found = SETTINGS.get(canonical(name)) or _without_effect(name, name.removeprefix(PREFIX))
    if found.of_server and of_session:
        hint = "it stands in the server's properties file (--config-file)."
        raise ConfigError(f"property '{name}' belongs to the server and cannot be set in a session", hint=hint)
    return found


def canonical(name: str) -> str:
    """The engine's own name of a property, where a user may have put prefixes before it."""
    plain = name
    for prefix in _PREFIXES:
        plain = plain.removeprefix(prefix)
    return plain if plain in SETTINGS else name


def _without_effect(name: str, plain: str) -> Setting:
    """A property of ksqlDB or Kafka that means nothing here. Raises ConfigError for one that is none."""
    of_server = is_of_server(plain)
    if not (of_server or is_of_session(plain)):
        near = _meant(plain)
        if near or not may_be_of_client(name):
            hint = f"did you mean {near}?" if near else "SHOW PROPERTIES; lists those that have an effect."
            raise ConfigError(f"there is no property '{name}'", hint=hint)
    return Setting(name, TEXT, "", "", of_server)


def _meant(name: str) -> str:
    """The property that `name` must be meant for, but for a letter or two; '' when there is none."""
    near = get_close_matches(name.lower(), SETTINGS, n=1, cutoff=0.9)
    return near[0] if near else ""


def checked(properties: Mapping[str, object], *, of_session: bool = True) -> dict[str, str]:
    """Properties given all at once, by the engine's names. Raises ConfigError for one that is none, or cannot be that."""
    values = {}
    for name, value in properties.items():
        text = str(value).lower() if isinstance(value, bool) else str(value)
        found = find(name, of_session=of_session)
        found.check(text)
        values[found.name] = text
    return values


def value_of(properties: Mapping[str, str], name: str) -> str:
    """What holds: what `properties` say, else the default. (Queries of older catalogs have names with prefix.)"""
    return str(properties.get(PREFIX + name, properties.get(name, SETTINGS[name].default)))


def is_on(properties: Mapping[str, str], name: str) -> bool:
    """Whether the property is true."""
    return value_of(properties, name).lower() == "true"


def caching(properties: Mapping[str, str]) -> bool:
    """Whether a table's sink writes only the last change of each key of a batch."""
    return value_of(properties, CACHE) != "0"


def reads_latest(properties: Mapping[str, str]) -> bool:
    """Whether streams without a committed position are read from their end."""
    return value_of(properties, RESET).lower() != "earliest"


def shown(given: Iterable[str]) -> list[Setting]:
    """The properties to show when those `given` have a value: these, and all that have an effect; by name."""
    known = {name: SETTINGS.get(name) or Setting(name, TEXT, "", "no effect here") for name in (*SETTINGS, *given)}
    return [known[name] for name in sorted(known)]

"""Properties of ksqlDB and Kafka that make no difference here: scripts and files written for those set them."""

from __future__ import annotations

_STREAMS = """
acceptable.recovery.lag application.id application.server auto.include.jmx.reporter buffered.records.per.partition
built.in.metrics.version commit.interval.ms default.client.supplier default.deserialization.exception.handler default.dsl.store
default.key.serde default.production.exception.handler default.timestamp.extractor default.value.serde
deserialization.exception.handler dsl.store.suppliers.class enable.metrics.push ensure.explicit.internal.resource.naming
log.summary.interval.ms max.task.idle.ms max.warmup.replicas num.standby.replicas num.stream.threads poll.ms
probing.rebalance.interval.ms processing.exception.handler processing.guarantee production.exception.handler
rack.aware.assignment.non_overlap_cost rack.aware.assignment.strategy rack.aware.assignment.tags
rack.aware.assignment.traffic_cost repartition.purge.interval.ms replication.factor rocksdb.config.setter
state.cleanup.delay.ms statestore.cache.max.bytes task.assignor.class task.timeout.ms topology.optimization upgrade.from
window.size.ms windowed.inner.class.serde windowstore.changelog.additional.retention.ms
"""
_CLIENTS = """
allow.auto.create.topics auto.commit.interval.ms check.crcs client.dns.lookup client.id client.rack connections.max.idle.ms
default.api.timeout.ms enable.auto.commit exclude.internal.topics fetch.max.bytes fetch.max.wait.ms fetch.min.bytes
group.id group.instance.id group.protocol group.remote.assignor heartbeat.interval.ms interceptor.classes isolation.level
key.deserializer max.partition.fetch.bytes max.poll.interval.ms max.poll.records metadata.max.age.ms
metadata.recovery.rebootstrap.trigger.ms metadata.recovery.strategy metric.reporters metrics.num.samples
metrics.recording.level metrics.sample.window.ms partition.assignment.strategy receive.buffer.bytes reconnect.backoff.max.ms
reconnect.backoff.ms request.timeout.ms retries retry.backoff.max.ms retry.backoff.ms send.buffer.bytes session.timeout.ms
socket.connection.setup.timeout.max.ms socket.connection.setup.timeout.ms value.deserializer
acks batch.size buffer.memory compression.gzip.level compression.lz4.level compression.type compression.zstd.level
delivery.timeout.ms enable.idempotence key.serializer linger.ms max.block.ms max.in.flight.requests.per.connection
max.request.size metadata.max.idle.ms partitioner.adaptive.partitioning.enable partitioner.availability.timeout.ms
partitioner.class partitioner.ignore.keys transaction.timeout.ms transactional.id value.serializer
"""
_NAMES = frozenset(f"{_STREAMS} {_CLIENTS}".split())
#: How names of whole families begin: Kafka's security, what is internal to its library, ksqlDB's own and its testing tool's …
_FAMILIES = """
ssl. sasl. security. __ use.exact.numeric.comparison
ksql.cast. ksql.create.or.replace. ksql.functions. ksql.headers.columns. ksql.lambdas. ksql.nested.error. ksql.query.pull.
ksql.query.push. ksql.sink. ksql.suppress. ksql.timestamp.throw.
"""
#: … those of a server, whose files are read here, too.
_FAMILIES_OF_SERVER = """
access.control. authentication. bootstrap.servers confluent. listeners metric. response. state.dir
ksql.access. ksql.advertised. ksql.assert. ksql.cluster. ksql.connect. ksql.error. ksql.extension. ksql.fail.on.
ksql.heartbeat. ksql.hidden.topics ksql.host.async. ksql.idle. ksql.insert.into. ksql.internal. ksql.lag. ksql.logging.
ksql.metastore. ksql.metrics. ksql.persistence. ksql.persistent. ksql.properties. ksql.pull.queries. ksql.queries.file
ksql.query.error. ksql.query.persistent. ksql.query.retry. ksql.query.status. ksql.query.transient. ksql.readonly.topics
ksql.rowpartition. ksql.runtime. ksql.schema.registry. ksql.security. ksql.server. ksql.service.id ksql.shared.runtime.
ksql.source.table. ksql.transient. ksql.udf. ksql.udfs. ksql.verticle.
"""
#: What comes behind these is for one of Kafka's clients, and nobody here knows all their properties by heart.
_CLIENT_PREFIXES = """
ksql.streams. consumer. producer. admin. topic. main.consumer. restore.consumer. global.consumer.
"""


def is_of_session(name: str) -> bool:
    """Whether a session of ksqlDB may have a property of that name (without `ksql.streams.`)."""
    return name in _NAMES or name.startswith(tuple(_FAMILIES.split()))


def is_of_server(name: str) -> bool:
    """Whether a server of ksqlDB has a property of that name (without `ksql.streams.`)."""
    return name.startswith(tuple(_FAMILIES_OF_SERVER.split()))


def may_be_of_client(name: str) -> bool:
    """Whether ksqlDB hands the property on to a client of Kafka, whatever it is."""
    return name.startswith(tuple(_CLIENT_PREFIXES.split()))

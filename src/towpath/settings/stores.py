"""Settings of stores: where each runs, and what it needs there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, ClassVar, Literal, Self

from pydantic import Field, model_validator

from towpath.settings.fields import Expected, HostName, ObjectName, Port, Url
from towpath.settings.measures import Quantity
from towpath.settings.model import Probe, Resources, SettingsModel, misfit

_SMALLEST = 2**20

Word = Annotated[str, Field(min_length=1, pattern=r"^[A-Za-z0-9_.-]+$")]
"""A name in a store: a database, a user, a bucket."""
Identifier = Annotated[
    str,
    Field(max_length=63, pattern=r"^[a-z_][a-z0-9_]*$"),
    Expected("a name in lower-case letters, digits and underscores, such as task_db"),
]
"""A name that SQL takes without quotes."""
Line = Annotated[str, Field(min_length=1, pattern=r"^[^\r\n\x00]+$"), Expected("one line of text")]
Instances = Annotated[int, Field(ge=1, le=50)]


class Sized(SettingsModel):
    """Something with a volume."""

    size: Quantity
    """The size of the volume of each pod."""
    storage_class: ObjectName | None = None
    """The class of the volume; the cluster's default where it is not set."""

    @model_validator(mode="after")
    def _size_has_a_unit(self) -> Self:
        # `10` would be ten bytes.
        if self.size.amount < _SMALLEST:
            raise misfit(
                f"is {self.size}, which is less than one megabyte", "size", expected="a size such as 10Gi"
            )
        return self


class BundledStore(Sized):
    """A store in mode `bundled`: one pod with a volume."""

    host: HostName
    """The name by which clients reach it: the name of its Service."""
    resources: Resources
    health: Probe


class Store(SettingsModel):
    """What the settings of every store have in common: a mode, and what this mode needs."""

    needed: ClassVar[Mapping[str, tuple[str, ...]]] = {"bundled": ("bundled",), "operator": ("operator",)}
    """Mode: the settings without which it does not work."""

    @model_validator(mode="after")
    def _mode_has_what_it_needs(self) -> Self:
        mode = str(getattr(self, "mode", ""))
        for name in self.needed.get(mode, ()):
            if getattr(self, name) is None:
                raise misfit(
                    f"is {mode}, and {name} is not set",
                    "mode",
                    expected=f"the settings `{name}` beside it, or another mode",
                )
        return self


class PoolerSettings(SettingsModel):
    """A pool of connections in front of PostgreSQL."""

    instances: Instances = 2
    mode: Literal["session", "transaction"] = "transaction"
    parameters: Mapping[Identifier, Line] = {}
    """PgBouncer's own, such as `default_pool_size`."""
    resources: Resources


class OperatedPostgreSQL(Sized):
    """A PostgreSQL cluster that CloudNativePG runs: a primary, and a replica for each further instance."""

    instances: Instances
    resources: Resources
    pooler: PoolerSettings | None = None


class PostgreSQLSettings(Store):
    """A PostgreSQL database."""

    mode: Literal["bundled", "operator", "external"]
    database: Identifier
    username: Identifier
    """The owner of the database."""
    host: HostName | None = None
    """Where a managed server is, in mode `external`."""
    read_host: HostName | None = None
    """Where its read replica is; the server itself where it is not set."""
    port: Port = 5432
    ssl: bool = False
    """Whether clients are told to encrypt their connections."""
    parameters: Mapping[Annotated[str, Field(pattern=r"^[a-z_.]+$")], Line] = {}
    """postgresql.conf."""
    access: tuple[Line, ...] = ()
    """pg_hba.conf, line by line."""
    extensions: tuple[Annotated[str, Field(pattern=r"^[a-z0-9_-]+$")], ...] = ()
    bundled: BundledStore | None = None
    operator: OperatedPostgreSQL | None = None


class OperatedMongoDB(Sized):
    """A replica set that the MongoDB Community operator runs."""

    version: Annotated[str, Field(pattern=r"^[0-9]+\.[0-9]+\.[0-9]+$"), Expected("a version such as 7.0.14")]
    """The operator chooses the image by it."""
    members: Instances = 3
    resources: Resources
    agent_resources: Resources
    """Of the operator's agent beside each member."""


class MongoDBSettings(Store):
    """A MongoDB database."""

    mode: Literal["bundled", "operator", "external"]
    database: Word
    auth_source: Word = "admin"
    username: Word = "admin"
    """The user of the bundled server or of the operator's replica set; external ones have theirs in the URI."""
    ssl: bool | None = None
    replica_set: Word | None = None
    bundled: BundledStore | None = None
    operator: OperatedMongoDB | None = None


class RedisSettings(Store):
    """A Redis. No operator runs it: `bundled` and `external` are its modes."""

    mode: Literal["bundled", "external"]
    host: HostName | None = None
    """Where a managed server is, in mode `external`; not needed where the secret store holds the whole URL."""
    port: Port = 6379
    database: Annotated[int, Field(ge=0, le=15)] = 0
    cluster_mode: bool | None = None
    """What clients are told; the bundled server is a single one."""
    append_only: bool = True
    """Whether every write is appended to a file."""
    max_memory: Quantity | None = None
    eviction: (
        Literal[
            "noeviction",
            "allkeys-lru",
            "allkeys-lfu",
            "allkeys-random",
            "volatile-lru",
            "volatile-lfu",
            "volatile-random",
            "volatile-ttl",
        ]
        | None
    ) = None
    """What is forgotten where `max_memory` is reached."""
    bundled: BundledStore | None = None

    @model_validator(mode="after")
    def _fits_into_its_container(self) -> Self:
        limit = self.bundled.resources.limits.memory if self.bundled else None
        if self.max_memory is not None and limit is not None and self.max_memory.amount >= limit.amount:
            raise misfit(
                f"is {self.max_memory}, and the container is ended at {limit}",
                "max_memory",
                expected="less than the limit: the server itself, its buffers and a snapshot need memory too",
            )
        return self


class ObjectStorageSettings(Store):
    """Object storage that speaks S3: MinIO (`bundled`), or a service (`external`)."""

    needed: ClassVar[Mapping[str, tuple[str, ...]]] = {"bundled": ("bundled",), "external": ("endpoint",)}

    mode: Literal["bundled", "external"]
    bucket: Annotated[str, Field(min_length=3, max_length=63, pattern=r"^[a-z0-9][a-z0-9.-]*[a-z0-9]$")]
    region: Word = "us-east-1"
    path_style: bool = False
    endpoint: Url | None = None
    console_url: Url | None = None
    console_port: Port = 9001
    public_prefixes: tuple[Word, ...] = ()
    """Folders of the bucket that everybody may read and write."""
    bundled: BundledStore | None = None


class OperatedElasticsearch(Sized):
    """Elasticsearch nodes that Elastic's operator runs."""

    nodes: Instances
    resources: Resources


class ElasticsearchSettings(Store):
    """An Elasticsearch with security switched on."""

    needed: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "bundled": ("bundled",),
        "operator": ("operator",),
        "external": ("url",),
    }

    mode: Literal["bundled", "operator", "external"]
    version: Annotated[str, Field(pattern=r"^8\.[0-9]+\.[0-9]+$"), Expected("a version such as 8.11.0")]
    url: Url | None = None
    """Where a managed one is, in mode `external`."""
    username: Word = "elastic"
    index_prefix: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]*$")]
    """What the names of the platform's indices begin with."""
    java_options: Line | None = None
    bundled: BundledStore | None = None
    operator: OperatedElasticsearch | None = None

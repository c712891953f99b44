"""Settings of stores: where each runs, and what it needs there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, ClassVar, Literal, Self

from pydantic import Field, model_validator

from towpath.settings.fields import Expected, HostName, ObjectName, Port, Url
from towpath.settings.measures import Quantity
from towpath.settings.model import Probe, Resources, SettingsModel, misfit
from towpath.specs.stores.elasticsearch import SUPERUSER
from towpath.specs.stores.mongodb import MONGODB_PORT
from towpath.specs.stores.postgresql import IDENTIFIER, OPERATORS_OWN, POSTGRESQL_PORT

_SMALLEST = 2**20
# The database in which MongoDB keeps its root user.
_ADMIN = "admin"

Word = Annotated[str, Field(min_length=1, pattern=r"^[A-Za-z0-9_.-]+$")]
"""A name in a store: a database, a user, a bucket."""
Identifier = Annotated[
    str,
    Field(max_length=63, pattern=rf"^{IDENTIFIER}$"),
    Expected("a name in lower-case letters, digits and underscores, such as task_db"),
]
"""A name that SQL takes without quotes."""
Line = Annotated[str, Field(min_length=1, pattern=r"^[^\r\n\x00]+$"), Expected("one line of text")]
Instances = Annotated[int, Field(ge=1, le=50)]
ServiceName = Annotated[
    str,
    Field(max_length=63, pattern=r"^[a-z]([a-z0-9-]*[a-z0-9])?$"),
    Expected("the name of a Service, at most 63 lower-case letters, digits and hyphens, such as redis"),
]


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

    host: ServiceName
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
    port: Port = POSTGRESQL_PORT
    ssl: bool = False
    """Whether clients are told to encrypt their connections."""
    parameters: Mapping[Annotated[str, Field(pattern=r"^[a-z_.]+$")], Line] = {}
    """postgresql.conf."""
    access: tuple[Line, ...] = ()
    """pg_hba.conf, line by line."""
    extensions: tuple[Annotated[str, Field(pattern=r"^[a-z0-9_-]+$")], ...] = ()
    bundled: BundledStore | None = None
    operator: OperatedPostgreSQL | None = None

    @model_validator(mode="after")
    def _leaves_the_operator_its_own(self) -> Self:
        if self.mode != "operator":
            return self
        if self.port != POSTGRESQL_PORT:
            what = f"is {self.port}, and the servers of CloudNativePG listen on {POSTGRESQL_PORT}"
            raise misfit(what, "port", expected=f"{POSTGRESQL_PORT}, or another mode")
        for name in sorted(OPERATORS_OWN.intersection(self.parameters)):
            what = "is what CloudNativePG sets itself"
            raise misfit(what, "parameters", name, expected="what it leaves to people, or another mode")
        return self


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
    auth_source: Word = _ADMIN
    username: Word = "admin"
    """The user of the bundled server or of the operator's replica set; external ones have theirs in the URI."""
    port: Port = MONGODB_PORT
    """Where the servers of an external one listen; it has to be the port in its URI, which a secret holds."""
    ssl: bool | None = None
    replica_set: Word | None = None
    bundled: BundledStore | None = None
    operator: OperatedMongoDB | None = None

    @model_validator(mode="after")
    def _server_can_be_so(self) -> Self:
        bundled = self.mode == "bundled"
        if self.port != MONGODB_PORT and self.mode != "external":
            what = f"is {self.port}, and in mode {self.mode} the servers listen on {MONGODB_PORT}"
            raise misfit(what, "port", expected=f"{MONGODB_PORT}, or mode external")
        if self.ssl and self.mode != "external":
            what = f"is true, and in mode {self.mode} the server has no certificate"
            raise misfit(what, "ssl", expected="false, or mode external")
        if bundled and self.replica_set is not None:
            # A set of one would ask for a key file, for somebody who initiates it, and for a name that the server
            # can call itself by before it is ready. Where a replica set is wanted, it is wanted with members.
            what = f"is {self.replica_set}, and the bundled server is a single one"
            raise misfit(what, "replica_set", expected="none, or mode operator")
        if bundled and self.auth_source != _ADMIN:
            what = f"is {self.auth_source}, and the bundled server keeps its user in {_ADMIN}"
            raise misfit(what, "auth_source", expected=_ADMIN)
        return self


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
    def _server_can_be_so(self) -> Self:
        if self.cluster_mode and self.mode == "bundled":
            # A client in cluster mode starts with a question that a single server refuses.
            what = "is true, and the bundled server is a single one"
            raise misfit(what, "cluster_mode", expected="false, or mode external")
        return self

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

    @model_validator(mode="after")
    def _server_can_be_so(self) -> Self:
        if self.mode == "bundled" and not self.path_style:
            what = "is false, and the bundled server has no host name for each bucket"
            raise misfit(what, "path_style", expected="true, or mode external")
        return self


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
    username: Word = SUPERUSER
    index_prefix: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]*$")]
    """What the names of the platform's indices begin with."""
    java_options: Line | None = None
    bundled: BundledStore | None = None
    operator: OperatedElasticsearch | None = None

    @model_validator(mode="after")
    def _server_can_be_so(self) -> Self:
        if self.mode != "external" and self.username != SUPERUSER:
            what = f"is {self.username}, and in mode {self.mode} only {SUPERUSER} has a password"
            raise misfit(what, "username", expected=SUPERUSER)
        if self.mode == "bundled" and self.bundled is not None and self.bundled.health.path is not None:
            raise misfit(
                f"is {self.bundled.health.path}, which is refused without a password",
                "bundled",
                "health",
                "path",
                expected="a command, or neither path nor command: then a connection counts",
            )
        return self

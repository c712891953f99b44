"""What an operator runs a store from, as values: the cluster that is wanted, before any custom resource."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from towpath.images.symbol import ImageSymbol
    from towpath.specs.values import Probe, Resources, SecretKey, Storage


@dataclass(frozen=True, slots=True, kw_only=True)
class Pooler:
    """A pool of connections in front of a PostgreSQL cluster."""

    instances: int
    mode: str = "transaction"
    """`session` or `transaction`: how long a client keeps a connection to the server."""
    parameters: Mapping[str, str] = field(default_factory=dict)
    """PgBouncer's own, such as `default_pool_size`."""
    resources: Resources


@dataclass(frozen=True, slots=True)
class Database:
    """A further database of a PostgreSQL server, with an owner of its own."""

    name: str
    owner: str
    password: SecretKey
    secret: str = ""
    """The Secret of type `kubernetes.io/basic-auth` with the owner's name and password, where an operator needs it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PostgreSQLCluster:
    """A primary and its replicas, for CloudNativePG."""

    image: ImageSymbol
    instances: int
    """The primary and its replicas."""
    resources: Resources
    storage: Storage
    database: str
    owner: str
    owner_secret: str
    """The Secret of type `kubernetes.io/basic-auth` with the owner's name and password."""
    parameters: Mapping[str, str] = field(default_factory=dict)
    access: tuple[str, ...] = ()
    """Lines of pg_hba.conf, before the operator's own last ones."""
    init_sql: tuple[str, ...] = ()
    """Statements that run once, in the new database."""
    databases: tuple[Database, ...] = ()
    pooler: Pooler | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MongoDBReplicaSet:
    """A replica set, for the MongoDB Community operator. It has a version and no image: the operator chooses that."""

    version: str
    members: int
    replica_set: str
    """The name that clients use. The operator would take the store's own name; another one has to be stated."""
    resources: Resources
    agent_resources: Resources
    storage: Storage
    database: str
    username: str
    password: SecretKey
    auth_source: str = "admin"
    parameters: Mapping[str, Any] = field(default_factory=dict)
    """mongod's own settings, by their dotted names."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ElasticsearchCluster:
    """Nodes of one kind, for Elastic's operator (ECK)."""

    image: ImageSymbol
    version: str
    nodes: int
    resources: Resources
    storage: Storage
    settings: Mapping[str, Any] = field(default_factory=dict)
    """elasticsearch.yml."""
    java_options: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeycloakServers:
    """Keycloak servers and the realm that they import, for Keycloak's own operator."""

    image: ImageSymbol
    instances: int
    resources: Resources
    public_url: str
    """Where browsers find them: scheme and host."""
    database_url: str
    """For Java: `jdbc:postgresql://...`."""
    database_login: str
    """The Secret with the keys `username` and `password` of the database's owner."""
    admin_login: str
    """The Secret with the same keys of the first administrator."""
    startup: Probe
    liveness: Probe
    readiness: Probe
    realm: Mapping[str, Any]
    """The realm's representation, as Keycloak imports it."""
    placeholders: Mapping[str, SecretKey] = field(default_factory=dict)
    """What `${NAME}` in the realm stands for."""


Operated = PostgreSQLCluster | MongoDBReplicaSet | ElasticsearchCluster | KeycloakServers

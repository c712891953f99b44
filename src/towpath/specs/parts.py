"""The parts of a platform: workloads, jobs, stores, edges, configuration and secrets.

Each part has a name that is unique in its platform; `connects_to` edges refer to parts by name.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Literal

from towpath.errors import NOWHERE

if TYPE_CHECKING:
    from collections.abc import Mapping

    from towpath.errors import Place
    from towpath.images.symbol import ImageSymbol
    from towpath.specs.operated import Operated
    from towpath.specs.values import (
        Autoscale,
        Egress,
        EnvironmentValue,
        Port,
        Probe,
        Resources,
        SecretKey,
        Storage,
        User,
        Volume,
        Writable,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkloadSpec:
    """Pods that run until they are told to stop: a Deployment, or a StatefulSet where it has storage."""

    name: str
    image: ImageSymbol
    user: User
    replicas: int = 1
    """Not rendered where `autoscale` is set: the autoscaler owns the number then."""
    command: tuple[str, ...] = ()
    arguments: tuple[str, ...] = ()
    ports: tuple[Port, ...] = ()
    peers: tuple[str, ...] = ()
    """Ports by which its own pods reach one another, by name."""
    environment: Mapping[str, EnvironmentValue] = field(default_factory=dict)
    configuration: tuple[ConfigurationSpec, ...] = ()
    """Configuration whose keys all become environment variables."""
    files: Mapping[str, ConfigurationSpec] = field(default_factory=dict)
    """Configuration whose keys all become read-only files, by the folder that they stand in."""
    secret_files: Mapping[str, SecretKey] = field(default_factory=dict)
    """Keys of Secrets that become read-only files of the key's name, by the folder that each stands in."""
    resources: Resources
    startup: Probe | None = None
    liveness: Probe | None = None
    readiness: Probe | None = None
    writable: tuple[Writable, ...] = ()
    storage: Storage | None = None
    volumes: tuple[Volume, ...] = ()
    """Volumes that outlive the pods and that all of them share."""
    autoscale: Autoscale | None = None
    max_unavailable: str | int | None = None
    """Pods that a voluntary disruption may take away at once; None renders no PodDisruptionBudget."""
    surge: int = 1
    """Pods that an update may start before it stops as many old ones; 0 stops all old ones before new ones start."""
    grace_seconds: int = 30
    drain_seconds: int = 5
    """Seconds that a pod with ports goes on answering after it was told to stop, until no proxy sends to it."""
    min_ready_seconds: int = 0
    service_account: str = ""
    """An account that exists already; empty makes one of the workload's own name."""
    host: str = ""
    """The name of its Service; empty is the workload's own name."""
    egress: tuple[Egress, ...] = ()
    spread: bool = True
    """Whether replicas are spread over zones and nodes."""
    pod_annotations: Mapping[str, str] = field(default_factory=dict)

    @property
    def service_name(self) -> str:
        """The host name by which the other parts reach it."""
        return self.host or self.name


@dataclass(frozen=True, slots=True, kw_only=True)
class JobSpec:
    """Pods that run once before the workloads of a sync: a migration or an initialisation."""

    name: str
    image: ImageSymbol
    user: User
    command: tuple[str, ...] = ()
    arguments: tuple[str, ...] = ()
    environment: Mapping[str, EnvironmentValue] = field(default_factory=dict)
    configuration: tuple[ConfigurationSpec, ...] = ()
    secret_files: Mapping[str, SecretKey] = field(default_factory=dict)
    """As those of a workload."""
    resources: Resources
    writable: tuple[Writable, ...] = ()
    prepares: tuple[str, ...] = ()
    """Stores that what connects to them may use only after this job."""
    retries: int = 3
    deadline_seconds: int = 600
    egress: tuple[Egress, ...] = ()


class StoreMode(StrEnum):
    """Where a store runs."""

    BUNDLED = "bundled"
    """In a StatefulSet of the platform's own."""
    OPERATOR = "operator"
    """In the platform's namespace, run by the field's operator from a custom resource."""
    EXTERNAL = "external"
    """Somewhere else, by others: only the connection is known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreSpec:
    """A database, a cache or an object store, and what a client has to know of it.

    `facts` are what a connection may ask for by name (`uri`, `host`, `database`, ...).
    """

    name: str
    engine: str
    mode: StoreMode
    port: int
    facts: Mapping[str, EnvironmentValue]
    credentials: Mapping[str, SecretKey] = field(default_factory=dict)
    """Variables that the `$(NAME)` in facts refer to."""
    workload: WorkloadSpec | None = None
    """What runs it, in mode `bundled`."""
    operated: Operated | None = None
    """What an operator runs it from, in mode `operator`."""
    egress: Egress | None = None
    """The way to it, in mode `external`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RateLimit:
    """How many requests one address may make, and how many more may come at once."""

    requests: int
    per: Literal["second", "minute"] = "second"
    burst: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class RouteSpec:
    """One path of one host, and the workload that answers it."""

    name: str
    host: str
    path: str
    workload: str
    port: str
    strip: bool = False
    """Whether the path is taken away before the workload sees the request."""
    rewrite: str = ""
    """What the path becomes; empty leaves it, or takes it away where `strip` is set."""
    rate: RateLimit | None = None
    by_client: bool = False
    """Whether requests of one address always reach the same pod."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EdgeSpec:
    """What the outside reaches: hosts, TLS, limits, and routes to workloads."""

    name: str
    routes: tuple[RouteSpec, ...]
    ingress_class: str
    tls: bool
    issuer: str = ""
    """The cert-manager ClusterIssuer that signs; empty where the TLS secret is made by others."""
    body_size: str = ""
    """The greatest request body, in nginx's notation; empty for the controller's default."""
    idle_timeout: int = 0
    """Seconds that a WebSocket may be silent; 0 for the controller's default."""
    header_size: str = ""
    """The greatest header of a response, in nginx's notation; empty for the controller's default."""
    ssl_ciphers: str = ""
    """In OpenSSL's notation; empty for the controller's default."""
    prefer_server_ciphers: bool | None = None
    controller_namespace: str = ""
    """Where the ingress controller runs, for the NetworkPolicies."""
    controller_labels: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ConfigurationSpec:
    """A ConfigMap of environment variables."""

    name: str
    data: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class RemoteKey:
    """Where a secret's value is in the environment's secret store."""

    key: str
    property: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SecretSpec:
    """A Secret that External Secrets makes from the environment's secret store. It never holds a value."""

    name: str
    keys: Mapping[str, RemoteKey]
    store: str
    store_kind: str
    refresh: str = "1h0m0s"
    type: str = ""
    """The Secret's type, where an operator asks for one, such as `kubernetes.io/basic-auth`."""
    literals: Mapping[str, str] = field(default_factory=dict)
    """Further keys that are no secret, such as a user's name."""
    labels: Mapping[str, str] = field(default_factory=dict)
    """Labels of the Secret itself, by which an operator notices a change of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GeneratedSpec:
    """A Secret of one key, with a random value that External Secrets makes once.

    One Secret a key: a further key in an existing Secret would never be made, or all would be made anew.
    """

    name: str
    key: str
    length: int
    """Characters: letters and digits."""


@dataclass(frozen=True, slots=True)
class Connection:
    """One `connects_to`: a workload or a job uses a store or another workload."""

    source: str
    target: str
    variables: Mapping[str, EnvironmentValue] = field(default_factory=dict)
    ports: tuple[str, ...] = ()
    """The target's ports by name; empty for all that it exposes."""
    place: Place = field(default=NOWHERE, compare=False, repr=False)
    """The line of the chart that states it, for messages."""

"""The small values that specs are made of."""

from __future__ import annotations

from dataclasses import dataclass

from towpath.images.symbol import ImageSymbol


@dataclass(frozen=True, slots=True)
class SecretKey:
    """A key of a Secret in the platform's namespace."""

    secret: str
    key: str


@dataclass(frozen=True, slots=True)
class ConfigKey:
    """A key of a ConfigMap in the platform's namespace."""

    config: str
    key: str


@dataclass(frozen=True, slots=True)
class FieldPath:
    """A field of the pod itself, such as `status.podIP`."""

    path: str


EnvironmentValue = str | SecretKey | ConfigKey | FieldPath | ImageSymbol
"""What one environment variable holds: text, a reference, or an image symbol. Text may use `$(OTHER)`."""


@dataclass(frozen=True, slots=True)
class Resources:
    """Requests and limits of a container, as Kubernetes quantities; an empty text means none."""

    cpu_request: str = ""
    memory_request: str = ""
    cpu_limit: str = ""
    memory_limit: str = ""
    disk_request: str = ""
    """Of the node's disk: logs, scratch files and writable layers."""
    disk_limit: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe:
    """How a container is asked whether it is well: over HTTP, by a TCP connection or by a command.

    Exactly one of `path`, `tcp` and `command` is set. Times are seconds.
    """

    port: str = ""
    """The name or the number of the port, for `path` and `tcp`."""
    path: str = ""
    tcp: bool = False
    command: tuple[str, ...] = ()
    period: int = 10
    timeout: int = 3
    failures: int = 3
    initial_delay: int = 0


@dataclass(frozen=True, slots=True)
class Port:
    """A named port of a workload. The workload's Service has it too, unless `exposed` is false."""

    name: str
    number: int
    exposed: bool = True


@dataclass(frozen=True, slots=True)
class Writable:
    """A folder that a container may write to; its root file system is read-only otherwise."""

    path: str
    size: str = "64Mi"
    memory: bool = False
    """Whether it is kept in memory, and counts as such; `/dev/shm` has to be."""
    copied: bool = False
    """Whether it starts with what the image has there: a container of the same image copies that first."""


@dataclass(frozen=True, slots=True)
class User:
    """The numeric user and group that a container runs as, and the group that owns its volumes."""

    uid: int
    gid: int


@dataclass(frozen=True, slots=True)
class Storage:
    """A volume that outlives the pod."""

    path: str
    size: str
    storage_class: str = ""
    """Empty for the cluster's default class."""


@dataclass(frozen=True, slots=True)
class Volume:
    """A volume that outlives the pods of a workload and that they share."""

    name: str
    """The name of its claim."""
    path: str
    size: str
    storage_class: str = ""
    """Empty for the cluster's default class."""
    shared: bool = False
    """Whether pods on several nodes may write to it (ReadWriteMany); otherwise one node at a time."""
    by_pod: bool = False
    """Whether each pod has a folder of its own in it, of the pod's name, and sees no other."""


@dataclass(frozen=True, slots=True)
class Autoscale:
    """Replicas by load: bounds, and targets as percent of the request. 0 means that this measure is not used."""

    minimum: int
    maximum: int
    cpu_percent: int = 0
    memory_percent: int = 0
    scale_down_window: int = 300
    """Seconds that load has to stay low before replicas are taken away."""


@dataclass(frozen=True, slots=True)
class Egress:
    """An address outside the cluster that a workload may reach: an IP range and TCP ports."""

    ports: tuple[int, ...]
    cidr: str = "0.0.0.0/0"
    excluding: tuple[str, ...] = ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16")
    """Private ranges, so that leave to reach the outside is not leave to reach every pod."""

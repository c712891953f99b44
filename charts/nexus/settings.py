"""The typed settings of `nexus`. Where a name is a variable of the document, it is that name in lower case."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from towpath.settings.fields import Duration, Expected, HostName, PercentOrCount, Port, SecretRef, Url
from towpath.settings.model import Probe, RateLimit, Resources, SettingsModel, misfit
from towpath.settings.proxy import ProxySettings
from towpath.settings.stores import MongoDBSettings, PostgreSQLSettings, RedisSettings, Sized


class Secrets(SettingsModel):
    """Where each password stands. Whole connection strings are made of these in the pods themselves."""

    postgres_password: SecretRef
    mongodb_password: SecretRef
    redis_password: SecretRef


class Updates(SettingsModel):
    """How a new version comes in: the document's `update_config`, in which new pods start first."""

    parallelism: Annotated[int, Field(ge=1, le=100)]
    """How many new pods start before as many old ones stop."""
    delay: Duration
    """How long a new pod has to be well before the next one starts."""


class Service(SettingsModel):
    """A workload of the platform's own."""

    replicas: Annotated[int, Field(ge=1, le=100)]
    resources: Resources
    health: Probe
    max_unavailable: PercentOrCount | None = None
    """Pods that a node's drain may take away at once; none set, none is protected."""


class Frontend(Service):
    """The Next.js frontend."""

    next_public_api_url: Url
    """Where browsers find the API. Pages that are rendered on the server know no other address of it."""
    public_ports: tuple[Port, ...] = ()
    """Ports of public addresses that it may reach, for those pages."""


class KeptFolder(Sized):
    """A folder of the backend that outlives its pods."""

    shared: bool = False
    """Whether pods on several nodes write to it, for which its class has to offer ReadWriteMany."""


class Backend(Service):
    """The NestJS backend; `health` asks whether it lives."""

    readiness: Probe
    """Whether it can do its work, its stores among what it needs."""
    logs: KeptFolder
    uploads: KeptFolder

    @model_validator(mode="after")
    def _several_pods_share(self) -> Self:
        for name in ("logs", "uploads"):
            if self.replicas > 1 and not getattr(self, name).shared:
                raise misfit(
                    f"is false, and {self.replicas} replicas write to it",
                    name,
                    "shared",
                    expected="true, with a storage class that offers ReadWriteMany, or one replica",
                )
        return self


class Migration(SettingsModel):
    """The job that brings the database to the schema of the version."""

    resources: Resources
    retries: Annotated[int, Field(ge=0, le=20)]
    """How often it starts again; a database that an operator is still making counts as a failure."""
    deadline: Duration


class Edge(SettingsModel):
    """What the outside reaches."""

    host: HostName
    tls: bool
    api_rate: RateLimit
    """The zone `api`: every path of the API."""
    login_rate: RateLimit
    """The zone `login`: signing in."""


class Settings(SettingsModel):
    """The platform in one environment."""

    node_env: Literal["production"]
    """The document's only one: its images are production builds, in every environment."""
    temporary: Annotated[str, Field(pattern=r"^[1-9][0-9]*Mi$"), Expected("a size in memory, such as 100Mi")]
    """The size of each folder in memory of frontend and backend; it counts as the memory of the pod."""
    secrets: Secrets
    updates: Updates
    frontend: Frontend
    backend: Backend
    migration: Migration
    postgres: PostgreSQLSettings
    mongodb: MongoDBSettings
    redis: RedisSettings
    nginx: ProxySettings
    edge: Edge

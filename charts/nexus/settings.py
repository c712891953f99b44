"""The typed settings of `nexus`. Where a name is a variable of the document, it is that name in lower case."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from towpath.settings.fields import Expected, HostName, SecretRef, Url
from towpath.settings.model import Probe, RateLimit, SettingsModel
from towpath.settings.proxy import ProxySettings
from towpath.settings.stores import MongoDBSettings, PostgreSQLSettings, RedisSettings
from towpath.settings.workloads import JobSettings, Reach, VolumeSettings, WorkloadSettings


class Secrets(SettingsModel):
    """Where each password stands. Whole connection strings are made of these in the pods themselves."""

    postgres_password: SecretRef
    mongodb_password: SecretRef
    redis_password: SecretRef


class Frontend(WorkloadSettings):
    """The Next.js frontend."""

    next_public_api_url: Url
    """Where browsers find the API. Pages that are rendered on the server know no other address of it."""
    reaches: tuple[Reach, ...] = ()
    """Where those pages find it."""


class Backend(WorkloadSettings):
    """The NestJS backend; `health` asks whether it lives."""

    readiness: Probe
    """Whether it can do its work, its stores among what it needs."""
    logs: VolumeSettings
    uploads: VolumeSettings


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
    frontend: Frontend
    backend: Backend
    migration: JobSettings
    postgres: PostgreSQLSettings
    mongodb: MongoDBSettings
    redis: RedisSettings
    nginx: ProxySettings
    edge: Edge

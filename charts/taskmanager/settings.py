"""The typed settings of `taskmanager`. Where a name is a variable of the document, it is that name in lower case."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from towpath.settings.fields import EmailAddress, Expected, HostName, Port, Quantity, SecretRef, Url
from towpath.settings.model import Positive, Probe, RateLimit, Resources, SettingsModel
from towpath.settings.proxy import CipherList, ProxySettings
from towpath.settings.stores import ObjectStorageSettings, PostgreSQLSettings, RedisSettings
from towpath.settings.workloads import JobSettings, Reach, WorkloadSettings

Lifetime = Annotated[
    str, Field(pattern=r"^[1-9][0-9]*[smhdw]$"), Expected("a time span as tokens have it, such as 15m or 7d")
]
Folder = Annotated[
    str, Field(pattern=r"^(/[a-z0-9_-]+)+$"), Expected("an absolute path, such as /app/uploads")
]


class Application(SettingsModel):
    """Variables of the backend; each field is the variable of the same name in capitals."""

    node_env: Literal["development", "production"]
    log_level: Literal["trace", "debug", "info", "warn", "error", "fatal"]
    jwt_expires_in: Lifetime
    jwt_refresh_expires_in: Lifetime
    smtp_host: HostName | None = None
    """None where no mail is sent; so with the next two."""
    smtp_port: Port | None = None
    smtp_user: EmailAddress | None = None
    upload_dir: Folder
    """Where uploads stand until they are in the bucket; without a bucket, as long as their pod."""
    max_file_size: Positive
    """Bytes."""
    cors_origin: Url
    """The one origin whose pages may call the API by another host than their own."""
    rate_limit_max: Positive
    rate_limit_window: Positive
    """Milliseconds."""


class Secrets(SettingsModel):
    """Where each value stands; the key in the Secret is the variable's name with hyphens."""

    postgres_password: SecretRef
    redis_password: SecretRef
    jwt_secret: SecretRef
    jwt_refresh_secret: SecretRef
    smtp_pass: SecretRef | None = None
    sentry_dsn: SecretRef | None = None
    s3_access_key: SecretRef | None = None
    s3_secret_key: SecretRef | None = None


class Addresses(SettingsModel):
    """Where the pages find the API. Vite writes them into the bundle when it is built."""

    vite_api_url: Url
    vite_ws_url: Annotated[
        str,
        Field(pattern=r"^wss?://[a-z0-9.-]+(:[0-9]{1,5})?$"),
        Expected("an address such as wss://api.example.com"),
    ]


class Frontend(WorkloadSettings, Addresses):
    """The pages, served by the nginx of their own image."""


class Backend(WorkloadSettings):
    """The Fastify backend."""

    uploads: Quantity
    """How much may stand in `upload_dir` at once."""
    reaches: tuple[Reach, ...] = ()
    """Where mail and errors go."""


class Edge(SettingsModel):
    """What the outside reaches."""

    host: HostName
    www_host: HostName
    """Leads to `host`."""
    api_host: HostName
    """The API alone, beside the path /api/ of `host`."""
    tls: bool
    ssl_ciphers: CipherList | None = None
    prefer_server_ciphers: bool | None = None
    api_rate: RateLimit
    """The zone `api`: every path of the API."""
    login_rate: RateLimit
    """The zone `login`: everything below /api/v1/auth/."""
    proxy: ProxySettings
    """The document's nginx; TLS ends before it, at the ingress controller."""


class DevelopmentServer(Addresses):
    """The Vite server."""

    resources: Resources
    health: Probe
    workspace: Quantity
    """The volume for the sources and what Vite writes beside them."""


class Settings(SettingsModel):
    """The platform in one environment."""

    application: Application
    secrets: Secrets
    frontend: Frontend
    backend: Backend
    migration: JobSettings
    postgres: PostgreSQLSettings
    redis: RedisSettings
    objects: ObjectStorageSettings | None = None
    """The bucket of uploads; where there is none, they stay in `upload_dir`."""
    edge: Edge
    development_server: DevelopmentServer | None = None

"""The typed settings of `pmtool`. Where a name is a variable of the document, it is that name in lower case."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from towpath.settings.fields import EmailAddress, Expected, HostName, Port, Quantity, SecretRef, Url
from towpath.settings.model import Count, RateLimit, SettingsModel, UrlPath
from towpath.settings.proxy import CipherList, ProxySettings
from towpath.settings.stores import (
    ElasticsearchSettings,
    ObjectStorageSettings,
    PostgreSQLSettings,
    RedisSettings,
)
from towpath.settings.workloads import JobSettings, Reach, VolumeSettings, WorkloadSettings

Text = Annotated[str, Field(min_length=1)]
Lifetime = Annotated[
    str,
    Field(pattern=r"^[1-9][0-9]{0,4}[smhd]$"),
    Expected("a time in the notation of jsonwebtoken, such as 7d"),
]


class Application(SettingsModel):
    """Variables of the backend; each field is the variable of the same name in capitals."""

    node_env: Literal["development", "production", "test"]
    """What the document's schema allows: a staging environment runs as `production`."""
    port: Port
    api_prefix: Text
    api_version: Text
    db_pool_size: Annotated[int, Field(ge=1, le=200)]
    """Connections that each pod may open, to the primary and to the replica each."""
    db_connection_timeout: Count
    """Milliseconds."""
    redis_tls: bool
    """Whether Redis is reached by TLS; the document has no variable for what its ElastiCache asks for."""
    jwt_expires_in: Lifetime
    jwt_refresh_expires_in: Lifetime
    bcrypt_rounds: Annotated[int, Field(ge=4, le=31)]
    cors_origin: Url
    """The address of the frontend, as browsers write it into a request."""
    cors_credentials: bool
    rate_limit_window: Count
    """Milliseconds."""
    rate_limit_max: Count
    rate_limit_skip_success: bool
    max_file_size: Count
    """Bytes."""
    upload_dest: Text
    """Below `/app`, where the backend starts."""
    smtp_host: HostName
    smtp_port: Port
    smtp_secure: bool
    """Whether a connection starts with TLS; port 587 changes to it later."""
    email_from: EmailAddress
    new_relic_app_name: Text | None = None
    ssl_cert_path: UrlPath | None = None
    ssl_key_path: UrlPath | None = None
    log_level: Literal["error", "warn", "info", "http", "verbose", "debug", "silly"]
    """The levels of winston."""
    log_format: Literal["json", "simple"]
    log_file_path: UrlPath
    log_max_size: Annotated[str, Field(pattern=r"^[1-9][0-9]*[kmg]$"), Expected("a size such as 100m")]
    log_max_files: Annotated[int, Field(ge=1, le=100)]


class Secrets(SettingsModel):
    """Where the secret store holds each value. What is absent is not used in the environment."""

    db_password: SecretRef
    redis_password: SecretRef
    elasticsearch_password: SecretRef | None = None
    """None where Elastic's operator makes the password itself."""
    jwt_secret: SecretRef
    jwt_refresh_secret: SecretRef
    aws_access_key_id: SecretRef
    aws_secret_access_key: SecretRef
    smtp_user: SecretRef | None = None
    smtp_pass: SecretRef | None = None
    sentry_dsn: SecretRef | None = None
    new_relic_license_key: SecretRef | None = None
    next_public_sentry_dsn: SecretRef | None = None


class Frontend(WorkloadSettings):
    """The Next.js frontend."""

    reaches: tuple[Reach, ...] = ()
    """Where errors go, and where pages that are rendered on the server find the API."""
    next_public_api_url: Url
    next_public_ws_url: Url
    next_public_google_analytics_id: Text | None = None


class Backend(WorkloadSettings):
    """The NestJS backend."""

    reaches: tuple[Reach, ...] = ()
    """Where mail, errors and traces go."""
    uploads: VolumeSettings
    logs: Quantity
    """Room for the log files of one pod. A pod that needs more is evicted."""


class Edge(SettingsModel):
    """What the outside reaches."""

    host: HostName
    www_host: HostName
    """A second name of the frontend."""
    api_host: HostName
    tls: bool
    ssl_ciphers: CipherList
    prefer_server_ciphers: bool
    api_rate: RateLimit
    login_rate: RateLimit


class Settings(SettingsModel):
    """The platform in one environment."""

    application: Application
    secrets: Secrets
    frontend: Frontend
    backend: Backend
    migrations: JobSettings
    """The job that brings the database to the schema of the version."""
    postgres: PostgreSQLSettings
    redis: RedisSettings
    elasticsearch: ElasticsearchSettings
    objects: ObjectStorageSettings
    nginx: ProxySettings
    edge: Edge

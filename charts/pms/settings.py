"""The typed settings of `pms`. The names of variables are the application's own, in lower case."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from towpath.settings.fields import EmailAddress, Expected, HostName, Port, SecretRef, Url
from towpath.settings.model import Count, Positive, Probe, RateLimit, Resources, SettingsModel
from towpath.settings.proxy import CipherList, ProxySettings
from towpath.settings.stores import MongoDBSettings, ObjectStorageSettings, RedisSettings, Word
from towpath.settings.workloads import Reach, WorkloadSettings

TimeZone = Annotated[
    str,
    Field(pattern=r"^[A-Z][A-Za-z_]*(/[A-Z][A-Za-z0-9_+-]*)*$"),
    Expected("a time zone such as Asia/Dhaka"),
]
ApiVersion = Annotated[str, Field(pattern=r"^v[1-9][0-9]*$"), Expected("a version such as v1")]
CookieName = Annotated[
    str, Field(pattern=r"^[A-Za-z0-9_-]{1,64}$"), Expected("the name of a cookie, such as pm_refresh")
]


class Application(SettingsModel):
    """Variables that backend and worker share; each field is the variable of the same name in capitals."""

    node_env: Literal["development", "staging", "production"]
    tz: TimeZone = "Asia/Dhaka"
    log_level: Literal["debug", "info", "warn", "error"]
    frontend_port: Port | None = None
    backend_port: Port | None = None
    nginx_port: Port | None = None
    """Where the document publishes its nginx; a variable only, because the ingress controller does it here."""
    frontend_url: Url | None = None
    backend_url: Url | None = None
    api_version: ApiVersion | None = None
    jwt_access_ttl: Positive = 900
    """Seconds."""
    jwt_refresh_ttl: Positive = 1209600
    """Seconds."""
    refresh_cookie_name: CookieName
    bcrypt_rounds: Annotated[int, Field(ge=4, le=31)]
    smtp_host: HostName | None = None
    """None where the host stands in the secret store; so with the next two, which may only be empty here."""
    smtp_user: Literal[""] | None = None
    smtp_pass: Literal[""] | None = None
    smtp_port: Port
    smtp_secure: bool
    email_from: EmailAddress
    enable_metrics: bool = True
    metrics_port: Port = 9090
    enable_tracing: bool
    enable_registration: bool
    enable_file_upload: bool = True
    enable_notifications: bool = True
    maintenance_mode: bool | None = None
    rate_limit_window: Positive | None = None
    """Milliseconds."""
    rate_limit_max: Positive | None = None
    helmet_enabled: bool | None = None
    cluster_mode: bool | None = None
    cluster_workers: Count | None = None
    """0 for one worker for each CPU of the node, whatever the container's limit."""
    cache_ttl: Count | None = None
    """Seconds."""
    compression_enabled: bool | None = None


class Secrets(SettingsModel):
    """Where the secret store holds each value. What is absent is not used in the environment."""

    jwt_secret: SecretRef
    mongodb_uri: SecretRef | None = None
    mongodb_root_password: SecretRef | None = None
    redis_url: SecretRef | None = None
    redis_password: SecretRef
    aws_access_key: SecretRef
    aws_secret_key: SecretRef
    cloudfront_domain: SecretRef | None = None
    smtp_host: SecretRef | None = None
    smtp_user: SecretRef | None = None
    smtp_password: SecretRef | None = None
    sentry_dsn: SecretRef | None = None
    analytics_id: SecretRef | None = None
    slack_webhook_url: SecretRef | None = None
    jaeger_endpoint: SecretRef | None = None
    prometheus_endpoint: SecretRef | None = None
    cors_origins: SecretRef | None = None
    mongo_express_password: SecretRef | None = None


class Frontend(WorkloadSettings):
    """The Next.js frontend."""

    next_public_api_base_url: Url
    """Where browsers find the API; pages that are rendered on the server use it too."""
    next_public_s3_bucket_url: Url | None = None
    watchpack_polling: bool | None = None
    reaches: tuple[Reach, ...] = ()
    """Where pages that are rendered on the server find the API."""


class Edge(SettingsModel):
    """What the outside reaches."""

    host: HostName
    api_host: HostName | None = None
    """A host for the API alone, beside the path /api/ of the first."""
    tls: bool
    ssl_ciphers: CipherList | None = None
    prefer_server_ciphers: bool | None = None
    api_rate: RateLimit | None = None
    login_rate: RateLimit | None = None
    proxy: ProxySettings
    """The nginx that serves the document's paths; TLS ends before it, at the ingress controller."""


class DevelopmentTools(SettingsModel):
    """Services for development: the database's administration page, and a mail server that delivers nothing."""

    mongo_express_user: Word
    resources: Resources
    health: Probe


class Settings(SettingsModel):
    """The platform in one environment."""

    application: Application
    reaches: tuple[Reach, ...] = ()
    """Where backend and worker send mail, errors, traces and metrics."""
    secrets: Secrets
    frontend: Frontend
    backend: WorkloadSettings
    worker: WorkloadSettings
    mongodb: MongoDBSettings
    redis: RedisSettings
    objects: ObjectStorageSettings
    edge: Edge
    development_tools: DevelopmentTools | None = None

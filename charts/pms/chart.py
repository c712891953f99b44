"""The declarations of `pms`. They read like its document: secrets and variables, stores, workloads, edge."""

from __future__ import annotations

from typing import TYPE_CHECKING

from towpath.constructs import (
    Configuration,
    Edge,
    Location,
    MongoDB,
    ObjectStorage,
    Platform,
    Port,
    Proxy,
    Rate,
    Redis,
    Secret,
    Server,
    User,
    Workload,
    Writable,
)
from towpath.settings.variables import variables_of

if TYPE_CHECKING:
    from constructs import Construct

    from charts.pms.settings import DevelopmentTools, Settings
    from towpath.constructs import EnvironmentValue, Target

# The users `nextjs` and `nestjs`, which the images make [5.1, 5.2].
NODE = User(1001, 1001)
BACKEND_PORT = 8080
FRONTEND_PORT = 3000
TMP = Writable("/tmp")  # noqa: S108 -- a path in the container


class Pms(Platform):
    """Frontend, backend and worker on MongoDB, Redis and object storage."""

    def __init__(self, scope: Construct, id: str, *, settings: Settings, target: Target) -> None:
        super().__init__(scope, id, target=target)
        self.settings = settings
        self.secret = Secret(self, "pms-secrets", keys=settings.secrets)
        self.configuration = Configuration(self, "pms-config", data=variables_of(settings.application))
        self.declare_stores()
        self.declare_workloads()
        self.declare_edge()
        if settings.development_tools:
            self.declare_development_tools(settings.development_tools)

    def declare_stores(self) -> None:
        """MongoDB, Redis and object storage, bundled or external as the settings say."""
        settings = self.settings
        self.mongodb = MongoDB(
            self,
            "mongodb",
            settings=settings.mongodb,
            password=self.secret.get("mongodb-root-password"),
            uri=self.secret.get("mongodb-uri"),
        )
        self.redis = Redis(
            self,
            "redis",
            settings=settings.redis,
            password=self.secret.key("redis-password"),
            url=self.secret.get("redis-url"),
        )
        self.objects = ObjectStorage(
            self,
            "minio",
            settings=settings.objects,
            access_key=self.secret.key("aws-access-key"),
            secret_key=self.secret.key("aws-secret-key"),
        )

    def declare_workloads(self) -> None:
        """The frontend, the backend, and the worker, which is the backend's image with another entry point."""
        settings = self.settings
        backend_port = settings.application.backend_port or BACKEND_PORT
        frontend_port = settings.application.frontend_port or FRONTEND_PORT
        backend_variables: dict[str, EnvironmentValue] = {
            "PORT": str(backend_port),
            **self.secret.variables(
                JWT_SECRET="jwt-secret",  # noqa: S106 -- the name of a key, not a secret
                S3_CLOUDFRONT_DOMAIN="cloudfront-domain",
                SMTP_HOST="smtp-host",
                SMTP_USER="smtp-user",
                SMTP_PASS="smtp-password",  # noqa: S106 -- as above
                SENTRY_DSN="sentry-dsn",
                ANALYTICS_ID="analytics-id",
                SLACK_WEBHOOK_URL="slack-webhook-url",
                JAEGER_ENDPOINT="jaeger-endpoint",
                PROMETHEUS_ENDPOINT="prometheus-endpoint",
                CORS_ORIGINS="cors-origins",
            ),
        }
        self.backend = Workload(
            self,
            "backend",
            image="backend",
            user=NODE,
            settings=settings.backend,
            ports=(Port("http", backend_port), Port("metrics", settings.application.metrics_port)),
            environment=backend_variables,
            configuration=(self.configuration,),
            writable=(TMP,),
            egress=settings.reaches,
        )
        self.worker = Workload(
            self,
            "worker",
            image="backend",
            user=NODE,
            command=("dumb-init", "--", "node", "dist/worker.js"),
            settings=settings.worker,
            environment=backend_variables,
            configuration=(self.configuration,),
            writable=(TMP,),
            egress=settings.reaches,
        )
        for workload in (self.backend, self.worker):
            workload.connects_to(self.mongodb, self.redis, self.objects)
        self.frontend = Workload(
            self,
            "frontend",
            image="frontend",
            user=NODE,
            settings=settings.frontend,
            ports=(Port("http", frontend_port),),
            environment={
                "NODE_ENV": settings.application.node_env,
                "PORT": str(frontend_port),
                "HOSTNAME": "0.0.0.0",  # noqa: S104 -- the document's own value: listen on every address of the pod
                "NEXT_TELEMETRY_DISABLED": "1",
                **variables_of(
                    settings.frontend,
                    "next_public_api_base_url",
                    "next_public_s3_bucket_url",
                    "watchpack_polling",
                ),
            },
            writable=(TMP, Writable("/app/.next/cache", "256Mi")),
            egress=settings.frontend.reaches,
        )
        self.frontend.connects_to(self.backend, ports=("http",))

    def declare_edge(self) -> None:
        """The document's nginx: rates for the login and the API, cached static files, headers, WebSockets [6.3]."""
        edge = self.settings.edge
        login, api = Rate("login", edge.login_rate), Rate("api", edge.api_rate)
        servers = [
            Server(
                hosts=(edge.host,),
                locations=[
                    Location("/api/auth/login", to=self.backend, path="/auth/login", rate=login),
                    Location("/api/", to=self.backend, path="/", rate=api, websocket=True),
                    Location(
                        "/_next/static/", to=self.frontend, expires="1y", cache_control="public, immutable"
                    ),
                    Location("/", to=self.frontend, websocket=True),
                ],
            )
        ]
        if edge.api_host:
            servers.append(
                Server(
                    hosts=(edge.api_host,),
                    locations=[
                        Location("/auth/login", to=self.backend, rate=login),
                        Location("/", to=self.backend, rate=api, websocket=True),
                    ],
                )
            )
        proxy = Proxy(self, "nginx", settings=edge.proxy, servers=servers)
        Edge(
            self,
            "edge",
            proxy=proxy,
            tls=edge.tls,
            ssl_ciphers=edge.ssl_ciphers or "",
            prefer_server_ciphers=edge.prefer_server_ciphers,
        )

    def declare_development_tools(self, tools: DevelopmentTools) -> None:
        """The database's administration page, and a mail server that shows mails and delivers none [4.1, 6.1]."""
        express = Workload(
            self,
            "mongo-express",
            image="mongo-express",
            user=User(1000, 1000),
            only_in_development=True,
            ports=(Port("http", 8081),),
            liveness=tools.health,
            readiness=tools.health,
            environment={
                # This release asks for the two below only where it is told to; without them, everybody is let in.
                "ME_CONFIG_BASICAUTH": "true",
                "ME_CONFIG_BASICAUTH_USERNAME": tools.mongo_express_user,
                "ME_CONFIG_BASICAUTH_PASSWORD": self.secret.key("mongo-express-password"),
            },
            resources=tools.resources,
            writable=(TMP,),
        )
        express.connects_to(
            self.mongodb,
            variables={
                # The image waits for the first two, and connects by the third alone.
                "ME_CONFIG_MONGODB_SERVER": "host",
                "ME_CONFIG_MONGODB_PORT": "port",
                "ME_CONFIG_MONGODB_URL": "uri",
                "ME_CONFIG_MONGODB_ADMINUSERNAME": "username",
                "ME_CONFIG_MONGODB_ADMINPASSWORD": "password",
            },
        )
        mailhog = Workload(
            self,
            "mailhog",
            image="mailhog",
            user=User(1000, 1000),
            only_in_development=True,
            ports=(Port("smtp", self.settings.application.smtp_port), Port("http", 8025)),
            liveness=tools.health,
            readiness=tools.health,
            resources=tools.resources,
            writable=(TMP,),
        )
        for workload in (self.backend, self.worker):
            workload.connects_to(mailhog, ports=("smtp",))

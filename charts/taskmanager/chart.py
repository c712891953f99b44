"""The declarations of `taskmanager`. They read like its document: variables, stores, workloads, edge."""

from __future__ import annotations

from typing import TYPE_CHECKING

from towpath.constructs import (
    Configuration,
    Edge,
    Job,
    Location,
    ObjectStorage,
    Platform,
    Port,
    PostgreSQL,
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

    from charts.taskmanager.settings import DevelopmentServer, Settings
    from towpath.constructs import EnvironmentValue, Target

# The user `nextjs` and the group `nodejs`, which the backend's image makes [2].
BACKEND = User(1001, 1001)
# The user `nginx` of the image that the frontend's is made from.
NGINX = User(101, 101)
# The user `node` of the official image.
NODE = User(1000, 1000)
# Files that one request brings stand here until all of it has come.
TMP = Writable("/tmp", "256Mi")  # noqa: S108 -- a path in the container
# npm keeps its logs and its cache in the home folder, and would ask the registry for a newer npm.
NPM = {"HOME": TMP.path, "NPM_CONFIG_UPDATE_NOTIFIER": "false"}
# Prisma would look for a newer Prisma.
PRISMA = {"CHECKPOINT_DISABLE": "1"}
STATIC_FILES = r"~* \.(js|css|png|jpg|jpeg|gif|ico|svg|woff|woff2|ttf|eot)$"


class Taskmanager(Platform):
    """Pages and an API on PostgreSQL, Redis and a bucket, behind nginx."""

    def __init__(self, scope: Construct, id: str, *, settings: Settings, target: Target) -> None:
        super().__init__(scope, id, target=target)
        self.settings = settings
        self.secret = Secret(self, "taskmanager-secrets", keys=settings.secrets)
        self.configuration = Configuration(
            self, "taskmanager-config", data=variables_of(settings.application)
        )
        self.declare_stores()
        self.declare_backend()
        self.declare_frontend()
        self.declare_edge()
        if settings.development_server:
            self.declare_development_server(settings.development_server)

    def declare_stores(self) -> None:
        """PostgreSQL with its pool, Redis, and the bucket for uploads where the environment has one [1, 3, 6]."""
        settings = self.settings
        self.postgres = PostgreSQL(
            self, "postgres", settings=settings.postgres, password=self.secret.key("postgres-password")
        )
        self.redis = Redis(self, "redis", settings=settings.redis, password=self.secret.key("redis-password"))
        self.objects = (
            ObjectStorage(
                self,
                "uploads",
                settings=settings.objects,
                access_key=self.secret.key("s3-access-key"),
                secret_key=self.secret.key("s3-secret-key"),
            )
            if settings.objects
            else None
        )

    def declare_backend(self) -> None:
        """The Fastify backend, and the migration that runs before each new version of it [2, 3, 5, 9]."""
        backend = self.settings.backend
        variables: dict[str, EnvironmentValue] = {
            **NPM,
            **PRISMA,
            **self.secret.variables(
                JWT_SECRET="jwt-secret",  # noqa: S106 -- the name of a key, not a secret
                JWT_REFRESH_SECRET="jwt-refresh-secret",  # noqa: S106 -- as above
                SMTP_PASS="smtp-pass",  # noqa: S106 -- as above
                SENTRY_DSN="sentry-dsn",
            ),
        }
        # Not through the pool: a migration holds a lock of its session.
        Job(
            self,
            "migrate",
            image="backend",
            user=BACKEND,
            command=("npx", "prisma", "migrate", "deploy"),
            environment={**NPM, **PRISMA},
            settings=self.settings.migration,
            writable=(TMP,),
            prepares=(self.postgres,),
        )
        self.backend = Workload(
            self,
            "backend",
            image="backend",
            user=BACKEND,
            settings=backend,
            ports=(Port("http", 3000),),
            environment=variables,
            configuration=(self.configuration,),
            writable=(TMP, Writable(self.settings.application.upload_dir, str(backend.uploads))),
            egress=backend.reaches,
        )
        self.backend.connects_to(
            self.postgres,
            variables={
                "DATABASE_URL": "pool_uri",
                "POSTGRES_DB": "database",
                "POSTGRES_USER": "username",
                "POSTGRES_PASSWORD": "password",
            },
        )
        self.backend.connects_to(self.redis, variables={"REDIS_URL": "url"})
        if self.objects:
            self.backend.connects_to(
                self.objects,
                variables={
                    "S3_BUCKET": "bucket",
                    "S3_REGION": "region",
                    "S3_ACCESS_KEY": "access_key",
                    "S3_SECRET_KEY": "secret_key",
                },
            )

    def declare_frontend(self) -> None:
        """The pages, on the nginx of their image, which answers /health and knows React's routes [2, 3]."""
        frontend = self.settings.frontend
        self.frontend = Workload(
            self,
            "frontend",
            image="frontend",
            user=NGINX,
            settings=frontend,
            ports=(Port("http", 80),),
            environment=variables_of(frontend, "vite_api_url", "vite_ws_url"),
            writable=(Writable("/var/cache/nginx"), Writable("/var/run", "1Mi")),
        )

    def declare_edge(self) -> None:
        """The document's nginx: rates for the API and for signing in, static files, headers, compression [4]."""
        edge = self.settings.edge
        login, api = Rate("login", edge.login_rate), Rate("api", edge.api_rate)
        signing_in = Location("/api/v1/auth/", to=self.backend, rate=login)
        health = Location("/health", answer="healthy\n")
        static = Location(STATIC_FILES, expires="1y", cache_control="public, immutable")
        proxy = Proxy(
            self,
            "nginx",
            settings=edge.proxy,
            servers=[
                Server(
                    hosts=(edge.host,),
                    locations=[
                        Location("/", to=self.frontend, inside=[static]),
                        Location("/api/", to=self.backend, rate=api, websocket=True),
                        signing_in,
                        health,
                    ],
                ),
                Server(
                    hosts=(edge.api_host,),
                    locations=[
                        Location("/", to=self.backend, rate=api, websocket=True),
                        signing_in,
                        health,
                    ],
                ),
                Server(hosts=(edge.www_host,), locations=[Location("/", moved_to=edge.host)]),
            ],
        )
        Edge(
            self,
            "edge",
            proxy=proxy,
            tls=edge.tls,
            ssl_ciphers=edge.ssl_ciphers or "",
            prefer_server_ciphers=edge.prefer_server_ciphers,
        )

    def declare_development_server(self, server: DevelopmentServer) -> None:
        """The Vite server of the document's development environment [3]."""
        Workload(
            self,
            "frontend-dev",
            image="frontend-dev",
            user=NODE,
            only_in_development=True,
            # Without the last words Vite answers on the pod's own localhost only.
            command=("npm", "run", "dev", "--", "--host", "0.0.0.0"),  # noqa: S104 -- every address of the pod
            ports=(Port("http", 5173),),
            environment={**NPM, **variables_of(server, "vite_api_url", "vite_ws_url")},
            resources=server.resources,
            health=server.health,
            # Vite writes beside its configuration and below node_modules.
            writable=(TMP, Writable("/app", str(server.workspace), copied=True)),
        )

"""The declarations of `nexus`. They read like its document: secrets, stores, workloads, nginx, edge."""

from __future__ import annotations

from typing import TYPE_CHECKING

from towpath.constructs import (
    Edge,
    Job,
    Location,
    MongoDB,
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
    volume_of,
)

if TYPE_CHECKING:
    from constructs import Construct

    from charts.nexus.settings import Settings
    from towpath.constructs import EnvironmentValue, Target

# The users `nextjs` and `nestjs` of the group `nodejs`, which the images make [Frontend Stage 5, Backend Stage 6].
NODE = User(1001, 1001)
FRONTEND_PORT = 3000
BACKEND_PORT = 3001
SCHEMA = "services/backend/prisma/schema.prisma"


class Nexus(Platform):
    """Frontend and backend on PostgreSQL, MongoDB and Redis, behind the document's nginx."""

    def __init__(self, scope: Construct, id: str, *, settings: Settings, target: Target) -> None:
        super().__init__(scope, id, target=target)
        self.settings = settings
        self.secret = Secret(self, "nexus-secrets", keys=settings.secrets)
        self.declare_stores()
        self.declare_backend()
        self.declare_frontend()
        self.declare_edge()

    def declare_stores(self) -> None:
        """PostgreSQL, MongoDB and Redis: the document's database network [Network Architecture]."""
        settings = self.settings
        self.postgres = PostgreSQL(
            self, "postgres", settings=settings.postgres, password=self.secret.key("postgres-password")
        )
        self.mongodb = MongoDB(
            self, "mongodb", settings=settings.mongodb, password=self.secret.key("mongodb-password")
        )
        self.redis = Redis(self, "redis", settings=settings.redis, password=self.secret.key("redis-password"))

    def declare_backend(self) -> None:
        """The NestJS backend, and the migration of its database [Application Services]."""
        backend = self.settings.backend
        variables: dict[str, EnvironmentValue] = {"NODE_ENV": self.settings.node_env}
        Job(
            self,
            "migrate",
            image="backend",
            user=NODE,
            command=("npx", "prisma", "migrate", "deploy", f"--schema={SCHEMA}"),
            # npx keeps its cache and its log in the home folder, which the root file system does not take.
            environment={**variables, "HOME": "/tmp"},  # noqa: S108 -- a path in the container
            settings=self.settings.migration,
            writable=(self.temporary("/tmp"),),  # noqa: S108 -- as above
            prepares=(self.postgres,),
        )
        self.backend = Workload(
            self,
            "backend",
            image="backend",
            user=NODE,
            settings=backend,
            ports=(Port("http", BACKEND_PORT),),
            environment={**variables, "PORT": str(BACKEND_PORT)},
            readiness=backend.readiness,
            writable=(self.temporary("/tmp"),),  # noqa: S108 -- a path in the container
            volumes=(
                # Two programs that write to one log on a shared volume would tear each other's lines.
                volume_of("backend-logs", "/app/logs", backend.logs, by_pod=True),
                volume_of("backend-uploads", "/app/uploads", backend.uploads),
            ),
        )
        # Through the pool of connections where there is one; the migration takes locks that need the server itself.
        self.backend.connects_to(self.postgres, variables={"DATABASE_URL": "pool_uri"})
        self.backend.connects_to(self.mongodb, variables={"MONGODB_URL": "uri"})
        self.backend.connects_to(self.redis, variables={"REDIS_URL": "url"})

    def declare_frontend(self) -> None:
        """The Next.js frontend [Application Services]."""
        frontend = self.settings.frontend
        self.frontend = Workload(
            self,
            "frontend",
            image="frontend",
            user=NODE,
            settings=frontend,
            ports=(Port("http", FRONTEND_PORT),),
            environment={
                "NODE_ENV": self.settings.node_env,
                "NEXT_TELEMETRY_DISABLED": "1",
                "NEXT_PUBLIC_API_URL": frontend.next_public_api_url,
                "PORT": str(FRONTEND_PORT),
                # Next.js would listen on the pod's name alone, which the container runtime sets here.
                "HOSTNAME": "0.0.0.0",  # noqa: S104 -- every address of the pod
            },
            writable=(
                self.temporary("/tmp"),  # noqa: S108 -- a path in the container
                self.temporary("/app/.next/cache"),
                # Where the server of a workspace looks for its cache: below its own folder.
                self.temporary("/app/apps/frontend/.next/cache"),
            ),
            egress=frontend.reaches,
        )
        self.frontend.connects_to(self.backend)

    def declare_edge(self) -> None:
        """The document's nginx [Nginx Reverse Proxy]. It names zones and no locations; these are our decision."""
        edge = self.settings.edge
        locations = (
            # Without regard to case, as the backend's own router compares paths.
            Location("~* ^/api/auth/login", to=self.backend, rate=Rate("login", edge.login_rate)),
            Location("/api/", to=self.backend, rate=Rate("api", edge.api_rate)),
            # The one path below /api/ that is the frontend's own.
            Location("= /api/health", to=self.frontend),
            # Files with their content's hash in the name: the only answers that are the same for everybody.
            Location("/_next/static/", to=self.frontend, cache=True),
            Location("/", to=self.frontend),
        )
        nginx = Proxy(
            self,
            "nginx",
            settings=self.settings.nginx,
            servers=(Server(hosts=(edge.host,), locations=locations),),
        )
        Edge(self, "edge", tls=edge.tls, proxy=nginx)

    def temporary(self, path: str) -> Writable:
        """Return a folder in memory: the document's tmpfs [Read-Only Filesystem]."""
        return Writable(path, self.settings.temporary, memory=True)

"""The declarations of `pmtool`. They read like its document: secrets and variables, stores, workloads, edge."""

from __future__ import annotations

from typing import TYPE_CHECKING

from towpath.constructs import (
    Configuration,
    Edge,
    Elasticsearch,
    Job,
    Location,
    ObjectStorage,
    Platform,
    Port,
    PostgreSQL,
    Proxy,
    Rate,
    Redis,
    Route,
    Secret,
    Server,
    User,
    Workload,
    Writable,
    volume_of,
)
from towpath.settings.variables import variables_of

if TYPE_CHECKING:
    from constructs import Construct

    from charts.pmtool.settings import Settings
    from towpath.constructs import SecretKey, Target

# The users `nextjs` and `nestjs`, which the images make [3.1, 3.2].
NODE = User(1001, 1001)
FRONTEND_PORT = 3000
TMP = Writable("/tmp")  # noqa: S108 -- a path in the container
LOGS = "/var/log/pmtool"
UPLOADS = "/app/uploads"
TRUSTED = "/etc/pmtool/trusted"

# The document's script of migrations is not in its image, which holds what `src` compiles to and TypeORM [3.1, 5.2].
# This asks TypeORM for the same.
MIGRATE = """\
const { DataSource } = require("typeorm");
const { DB_HOST, DB_PORT, DB_USER, DB_PASSWORD, DB_NAME, DB_SSL } = process.env;
const database = new DataSource({
  type: "postgres",
  host: DB_HOST,
  port: Number(DB_PORT),
  username: DB_USER,
  password: DB_PASSWORD,
  database: DB_NAME,
  ssl: DB_SSL === "true",
  migrations: ["dist/migrations/*.js"],
  logging: true,
});
database
  .initialize()
  .then(() => database.runMigrations())
  .then((done) => console.log(`${done.length} migrations`))
  .then(() => database.destroy())
  .catch((error) => {
    console.error(error);
    process.exit(1);
  });
"""


class Database(PostgreSQL):
    """PostgreSQL, of which clients are told by the document's variables [2.1]."""

    default_variables = {  # noqa: RUF012 -- nobody changes it, and the base class says so
        "DB_HOST": "host",
        "DB_PORT": "port",
        "DB_USER": "username",
        "DB_PASSWORD": "password",
        "DB_NAME": "database",
        "DB_SSL": "ssl",
    }


class Pmtool(Platform):
    """Frontend and backend on PostgreSQL, Redis, Elasticsearch and object storage, behind nginx."""

    def __init__(self, scope: Construct, id: str, *, settings: Settings, target: Target) -> None:
        super().__init__(scope, id, target=target)
        self.settings = settings
        self.secret = Secret(self, "pmtool-secrets", keys=settings.secrets)
        self.configuration = Configuration(self, "pmtool-config", data=variables_of(settings.application))
        self.declare_stores()
        self.declare_workloads()
        self.declare_edge()

    @property
    def trusted(self) -> dict[str, SecretKey]:
        """Folders with the certificate of whoever signs the database's own, in mode `operator`."""
        authority = self.postgres.authority
        return {TRUSTED: authority} if authority else {}

    @property
    def trust(self) -> dict[str, str]:
        """What tells Node.js, which verifies the server where DB_SSL is true, to take that certificate's word."""
        authority = self.postgres.authority
        return {"NODE_EXTRA_CA_CERTS": f"{TRUSTED}/{authority.key}"} if authority else {}

    def declare_stores(self) -> None:
        """PostgreSQL, Redis, Elasticsearch and object storage, each in the mode that the settings choose [1.1]."""
        settings, secret = self.settings, self.secret
        self.postgres = Database(
            self, "postgres", settings=settings.postgres, password=secret.key("db-password")
        )
        self.redis = Redis(self, "redis", settings=settings.redis, password=secret.key("redis-password"))
        self.elasticsearch = Elasticsearch(
            self,
            "elasticsearch",
            settings=settings.elasticsearch,
            password=secret.get("elasticsearch-password"),
        )
        self.objects = ObjectStorage(
            self,
            "minio",
            settings=settings.objects,
            access_key=secret.key("aws-access-key-id"),
            secret_key=secret.key("aws-secret-access-key"),
        )

    def declare_workloads(self) -> None:
        """The migrations, the backend and the frontend [3.1, 3.2, 3.3, 5.2]."""
        self.declare_migrations()
        self.declare_backend()
        settings = self.settings.frontend
        self.frontend = Workload(
            self,
            "frontend",
            image="frontend",
            user=NODE,
            settings=settings,
            ports=(Port("http", FRONTEND_PORT),),
            environment={
                # The image is a production build wherever it runs [3.2].
                "NODE_ENV": "production",
                "PORT": str(FRONTEND_PORT),
                # Kubernetes sets this to the pod's name, and Next.js would listen at that name's address alone.
                "HOSTNAME": "0.0.0.0",  # noqa: S104 -- the proxy and the kubelet reach it at the pod's address
                **variables_of(
                    settings, "next_public_api_url", "next_public_ws_url", "next_public_google_analytics_id"
                ),
                **self.secret.variables(NEXT_PUBLIC_SENTRY_DSN="next-public-sentry-dsn"),
            },
            writable=(TMP, Writable("/app/.next/cache", "256Mi")),
            egress=settings.reaches,
        )

    def declare_migrations(self) -> None:
        """The job that runs TypeORM's migrations, on the primary itself and not through the pool [5.2]."""
        Job(
            self,
            "migrations",
            image="backend",
            user=NODE,
            settings=self.settings.migrations,
            command=("node", "-e", MIGRATE),
            environment={"NODE_ENV": self.settings.application.node_env, **self.trust},
            secret_files=self.trusted,
            writable=(TMP,),
            prepares=(self.postgres,),
        )

    def declare_backend(self) -> None:
        """The NestJS backend with its uploads and its log files [3.1, 3.3]."""
        settings = self.settings.backend
        self.backend = Workload(
            self,
            "backend",
            image="backend",
            user=NODE,
            settings=settings,
            ports=(Port("http", self.settings.application.port),),
            configuration=(self.configuration,),
            environment={
                # The agent's own log would go to the folder of the program.
                "NEW_RELIC_LOG": "stdout",
                **self.trust,
                **self.secret.variables(
                    JWT_SECRET="jwt-secret",  # noqa: S106 -- the name of a key, not a secret
                    JWT_REFRESH_SECRET="jwt-refresh-secret",  # noqa: S106 -- as above
                    SMTP_USER="smtp-user",
                    SMTP_PASS="smtp-pass",  # noqa: S106 -- as above
                    SENTRY_DSN="sentry-dsn",
                    NEW_RELIC_LICENSE_KEY="new-relic-license-key",
                ),
            },
            secret_files=self.trusted,
            # Each pod has log files of its own: two that turn over the same file would lose lines.
            writable=(TMP, Writable(LOGS, str(settings.logs))),
            volumes=(volume_of("uploads", UPLOADS, settings.uploads),),
            egress=settings.reaches,
        )
        self.backend.connects_to(
            self.postgres,
            variables={**Database.default_variables, "DB_HOST": "pool_host", "DB_REPLICA_HOST": "read_host"},
        )
        self.backend.connects_to(
            self.redis,
            variables={
                "REDIS_HOST": "host",
                "REDIS_PORT": "port",
                "REDIS_PASSWORD": "password",
                "REDIS_DB": "database",
                "REDIS_CLUSTER_MODE": "cluster_mode",
            },
        )
        self.backend.connects_to(self.elasticsearch)
        self.backend.connects_to(
            self.objects,
            variables={
                "AWS_REGION": "region",
                "AWS_ACCESS_KEY_ID": "access_key",
                "AWS_SECRET_ACCESS_KEY": "secret_key",
                "AWS_S3_BUCKET": "bucket",
                # Where a bundled storage is; of S3 itself both say what is so anyway.
                "AWS_ENDPOINT_URL_S3": "endpoint",
                "AWS_S3_FORCE_PATH_STYLE": "path_style",
            },
        )

    def declare_edge(self) -> None:
        """The document's nginx: two hosts, rates for the login and the API, headers, compression, socket.io [3.4]."""
        edge = self.settings.edge
        servers = (
            Server(hosts=(edge.host,), locations=[Location("/", to=self.frontend, websocket=True)]),
            # The API allows the first name alone to call it, so the pages are served under that one.
            Server(hosts=(edge.www_host,), locations=[Location("/", moved_to=edge.host)]),
            Server(
                hosts=(edge.api_host,),
                locations=[
                    # Without regard to case, as Express compares paths: /api/AUTH/login is the login, too.
                    Location("~* ^/api/auth/login", to=self.backend, rate=Rate("login", edge.login_rate)),
                    Location("/api/", to=self.backend, rate=Rate("api", edge.api_rate)),
                ],
            ),
        )
        proxy = Proxy(self, "nginx", settings=self.settings.nginx, servers=servers)
        # A client of socket.io starts by polling and has to meet the pod that knows it every time. The proxy sees a
        # Service and no pods, so the ingress controller leads these requests to the pods itself.
        socket = Route(name="socket", host=edge.api_host, path="/socket.io/", to=self.backend, by_client=True)
        Edge(
            self,
            "edge",
            proxy=proxy,
            routes=(socket,),
            tls=edge.tls,
            ssl_ciphers=edge.ssl_ciphers,
            prefer_server_ciphers=edge.prefer_server_ciphers,
        )

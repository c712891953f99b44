"""The declarations of `keycloak-pm`. They read like its document: stores, Keycloak, backend, frontend, nginx."""

from __future__ import annotations

from typing import TYPE_CHECKING

from charts.keycloak_pm.settings import BACKEND_CLIENT, FRONTEND_CLIENT
from towpath.constructs import (
    Configuration,
    Database,
    Edge,
    Job,
    Keycloak,
    Location,
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
from towpath.settings.variables import variables_of

if TYPE_CHECKING:
    from constructs import Construct

    from charts.keycloak_pm.settings import DevelopmentServer, MailHog, Settings
    from towpath.constructs import EnvironmentValue, Target

# The system user `app` and its group, as Debian 12 numbers the first ones [Backend Dockerfile].
APP = User(100, 101)
# The user `node` of the official image.
NODE = User(1000, 1000)
# The user `mailhog` of its image.
MAILHOG = User(1000, 1000)
BACKEND_PORT = 8000
TMP = Writable("/tmp", "256Mi")  # noqa: S108 -- a path in the container
PAGES = "/usr/share/nginx/html"
KEYCLOAK_DATABASE = "keycloak"
STATIC_FILES = r"~* \.(js|css|png|jpg|jpeg|gif|ico|svg|woff|woff2|ttf|eot)$"


class KeycloakPm(Platform):
    """Pages and an API on PostgreSQL and Redis, whose users Keycloak signs in, behind nginx."""

    def __init__(self, scope: Construct, id: str, *, settings: Settings, target: Target) -> None:
        super().__init__(scope, id, target=target)
        self.settings = settings
        self.secret = Secret(self, "keycloak-pm-secrets", keys=settings.secrets)
        self.configuration = Configuration(
            self, "keycloak-pm-config", data=variables_of(settings.application)
        )
        self.declare_stores()
        self.declare_keycloak()
        self.declare_backend()
        self.declare_frontend()
        self.declare_edge()
        if settings.development_server:
            self.declare_development_server(settings.development_server)
        if settings.mailhog:
            self.declare_mailhog(settings.mailhog)

    def declare_stores(self) -> None:
        """PostgreSQL with the backend's database and Keycloak's, and Redis [Main docker-compose.yml]."""
        settings, secret = self.settings, self.secret
        self.postgres = PostgreSQL(
            self,
            "postgres",
            settings=settings.postgres,
            password=secret.key("postgres-password"),
            databases=(Database(KEYCLOAK_DATABASE, "keycloak_user", secret.key("keycloak-db-password")),),
        )
        self.redis = Redis(self, "redis", settings=settings.redis, password=secret.key("redis-password"))

    def declare_keycloak(self) -> None:
        """The identity server, with its realm [Main docker-compose.yml]."""
        self.keycloak = Keycloak(
            self,
            "keycloak",
            settings=self.settings.keycloak,
            database=self.postgres,
            database_facts=KEYCLOAK_DATABASE,
            admin_password=self.secret.key("keycloak-admin-password"),
            client_secrets={BACKEND_CLIENT: self.secret.key("keycloak-client-secret")},
        )

    def declare_backend(self) -> None:
        """The FastAPI backend, and Alembic before it [Main docker-compose.yml, Backend Dockerfile, start.sh]."""
        backend = self.settings.backend
        variables: dict[str, EnvironmentValue] = {
            "KEYCLOAK_CLIENT_ID": BACKEND_CLIENT,
            **self.secret.variables(
                KEYCLOAK_CLIENT_SECRET="keycloak-client-secret",  # noqa: S106 -- the name of a key, not a secret
                SECRET_KEY="secret-key",  # noqa: S106 -- as above
                EMAIL_USER="email-user",
                EMAIL_PASSWORD="email-password",  # noqa: S106 -- as above
            ),
        }
        redis, keycloak = {"REDIS_URL": "url"}, {"KEYCLOAK_URL": "url", "KEYCLOAK_REALM": "realm"}
        Job(
            self,
            "migrate",
            image="backend",
            user=APP,
            settings=self.settings.migration,
            command=("alembic", "upgrade", "head"),
            # The program reads its settings as a whole, so it has every variable. It reaches the database alone.
            environment={**variables, **self.redis.variables(redis), **self.keycloak.variables(keycloak)},
            configuration=(self.configuration,),
            writable=(TMP, Writable("/app/logs")),
            prepares=(self.postgres,),
        )
        self.backend = Workload(
            self,
            "backend",
            image="backend",
            user=APP,
            settings=backend,
            ports=(Port("http", BACKEND_PORT),),
            environment={
                **variables,
                # uvicorn believes what a proxy says of scheme and client on its own machine only. Policies let nobody
                # but nginx in here.
                "FORWARDED_ALLOW_IPS": "*",
            },
            configuration=(self.configuration,),
            writable=(TMP,),
            volumes=(
                volume_of("backend-uploads", "/app/uploads", backend.uploads),
                # Two programs that write to one log on a shared volume would tear each other's lines.
                volume_of("backend-logs", "/app/logs", backend.logs, by_pod=True),
            ),
            egress=backend.reaches,
        )
        self.backend.connects_to(self.postgres)
        self.backend.connects_to(self.redis, variables=redis)
        self.backend.connects_to(self.keycloak, variables=keycloak)

    def declare_frontend(self) -> None:
        """The React build, served by the nginx of its image [Frontend Dockerfile, Frontend Site Configuration]."""
        static = Location(STATIC_FILES, expires="1y", cache_control="public, immutable")
        pages = Location("/", files=PAGES, fallback="/index.html", inside=(static,))
        self.frontend = Proxy(
            self,
            "frontend",
            image="frontend",
            settings=self.settings.frontend,
            servers=(Server(hosts=(), locations=(pages,)),),
            environment={"REACT_APP_API_URL": self.settings.edge.api_url, **self.react_variables()},
            # One image is for all environments, so it may write the addresses into its files when it starts. They are
            # the document's volume `frontend_build`.
            start_scripts=True,
            writable=(Writable(PAGES, "256Mi", copied=True),),
        )

    def react_variables(self) -> dict[str, EnvironmentValue]:
        """Return where the pages sign their users in. react-scripts writes them into the bundle when it is built."""
        keycloak = self.settings.keycloak
        return {
            "REACT_APP_KEYCLOAK_URL": str(keycloak.public_url),
            "REACT_APP_KEYCLOAK_REALM": keycloak.realm.name,
            "REACT_APP_KEYCLOAK_CLIENT_ID": FRONTEND_CLIENT,
        }

    def declare_edge(self) -> None:
        """The document's nginx, with a site for the pages and one for Keycloak [Nginx Configuration]."""
        edge = self.settings.edge
        api = (
            Location("/api/", to=self.backend, rate=Rate("api", edge.api_rate)),
            Location("/ws", to=self.backend, websocket=True),
        )
        # The files of Keycloak's pages. A page asks for more of them at once than the rate lets through.
        resources = Location("/resources/", to=self.keycloak)
        everything = Location(
            "/",
            to=self.keycloak,
            rate=Rate("auth", edge.auth_rate),
            buffers=edge.auth_buffers,
            request_headers={"X-Forwarded-Server": "$host"},
        )
        servers = (
            Server(hosts=(edge.app_host,), locations=(Location("/", to=self.frontend), *api)),
            # The address that the pages have of the API; the document's nginx does not know it.
            Server(hosts=(edge.api_host,), locations=api),
            Server(
                hosts=(self.settings.keycloak.hostname,),
                locations=(everything, resources),
                # Keycloak says itself which pages may be framed: the pages of its clients frame two of them.
                headers={"X-Frame-Options": ""},
            ),
        )
        nginx = Proxy(self, "nginx", settings=self.settings.nginx, servers=servers)
        Edge(self, "edge", tls=edge.tls, proxy=nginx)

    def declare_development_server(self, server: DevelopmentServer) -> None:
        """The server of react-scripts [Development Override, Frontend Dockerfile]."""
        Workload(
            self,
            "frontend-dev",
            image="frontend-dev",
            user=NODE,
            only_in_development=True,
            ports=(Port("http", 3000),),
            environment={
                "NODE_ENV": "development",
                **variables_of(server, "chokidar_usepolling", "react_app_api_url"),
                **self.react_variables(),
                # npm keeps its log and its cache in the home folder.
                "HOME": TMP.path,
                "NPM_CONFIG_UPDATE_NOTIFIER": "false",
                # Some versions of react-scripts end with their input, and a pod has none.
                "CI": "true",
            },
            resources=server.resources,
            health=server.health,
            # The compiler keeps its cache below node_modules.
            writable=(TMP, Writable("/app", str(server.workspace), copied=True)),
        )

    def declare_mailhog(self, mailhog: MailHog) -> None:
        """The mail server of development [Main docker-compose.yml]."""
        server = Workload(
            self,
            "mailhog",
            image="mailhog",
            user=MAILHOG,
            only_in_development=True,
            ports=(Port("smtp", self.settings.application.email_port), Port("http", 8025)),
            resources=mailhog.resources,
            health=mailhog.health,
            writable=(TMP,),
        )
        self.backend.connects_to(server, ports=("smtp",))

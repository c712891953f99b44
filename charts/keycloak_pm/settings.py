"""The typed settings of `keycloak-pm`. Where a name is a variable of the document, it is that name in lower case."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import model_validator

from towpath.settings.fields import HostName, Port, Quantity, SecretRef, Url
from towpath.settings.keycloak import KeycloakSettings
from towpath.settings.model import Probe, RateLimit, Resources, SettingsModel, misfit
from towpath.settings.proxy import BufferSettings, ProxySettings
from towpath.settings.stores import PostgreSQLSettings, RedisSettings
from towpath.settings.workloads import JobSettings, Reach, VolumeSettings, WorkloadSettings

# The two clients of the realm: the pages in a browser, and the API that checks their tokens [.env file].
FRONTEND_CLIENT = "pm-frontend"
BACKEND_CLIENT = "pm-backend"


class Application(SettingsModel):
    """Variables of the backend; each field is the variable of the same name in capitals."""

    environment: Literal["development", "staging", "production"]
    debug: Literal[True] | None = None
    """Not set where it is off, as in the document: a program may take the text `false` for true."""
    email_host: HostName
    email_port: Port


class Secrets(SettingsModel):
    """Where each value stands; the key in the Secret is the variable's name with hyphens."""

    postgres_password: SecretRef
    redis_password: SecretRef
    keycloak_admin_password: SecretRef
    keycloak_db_password: SecretRef
    keycloak_client_secret: SecretRef
    secret_key: SecretRef
    email_user: SecretRef | None = None
    """None where the mail server asks for no name; so with the next."""
    email_password: SecretRef | None = None

    @model_validator(mode="after")
    def _mail_has_both(self) -> Self:
        given = {name: getattr(self, name) is not None for name in ("email_user", "email_password")}
        for name, present in given.items():
            if not present and any(given.values()):
                raise misfit("is not set, and the other is", name, expected="both of them, or neither")
        return self


class Backend(WorkloadSettings):
    """The FastAPI backend."""

    uploads: VolumeSettings
    logs: VolumeSettings
    reaches: tuple[Reach, ...] = ()
    """Where mail goes."""


class Edge(SettingsModel):
    """What the outside reaches, besides Keycloak, whose host stands in `keycloak.public_url`."""

    app_host: HostName
    api_host: HostName
    """The API alone, beside the path /api/ of `app_host`."""
    tls: bool
    api_rate: RateLimit
    """The zone `api`: every path of the API."""
    auth_rate: RateLimit
    """The zone `auth`: all that Keycloak answers, but the files of its pages."""
    auth_buffers: BufferSettings
    """Where Keycloak's answers wait; their headers are large."""

    @property
    def app_url(self) -> str:
        """Where browsers find the pages."""
        return self._origin(self.app_host)

    @property
    def api_url(self) -> str:
        """Where browsers find the API."""
        return self._origin(self.api_host)

    def _origin(self, host: HostName) -> str:
        return f"{'https' if self.tls else 'http'}://{host}"


class DevelopmentServer(SettingsModel):
    """The server of react-scripts, which builds the pages anew whenever a file changes."""

    react_app_api_url: Url
    chokidar_usepolling: bool
    """Whether files are asked for changes; folders of other machines tell of none."""
    resources: Resources
    health: Probe
    workspace: Quantity
    """The volume for the sources and what the server writes beside them."""


class MailHog(SettingsModel):
    """A mail server that shows mails and delivers none."""

    resources: Resources
    health: Probe


class Settings(SettingsModel):
    """The platform in one environment."""

    application: Application
    secrets: Secrets
    frontend: ProxySettings
    """The nginx of the pages' own image."""
    backend: Backend
    migration: JobSettings
    """The job that brings the database to the schema of the version."""
    postgres: PostgreSQLSettings
    redis: RedisSettings
    keycloak: KeycloakSettings
    nginx: ProxySettings
    """The document's nginx; TLS ends before it, at the ingress controller."""
    edge: Edge
    development_server: DevelopmentServer | None = None
    mailhog: MailHog | None = None

    @model_validator(mode="after")
    def _addresses_agree(self) -> Self:
        """Refuse what would only show when somebody signs in: Keycloak and the pages know each other's address."""
        keycloak, edge = self.keycloak, self.edge
        if keycloak.https is not edge.tls:
            raise misfit(
                f"begins with {keycloak.public_url.scheme}, and edge.tls is {str(edge.tls).lower()}",
                "keycloak",
                "public_url",
                expected="https where the edge has TLS, http where it has none",
            )
        clients = keycloak.realm.clients
        for client, public in ((FRONTEND_CLIENT, True), (BACKEND_CLIENT, False)):
            if client not in clients or clients[client].public is not public:
                raise misfit(
                    f"has no {'public client' if public else 'client with a secret,'} {client}",
                    "keycloak",
                    "realm",
                    "clients",
                    expected=f"{client} with public: {str(public).lower()}",
                )
        if not any(uri.startswith(f"{edge.app_url}/") for uri in clients[FRONTEND_CLIENT].redirect_uris):
            raise misfit(
                f"lead nowhere below {edge.app_url}, where the pages are",
                "keycloak",
                "realm",
                "clients",
                FRONTEND_CLIENT,
                "redirect_uris",
                expected=f"{edge.app_url}/* among them",
            )
        return self

"""Settings of Keycloak: where it runs, and the realm that it starts with."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import Field, model_validator

from towpath.settings.fields import Duration, Expected, Url
from towpath.settings.model import Resources, SettingsModel, misfit, require_seconds
from towpath.settings.stores import Instances, Line, Store, Word

ClientId = Annotated[
    str,
    Field(max_length=63, pattern=r"^[a-z0-9]([a-z0-9-]*[a-z0-9])?$"),
    Expected("the id of a client in lower-case letters, digits and inner hyphens, such as pm-frontend"),
]
_SECONDS_MOST = 2**31 - 1


def secret_variable(client: str) -> str:
    """Return the environment variable by which Keycloak gets the secret of a client: `CLIENT_SECRET_PM_BACKEND`."""
    return "CLIENT_SECRET_" + client.upper().replace("-", "_")


class ClientSettings(SettingsModel):
    """An application that lets Keycloak sign its users in, or that checks the tokens of others."""

    public: bool
    """Whether it runs where everybody can read it, as a browser's does; otherwise it has a secret."""
    redirect_uris: tuple[Url, ...] = ()
    """Where browsers may return to after signing in; `*` at the end stands for any path. Without any, none signs in."""
    web_origins: tuple[Url, ...] = ()
    """Origins whose scripts may call Keycloak; those of the redirect URIs where none are set."""
    pkce: bool = True
    """Whether each sign-in has to prove that it ends where it began (PKCE, RFC 7636); only for public clients."""
    service_account: bool = False
    """Whether it may ask for tokens in its own name."""
    password_grant: bool = False
    """Whether it may exchange a user's name and password for a token. Current practice is against it."""
    audience: tuple[ClientId, ...] = ()
    """Further clients that its tokens are meant for: the APIs that it calls."""

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if self.public and self.service_account:
            raise misfit(
                "needs a secret, and the client is public",
                "service_account",
                expected="false, or a client with public: false",
            )
        for index, origin in enumerate(self.web_origins):
            if origin.partition("://")[2].count("/"):
                raise misfit(
                    "has a path", "web_origins", index, expected="an origin, such as https://app.example.com"
                )
        if self.web_origins and not self.redirect_uris and not self.password_grant:
            raise misfit(
                "have no use: nobody can sign in",
                "web_origins",
                expected="redirect_uris beside them, or none",
            )
        return self

    def to_keycloak(self, client: str) -> dict[str, Any]:
        """Return the client as Keycloak imports it. Its secret is a placeholder that Keycloak fills in itself."""
        found: dict[str, Any] = {
            "clientId": client,
            "enabled": True,
            "protocol": "openid-connect",
            "publicClient": self.public,
            "standardFlowEnabled": bool(self.redirect_uris),
            "implicitFlowEnabled": False,
            "directAccessGrantsEnabled": self.password_grant,
            "serviceAccountsEnabled": self.service_account,
            "redirectUris": [str(uri) for uri in self.redirect_uris],
        }
        if self.redirect_uris:
            found["webOrigins"] = [str(origin) for origin in self.web_origins] or ["+"]
            # Signing out leads back to where signing in may lead.
            found["attributes"] = {"post.logout.redirect.uris": "+"}
        if self.public and self.redirect_uris and self.pkce:
            found["attributes"]["pkce.code.challenge.method"] = "S256"
        if not self.public:
            found["clientAuthenticatorType"] = "client-secret"
            found["secret"] = f"${{{secret_variable(client)}}}"
        if self.audience:
            found["protocolMappers"] = [
                {
                    "name": f"audience-{other}",
                    "protocol": "openid-connect",
                    "protocolMapper": "oidc-audience-mapper",
                    "consentRequired": False,
                    "config": {
                        "included.client.audience": other,
                        "access.token.claim": "true",
                        "id.token.claim": "false",
                    },
                }
                for other in self.audience
            ]
        return found


class RealmSettings(SettingsModel):
    """The realm that Keycloak makes at its first start. It changes nothing in a realm that is there already."""

    name: Word
    display_name: Line | None = None
    registration: bool = False
    """Whether people may register themselves."""
    brute_force_protection: bool = True
    """Whether a user with many failed attempts has to wait."""
    access_token_lifespan: Duration | None = None
    """How long an access token counts; Keycloak's own five minutes where it is not set."""
    roles: tuple[Word, ...] = ()
    """Roles that users of the realm may have."""
    clients: Mapping[ClientId, ClientSettings] = {}

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if self.name == "master":
            raise misfit("is Keycloak's own realm, which cannot be imported", "name", expected="another name")
        lifespan = self.access_token_lifespan
        if lifespan is not None and not 1 <= lifespan.seconds <= _SECONDS_MOST:
            raise misfit(f"is {lifespan}", "access_token_lifespan", expected="one second or more, such as 5m")
        for index, role in enumerate(self.roles):
            if role in self.roles[:index]:
                raise misfit(f"names {role} twice", "roles", index, expected="each role once")
        for client, settings in self.clients.items():
            for index, other in enumerate(settings.audience):
                if other not in self.clients:
                    raise misfit(
                        "is no client of the realm",
                        "clients",
                        client,
                        "audience",
                        index,
                        expected="one of " + ", ".join(sorted(self.clients)),
                    )
        return self

    @property
    def confidential(self) -> tuple[str, ...]:
        """The ids of the clients that have a secret, sorted."""
        return tuple(sorted(client for client, settings in self.clients.items() if not settings.public))

    def to_keycloak(self, *, https: bool) -> dict[str, Any]:
        """Return the realm as Keycloak imports it; `https` says whether browsers reach it so."""
        found: dict[str, Any] = {
            "realm": self.name,
            "enabled": True,
            "sslRequired": "external" if https else "none",
            "registrationAllowed": self.registration,
            "bruteForceProtected": self.brute_force_protection,
            # By name: the order in which layers of settings were merged must not show (c18).
            "clients": [settings.to_keycloak(client) for client, settings in sorted(self.clients.items())],
        }
        if self.display_name is not None:
            found["displayName"] = self.display_name
        if self.access_token_lifespan is not None:
            found["accessTokenLifespan"] = self.access_token_lifespan.seconds
        if self.roles:
            found["roles"] = {"realm": [{"name": role} for role in self.roles]}
        return found


class KeycloakHealth(SettingsModel):
    """How often Keycloak is asked whether it is well. Where to ask is known."""

    interval: Duration = Duration("30s")
    timeout: Duration = Duration("10s")
    retries: Annotated[int, Field(ge=1, le=1000)] = 3
    start_period: Duration = Duration("10m")
    """How long a start may take: with little CPU, preparing itself and a new database takes minutes."""

    @model_validator(mode="after")
    def _asks(self) -> Self:
        require_seconds(self, "interval", "timeout", "start_period", example="30s")
        return self


class KeycloakServersSettings(SettingsModel):
    """Keycloak servers of the platform's own."""

    instances: Instances = 1
    """Servers. Several find one another by the database and share one cache."""
    resources: Resources
    """An idle server takes about 400 MiB; with a limit, Java's heap is 70 percent of it."""
    health: KeycloakHealth = KeycloakHealth()


class KeycloakSettings(Store):
    """Keycloak: bundled, run by its operator, or somebody else's."""

    needed: ClassVar[Mapping[str, tuple[str, ...]]] = {"bundled": ("bundled",), "operator": ("operator",)}

    mode: Literal["bundled", "operator", "external"]
    public_url: Url
    """Where browsers find it, such as `https://auth.example.com`; tokens name it as their issuer."""
    admin: Word = "admin"
    """The name of the first administrator, whose password is in the secret store."""
    realm: RealmSettings
    bundled: KeycloakServersSettings | None = None
    operator: KeycloakServersSettings | None = None

    @model_validator(mode="after")
    def _public_url_is_an_origin(self) -> Self:
        if self.public_url.scheme not in {"http", "https"}:
            raise misfit("is no address of a web server", "public_url", expected="https://auth.example.com")
        plain = self.public_url.partition("://")[2]
        if set("?#") & set(plain) or plain.endswith("/"):
            raise misfit(
                "ends with a slash or has a query", "public_url", expected="such as https://auth.example.com"
            )
        if self.mode != "external" and "/" in plain:
            raise misfit(
                f"has a path, and Keycloak in mode {self.mode} serves from the root of its host",
                "public_url",
                expected="such as https://auth.example.com",
            )
        return self

    @property
    def hostname(self) -> str:
        """The host of the public URL, for the edge."""
        return self.public_url.hosts[0].partition(":")[0]

    @property
    def https(self) -> bool:
        """Whether browsers reach it by https."""
        return self.public_url.scheme == "https"

    @property
    def issuer(self) -> str:
        """Who issues the realm's tokens: what an application compares the claim `iss` with."""
        return f"{self.public_url}/realms/{self.realm.name}"

"""Keycloak as a construct: a server of users and tokens, with the realm of the platform."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from towpath.constructs.arguments import image_symbol, resources_of
from towpath.constructs.connecting import Connecting, StorePart, chosen_facts
from towpath.constructs.kube_object import declared_at
from towpath.constructs.stores.arguments import needed, needs_operator
from towpath.constructs.stores.login import login_secret
from towpath.errors import Problem, TowpathError, nearest, refuse
from towpath.kubernetes.operators.keycloak import keycloak_service
from towpath.settings.cluster import Component, Purpose
from towpath.settings.keycloak import secret_variable
from towpath.specs.operated import KeycloakServers
from towpath.specs.parts import ConfigurationSpec, StoreMode, StoreSpec
from towpath.specs.stores import keycloak
from towpath.specs.stores.external import external, port_of
from towpath.specs.values import SecretKey

if TYPE_CHECKING:
    from collections.abc import Mapping

    from constructs import Construct

    from towpath.images.symbol import ImageSymbol
    from towpath.settings.keycloak import KeycloakServersSettings, KeycloakSettings
    from towpath.specs.parts import WorkloadSpec
    from towpath.specs.values import Probe


@dataclass(frozen=True, slots=True)
class _Access:
    """What a server needs to run: its database, the first administrator's password, and its clients' secrets."""

    url: str
    username: str
    password: SecretKey
    admin_password: SecretKey
    client_secrets: Mapping[str, SecretKey]
    """By the variable that the realm names."""


class Keycloak(StorePart, Connecting):
    """A Keycloak with the realm that the settings describe.

    `database` is a PostgreSQL; `database_facts` is the name of Keycloak's own database in it, where that is a further
    one. `client_secrets` gives each client that is not public its secret. Mode `external` needs none of these.

    Facts: `url` (where pods find it), `public_url` (where browsers do), `realm`, `issuer`; `host` and `port` where it
    runs in the platform. `Route(to=...)` and `Location(to=...)` may lead to it.
    """

    spec: StoreSpec
    default_variables: Mapping[str, str] = {"KEYCLOAK_URL": "url", "KEYCLOAK_REALM": "realm"}

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        settings: KeycloakSettings,
        database: StorePart | None = None,
        database_facts: str = "",
        admin_password: SecretKey | None = None,
        client_secrets: Mapping[str, SecretKey] | None = None,
        image: str | ImageSymbol = "keycloak",
    ) -> None:
        super().__init__(scope, id)
        self._settings = settings
        mode = StoreMode(settings.mode)
        if mode is StoreMode.EXTERNAL:
            self.spec = self._external()
            self.platform.add_part(self, self.spec)
            return
        store = needed(self, "database", database, mode=mode)
        before = f"{database_facts}." if database_facts else ""
        access = self._access(
            store,
            before,
            admin_password=needed(self, "admin_password", admin_password, mode=mode),
            client_secrets=client_secrets or {},
        )
        variables: dict[str, str] = {}
        if mode is StoreMode.BUNDLED:
            servers = needed(self, "bundled", settings.bundled, mode=mode)
            self.spec = self._bundled(servers, access, image_symbol(image))
            variables = {"KC_DB_USERNAME": f"{before}username", "KC_DB_PASSWORD": f"{before}password"}
        else:
            needs_operator(self, Component.KEYCLOAK_OPERATOR)
            servers = needed(self, "operator", settings.operator, mode=mode)
            self.spec = self._operated(servers, access, image_symbol(image))
        self.platform.add_part(self, self.spec)
        self.connects_to(store, variables=variables)

    def _bundled(self, servers: KeycloakServersSettings, access: _Access, image: ImageSymbol) -> StoreSpec:
        settings, name = self._settings, self.node.id
        text = json.dumps(self._realm(), indent=2, sort_keys=True, ensure_ascii=False) + "\n"
        realm = ConfigurationSpec(f"{name}-realm", {f"{settings.realm.name}-realm.json": text})
        self.platform.add_part(self, realm, beside=True)
        startup, liveness, readiness = _probes(servers)
        purpose = self.platform.target.cluster.purpose
        workload = keycloak.keycloak_workload(
            name,
            image=image,
            instances=servers.instances,
            # Servers in development mode share nothing, so it is for one.
            development=purpose is Purpose.DEVELOPMENT and servers.instances == 1,
            environment=keycloak.server_environment(
                public_url=str(settings.public_url),
                database=access.url,
                admin=settings.admin,
                password=access.admin_password,
                secrets=access.client_secrets,
            ),
            realm=realm,
            resources=resources_of(servers.resources),
            startup=startup,
            liveness=liveness,
            readiness=readiness,
        )
        return self._store(workload.service_name, workload=workload)

    def _operated(self, servers: KeycloakServersSettings, access: _Access, image: ImageSymbol) -> StoreSpec:
        settings, name = self._settings, self.node.id
        startup, liveness, readiness = _probes(servers)
        operated = KeycloakServers(
            image=image,
            instances=servers.instances,
            resources=resources_of(servers.resources),
            public_url=str(settings.public_url),
            database_url=access.url,
            database_login=login_secret(self, f"{name}-database", access.username, access.password),
            admin_login=login_secret(self, f"{name}-admin", settings.admin, access.admin_password),
            startup=startup,
            liveness=liveness,
            readiness=readiness,
            realm=self._realm(),
            placeholders=access.client_secrets,
        )
        return self._store(keycloak_service(name), operated=operated)

    def _external(self) -> StoreSpec:
        settings = self._settings
        url = str(settings.public_url)
        return external(
            self.node.id,
            engine="keycloak",
            port=port_of(url),
            facts=keycloak.facts(url=url, public_url=url, realm=settings.realm.name),
            # As a company's own servers mostly are.
            private=True,
        )

    def _store(
        self, host: str, *, workload: WorkloadSpec | None = None, operated: KeycloakServers | None = None
    ) -> StoreSpec:
        settings, port = self._settings, keycloak.HTTP.number
        facts = keycloak.facts(
            url=f"http://{host}:{port}", public_url=str(settings.public_url), realm=settings.realm.name
        )
        return StoreSpec(
            name=self.node.id,
            engine="keycloak",
            mode=StoreMode(settings.mode),
            port=port,
            facts={**facts, "host": host, "port": str(port)},
            workload=workload,
            operated=operated,
        )

    def _realm(self) -> dict[str, object]:
        return self._settings.realm.to_keycloak(https=self._settings.https)

    def _access(
        self,
        store: StorePart,
        before: str,
        *,
        admin_password: SecretKey,
        client_secrets: Mapping[str, SecretKey],
    ) -> _Access:
        names = ("host", "port", "database", "username", "ssl", "password")
        found = chosen_facts(
            {name: f"{before}{name}" for name in names}, store.spec.facts, f"the store {store.spec.name}"
        )
        text = {name: value for name, value in found.items() if isinstance(value, str)}
        password = found["password"]
        if set(text) != set(names[:-1]) or not isinstance(password, SecretKey):
            wrong = sorted({*names} - {*text, "password"}) or ["password"]
            raise refuse(
                f"{self.node.id}: the fact {before}{wrong[0]} of the store {store.spec.name} does not fit a database",
                place=declared_at(),
                expected="text, and for the password the key of a secret",
                remedy="give it a PostgreSQL as its database",
                rule="construct.keycloak-database",
            )
        self._check_secrets(client_secrets)
        return _Access(
            url=keycloak.database_url(
                host=text["host"], port=text["port"], database=text["database"], ssl=text["ssl"] == "true"
            ),
            username=text["username"],
            password=password,
            admin_password=admin_password,
            client_secrets={secret_variable(client): key for client, key in sorted(client_secrets.items())},
        )

    def _check_secrets(self, secrets: Mapping[str, SecretKey]) -> None:
        """Refuse clients that lack a secret, and secrets of clients that are public or not there."""
        realm = self._settings.realm
        known = ", ".join(realm.confidential) or "no secret at all: all clients are public"
        problems = [
            (
                f"the client {client} is not public and has no secret",
                f"client_secrets={{{client!r}: ...}}",
                "",
            )
            for client in sorted(set(realm.confidential) - set(secrets))
        ]
        for client in sorted(set(secrets) - set(realm.confidential)):
            like = nearest(client, realm.confidential)
            what = "is public" if client in realm.clients else f"is no client of the realm {realm.name}"
            remedy = f"did you mean {like!r}?" if like else "take its secret away"
            problems.append((f"a secret is given for {client}, which {what}", known, remedy))
        if problems:
            raise TowpathError(
                Problem(
                    declared_at(), f"{self.node.id}: {what}", expected, remedy, rule="construct.client-secret"
                )
                for what, expected, remedy in problems
            )


def _probes(servers: KeycloakServersSettings) -> tuple[Probe, Probe, Probe]:
    health = servers.health
    return keycloak.probes(
        period=health.interval.seconds,
        timeout=health.timeout.seconds,
        failures=health.retries,
        start_seconds=health.start_period.seconds,
    )

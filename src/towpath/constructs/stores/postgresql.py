"""PostgreSQL as a construct."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from towpath.constructs.arguments import image_symbol, in_order, probe_of, resources_of, startup_of
from towpath.constructs.connecting import StorePart
from towpath.constructs.kube_object import declared_at
from towpath.constructs.stores.arguments import needed, needs_operator, storage_of
from towpath.constructs.stores.login import login_secret
from towpath.errors import Problem, TowpathError
from towpath.kubernetes.operators.cloudnative_pg import RELOADED, authority_secret, pooler_name
from towpath.settings.cluster import Component
from towpath.specs.operated import Database, Pooler, PostgreSQLCluster
from towpath.specs.parts import ConfigurationSpec, StoreMode, StoreSpec
from towpath.specs.stores import postgresql
from towpath.specs.stores.postgresql import IDENTIFIER
from towpath.specs.values import Egress, SecretKey

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from constructs import Construct

    from towpath.images.symbol import ImageSymbol
    from towpath.settings.stores import BundledStore, OperatedPostgreSQL, PostgreSQLSettings
    from towpath.specs.parts import WorkloadSpec
    from towpath.specs.values import EnvironmentValue


_LONGEST_IDENTIFIER = 63


class PostgreSQL(StorePart):
    """A PostgreSQL server with one database, and others beside it as `databases`.

    In mode `external`, `uri` may be the key of a secret that holds the whole connection string; without it, clients
    get one that is made of the settings and the password. `init_sql` are statements that a new database starts with.

    Facts: `uri`, `host`, `port`, `database`, `username`, `password`, `ssl`; `read_uri` and `read_host` lead to replicas
    where there are any, `pool_uri` and `pool_host` to the pool. Those of a further database have its name before:
    `keycloak.uri`.
    """

    default_variables: Mapping[str, str] = {"DATABASE_URL": "uri"}

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        settings: PostgreSQLSettings,
        password: SecretKey,
        uri: SecretKey | None = None,
        image: str | ImageSymbol = "postgres",
        databases: Sequence[Database] = (),
        init_sql: Sequence[str] = (),
    ) -> None:
        super().__init__(scope, id)
        self._settings = settings
        self._password = password
        self._init_sql = in_order("init_sql", init_sql)
        others = in_order("databases", databases)
        mode = StoreMode(settings.mode)
        if mode is not StoreMode.EXTERNAL:
            self._check_databases(others)
        match mode:
            case StoreMode.BUNDLED:
                bundled = needed(self, "bundled", settings.bundled)
                hosts = dict.fromkeys(("", "read", "pool"), str(bundled.host))
                workload = self._bundled(bundled, image_symbol(image), others)
                self.spec = self._store(hosts, others, workload=workload)
            case StoreMode.OPERATOR:
                needs_operator(self, Component.CLOUDNATIVE_PG)
                operator = needed(self, "operator", settings.operator, mode=mode)
                hosts = {"": f"{id}-rw", "read": f"{id}-ro" if operator.instances > 1 else f"{id}-r"}
                hosts["pool"] = pooler_name(id) if operator.pooler else hosts[""]
                operated = self._operated(operator, image_symbol(image), others)
                self.spec = self._store(hosts, others, operated=operated)
            case StoreMode.EXTERNAL:
                self.spec = self._external(uri, others)
        self.platform.add_part(self, self.spec)

    def _check_databases(self, databases: Sequence[Database]) -> None:
        """Refuse names over which a new server would stumble at its first start, the only one that makes them."""
        taken = {"database": [self._settings.database], "owner": [self._settings.username]}
        problems = []
        for each in databases:
            for what, name in (("database", each.name), ("owner", each.owner)):
                if not re.fullmatch(IDENTIFIER, name) or len(name) > _LONGEST_IDENTIFIER:
                    expected = "at most 63 lower-case letters, digits and underscores, no digit first"
                    problems.append((f"{name!r} is no name of a further {what}", expected))
                elif name in taken[what]:
                    problems.append((f"the {what} {name} is there twice", "one of its own for each database"))
                taken[what].append(name)
        if problems:
            raise TowpathError(
                Problem(declared_at(), f"{self.node.id}: {what}", expected, rule="construct.further-database")
                for what, expected in problems
            )

    @property
    def authority(self) -> SecretKey | None:
        """The certificate of the private authority that signs the server's own, for clients that verify it.

        None where clients are not told to encrypt, or where somebody else runs the server.
        """
        if self.spec.operated is None or not self._settings.ssl:
            return None
        return SecretKey(authority_secret(self.node.id), "ca.crt")

    def _store(
        self,
        hosts: Mapping[str, str],
        databases: Sequence[Database],
        *,
        workload: WorkloadSpec | None = None,
        operated: PostgreSQLCluster | None = None,
        egress: Egress | None = None,
        known: Mapping[str, EnvironmentValue] | None = None,
    ) -> StoreSpec:
        settings = self._settings
        facts = postgresql.address_facts(
            username=settings.username,
            password=self._password,
            database=settings.database,
            port=settings.port,
            hosts=hosts,
            ssl=settings.ssl,
        )
        credentials = {postgresql.password_variable(settings.username): self._password}
        for each in databases:
            facts |= postgresql.address_facts(
                username=each.owner,
                password=each.password,
                database=each.name,
                port=settings.port,
                hosts={kind: host for kind, host in hosts.items() if kind != "pool"},
                ssl=settings.ssl,
                prefix=f"{each.name}.",
            )
            credentials[postgresql.password_variable(each.owner)] = each.password
        return StoreSpec(
            name=self.node.id,
            engine="postgresql",
            mode=StoreMode(settings.mode),
            port=settings.port,
            facts=facts | dict(known or {}),
            credentials=credentials,
            workload=workload,
            operated=operated,
            egress=egress,
        )

    def _bundled(
        self, bundled: BundledStore, image: ImageSymbol, databases: Sequence[Database]
    ) -> WorkloadSpec:
        settings, name = self._settings, self.node.id
        contents = {
            postgresql.CONFIGURATION: (
                "config",
                postgresql.configuration_files(settings.parameters, settings.access),
            ),
            postgresql.INITIALISATION: (
                "init",
                postgresql.initialisation_files(settings.extensions, databases, self._init_sql),
            ),
        }
        files = {
            folder: ConfigurationSpec(f"{name}-{ending}", data)
            for folder, (ending, data) in contents.items()
            if data
        }
        for each in files.values():
            self.platform.add_part(self, each, beside=True)
        return postgresql.postgresql_workload(
            name,
            image=image,
            host=str(bundled.host),
            port=settings.port,
            database=settings.database,
            username=settings.username,
            password=self._password,
            databases=databases,
            resources=resources_of(bundled.resources),
            storage=storage_of(self, postgresql.DATA, bundled),
            health=probe_of(bundled.health, "postgresql"),
            startup=startup_of(bundled.health, "postgresql"),
            files=files,
        )

    def _operated(
        self, operator: OperatedPostgreSQL, image: ImageSymbol, databases: Sequence[Database]
    ) -> PostgreSQLCluster:
        settings, name = self._settings, self.node.id
        pooler = operator.pooler
        return PostgreSQLCluster(
            image=image,
            instances=operator.instances,
            resources=resources_of(operator.resources),
            storage=storage_of(self, postgresql.DATA, operator),
            database=settings.database,
            owner=settings.username,
            owner_secret=login_secret(
                self, f"{name}-owner", settings.username, self._password, labels=RELOADED
            ),
            parameters=dict(settings.parameters),
            access=settings.access,
            init_sql=postgresql.init_sql(settings.extensions, self._init_sql),
            databases=tuple(
                replace(
                    each,
                    secret=login_secret(
                        self,
                        f"{name}-{each.owner.replace('_', '-')}",
                        each.owner,
                        each.password,
                        labels=RELOADED,
                    ),
                )
                for each in databases
            ),
            pooler=Pooler(
                instances=pooler.instances,
                mode=pooler.mode,
                parameters=dict(pooler.parameters),
                resources=resources_of(pooler.resources),
            )
            if pooler
            else None,
        )

    def _external(self, uri: SecretKey | None, databases: Sequence[Database]) -> StoreSpec:
        settings = self._settings
        egress = Egress(ports=(settings.port,), excluding=())
        if settings.host is None:
            # All that is known then stands in the URI.
            known = dict.fromkeys(
                ("uri", "read_uri", "pool_uri"), needed(self, "uri", uri, mode=settings.mode)
            )
            return self._store({}, databases, egress=egress, known=known)
        hosts = dict.fromkeys(("", "read", "pool"), str(settings.host))
        hosts["read"] = str(settings.read_host or settings.host)
        known = dict.fromkeys(("uri", "pool_uri"), uri) if uri else {}
        return self._store(hosts, databases, egress=egress, known=known)

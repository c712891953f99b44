"""MongoDB as a construct."""

from __future__ import annotations

from typing import TYPE_CHECKING

from towpath.constructs.arguments import image_symbol, probe_of, resources_of, startup_of
from towpath.constructs.connecting import StorePart
from towpath.constructs.stores.arguments import needed, needs_operator, storage_of
from towpath.settings.cluster import Component
from towpath.settings.variables import variables_of
from towpath.specs.operated import MongoDBReplicaSet
from towpath.specs.parts import StoreMode, StoreSpec
from towpath.specs.stores.external import external
from towpath.specs.stores.mongodb import DATA, mongodb, operated_mongodb

if TYPE_CHECKING:
    from collections.abc import Mapping

    from constructs import Construct

    from towpath.images.symbol import ImageSymbol
    from towpath.settings.stores import MongoDBSettings
    from towpath.specs.values import EnvironmentValue, SecretKey


class MongoDB(StorePart):
    """A MongoDB: one server (`bundled`), a replica set (`operator`) or a service (`external`).

    `bundled` and `operator` need `password`; `external` needs `uri`, the key of a secret that holds the whole
    connection string.

    Facts: `uri`, `database`, `auth_source`; `host`, `port`, `username` and `password` where they are known; `ssl` and
    `replica_set` where they are set. `facts` adds to these or replaces them.
    """

    default_variables: Mapping[str, str] = {
        "MONGODB_URI": "uri",
        "MONGODB_DB": "database",
        "MONGODB_AUTH_SOURCE": "auth_source",
        "MONGODB_SSL": "ssl",
        "MONGODB_REPLICA_SET": "replica_set",
    }

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        settings: MongoDBSettings,
        password: SecretKey | None = None,
        uri: SecretKey | None = None,
        image: str | ImageSymbol = "mongodb",
        facts: Mapping[str, EnvironmentValue] | None = None,
    ) -> None:
        super().__init__(scope, id)
        told = {**variables_of(settings, "ssl", "replica_set", name=str), **(facts or {})}
        mode = StoreMode(settings.mode)
        match mode:
            case StoreMode.BUNDLED:
                self.spec = self._bundled(settings, password, image_symbol(image), told)
            case StoreMode.OPERATOR:
                self.spec = self._operated(settings, password, told)
            case StoreMode.EXTERNAL:
                self.spec = external(
                    id,
                    engine="mongodb",
                    port=settings.port,
                    private=True,
                    facts={
                        "uri": needed(self, "uri", uri, mode=mode),
                        "database": settings.database,
                        "auth_source": settings.auth_source,
                        **told,
                    },
                )
        self.platform.add_part(self, self.spec)

    def _bundled(
        self,
        settings: MongoDBSettings,
        password: SecretKey | None,
        image: ImageSymbol,
        told: Mapping[str, EnvironmentValue],
    ) -> StoreSpec:
        bundled = needed(self, "bundled", settings.bundled)
        return mongodb(
            self.node.id,
            image=image,
            host=str(bundled.host),
            database=settings.database,
            username=settings.username,
            password=needed(self, "password", password),
            resources=resources_of(bundled.resources),
            storage=storage_of(self, DATA, bundled),
            health=probe_of(bundled.health, "mongodb"),
            startup=startup_of(bundled.health, "mongodb"),
            facts=told,
        )

    def _operated(
        self, settings: MongoDBSettings, password: SecretKey | None, told: Mapping[str, EnvironmentValue]
    ) -> StoreSpec:
        needs_operator(self, Component.MONGODB_COMMUNITY)
        operator = needed(self, "operator", settings.operator, mode=settings.mode)
        members = MongoDBReplicaSet(
            version=operator.version,
            members=operator.members,
            replica_set=settings.replica_set or self.node.id,
            resources=resources_of(operator.resources),
            agent_resources=resources_of(operator.agent_resources),
            storage=storage_of(self, DATA, operator),
            database=settings.database,
            username=settings.username,
            password=needed(self, "password", password, mode=settings.mode),
            auth_source=settings.auth_source,
        )
        namespace = self.platform.target.namespace
        return operated_mongodb(self.node.id, namespace=namespace, members=members, facts=told)

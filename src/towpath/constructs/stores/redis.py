"""Redis as a construct."""

from __future__ import annotations

from typing import TYPE_CHECKING

from towpath.constructs.arguments import image_symbol, probe_of, resources_of, startup_of
from towpath.constructs.connecting import StorePart
from towpath.constructs.stores.arguments import needed, storage_of
from towpath.settings.variables import variables_of
from towpath.specs.parts import ConfigurationSpec, StoreMode, StoreSpec
from towpath.specs.stores.external import external
from towpath.specs.stores.redis import DATA, address_facts, credentials, redis, redis_configuration

if TYPE_CHECKING:
    from collections.abc import Mapping

    from constructs import Construct

    from towpath.images.symbol import ImageSymbol
    from towpath.settings.stores import RedisSettings
    from towpath.specs.values import EnvironmentValue, SecretKey


class Redis(StorePart):
    """A Redis, with a password where one is given.

    In mode `external`, `url` may be the key of a secret that holds the whole connection string; without it, clients get
    one that is made of the settings and the password.

    Facts: `url`, `database`, `password` and `cluster_mode` where they are set; `host` and `port` where the address is
    known. `facts` adds to these or replaces them.
    """

    default_variables: Mapping[str, str] = {
        "REDIS_URL": "url",
        "REDIS_DB": "database",
        "REDIS_PASSWORD": "password",
        "REDIS_CLUSTER_MODE": "cluster_mode",
    }

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        settings: RedisSettings,
        password: SecretKey | None = None,
        url: SecretKey | None = None,
        image: str | ImageSymbol = "redis",
        facts: Mapping[str, EnvironmentValue] | None = None,
    ) -> None:
        super().__init__(scope, id)
        told = {**variables_of(settings, "cluster_mode", name=str), **(facts or {})}
        if StoreMode(settings.mode) is StoreMode.EXTERNAL:
            self.spec = self._external(settings, password, url, told)
        else:
            self.spec = self._bundled(settings, password, image_symbol(image), told)
        self.platform.add_part(self, self.spec)

    def _bundled(
        self,
        settings: RedisSettings,
        password: SecretKey | None,
        image: ImageSymbol,
        told: Mapping[str, EnvironmentValue],
    ) -> StoreSpec:
        bundled = needed(self, "bundled", settings.bundled)
        limit = settings.max_memory
        text = redis_configuration(
            port=settings.port,
            append_only=settings.append_only,
            max_memory=limit.bytes if limit else 0,
            eviction=settings.eviction or "",
        )
        configuration = ConfigurationSpec(f"{self.node.id}-config", {"redis.conf": text})
        self.platform.add_part(self, configuration, beside=True)
        return redis(
            self.node.id,
            image=image,
            host=str(bundled.host),
            port=settings.port,
            database=settings.database,
            password=password,
            configuration=configuration,
            resources=resources_of(bundled.resources),
            storage=storage_of(self, DATA, bundled),
            health=probe_of(bundled.health, "redis"),
            startup=startup_of(bundled.health, "redis"),
            facts=told,
        )

    def _external(
        self,
        settings: RedisSettings,
        password: SecretKey | None,
        url: SecretKey | None,
        told: Mapping[str, EnvironmentValue],
    ) -> StoreSpec:
        known: dict[str, EnvironmentValue] = {"database": str(settings.database)}
        if password:
            known["password"] = password
        if settings.host:
            known = address_facts(
                str(settings.host), port=settings.port, database=settings.database, password=password
            )
        if url or not settings.host:
            known["url"] = needed(self, "url", url, mode=settings.mode)
        return external(
            self.node.id,
            engine="redis",
            port=settings.port,
            private=True,
            facts={**known, **told},
            credentials=credentials(password),
        )

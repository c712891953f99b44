"""Elasticsearch as a construct."""

from __future__ import annotations

from typing import TYPE_CHECKING

from towpath.constructs.arguments import image_symbol, probe_of, resources_of, startup_of
from towpath.constructs.connecting import StorePart
from towpath.constructs.stores.arguments import needed, needs_operator, storage_of
from towpath.constructs.workload import Job
from towpath.settings.cluster import Component
from towpath.specs.operated import ElasticsearchCluster
from towpath.specs.parts import StoreMode, StoreSpec
from towpath.specs.stores.elasticsearch import (
    DATA,
    ELASTICSEARCH_PORT,
    SETTINGS,
    SUPERUSER,
    USER,
    address_facts,
    elasticsearch_workload,
    template_script,
)
from towpath.specs.stores.external import external, host_of, port_of
from towpath.specs.values import Resources, SecretKey

if TYPE_CHECKING:
    from collections.abc import Mapping

    from constructs import Construct

    from towpath.images.symbol import ImageSymbol
    from towpath.settings.stores import BundledStore, ElasticsearchSettings, OperatedElasticsearch
    from towpath.specs.values import EnvironmentValue

# Nodes that an operator starts take their time: images, volumes, and an election.
_DEADLINE = 1200


class Elasticsearch(StorePart):
    """An Elasticsearch with security: one node (`bundled`), nodes of ECK (`operator`) or a service (`external`).

    `bundled` and `external` need `password`; ECK makes one itself, and clients get that. Where it runs in the cluster,
    a job `<name>-index` tells it how the platform's indices are made.

    Facts: `url`, `host`, `port`, `username`, `password`, `index_prefix`. `facts` adds to these or replaces them.
    """

    default_variables: Mapping[str, str] = {
        "ELASTICSEARCH_NODE": "url",
        "ELASTICSEARCH_USERNAME": "username",
        "ELASTICSEARCH_PASSWORD": "password",
        "ELASTICSEARCH_INDEX_PREFIX": "index_prefix",
    }

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        settings: ElasticsearchSettings,
        password: SecretKey | None = None,
        image: str | ImageSymbol = "elasticsearch",
        facts: Mapping[str, EnvironmentValue] | None = None,
    ) -> None:
        super().__init__(scope, id)
        self._settings = settings
        self._told = dict(facts or {})
        mode = StoreMode(settings.mode)
        match mode:
            case StoreMode.BUNDLED:
                bundled = needed(self, "bundled", settings.bundled)
                self._declare(self._bundled(bundled, needed(self, "password", password), image_symbol(image)))
                self._declare_template(image, nodes=1)
            case StoreMode.OPERATOR:
                needs_operator(self, Component.ECK)
                operator = needed(self, "operator", settings.operator, mode=mode)
                self._declare(self._operated(operator, image_symbol(image)))
                self._declare_template(image, nodes=operator.nodes)
            case StoreMode.EXTERNAL:
                self._declare(self._external(needed(self, "password", password, mode=mode)))

    def _declare(self, spec: StoreSpec) -> None:
        self.spec = spec
        self.platform.add_part(self, spec)

    def _bundled(self, bundled: BundledStore, password: SecretKey, image: ImageSymbol) -> StoreSpec:
        host = str(bundled.host)
        return StoreSpec(
            name=self.node.id,
            engine="elasticsearch",
            mode=StoreMode.BUNDLED,
            port=ELASTICSEARCH_PORT,
            facts=self._facts(host, password),
            workload=elasticsearch_workload(
                self.node.id,
                image=image,
                host=host,
                password=password,
                java_options=self._settings.java_options or "",
                resources=resources_of(bundled.resources),
                storage=storage_of(self, DATA, bundled),
                health=probe_of(bundled.health, "http"),
                startup=startup_of(bundled.health, "http"),
            ),
        )

    def _operated(self, operator: OperatedElasticsearch, image: ImageSymbol) -> StoreSpec:
        name = self.node.id
        return StoreSpec(
            name=name,
            engine="elasticsearch",
            mode=StoreMode.OPERATOR,
            port=ELASTICSEARCH_PORT,
            # The Service and the Secret that the operator makes.
            facts=self._facts(f"{name}-es-http", SecretKey(f"{name}-es-elastic-user", SUPERUSER)),
            operated=ElasticsearchCluster(
                image=image,
                version=self._settings.version,
                nodes=operator.nodes,
                resources=resources_of(operator.resources),
                storage=storage_of(self, DATA, operator),
                settings=SETTINGS,
                java_options=self._settings.java_options or "",
            ),
        )

    def _external(self, password: SecretKey) -> StoreSpec:
        settings = self._settings
        url = str(needed(self, "url", settings.url, mode=settings.mode))
        facts = address_facts(
            url=url,
            host=host_of(url),
            port=port_of(url),
            username=settings.username,
            password=password,
            index_prefix=settings.index_prefix,
        )
        return external(
            self.node.id,
            engine="elasticsearch",
            port=port_of(url),
            private=True,
            facts=facts | self._told,
        )

    def _facts(self, host: str, password: SecretKey) -> dict[str, EnvironmentValue]:
        facts = address_facts(
            # Without TLS, inside a namespace where only those may connect that say so.
            url=f"http://{host}:{ELASTICSEARCH_PORT}",
            host=host,
            port=ELASTICSEARCH_PORT,
            username=SUPERUSER,
            password=password,
            index_prefix=self._settings.index_prefix,
        )
        return facts | self._told

    def _declare_template(self, image: str | ImageSymbol, *, nodes: int) -> None:
        Job(
            self,
            f"{self.node.id}-index",
            image=image,
            user=USER,
            command=("/bin/sh", "-c", template_script(self._settings.index_prefix, nodes)),
            resources=Resources("50m", "64Mi", "250m", "128Mi"),
            prepares=(self,),
            deadline_seconds=_DEADLINE,
        )

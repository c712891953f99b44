"""Rendering the Argo CD objects of an environment, from its cluster's facts and its platforms' object files."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from towpath.argocd import PLATFORM, Delivered, Delivery, argocd_objects
from towpath.errors import Place
from towpath.manifests.claims import NAMESPACE, Claim
from towpath.manifests.footprint import Footprint
from towpath.manifests.rendering import Declared, render
from towpath.synth.inputs import cluster_file
from towpath.synth.object_files import object_files

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from towpath.project import Project
    from towpath.settings.cluster import Cluster
    from towpath.synth.object_files import ObjectFiles

_ASKS = (3, 5)
"""The first Argo CD that is known to take `Prune=confirm` for a whole application."""


def delivery_of(cluster: Cluster) -> Delivery:
    """Return how Argo CD reaches an environment, from the facts of its cluster."""
    facts = cluster.argocd
    sync = facts.sync
    return Delivery(
        namespace=str(facts.namespace),
        server=str(facts.server),
        repository=str(facts.repository),
        revision=str(facts.revision),
        path=str(facts.path),
        automated=sync.mode == "automated",
        self_heal=sync.self_heal,
        prune=sync.prune.value,
        asks=facts.version is not None and facts.version.minor >= _ASKS,
        retries=sync.retry.limit,
        retry_delay=str(sync.retry.delay),
        retry_factor=sync.retry.factor,
        retry_longest=str(sync.retry.longest),
    )


def environment_delivery(
    project: Project, environment: str, platforms: Mapping[str, ObjectFiles]
) -> ObjectFiles:
    """Return the object files of an environment's Argo CD rendering.

    `platforms` holds the object files of every platform, compiled or as they stand in the output folder; only their
    footprints count. The facts of the cluster stand in those that were compiled. Where none was, the facts are read
    through the settings model, whose import takes longer than all the rest.

    Raises:
        TowpathError: with the mistakes of the cluster's facts.

    """
    delivery, kubernetes = _facts(project, environment, platforms.values())
    delivered = [
        Delivered(
            platform=platform,
            namespace=f"{platform}-{environment}",
            kinds=frozenset(objects.footprint.kinds),
            owned=objects.footprint.owned,
        )
        for platform, objects in sorted(platforms.items())
    ]
    rendering = render(
        (Declared(body) for body in argocd_objects(environment, delivery, delivered)),
        environment=environment,
        platform=PLATFORM,
        namespace=delivery.namespace,
        kubernetes=kubernetes,
    )
    # Whoever may write into Argo CD's namespace may do whatever Argo CD can, so no platform's objects stand there.
    own = Claim(NAMESPACE, delivery.namespace, Place(cluster_file(environment)))
    return replace(object_files(rendering), footprint=Footprint(claims=(own,)))


def _facts(project: Project, environment: str, platforms: Iterable[ObjectFiles]) -> tuple[Delivery, str]:
    for objects in platforms:
        if objects.delivery is not None:
            return objects.delivery, objects.link_map.kubernetes
    from towpath.synth.declarations import load_cluster  # noqa: PLC0415 -- it imports pydantic, see above

    cluster = load_cluster(project, environment).value
    return delivery_of(cluster), str(cluster.kubernetes)

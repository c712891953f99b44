"""Rendering the Argo CD objects of an environment, from its cluster's facts and its platforms' object files."""

from __future__ import annotations

from typing import TYPE_CHECKING

from towpath.argocd import PLATFORM, Delivered, Delivery, argocd_objects, kinds_in
from towpath.manifests.kinds import is_cluster_scoped
from towpath.manifests.rendering import Declared, render
from towpath.synth.object_files import object_files

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from towpath.project import Project
    from towpath.settings.cluster import Cluster
    from towpath.synth.object_files import ObjectFiles


def delivery_of(cluster: Cluster) -> Delivery:
    """Return how Argo CD reaches an environment, from the facts of its cluster."""
    facts = cluster.argocd
    return Delivery(
        namespace=str(facts.namespace),
        server=str(facts.server),
        repository=str(facts.repository),
        revision=str(facts.revision),
        path=str(facts.path),
    )


def environment_delivery(
    project: Project,
    environment: str,
    platforms: Mapping[str, Mapping[str, bytes]],
    compiled: Iterable[ObjectFiles],
) -> ObjectFiles:
    """Return the object files of an environment's Argo CD rendering.

    `platforms` holds each platform's files; only their kinds count. `compiled` are object files of the environment's
    platforms: the facts of its cluster that this needs stand in them. Where there are none, the facts are read through
    the settings model, whose import takes longer than all the rest.

    Raises:
        TowpathError: with the mistakes of the cluster's facts.

    """
    delivery, kubernetes = _facts(project, environment, compiled)
    kinds = {platform: kinds_in(files) for platform, files in platforms.items()}
    delivered = [
        Delivered(
            platform,
            f"{platform}-{environment}",
            frozenset(each for each in found if not is_cluster_scoped(*each)),
            frozenset(each for each in found if is_cluster_scoped(*each)),
        )
        for platform, found in sorted(kinds.items())
    ]
    rendering = render(
        (Declared(body) for body in argocd_objects(environment, delivery, delivered)),
        environment=environment,
        platform=PLATFORM,
        namespace=delivery.namespace,
        kubernetes=kubernetes,
    )
    return object_files(rendering)


def _facts(project: Project, environment: str, compiled: Iterable[ObjectFiles]) -> tuple[Delivery, str]:
    for objects in compiled:
        if objects.delivery is not None:
            return objects.delivery, objects.link_map.kubernetes
    from towpath.synth.declarations import load_cluster  # noqa: PLC0415 -- it imports pydantic, see above

    cluster = load_cluster(project, environment).value
    return delivery_of(cluster), str(cluster.kubernetes)

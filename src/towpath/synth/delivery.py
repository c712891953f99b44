"""Rendering the Argo CD objects of an environment, from its cluster's facts and its platforms' object files."""

from __future__ import annotations

from typing import TYPE_CHECKING

from towpath.argocd import PLATFORM, Delivered, Delivery, argocd_objects, kinds_in
from towpath.manifests.kinds import is_cluster_scoped
from towpath.manifests.rendering import Declared, render
from towpath.project import Target
from towpath.synth.inputs import Tool, content_key
from towpath.synth.inputs import cluster_file as cluster_path
from towpath.synth.object_files import ObjectFiles, object_files

if TYPE_CHECKING:
    from collections.abc import Mapping

    from towpath.project import Project
    from towpath.synth.cache import Cache


def environment_delivery(
    project: Project,
    environment: str,
    platforms: Mapping[str, Mapping[str, bytes]],
    tool: Tool,
    cache: Cache | None,
) -> ObjectFiles:
    """Return the object files of an environment's Argo CD rendering.

    `platforms` holds each platform's files; only their kinds count. The cluster's facts are read through the settings
    model, whose import takes longer than all the rest, so the result is cached as a compile is.

    Raises:
        TowpathError: with the mistakes of the cluster's facts.

    """
    kinds = {platform: kinds_in(files) for platform, files in platforms.items()}
    file = cluster_path(environment)
    described = repr(sorted((platform, sorted(found)) for platform, found in kinds.items())).encode()
    key = content_key(tool, {file: project.read_if_present(file) or b"", "kinds": described})
    name = str(Target(environment, PLATFORM))
    cached = cache.get(name, key) if cache else None
    if cached is not None:
        return cached
    result = _rendered(project, environment, kinds)
    if cache:
        cache.put(name, key, result.to_json())
    return result


def _rendered(
    project: Project, environment: str, kinds: Mapping[str, frozenset[tuple[str, str]]]
) -> ObjectFiles:
    from towpath.synth.declarations import load_cluster  # noqa: PLC0415 -- it imports pydantic, see above

    cluster = load_cluster(project, environment).value
    facts = cluster.argocd
    delivery = Delivery(
        namespace=str(facts.namespace),
        server=str(facts.server),
        repository=str(facts.repository),
        revision=str(facts.revision),
        path=str(facts.path),
    )
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
        kubernetes=str(cluster.kubernetes),
    )
    return object_files(rendering)

"""Checks beyond one platform: against what its cluster has, and against the other platforms of its environment."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from towpath.errors import Problem, TowpathError
from towpath.link.map import LinkMap
from towpath.manifests.claims import clashes
from towpath.manifests.footprint import footprint_in, footprint_of
from towpath.manifests.plaintext import plaintext_problems
from towpath.manifests.requirements import Offers, needs_of, requirement_problems
from towpath.synth.inputs import cluster_file
from towpath.synth.object_files import ObjectFiles, object_files

if TYPE_CHECKING:
    from collections.abc import Mapping

    from towpath.manifests.rendering import Rendering
    from towpath.settings.cluster import Cluster


def offers_of(cluster: Cluster, environment: str) -> Offers:
    """Return what an environment's cluster offers, from its facts."""
    classes = (cluster.storage_class, *cluster.storage_classes)
    return Offers(
        file=cluster_file(environment),
        installed=frozenset(str(each) for each in cluster.installed),
        ingress_class=str(cluster.ingress.class_name),
        storage_classes=tuple(dict.fromkeys(map(str, classes))),
        custom_resources=frozenset((each.group, each.kind) for each in cluster.custom_resources),
    )


def checked_object_files(rendering: Rendering, offers: Offers, stated: Mapping[str, str]) -> ObjectFiles:
    """Return the object files of a rendering that asks for no more than its cluster has, with their footprint.

    `stated` are the settings that hold a value, for messages.

    A custom kind that nothing here defines may yet be defined by another platform of the environment; such needs go
    into the footprint. They are said at once where there is something else to say.

    Raises:
        TowpathError: with a problem for each thing that the cluster lacks, for each secret in plain text, and as
            `object_files`.

    """
    problems = [*requirement_problems(rendering, offers, stated=stated), *plaintext_problems(rendering)]
    needs = needs_of(rendering, offers)
    try:
        objects = object_files(rendering)
    except TowpathError as error:
        raise TowpathError([*error.problems, *problems, *(need.problem for need in needs)]) from error
    if problems:
        raise TowpathError([*problems, *(need.problem for need in needs)])
    return replace(objects, footprint=footprint_of(rendering.manifests, needs, stated=stated))


def standing_objects(files: Mapping[str, bytes], folder: str) -> ObjectFiles:
    """Return rendered files of a platform that is not compiled now, with what they say of themselves.

    `folder` is theirs, for the places in messages.
    """
    return ObjectFiles(files, LinkMap(""), footprint=footprint_in(files, folder))


def environment_problems(environment: str, platforms: Mapping[str, ObjectFiles]) -> list[Problem]:
    """Return what keeps the platforms of an environment from standing side by side: clashes, and unmet needs.

    `platforms` holds the Argo CD rendering too, whose namespace is no platform's.
    """
    defined = {each for objects in platforms.values() for each in objects.footprint.definitions}
    unmet = [
        need.problem
        for objects in platforms.values()
        for need in objects.footprint.needs
        if (need.group, need.kind) not in defined
    ]
    return [*clashes(environment, {name: each.footprint.claims for name, each in platforms.items()}), *unmet]

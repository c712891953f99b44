"""Lowering: a whole platform's specs become its Kubernetes objects."""

from __future__ import annotations

from typing import TYPE_CHECKING

from towpath.kubernetes.configuration import configuration_objects, namespace_objects, secret_objects
from towpath.kubernetes.context import Context
from towpath.kubernetes.edge import edge_objects
from towpath.kubernetes.job import job_objects
from towpath.kubernetes.workload import workload_objects
from towpath.specs.parts import ConfigurationSpec, EdgeSpec, JobSpec, SecretSpec, StoreSpec, WorkloadSpec

if TYPE_CHECKING:
    from towpath.kubernetes.context import Body
    from towpath.specs.platform import Part, PlatformSpec


def part_objects(part: Part, context: Context) -> list[Body]:
    """Return the objects of one part, its main object first. An external store has none."""
    match part:
        case WorkloadSpec():
            return workload_objects(part, context)
        case JobSpec():
            return job_objects(part, context)
        case StoreSpec():
            return workload_objects(part.workload, context) if part.workload else []
        case EdgeSpec():
            return edge_objects(part, context)
        case ConfigurationSpec():
            return configuration_objects(part, context)
        case SecretSpec():
            return secret_objects(part, context)


def platform_objects(spec: PlatformSpec) -> dict[str, list[Body]]:
    """Return all objects of a platform by part name; those of the namespace itself under an empty name.

    Raises:
        TowpathError: where parts wait for one another in a circle, or a variable has two values.

    """
    context = Context.of(spec)
    parts: list[Part] = [
        *spec.configurations,
        *spec.secrets,
        *spec.stores,
        *spec.jobs,
        *spec.workloads,
        *spec.edges,
    ]
    objects = {"": namespace_objects(context)}
    objects.update({part.name: part_objects(part, context) for part in parts})
    return objects

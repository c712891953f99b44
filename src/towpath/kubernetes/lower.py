"""Lowering: a whole platform's specs become its Kubernetes objects."""

from __future__ import annotations

from typing import TYPE_CHECKING

from towpath.kubernetes.configuration import configuration_objects, namespace_objects
from towpath.kubernetes.context import Context
from towpath.kubernetes.edge import edge_objects
from towpath.kubernetes.job import job_objects
from towpath.kubernetes.network import operated_policy
from towpath.kubernetes.operators.lower import operated_objects, operated_pods
from towpath.kubernetes.quota import quota_objects
from towpath.kubernetes.secrets import generated_objects, secret_objects
from towpath.kubernetes.workload import workload_objects
from towpath.specs.parts import (
    ConfigurationSpec,
    EdgeSpec,
    GeneratedSpec,
    JobSpec,
    SecretSpec,
    StoreSpec,
    WorkloadSpec,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

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
            return _store_objects(part, context)
        case EdgeSpec():
            return edge_objects(part, context)
        case ConfigurationSpec():
            return configuration_objects(part, context)
        case SecretSpec():
            return secret_objects(part, context)
        case GeneratedSpec():
            return generated_objects(part, context)


def _store_objects(store: StoreSpec, context: Context) -> list[Body]:
    if store.workload:
        return workload_objects(store.workload, context)
    pods = operated_pods(store)
    if store.operated and pods:
        return [*operated_objects(store, store.operated, context), operated_policy(store, pods, context)]
    return []


def platform_objects(spec: PlatformSpec, others: Sequence[Body] = ()) -> dict[str, list[Body]]:
    """Return all objects of a platform by part name; those of the namespace itself under an empty name.

    `others` are objects that stand beside the parts; the namespace's quota has to have room for their pods too.

    Raises:
        TowpathError: where parts wait for one another in a circle, or a variable has two values.

    """
    context = Context.of(spec)
    parts: list[Part] = [
        *spec.configurations,
        *spec.secrets,
        *spec.generated,
        *spec.stores,
        *spec.jobs,
        *spec.workloads,
        *spec.edges,
    ]
    objects = {part.name: part_objects(part, context) for part in parts}
    every = [*others, *(body for bodies in objects.values() for body in bodies)]
    return {"": [*namespace_objects(context), *quota_objects(context, every)], **objects}

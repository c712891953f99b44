"""A whole platform in one environment, as a frozen tree of specs."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from towpath.errors import refuse

if TYPE_CHECKING:
    from collections.abc import Mapping

    from towpath.specs.parts import (
        ConfigurationSpec,
        Connection,
        EdgeSpec,
        JobSpec,
        SecretSpec,
        StoreSpec,
        WorkloadSpec,
    )

    Part = WorkloadSpec | JobSpec | StoreSpec | EdgeSpec | ConfigurationSpec | SecretSpec


@dataclass(frozen=True, slots=True, kw_only=True)
class PlatformSpec:
    """What one platform is in one environment."""

    platform: str
    environment: str
    namespace: str
    dns_namespace: str = "kube-system"
    dns_labels: Mapping[str, str] = field(default_factory=lambda: {"k8s-app": "kube-dns"})
    workloads: tuple[WorkloadSpec, ...] = ()
    jobs: tuple[JobSpec, ...] = ()
    stores: tuple[StoreSpec, ...] = ()
    edges: tuple[EdgeSpec, ...] = ()
    configurations: tuple[ConfigurationSpec, ...] = ()
    secrets: tuple[SecretSpec, ...] = ()
    connections: tuple[Connection, ...] = ()

    def running(self) -> dict[str, WorkloadSpec]:
        """Return every workload by part name, those that run a bundled store among them."""
        found = {workload.name: workload for workload in self.workloads}
        found.update({store.name: store.workload for store in self.stores if store.workload})
        return found


def sync_waves(spec: PlatformSpec) -> dict[str, int]:
    """Return the Argo CD sync wave of each store, job, workload and edge.

    Configuration and secrets are wave 0. A part comes after what it connects to; what uses a store also comes after
    the jobs that prepare it; an edge comes after its workloads.

    Raises:
        TowpathError: where parts wait for one another in a circle; the message names the circle.

    """
    after: dict[str, set[str]] = {name: set() for name in spec.running()}
    after.update({job.name: set(job.prepares) for job in spec.jobs})
    after.update({store.name: set() for store in spec.stores})
    for connection in spec.connections:
        after[connection.source].add(connection.target)
    preparing = {(job.name, store) for job in spec.jobs for store in job.prepares}
    for job in spec.jobs:
        for connection in spec.connections:
            # Jobs that prepare the same store do not wait for one another.
            if connection.target in job.prepares and (connection.source, connection.target) not in preparing:
                after[connection.source].add(job.name)
    for edge in spec.edges:
        after[edge.name] = {route.workload for route in edge.routes}
    waves: dict[str, int] = {}

    def wave(name: str, waiting: tuple[str, ...]) -> int:
        if name in waiting:
            circle = " -> ".join((*waiting[waiting.index(name) :], name))
            raise refuse(
                f"platform {spec.platform}: connects_to makes a circle: {circle}",
                expected="an order in which the parts can start",
                remedy="take one of these connections away",
                rule="platform.circle",
            )
        if name not in waves:
            external = {store.name for store in spec.stores if store.workload is None}
            waves[name] = 1 + max(
                (
                    wave(other, (*waiting, name)) if other not in external else 0
                    for other in sorted(after.get(name, ()))
                ),
                default=0,
            )
        return waves[name]

    for name in sorted(after):
        wave(name, ())
    return waves

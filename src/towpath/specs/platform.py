"""A whole platform in one environment, as a frozen tree of specs."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING

from towpath.errors import NOWHERE, refuse

if TYPE_CHECKING:
    from collections.abc import Mapping

    from towpath.errors import Place, TowpathError
    from towpath.specs.parts import (
        ConfigurationSpec,
        Connection,
        EdgeSpec,
        GeneratedSpec,
        JobSpec,
        SecretSpec,
        StoreSpec,
        WorkloadSpec,
    )

    Part = WorkloadSpec | JobSpec | StoreSpec | EdgeSpec | ConfigurationSpec | SecretSpec | GeneratedSpec


@dataclass(frozen=True, slots=True, kw_only=True)
class PlatformSpec:
    """What one platform is in one environment."""

    platform: str
    environment: str
    namespace: str
    kubernetes: tuple[int, int] = (1, 33)
    """The cluster's version: what its API server knows decides what can be rendered."""
    operators: Mapping[str, str] = field(default_factory=dict)
    """Where each operator runs, for NetworkPolicies: component and namespace."""
    dns_namespace: str = "kube-system"
    dns_labels: Mapping[str, str] = field(default_factory=lambda: {"k8s-app": "kube-dns"})
    pull_secret: SecretSpec | None = None
    """What images are pulled by; None where everybody may pull them."""
    workloads: tuple[WorkloadSpec, ...] = ()
    jobs: tuple[JobSpec, ...] = ()
    stores: tuple[StoreSpec, ...] = ()
    edges: tuple[EdgeSpec, ...] = ()
    configurations: tuple[ConfigurationSpec, ...] = ()
    secrets: tuple[SecretSpec, ...] = ()
    generated: tuple[GeneratedSpec, ...] = ()
    connections: tuple[Connection, ...] = ()
    places: Mapping[str, Place] = field(default_factory=dict, compare=False, repr=False)
    """Where each part was declared, by name, for messages."""

    def running(self) -> dict[str, WorkloadSpec]:
        """Return every workload by part name, those that run a bundled store among them."""
        found = {workload.name: workload for workload in self.workloads}
        found.update({store.name: store.workload for store in self.stores if store.workload})
        return found


def sync_waves(spec: PlatformSpec) -> dict[str, int]:
    """Return the Argo CD sync wave of each store, job, workload and edge.

    Configuration and secrets are wave 0. A part comes after what it connects to; what uses a store also comes after
    the jobs that prepare it; an edge comes after its workloads. What connects to a store that an operator runs shares
    the store's wave: Argo CD cannot tell the health of such a store before the operator has seen it, and would wait.

    Raises:
        TowpathError: where parts wait for one another in a circle; the message names the circle and each connection
            in it, and its place is the connection that was stated last.

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
    unwaited = {store.name for store in spec.stores if store.operated}
    external = {store.name for store in spec.stores if not store.workload and not store.operated}

    def wave(name: str, waiting: tuple[str, ...]) -> int:
        if name in waiting:
            raise _circle(spec, (*waiting[waiting.index(name) :], name))
        if name not in waves:
            waves[name] = max(
                (
                    wave(other, (*waiting, name)) + (0 if other in unwaited else 1)
                    for other in sorted(after.get(name, ()))
                    if other not in external
                ),
                default=1,
            )
        return waves[name]

    for name in sorted(after):
        wave(name, ())
    return waves


def _circle(spec: PlatformSpec, names: tuple[str, ...]) -> TowpathError:
    """Return the error for parts that wait for one another; `names` leads around and ends where it starts."""
    found = []
    for source, target in pairwise(names):
        job = next((each for each in spec.jobs if each.name == target), None)
        # A part waits for what it connects to, and for the job that prepares what it connects to.
        wanted = (target,) if job is None else (target, *job.prepares)
        stated = (each for each in spec.connections if each.source == source and each.target in wanted)
        found.append((next(stated, None), target))
    steps = [
        f"{each.source} connects to {each.target}{'' if each.target == target else f', which {target} prepares,'}"
        f" at {each.place}"
        for each, target in found
        if each is not None and each.place != NOWHERE
    ]
    places = {each.place for each, _ in found if each is not None}
    last = next((each.place for each in reversed(spec.connections) if each.place in places), NOWHERE)
    return refuse(
        f"platform {spec.platform}: connects_to makes a circle: {' -> '.join(names)}"
        + (f" ({'; '.join(steps)})" if steps else ""),
        place=last,
        expected="an order in which the parts can start",
        remedy="take one of these connections away",
        rule="platform.circle",
    )

"""Workloads, jobs, configuration and secrets, as constructs."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from constructs import Construct

from towpath.constructs.kube_object import declared_at
from towpath.constructs.platform import platform_of
from towpath.errors import nearest, refuse
from towpath.images.symbol import ImageSymbol
from towpath.specs.parts import (
    ConfigurationSpec,
    Connection,
    JobSpec,
    RemoteKey,
    SecretSpec,
    StoreSpec,
    WorkloadSpec,
)
from towpath.specs.values import Autoscale, Probe, Resources, SecretKey

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from towpath.constructs.platform import Platform
    from towpath.settings.fields import SecretRef
    from towpath.settings.model import Autoscaling as AutoscalingSetting
    from towpath.settings.model import Probe as ProbeSetting
    from towpath.settings.model import Resources as ResourcesSetting
    from towpath.specs.values import Egress, EnvironmentValue, Port, Storage, User, Writable


def image_symbol(image: str | ImageSymbol) -> ImageSymbol:
    """Return the symbol of an image that a chart names."""
    return image if isinstance(image, ImageSymbol) else ImageSymbol(image)


def resources_of(wanted: ResourcesSetting | Resources) -> Resources:
    """Return resources as specs hold them, from settings or as they are."""
    if isinstance(wanted, Resources):
        return wanted
    requests, limits = wanted.requests.to_kubernetes(), wanted.limits.to_kubernetes()
    return Resources(
        requests.get("cpu", ""), requests.get("memory", ""), limits.get("cpu", ""), limits.get("memory", "")
    )


def probe_of(wanted: ProbeSetting | Probe, port: str) -> Probe:
    """Return a liveness or readiness probe as specs hold it; `port` is the name of the workload's first port."""
    if isinstance(wanted, Probe):
        return wanted
    return Probe(
        port="" if wanted.command else str(wanted.port or port),
        path=str(wanted.path or ""),
        tcp=not wanted.path and not wanted.command,
        command=tuple(wanted.command or ()),
        period=wanted.interval.seconds,
        timeout=wanted.timeout.seconds,
        failures=wanted.retries,
    )


def startup_of(wanted: ProbeSetting | Probe | None, port: str) -> Probe | None:
    """Return the startup probe that a health check's start period asks for, or None where it has none.

    Until it succeeds Kubernetes runs no other probe, as Docker counts no failure in the start period.
    """
    if wanted is None or isinstance(wanted, Probe) or not wanted.start_period.seconds:
        return None
    asked = probe_of(wanted, port)
    periods = -(-wanted.start_period.seconds // asked.period)
    return replace(asked, failures=periods + asked.failures)


def _optional_probe(wanted: ProbeSetting | Probe | None, port: str) -> Probe | None:
    return None if wanted is None else probe_of(wanted, port)


class Part(Construct):
    """A construct that declares one part of a platform."""

    def __init__(self, scope: Construct, id: str) -> None:
        super().__init__(scope, id)
        self.platform: Platform = platform_of(scope)


class Configuration(Part):
    """Environment variables that are no secret: a ConfigMap. A change of it restarts the workloads that take it."""

    def __init__(self, scope: Construct, id: str, *, data: Mapping[str, str]) -> None:
        super().__init__(scope, id)
        self.spec = ConfigurationSpec(id, {name: str(value) for name, value in data.items()})
        self.platform.add_part(self, self.spec)


class Secret(Part):
    """Values that External Secrets fetches from the environment's secret store; `keys` says where each one is."""

    def __init__(self, scope: Construct, id: str, *, keys: Mapping[str, SecretRef]) -> None:
        super().__init__(scope, id)
        store = self.platform.target.cluster.secret_store
        self.spec = SecretSpec(
            name=id,
            keys={
                key: RemoteKey(ref.key_below(str(store.prefix)), ref.property) for key, ref in keys.items()
            },
            store=str(store.name),
            store_kind=store.kind,
        )
        self.platform.add_part(self, self.spec)

    def key(self, name: str) -> SecretKey:
        """Return a reference to one key, to use as the value of an environment variable.

        Raises:
            TowpathError: where the secret has no such key.

        """
        if name not in self.spec.keys:
            like = nearest(name, self.spec.keys)
            raise refuse(
                f"the secret {self.spec.name} has no key {name!r}",
                place=declared_at(),
                expected="one of " + ", ".join(sorted(self.spec.keys)),
                remedy=f"did you mean {like!r}?" if like else "add it to the secret's keys",
                rule="construct.secret-key",
            )
        return SecretKey(self.spec.name, name)


class _Connecting(Part):
    """A part that can use stores and other workloads."""

    spec: WorkloadSpec | JobSpec

    def connects_to(
        self,
        *targets: Workload | StorePart,
        variables: Mapping[str, EnvironmentValue | str] | None = None,
        ports: Sequence[str] = (),
    ) -> None:
        """State that this part uses others.

        From it follow the environment variables (a store's own, or `variables`, which maps a variable's name to one
        of the store's facts), the secret references, both directions of the NetworkPolicies, and the sync order.

        Raises:
            TowpathError: where a variable asks for a fact that the store does not have.

        """
        for target in targets:
            values: Mapping[str, EnvironmentValue] = {}
            if isinstance(target, StorePart):
                values = target.variables(variables)
            elif variables:
                values = dict(variables)
            self.platform.connect(Connection(self.spec.name, target.spec.name, values, tuple(ports)))


class Workload(_Connecting):
    """Pods that keep running, with everything around them.

    A Deployment, or a StatefulSet where `storage` is given; a Service where it has ports; a ServiceAccount, a
    NetworkPolicy, and as asked for an autoscaler and a PodDisruptionBudget.
    """

    spec: WorkloadSpec

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        image: str | ImageSymbol,
        user: User,
        resources: ResourcesSetting | Resources,
        replicas: int = 1,
        command: Sequence[str] = (),
        arguments: Sequence[str] = (),
        ports: Sequence[Port] = (),
        environment: Mapping[str, EnvironmentValue] | None = None,
        configuration: Sequence[Configuration] = (),
        health: ProbeSetting | None = None,
        startup: Probe | None = None,
        liveness: ProbeSetting | Probe | None = None,
        readiness: ProbeSetting | Probe | None = None,
        writable: Sequence[Writable] = (),
        storage: Storage | None = None,
        autoscaling: AutoscalingSetting | None = None,
        max_unavailable: int | str | None = None,
        grace_seconds: int = 30,
        min_ready_seconds: int = 0,
        service_account: str = "",
        host: str = "",
        egress: Sequence[Egress] = (),
        pod_annotations: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(scope, id)
        port = ports[0].name if ports else ""
        self.spec = WorkloadSpec(
            name=id,
            image=image_symbol(image),
            user=user,
            replicas=replicas,
            command=tuple(command),
            arguments=tuple(arguments),
            ports=tuple(ports),
            environment=dict(environment or {}),
            configuration=tuple(each.spec for each in configuration),
            resources=resources_of(resources),
            startup=startup or startup_of(health, port),
            liveness=_optional_probe(liveness or health, port),
            readiness=_optional_probe(readiness or health, port),
            writable=tuple(writable),
            storage=storage,
            autoscale=_autoscale_of(autoscaling),
            max_unavailable=max_unavailable,
            grace_seconds=grace_seconds,
            min_ready_seconds=min_ready_seconds,
            service_account=service_account,
            host=host,
            egress=tuple(egress),
            pod_annotations=dict(pod_annotations or {}),
        )
        self.platform.add_part(self, self.spec)


class Job(_Connecting):
    """Pods that run once in each sync: after the stores that they prepare, before the workloads that use these."""

    spec: JobSpec

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        image: str | ImageSymbol,
        user: User,
        resources: ResourcesSetting | Resources,
        command: Sequence[str] = (),
        arguments: Sequence[str] = (),
        environment: Mapping[str, EnvironmentValue] | None = None,
        configuration: Sequence[Configuration] = (),
        writable: Sequence[Writable] = (),
        prepares: Sequence[StorePart] = (),
        retries: int = 3,
        deadline_seconds: int = 600,
    ) -> None:
        super().__init__(scope, id)
        self.spec = JobSpec(
            name=id,
            image=image_symbol(image),
            user=user,
            command=tuple(command),
            arguments=tuple(arguments),
            environment=dict(environment or {}),
            configuration=tuple(each.spec for each in configuration),
            resources=resources_of(resources),
            writable=tuple(writable),
            prepares=tuple(store.spec.name for store in prepares),
            retries=retries,
            deadline_seconds=deadline_seconds,
        )
        self.platform.add_part(self, self.spec)
        if prepares:
            self.connects_to(*prepares)


class StorePart(Part):
    """A store of any engine: its facts, and the variables that a connection to it sets by default."""

    spec: StoreSpec
    default_variables: Mapping[str, str] = {}
    """Environment variable: fact."""

    def variables(self, wanted: Mapping[str, EnvironmentValue | str] | None) -> dict[str, EnvironmentValue]:
        """Return the variables of a connection, with the credentials that their values refer to."""
        chosen = self.default_variables if wanted is None else wanted
        values: dict[str, EnvironmentValue] = {}
        for name, fact in chosen.items():
            if not isinstance(fact, str):
                values[name] = fact
            elif fact in self.spec.facts:
                values[name] = self.spec.facts[fact]
            elif wanted is not None:
                like = nearest(fact, self.spec.facts)
                raise refuse(
                    f"{name}: the store {self.spec.name} ({self.spec.mode}) has no fact {fact!r}",
                    place=declared_at(),
                    expected="one of " + ", ".join(sorted(self.spec.facts)),
                    remedy=f"did you mean {like!r}?" if like else "take the variable away",
                    rule="construct.store-fact",
                )
        for name, credential in self.spec.credentials.items():
            if any(isinstance(value, str) and f"$({name})" in value for value in values.values()):
                values[name] = credential
        return values


def _autoscale_of(wanted: AutoscalingSetting | None) -> Autoscale | None:
    if wanted is None:
        return None
    return Autoscale(wanted.minimum, wanted.maximum, wanted.cpu or 0, wanted.memory or 0)

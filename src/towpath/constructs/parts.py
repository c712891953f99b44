"""Workloads, jobs, configuration and secrets, as constructs."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar

from constructs import Construct

from towpath.constructs.kube_object import declared_at
from towpath.constructs.platform import platform_of
from towpath.errors import nearest, refuse
from towpath.images.symbol import IMAGE_NAME, Form, ImageSymbol
from towpath.kubernetes.network import no_such_port
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
    from collections.abc import Iterable, Mapping, Sequence

    from towpath.constructs.platform import Platform
    from towpath.settings.fields import SecretRef
    from towpath.settings.model import Autoscaling as AutoscalingSetting
    from towpath.settings.model import Probe as ProbeSetting
    from towpath.settings.model import Resources as ResourcesSetting
    from towpath.specs.values import Egress, EnvironmentValue, Port, Storage, User, Writable

T = TypeVar("T")


def image_symbol(image: str | ImageSymbol) -> ImageSymbol:
    """Return the symbol of an image that a chart names.

    Raises:
        TowpathError: where no pin can have that name, or the symbol stands for a part of the reference only.

    """
    symbol = image if isinstance(image, ImageSymbol) else ImageSymbol(image)
    if not IMAGE_NAME.fullmatch(symbol.image):
        raise refuse(
            f"{symbol.image!r} is no name of an image",
            place=declared_at(),
            expected="the name of a pin: lower-case letters, digits and inner '-', at most 63",
            remedy="name the image here, and say which one it is with `towpath pin`",
            rule="construct.image-name",
        )
    if symbol.form is not Form.REFERENCE:
        raise refuse(
            f"the image {symbol.image} is given in its {symbol.form} form",
            place=declared_at(),
            expected="the whole reference, which a container needs",
            remedy=f"write image={symbol.image!r}",
            rule="construct.image-form",
        )
    return symbol


def in_order(argument: str, values: Iterable[T]) -> tuple[T, ...]:
    """Return the items of an argument that is a sequence.

    Raises:
        TowpathError: where it is a set, whose order may differ from run to run.

    """
    if isinstance(values, str | bytes):
        raise refuse(
            f"the argument {argument} is one text, {values!r}",
            place=declared_at(),
            expected="a list or a tuple of texts",
            remedy="write each word as an item of its own; no shell splits it",
            rule="construct.one-text",
        )
    if isinstance(values, set | frozenset):
        raise refuse(
            f"the argument {argument} is a set, which has no order",
            place=declared_at(),
            expected="a list or a tuple",
            remedy="write sorted(...) around it",
            rule="construct.unordered",
        )
    return tuple(values)


def resources_of(wanted: ResourcesSetting | Resources) -> Resources:
    """Return resources as specs hold them, from settings or as they are."""
    if isinstance(wanted, Resources):
        return wanted
    requests, limits = wanted.requests.to_kubernetes(), wanted.limits.to_kubernetes()
    return Resources(
        cpu_request=requests.get("cpu", ""),
        memory_request=requests.get("memory", ""),
        cpu_limit=limits.get("cpu", ""),
        memory_limit=limits.get("memory", ""),
        disk_request=requests.get("ephemeral-storage", ""),
        disk_limit=limits.get("ephemeral-storage", ""),
    )


def probe_of(wanted: ProbeSetting | Probe, port: str) -> Probe:
    """Return a liveness or readiness probe as specs hold it; `port` is the name of the workload's first port.

    Raises:
        TowpathError: where there is no port to ask.

    """
    if isinstance(wanted, Probe):
        return wanted
    if not (wanted.command or wanted.port or port):
        raise refuse(
            "the health check asks a port, and the workload has none",
            place=declared_at(),
            expected="ports, a port in the health check, or a command",
            remedy="give the workload a port, or let the health check run a command",
            rule="construct.probe-port",
        )
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
        of the target's facts: a workload has `host`, `port` and `url`), the secret references, both directions of the
        NetworkPolicies, and the sync order.

        Raises:
            TowpathError: where a variable asks for a fact that the store does not have, or the target is in another
                platform or lacks the ports.

        """
        names = in_order("ports", ports)
        for target in targets:
            self._check_target(target, names)
            values = target.variables(variables)
            self.platform.connect(Connection(self.spec.name, target.spec.name, values, names))

    def _check_target(self, target: Workload | StorePart, ports: tuple[str, ...]) -> None:
        if target.platform is not self.platform:
            raise refuse(
                f"{self.spec.name} connects to {target.spec.name}, which is in another platform",
                place=declared_at(),
                expected="a part of the same platform",
                remedy="state the way out with `egress`, and the address as an environment variable",
                rule="construct.other-platform",
            )
        running = target.spec.workload if isinstance(target.spec, StoreSpec) else target.spec
        if running is None:
            return
        known = {port.name for port in running.ports}
        if set(ports) - known or not (ports or any(port.exposed for port in running.ports)):
            raise no_such_port(self.spec.name, running, sorted(set(ports) - known), place=declared_at())


class Workload(_Connecting):
    """Pods that keep running, with everything around them.

    A Deployment, or a StatefulSet where `storage` is given; a Service where it has ports; a ServiceAccount, a
    NetworkPolicy, and as asked for an autoscaler and a PodDisruptionBudget.

    `configuration` becomes environment variables, `files` become read-only files: folder to configuration.
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
        files: Mapping[str, Configuration] | None = None,
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
        listed = in_order("ports", ports)
        port = listed[0].name if listed else ""
        self.spec = WorkloadSpec(
            name=id,
            image=image_symbol(image),
            user=user,
            replicas=replicas,
            command=in_order("command", command),
            arguments=in_order("arguments", arguments),
            ports=listed,
            environment=dict(environment or {}),
            configuration=tuple(each.spec for each in in_order("configuration", configuration)),
            files={folder: each.spec for folder, each in (files or {}).items()},
            resources=resources_of(resources),
            startup=startup or startup_of(health, port),
            liveness=_optional_probe(liveness or health, port),
            readiness=_optional_probe(readiness or health, port),
            writable=in_order("writable", writable),
            storage=storage,
            autoscale=_autoscale_of(autoscaling),
            max_unavailable=max_unavailable,
            grace_seconds=grace_seconds,
            min_ready_seconds=min_ready_seconds,
            service_account=service_account,
            host=host,
            egress=in_order("egress", egress),
            pod_annotations=dict(pod_annotations or {}),
        )
        self.platform.add_part(self, self.spec)

    def variables(self, wanted: Mapping[str, EnvironmentValue | str] | None) -> dict[str, EnvironmentValue]:
        """Return the variables of a connection to it: none by default, since their names are the client's own."""
        facts: dict[str, EnvironmentValue] = {}
        exposed = [port for port in self.spec.ports if port.exposed]
        if exposed:
            host, number = self.spec.service_name, exposed[0].number
            facts = {"host": host, "port": str(number), "url": f"http://{host}:{number}"}
        return _chosen(wanted or {}, facts, f"the workload {self.spec.name}")


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
            command=in_order("command", command),
            arguments=in_order("arguments", arguments),
            environment=dict(environment or {}),
            configuration=tuple(each.spec for each in in_order("configuration", configuration)),
            resources=resources_of(resources),
            writable=in_order("writable", writable),
            prepares=tuple(store.spec.name for store in in_order("prepares", prepares)),
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
        facts = self.spec.facts
        if wanted is None:
            wanted = {name: fact for name, fact in self.default_variables.items() if fact in facts}
        values = _chosen(wanted, facts, f"the store {self.spec.name} ({self.spec.mode})")
        for name, credential in self.spec.credentials.items():
            if any(isinstance(value, str) and f"$({name})" in value for value in values.values()):
                values[name] = credential
        return values


def _chosen(
    wanted: Mapping[str, EnvironmentValue | str], facts: Mapping[str, EnvironmentValue], who: str
) -> dict[str, EnvironmentValue]:
    """Return the facts that variables ask for by name; a reference stands for itself.

    Raises:
        TowpathError: where there is no such fact.

    """
    values: dict[str, EnvironmentValue] = {}
    for name, fact in wanted.items():
        if isinstance(fact, str) and fact not in facts:
            like = nearest(fact, facts)
            raise refuse(
                f"{name}: {who} has no fact {fact!r}",
                place=declared_at(),
                expected="one of " + ", ".join(sorted(facts)) if facts else "a target with ports",
                remedy=f"did you mean {like!r}?" if like else "take the variable away",
                rule="construct.fact",
            )
        values[name] = facts[fact] if isinstance(fact, str) else fact
    return values


def _autoscale_of(wanted: AutoscalingSetting | None) -> Autoscale | None:
    if wanted is None:
        return None
    return Autoscale(wanted.minimum, wanted.maximum, wanted.cpu or 0, wanted.memory or 0)

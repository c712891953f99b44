"""Workloads and jobs, as constructs."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeVar

from towpath.constructs.arguments import (
    autoscale_of,
    egress_of,
    image_symbol,
    in_order,
    optional_probe,
    resources_of,
    startup_of,
)
from towpath.constructs.connecting import Connecting, StorePart, chosen_facts, require_store
from towpath.constructs.kube_object import declared_at
from towpath.errors import refuse
from towpath.settings.workloads import WorkloadSettings
from towpath.specs.parts import JobSpec, WorkloadSpec
from towpath.specs.values import Volume

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from constructs import Construct

    from towpath.constructs.configuration import Configuration
    from towpath.images.symbol import ImageSymbol
    from towpath.settings.model import Autoscaling as AutoscalingSetting
    from towpath.settings.model import Probe as ProbeSetting
    from towpath.settings.model import Resources as ResourcesSetting
    from towpath.settings.workloads import JobSettings, Reach
    from towpath.specs.values import (
        Egress,
        EnvironmentValue,
        Port,
        Probe,
        Resources,
        SecretKey,
        Storage,
        User,
        Writable,
    )

T = TypeVar("T")


class Workload(Connecting):
    """Pods that keep running, with everything around them.

    A Deployment, or a StatefulSet where `storage` is given; a Service where it has ports; a ServiceAccount, a
    NetworkPolicy, and as asked for an autoscaler and a PodDisruptionBudget.

    `settings` states replicas or autoscaling, resources, health, updates and the disruption budget at once; an argument
    of the same meaning prevails over it.

    `configuration` becomes environment variables, `files` become read-only files: folder to configuration. So do
    `secret_files`: folder to a Secret's key, which is the name of the file.
    `storage` is a volume for each pod, `volumes` are shared by all pods. `only_in_development` refuses to render it for
    a cluster that is for anything else.
    """

    spec: WorkloadSpec

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        image: str | ImageSymbol,
        user: User,
        settings: WorkloadSettings | None = None,
        resources: ResourcesSetting | Resources | None = None,
        replicas: int | None = None,
        command: Sequence[str] = (),
        arguments: Sequence[str] = (),
        ports: Sequence[Port] = (),
        environment: Mapping[str, EnvironmentValue] | None = None,
        configuration: Sequence[Configuration] = (),
        files: Mapping[str, Configuration] | None = None,
        secret_files: Mapping[str, SecretKey] | None = None,
        health: ProbeSetting | None = None,
        startup: Probe | None = None,
        liveness: ProbeSetting | Probe | None = None,
        readiness: ProbeSetting | Probe | None = None,
        writable: Sequence[Writable] = (),
        storage: Storage | None = None,
        volumes: Sequence[Volume] = (),
        autoscaling: AutoscalingSetting | None = None,
        max_unavailable: int | str | None = None,
        surge: int | None = None,
        grace_seconds: int = 30,
        drain_seconds: int = 5,
        min_ready_seconds: int | None = None,
        service_account: str = "",
        host: str = "",
        egress: Sequence[Egress | Reach] = (),
        pod_annotations: Mapping[str, str] | None = None,
        only_in_development: bool = False,
    ) -> None:
        super().__init__(scope, id)
        if only_in_development:
            self._check_purpose()
        listed = in_order("ports", ports)
        port = str(getattr(listed[0], "name", "")) if listed else ""
        stated = _stated(settings, id)
        storage_class = str(self.platform.target.cluster.storage_class)
        health = health or stated.get("health")
        self.spec = WorkloadSpec(
            name=id,
            image=image_symbol(image),
            user=user,
            replicas=_first(replicas, stated.get("replicas"), 1),
            command=in_order("command", command),
            arguments=in_order("arguments", arguments),
            ports=listed,
            environment=dict(environment or {}),
            configuration=tuple(each.spec for each in in_order("configuration", configuration)),
            files={folder: each.spec for folder, each in (files or {}).items()},
            secret_files=dict(secret_files or {}),
            resources=resources_of(_needed_resources(resources or stated.get("resources"), id)),
            startup=startup or startup_of(health, port),
            liveness=optional_probe(liveness or health, port),
            readiness=optional_probe(readiness or health, port),
            writable=in_order("writable", writable),
            storage=storage,
            volumes=tuple(_with_class(each, storage_class) for each in in_order("volumes", volumes)),
            autoscale=autoscale_of(autoscaling or stated.get("autoscaling")),
            max_unavailable=_first(max_unavailable, stated.get("max_unavailable"), None),
            surge=_first(surge, stated.get("surge"), 1),
            grace_seconds=grace_seconds,
            drain_seconds=drain_seconds,
            min_ready_seconds=_first(min_ready_seconds, stated.get("min_ready_seconds"), 0),
            service_account=service_account,
            host=host,
            egress=tuple(map(egress_of, in_order("egress", egress))),
            pod_annotations=dict(pod_annotations or {}),
        )
        self.platform.add_part(self, self.spec)

    def _check_purpose(self) -> None:
        target = self.platform.target
        if target.cluster.purpose != "development":
            raise refuse(
                f"{self.node.id} is for development only, and the cluster of {target.environment} is for "
                f"{target.cluster.purpose}",
                place=declared_at(),
                expected="a cluster whose `purpose` is development",
                remedy="take the settings that ask for it out of this environment",
                rule="construct.development-only",
            )

    def variables(self, wanted: Mapping[str, EnvironmentValue | str] | None) -> dict[str, EnvironmentValue]:
        """Return the variables of a connection to it: none by default, since their names are the client's own."""
        facts: dict[str, EnvironmentValue] = {}
        exposed = [port for port in self.spec.ports if port.exposed]
        if exposed:
            host, number = self.spec.service_name, exposed[0].number
            facts = {"host": host, "port": str(number), "url": f"http://{host}:{number}"}
        return chosen_facts(wanted or {}, facts, f"the workload {self.spec.name}")


def _stated(settings: WorkloadSettings | None, name: str) -> dict[str, Any]:
    """Return what settings state, by the argument that it stands for."""
    if settings is None:
        return {}
    if not isinstance(settings, WorkloadSettings):
        raise refuse(
            f"{name}: settings is a {type(settings).__name__}",
            place=declared_at(),
            expected="a WorkloadSettings, or a class derived from it",
            rule="construct.value",
        )
    return {
        "replicas": settings.replicas,
        "autoscaling": settings.autoscaling,
        "resources": settings.resources,
        "health": settings.health,
        "max_unavailable": settings.max_unavailable,
        "surge": settings.updates.parallelism,
        "min_ready_seconds": settings.updates.delay.seconds,
    }


def _with_class(volume: Volume, otherwise: str) -> Volume:
    """Return a volume that has a class. What is no volume is refused with the part's other values."""
    given: object = volume
    missing = isinstance(given, Volume) and not given.storage_class
    return replace(volume, storage_class=otherwise) if missing else volume


def _first(given: T | None, stated: T | None, otherwise: T) -> T:
    """Return the argument, or what settings state, or the default."""
    if given is not None:
        return given
    return otherwise if stated is None else stated


def _needed_resources(wanted: ResourcesSetting | Resources | None, name: str) -> ResourcesSetting | Resources:
    if wanted is None:
        raise refuse(
            f"{name} states no resources",
            place=declared_at(),
            expected="`settings`, or `resources`",
            rule="construct.resources",
        )
    return wanted


class Job(Connecting):
    """Pods that run once in each sync: after the stores that they prepare, before the workloads that use these.

    `settings` states resources, retries and the deadline at once; an argument of the same meaning prevails over it.
    """

    spec: JobSpec

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        image: str | ImageSymbol,
        user: User,
        settings: JobSettings | None = None,
        resources: ResourcesSetting | Resources | None = None,
        command: Sequence[str] = (),
        arguments: Sequence[str] = (),
        environment: Mapping[str, EnvironmentValue] | None = None,
        configuration: Sequence[Configuration] = (),
        secret_files: Mapping[str, SecretKey] | None = None,
        writable: Sequence[Writable] = (),
        prepares: Sequence[StorePart] = (),
        retries: int | None = None,
        deadline_seconds: int | None = None,
    ) -> None:
        super().__init__(scope, id)
        stores = in_order("prepares", prepares)
        for store in stores:
            require_store(id, store)
        self.spec = JobSpec(
            name=id,
            image=image_symbol(image),
            user=user,
            command=in_order("command", command),
            arguments=in_order("arguments", arguments),
            environment=dict(environment or {}),
            configuration=tuple(each.spec for each in in_order("configuration", configuration)),
            secret_files=dict(secret_files or {}),
            resources=resources_of(
                _needed_resources(resources or (settings.resources if settings else None), id)
            ),
            writable=in_order("writable", writable),
            prepares=tuple(store.spec.name for store in stores),
            retries=_first(retries, settings.retries if settings else None, 3),
            deadline_seconds=_first(deadline_seconds, settings.deadline.seconds if settings else None, 600),
        )
        self.platform.add_part(self, self.spec)
        if stores:
            self.connects_to(*stores)

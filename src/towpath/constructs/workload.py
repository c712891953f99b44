"""Workloads and jobs, as constructs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from towpath.constructs.arguments import (
    autoscale_of,
    image_symbol,
    in_order,
    optional_probe,
    resources_of,
    startup_of,
)
from towpath.constructs.connecting import Connecting, StorePart, chosen_facts
from towpath.constructs.kube_object import declared_at
from towpath.errors import refuse
from towpath.specs.parts import JobSpec, WorkloadSpec

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from constructs import Construct

    from towpath.constructs.configuration import Configuration
    from towpath.images.symbol import ImageSymbol
    from towpath.settings.model import Autoscaling as AutoscalingSetting
    from towpath.settings.model import Probe as ProbeSetting
    from towpath.settings.model import Resources as ResourcesSetting
    from towpath.specs.values import (
        Egress,
        EnvironmentValue,
        Port,
        Probe,
        Resources,
        SecretKey,
        Storage,
        User,
        Volume,
        Writable,
    )


class Workload(Connecting):
    """Pods that keep running, with everything around them.

    A Deployment, or a StatefulSet where `storage` is given; a Service where it has ports; a ServiceAccount, a
    NetworkPolicy, and as asked for an autoscaler and a PodDisruptionBudget.

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
        resources: ResourcesSetting | Resources,
        replicas: int = 1,
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
        surge: int = 1,
        grace_seconds: int = 30,
        drain_seconds: int = 5,
        min_ready_seconds: int = 0,
        service_account: str = "",
        host: str = "",
        egress: Sequence[Egress] = (),
        pod_annotations: Mapping[str, str] | None = None,
        only_in_development: bool = False,
    ) -> None:
        super().__init__(scope, id)
        if only_in_development:
            self._check_purpose()
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
            secret_files=dict(secret_files or {}),
            resources=resources_of(resources),
            startup=startup or startup_of(health, port),
            liveness=optional_probe(liveness or health, port),
            readiness=optional_probe(readiness or health, port),
            writable=in_order("writable", writable),
            storage=storage,
            volumes=in_order("volumes", volumes),
            autoscale=autoscale_of(autoscaling),
            max_unavailable=max_unavailable,
            surge=surge,
            grace_seconds=grace_seconds,
            drain_seconds=drain_seconds,
            min_ready_seconds=min_ready_seconds,
            service_account=service_account,
            host=host,
            egress=in_order("egress", egress),
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


class Job(Connecting):
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
        secret_files: Mapping[str, SecretKey] | None = None,
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
            secret_files=dict(secret_files or {}),
            resources=resources_of(resources),
            writable=in_order("writable", writable),
            prepares=tuple(store.spec.name for store in in_order("prepares", prepares)),
            retries=retries,
            deadline_seconds=deadline_seconds,
        )
        self.platform.add_part(self, self.spec)
        if prepares:
            self.connects_to(*prepares)

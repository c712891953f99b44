"""The chart of one platform in one environment."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import cdk8s

from towpath.constructs.kube_object import KubeObject, declared_at
from towpath.constructs.secret_store import pull_secret
from towpath.errors import BugError, Problem, TowpathError, refuse
from towpath.kubernetes.context import Context
from towpath.kubernetes.lower import part_objects, platform_objects
from towpath.manifests.key import ManifestKey, key_of
from towpath.specs.checks import part_faults
from towpath.specs.parts import SecretSpec
from towpath.specs.platform import PlatformSpec

if TYPE_CHECKING:
    from constructs import Construct

    from towpath.constructs.kube_object import Body
    from towpath.settings.cluster import Cluster
    from towpath.specs.parts import Connection
    from towpath.specs.platform import Part


@dataclass(frozen=True, slots=True)
class Target:
    """What a chart is compiled for: the environment's name and the facts of its cluster."""

    platform: str
    environment: str
    cluster: Cluster

    @property
    def namespace(self) -> str:
        """The platform's namespace: `<platform>-<environment>`."""
        return f"{self.platform}-{self.environment}"


_LONGEST_LABEL = 63
# The longest name of what is no part and has a label of its own: `<platform>-configuration`.
_LONGEST_COMPONENT = "configuration"
_FIELDS = {
    "WorkloadSpec": "workloads",
    "JobSpec": "jobs",
    "StoreSpec": "stores",
    "EdgeSpec": "edges",
    "ConfigurationSpec": "configurations",
    "SecretSpec": "secrets",
    "GeneratedSpec": "generated",
}


class Platform(cdk8s.Chart):
    """One platform: a cdk8s chart that also keeps the frozen specs of its parts.

    A subclass declares the parts in its constructor. `spec` is the platform as a value, for other targets than
    Kubernetes.
    """

    def __init__(self, scope: Construct, id: str, *, target: Target) -> None:
        _check_length(target)
        # No namespace goes to cdk8s, which would stamp it on cluster-scoped objects too.
        super().__init__(scope, id)
        self.target = target
        cluster = target.cluster
        dns = cluster.dns
        self._spec = PlatformSpec(
            platform=target.platform,
            environment=target.environment,
            namespace=target.namespace,
            kubernetes=(1, cluster.kubernetes.minor),
            operators={str(each): str(cluster.operator_namespace(each)) for each in cluster.installed},
            dns_namespace=str(dns.namespace),
            dns_labels=dict(dns.pod_labels),
            pull_secret=pull_secret(cluster),
        )
        self._lowered: dict[ManifestKey, Body] | None = None
        self._problems: list[Problem] = []
        self._announced: dict[int, KubeObject] = {}
        for body in platform_objects(self._spec)[""]:
            self._add_object(self, f"{body['kind']}-{body['metadata']['name']}", body)

    @property
    def spec(self) -> PlatformSpec:
        """The platform as declared so far."""
        return self._spec

    def add_part(self, construct: Construct, part: Part, *, beside: bool = False) -> None:
        """Add a part to the platform and its objects to the construct that declares it.

        `beside` says that the construct declares another one too, which it is known by.

        Raises:
            TowpathError: where a value is of a wrong type or form, a part of that name is declared already, or the name
                does not fit into a label.

        """
        longest = _LONGEST_LABEL - len(self._spec.platform) - 1
        if len(part.name) > longest:
            raise refuse(
                f"platform {self._spec.platform}: the part's name {part.name!r} has {len(part.name)} characters",
                place=declared_at(),
                expected=f"at most {longest}, so that {self._spec.platform}-<name> fits into a label",
                remedy="give it a shorter name",
                rule="platform.part-name",
            )
        faults = part_faults(part)
        if faults:
            raise TowpathError(
                Problem(declared_at(), f"{part.name}: {what}", expected, rule="construct.value")
                for what, expected in faults
            )
        names = {each.name for field in _FIELDS.values() for each in getattr(self._spec, field)}
        if part.name in names:
            raise refuse(
                f"platform {self._spec.platform}: a part named {part.name} is declared already",
                place=declared_at(),
                remedy="give one of the two another name",
                rule="platform.part-twice",
            )
        pulled = self._spec.pull_secret
        if pulled and isinstance(part, SecretSpec) and part.name == pulled.name:
            raise refuse(
                f"platform {self._spec.platform}: the secret {part.name} would be the one by which images are pulled",
                place=declared_at(),
                expected=f"another name: `pull_secret` of the cluster makes a Secret {pulled.name} in each namespace",
                remedy="give the secret another name",
                rule="platform.pull-secret",
            )
        field = _FIELDS[type(part).__name__]
        added: dict[str, Any] = {field: (*getattr(self._spec, field), part)}
        self._spec = replace(self._spec, **added, places={**self._spec.places, part.name: declared_at()})
        self._lowered = None
        for index, body in enumerate(part_objects(part, Context(self._spec, {}))):
            # cdk8s finds the main object of a construct, for `ApiObject.of`, by this name.
            main = index == 0 and not beside
            name = "Default" if main else f"{body['kind']}-{body['metadata']['name']}"
            self._add_object(construct, name, body)

    def connect(self, connection: Connection) -> None:
        """Record that one part uses another."""
        self._spec = replace(self._spec, connections=(*self._spec.connections, connection))
        self._lowered = None

    def report(self, problem: Problem) -> None:
        """Keep a problem that does not stop the chart: all are raised together once objects are asked for."""
        self._problems.append(problem)

    def _add_object(self, scope: Construct, name: str, preview: Body) -> None:
        key = key_of(preview)
        made = KubeObject(scope, name, preview, late=lambda: self._body_of(key))
        self._announced[id(made)] = made

    def _body_of(self, key: ManifestKey) -> Body:
        if self._problems:
            raise TowpathError(self._problems)
        if self._lowered is None:
            every = platform_objects(self._spec, self._plain_objects()).values()
            self._lowered = {key_of(body): body for bodies in every for body in bodies}
        if key not in self._lowered:
            raise BugError(
                Problem(declared_at(), f"{key} was announced and not lowered", rule="bug.lowering")
            )
        return self._lowered[key]

    def _plain_objects(self) -> list[Body]:
        """Return the objects that stand in this chart beside the parts."""
        found = (each for each in self.node.find_all() if isinstance(each, cdk8s.ApiObject))
        plain = (each for each in found if id(each) not in self._announced)
        return [each.body() if isinstance(each, KubeObject) else each.to_json() for each in plain]


def _check_length(target: Target) -> None:
    """Refuse a platform whose name is too long for what is named after it: its namespace, and its objects' labels."""
    other = max(target.environment, _LONGEST_COMPONENT, key=len)
    longest = _LONGEST_LABEL - len(other) - 1
    if len(target.platform) > longest:
        raise refuse(
            f"the platform's name {target.platform!r} has {len(target.platform)} characters",
            place=declared_at(),
            expected=f"at most {longest}, so that <platform>-{other} fits into {_LONGEST_LABEL}",
            remedy="give it a shorter name",
            rule="platform.name",
        )


def platform_of(scope: Construct) -> Platform:
    """Return the platform that a construct is declared in.

    Raises:
        TowpathError: where it is declared outside of one.

    """
    known = getattr(scope, "platform", None)
    chart = next((each for each in (scope, known) if isinstance(each, Platform)), None) or _chart_of(scope)
    if not isinstance(chart, Platform):
        raise refuse(
            f"{type(scope).__name__} is not inside a Platform",
            place=declared_at(),
            expected="a chart that is a subclass of towpath.constructs.Platform",
            remedy="declare the part in the platform's chart, or use KubeObject, which works in any chart",
            rule="construct.scope",
        )
    return chart


def _chart_of(scope: Construct) -> cdk8s.Chart | None:
    return next((each for each in reversed(scope.node.scopes) if isinstance(each, cdk8s.Chart)), None)

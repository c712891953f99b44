"""`connects_to`: one part states that it uses another, and what follows from it is worked out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from towpath.constructs.arguments import in_order
from towpath.constructs.kube_object import declared_at
from towpath.constructs.part import Part
from towpath.errors import nearest, refuse
from towpath.kubernetes.network import no_such_port
from towpath.kubernetes.operators.lower import operated_pods
from towpath.specs.parts import Connection, JobSpec, StoreSpec, WorkloadSpec

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from towpath.constructs.workload import Workload
    from towpath.specs.values import EnvironmentValue


class Connecting(Part):
    """A part that can use stores and other workloads."""

    spec: WorkloadSpec | JobSpec | StoreSpec

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
            TowpathError: where a variable asks for a fact that the store does not have, or the target is no workload
                and no store, is in another platform or lacks the ports.

        """
        names = in_order("ports", ports)
        for target in targets:
            _require_part(self.spec.name, target)
            self._check_target(target, names)
            values = target.variables(variables)
            reached = names or (target.client_ports if isinstance(target, StorePart) else ())
            connection = Connection(self.spec.name, target.spec.name, values, reached, declared_at())
            self.platform.connect(connection)

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
        operated = operated_pods(target.spec) if isinstance(target.spec, StoreSpec) else None
        pods = running or operated
        if pods is None:
            return
        known = pods.ports
        unknown = sorted(set(ports) - {port.name for port in known})
        if unknown or not (ports or any(port.exposed for port in known)):
            raise no_such_port(self.spec.name, target.spec.name, known, unknown, place=declared_at())


def _require_part(source: str, target: object) -> None:
    """Refuse what can be no target of a connection; Python would only say that it lacks an attribute."""
    spec = _spec_of(target)
    if isinstance(spec, WorkloadSpec | StoreSpec):
        return
    remedy = _remedy(target, "connect to") or "pass a workload or a store"
    if isinstance(spec, JobSpec):
        remedy = "name the store in the job's `prepares`: whatever uses that store waits for the job"
    raise refuse(
        f"{source} connects to {_words(target)}, which is no workload and no store",
        place=declared_at(),
        expected="a workload or a store of this platform",
        remedy=remedy,
        rule="construct.connection-target",
    )


def require_store(job: str, store: object) -> None:
    """Refuse what a job cannot prepare.

    Raises:
        TowpathError: where it is no store.

    """
    if isinstance(_spec_of(store), StoreSpec):
        return
    raise refuse(
        f"{job} prepares {_words(store)}, which is no store",
        place=declared_at(),
        expected="a store of this platform",
        remedy=_remedy(store, "prepare") or "pass a store; what else the job uses, it `connects_to`",
        rule="construct.prepares",
    )


def _spec_of(part: object) -> object:
    return getattr(part, "spec", None) if isinstance(part, Part) else None


def _words(part: object) -> str:
    """Return what was given in place of a part, in words."""
    spec = _spec_of(part)
    if part is None:
        return "None"
    if isinstance(part, str):
        return f"the text {part!r}"
    if isinstance(spec, WorkloadSpec | JobSpec):
        return f"the {'job' if isinstance(spec, JobSpec) else 'workload'} {spec.name}"
    return f"a {type(part).__name__}"


def _remedy(part: object, verb: str) -> str:
    if part is None:
        return f"{verb} it only where it is declared; a setting may leave it out here"
    return "pass the construct, not its name" if isinstance(part, str) else ""


class StorePart(Part):
    """A store of any engine: its facts, and the variables that a connection to it sets by default."""

    spec: StoreSpec
    default_variables: Mapping[str, str] = {}
    """Environment variable: fact."""
    client_ports: tuple[str, ...] = ()
    """The ports of a client that names none; empty for all that are exposed."""

    def variables(self, wanted: Mapping[str, EnvironmentValue | str] | None) -> dict[str, EnvironmentValue]:
        """Return the variables of a connection, with the credentials that their values refer to."""
        facts = self.spec.facts
        if wanted is None:
            wanted = {name: fact for name, fact in self.default_variables.items() if fact in facts}
        values = chosen_facts(wanted, facts, f"the store {self.spec.name} ({self.spec.mode})")
        for name, credential in self.spec.credentials.items():
            if any(isinstance(value, str) and f"$({name})" in value for value in values.values()):
                values[name] = credential
        return values


def chosen_facts(
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

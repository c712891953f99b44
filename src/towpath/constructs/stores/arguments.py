"""What stores of all engines ask of their arguments and of the cluster."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from towpath.constructs.kube_object import declared_at
from towpath.errors import Problem, refuse
from towpath.specs.parts import StoreMode
from towpath.specs.values import Storage

if TYPE_CHECKING:
    from towpath.constructs.part import Part
    from towpath.settings.cluster import Component
    from towpath.settings.stores import Sized

T = TypeVar("T")


def storage_of(store: Part, path: str, settings: Sized) -> Storage:
    """Return the volume of a store, mounted at a path; its class is the cluster's where none is set."""
    wanted = settings.storage_class or store.platform.target.cluster.storage_class
    return Storage(path, str(settings.size), str(wanted))


def needed(store: Part, name: str, value: T | None, *, mode: StoreMode | str = StoreMode.BUNDLED) -> T:
    """Return a value that the store needs in its mode.

    Raises:
        TowpathError: where it is None.

    """
    if value is None:
        raise refuse(
            f"{type(store).__name__} {store.node.id!r} has mode {mode} and no {name}",
            place=declared_at(),
            expected=f"{name}, which mode {mode} needs",
            remedy="set it in the settings of this environment, or choose another mode",
            rule="construct.store-mode",
        )
    return value


def needs_operator(part: Part, component: Component) -> None:
    """Report it where the cluster lacks the operator that is to run a part: `cluster.yaml` has to list it.

    It stops nothing, so that operators of other parts are looked for, too.
    """
    target = part.platform.target
    if target.cluster.has(component):
        return
    settings, cluster = (f"envs/{target.environment}/{name}.yaml" for name in (target.platform, "cluster"))
    part.platform.report(
        Problem(
            declared_at(),
            f"{type(part).__name__} {part.node.id!r} has mode {StoreMode.OPERATOR}, and {component} is not installed "
            f"in the cluster of {target.environment}",
            f"{component} among `installed` in {cluster}, or another `mode` in {settings}",
            f"choose another mode, or install the operator and list {component} in {cluster}",
            rule="construct.operator-missing",
        )
    )

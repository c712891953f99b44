"""The variables of a container: from where each has its value, and in which order Kubernetes can fill them in."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from towpath.errors import NOWHERE, refuse
from towpath.images.symbol import ImageSymbol
from towpath.specs.values import ConfigKey, FieldPath, SecretKey

if TYPE_CHECKING:
    from collections.abc import Mapping

    from towpath.errors import Place
    from towpath.kubernetes.context import Body, Context
    from towpath.specs.parts import JobSpec, WorkloadSpec
    from towpath.specs.values import EnvironmentValue

POD_NAME = "POD_NAME"
"""The variable that a volume's folder for each pod is named by."""
# `$$` stands for one dollar sign, so `$$(NAME)` refers to nothing.
_REFERENCE = re.compile(r"\$(?:\$|\(([^()]*)\))")


def environment_of(part: WorkloadSpec | JobSpec, context: Context) -> list[Body]:
    """Return the variables of a part: its own, and those of its connections.

    Kubernetes expands `$(NAME)` only from variables that stand earlier, so the ones that others refer to come first;
    within that, by name.

    Raises:
        TowpathError: where two sources give one variable different values, or variables refer to one another in a
            circle.

    """
    variables: dict[str, EnvironmentValue] = dict(part.environment)
    if any(volume.by_pod for volume in getattr(part, "volumes", ())):
        variables.setdefault(POD_NAME, FieldPath("metadata.name"))
    places = dict.fromkeys(variables, context.spec.places.get(part.name, NOWHERE))
    for connection in context.outgoing.get(part.name, ()):
        for name, value in connection.variables.items():
            places.setdefault(name, connection.place)
            if variables.setdefault(name, value) != value:
                raise refuse(
                    f"{part.name}: the variable {name} has one value of its own and another from {connection.target}",
                    place=connection.place,
                    expected="one value for each variable",
                    remedy=f"take {name} out of the environment, or rename the connection's variable",
                    rule="platform.variable-twice",
                )
    return [_variable(name, variables[name]) for name in _in_order(part.name, variables, places)]


def _in_order(part: str, variables: Mapping[str, EnvironmentValue], places: Mapping[str, Place]) -> list[str]:
    users: dict[str, list[str]] = {name: [] for name in variables}
    for name, value in variables.items():
        for reference in _REFERENCE.finditer(value) if isinstance(value, str) else ():
            if reference[1] in users and reference[1] != name:
                users[reference[1]].append(name)
    heights: dict[str, int] = {}

    def height(name: str, below: tuple[str, ...]) -> int:
        if name in below:
            circle = [*below[below.index(name) :], name][::-1]
            # A connection that gives one of them closes the circle; the part's own are all on its one line.
            stated = sorted({places[each] for each in circle})
            raise refuse(
                f"{part}: the variables refer to one another in a circle: {' -> '.join(circle)}",
                place=stated[-1],
                expected="an order in which Kubernetes can fill them in",
                remedy="write one of the values out",
                rule="platform.variable-circle",
            )
        if name not in heights:
            heights[name] = max((1 + height(user, (*below, name)) for user in users[name]), default=0)
        return heights[name]

    return sorted(sorted(variables), key=lambda name: -height(name, ()))


def _variable(name: str, value: EnvironmentValue) -> Body:
    match value:
        case str():
            return {"name": name, "value": value}
        case ImageSymbol():
            return {"name": name, "value": str(value)}
        case SecretKey(secret, key):
            return {"name": name, "valueFrom": {"secretKeyRef": {"name": secret, "key": key}}}
        case ConfigKey(config, key):
            return {"name": name, "valueFrom": {"configMapKeyRef": {"name": config, "key": key}}}
        case FieldPath(path):
            return {"name": name, "valueFrom": {"fieldRef": {"fieldPath": path}}}

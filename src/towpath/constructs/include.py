"""YAML manifests from a file beside the chart, read as strictly as everything else.

cdk8s's own Include passes over syntax errors and keeps the last of two equal keys; this one refuses both, with their
line and column.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from constructs import Construct

from towpath.constructs.kube_object import KubeObject
from towpath.documents.node import plain
from towpath.documents.reader import Dialect, read_all
from towpath.errors import Problem, TowpathError

if TYPE_CHECKING:
    from towpath.documents.node import Node


class Include(Construct):
    """The objects of one YAML file, as Kubernetes reads it; `kind: List` counts as its members.

    Raises:
        TowpathError: with every problem of the file, each at its line and column.

    """

    def __init__(self, scope: Construct, id: str, *, path: str | Path) -> None:
        super().__init__(scope, id)
        file = Path(path)
        nodes = read_all(file.read_bytes(), str(file), Dialect.KUBERNETES)
        self._objects = [
            KubeObject(self, f"object-{number}", body) for number, body in enumerate(_objects(nodes))
        ]

    @property
    def api_objects(self) -> list[KubeObject]:
        """The objects in the order of the file."""
        return list(self._objects)


def _objects(nodes: list[Node]) -> list[dict[str, Any]]:
    bodies: list[dict[str, Any]] = []
    problems = []
    for node in nodes:
        body = plain(node)
        members = body["items"] if isinstance(body, dict) and body.get("kind") == "List" else [body]
        for member in members if isinstance(members, list) else [members]:
            fault = _fault(member)
            if fault:
                problems.append(
                    Problem(
                        node.place,
                        fault,
                        expected="a Kubernetes object with apiVersion, kind and metadata.name",
                        rule="include.object",
                    )
                )
            else:
                bodies.append(member)
    if problems:
        raise TowpathError(problems)
    return bodies


def _fault(member: Any) -> str:
    if not isinstance(member, dict):
        return f"a {type(member).__name__} stands where an object is expected"
    for field in ("apiVersion", "kind"):
        if not isinstance(member.get(field), str):
            return f"the object has no {field}"
    metadata = member.get("metadata")
    if not isinstance(metadata, dict) or not isinstance(metadata.get("name"), str):
        return f"{member['kind']} has no metadata.name"
    return ""

"""YAML manifests from a file beside the chart, read as strictly as everything else.

cdk8s's own Include passes over syntax errors and keeps the last of two equal keys; this one refuses both, with their
line and column.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from constructs import Construct

from towpath.constructs.kube_object import KubeObject, declared_at
from towpath.documents.node import Mapping, Scalar, Sequence, plain
from towpath.documents.reader import Dialect, read_all
from towpath.errors import TowpathError, refuse
from towpath.manifests.rendering import Declared, shape_problems

if TYPE_CHECKING:
    from collections.abc import Iterator

    from towpath.documents.node import Node


class Include(Construct):
    """The objects of one YAML file, as Kubernetes reads it; `kind: List` counts as its members.

    Raises:
        TowpathError: with every problem of the file, each at its line and column.

    """

    def __init__(self, scope: Construct, id: str, *, path: str | Path) -> None:
        super().__init__(scope, id)
        file = Path(path)
        nodes = read_all(_read(file), str(file), Dialect.KUBERNETES)
        declared = [Declared(plain(each), each.place) for node in nodes for each in _members(node)]
        problems = [problem for each in declared for problem in shape_problems(each)]
        if problems:
            raise TowpathError(problems)
        self._objects = [
            KubeObject(self, f"object-{number}", each.manifest, place=each.place)
            for number, each in enumerate(declared)
        ]

    @property
    def api_objects(self) -> list[KubeObject]:
        """The objects in the order of the file."""
        return list(self._objects)


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise refuse(
            f"the included file {path} cannot be read: {error.strerror}",
            place=declared_at(),
            expected="a YAML file beside the chart",
            remedy="build its path from the chart's own: Path(__file__).parent / ...",
            rule="include.unreadable",
        ) from error


def _members(node: Node) -> Iterator[Node]:
    """Yield the objects of a document: itself, or the members of a `kind: List`, whose members may be lists too."""
    kind = node.get("kind") if isinstance(node, Mapping) else None
    items = node.get("items") if isinstance(node, Mapping) else None
    if isinstance(kind, Scalar) and kind.value == "List" and isinstance(items, Sequence):
        for item in items.items:
            yield from _members(item)
    else:
        yield node

"""What a YAML document holds, together with the place that every part of it stands at."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from towpath.errors import Place


@dataclass(frozen=True, slots=True)
class Scalar:
    """One value without parts. `value` is what it means, `text` its characters, without quotes and escapes.

    `quoted` is true for single quotes, double quotes and block scalars: such a value is always a `str`.
    """

    value: str | int | float | bool | None
    text: str
    quoted: bool
    place: Place


@dataclass(frozen=True, slots=True)
class Sequence:
    """A list of nodes in the order of the file."""

    items: tuple[Node, ...]
    place: Place


@dataclass(frozen=True, slots=True)
class Mapping:
    """Keys and their nodes in the order of the file. A key's value is a `str`, and no key occurs twice."""

    entries: tuple[tuple[Scalar, Node], ...]
    place: Place

    def get(self, key: str) -> Node | None:
        """Return the node of `key`, or None where the key is absent. An explicit null is a `Scalar`."""
        for name, node in self.entries:
            if name.value == key:
                return node
        return None

    def keys(self) -> tuple[str, ...]:
        """Return the keys as text, in the order of the file."""
        return tuple(str(name.value) for name, _ in self.entries)


Node: TypeAlias = Scalar | Sequence | Mapping


def plain(node: Node) -> Any:
    """Return the data of `node` as new `dict`, `list` and scalar objects, without places."""
    if isinstance(node, Scalar):
        return node.value
    if isinstance(node, Sequence):
        return [plain(item) for item in node.items]
    return {name.value: plain(item) for name, item in node.entries}

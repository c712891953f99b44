"""Merging layers of settings into one, keeping for each value where it and those below it came from."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from pydantic import BaseModel
from pydantic_core import PydanticUndefined, to_jsonable_python

from towpath.documents.node import Mapping, Scalar, Sequence
from towpath.settings.shape import ANYTHING, Shape

if TYPE_CHECKING:
    from towpath.documents.node import Node

Path = tuple[str | int, ...]
"""The way to a value: keys of mappings and indices of lists."""

_ABSENT: Final = object()


@dataclass(frozen=True, slots=True)
class Layer:
    """One file of settings. Its name is what people call it, such as `production` or `defaults`."""

    name: str
    file: str
    """The path from the project's root."""
    node: Mapping | None
    """What the file holds; None where it is empty or does not exist."""


@dataclass(frozen=True, slots=True)
class Source:
    """A value as one layer states it."""

    layer: Layer
    node: Node
    key: Scalar | None = None
    """The key that it stands under; None for a whole file and for an element of a list."""

    @property
    def is_null(self) -> bool:
        """Whether the layer says `null`."""
        return isinstance(self.node, Scalar) and self.node.value is None


@dataclass(slots=True)
class Merged:
    """The data to validate, and where each part of it came from."""

    data: Any = None
    sources: dict[Path, list[Source]] = field(default_factory=dict)
    """Who states a value, highest layer first: the first one counts."""
    hidden: dict[Path, list[Source]] = field(default_factory=dict)
    """Who stated a value that a `null` reset, that `null` included, or that was dropped; highest first."""
    shapes: dict[Path, Shape] = field(default_factory=dict)
    """What stands at a path, for mappings."""
    defaults: dict[Path, object] = field(default_factory=dict)
    """The model's defaults in plain form, where it has one."""


def merge(shape: Shape, layers: tuple[Layer, ...]) -> Merged:
    """Merge `layers`, lowest first, under the model's defaults.

    Mappings merge key by key. Lists and scalars replace. A `null` under a key resets: it counts as if
    neither its layer nor one below had said anything, so the model's default stands again; a free key of a
    mapping is gone. A mapping that is one of several models starts afresh where a layer chooses another one.
    """
    merged = Merged()
    sources = [Source(layer, layer.node) for layer in layers if layer.node is not None]
    found = _combine(merged, shape, PydanticUndefined, sources, ())
    merged.data = {} if found is _ABSENT else found
    return merged


def _combine(merged: Merged, shape: Shape, default: object, sources: list[Source], path: Path) -> Any:
    """Return the plain data for `path`, or `_ABSENT`. `sources` are sorted lowest layer first."""
    if default is not PydanticUndefined:
        merged.defaults[path] = to_jsonable_python(default)
    resets = [index for index, source in enumerate(sources) if source.is_null and source.key]
    if resets:
        merged.hidden[path] = sources[resets[-1] :: -1]
        sources = sources[resets[-1] + 1 :]
    if not sources:
        return _ABSENT
    top = sources[-1].node
    merged.sources[path] = sources[::-1]
    if isinstance(top, Scalar):
        return top.value
    if isinstance(top, Sequence):
        layer = sources[-1].layer
        return [
            _combine(merged, shape.element(index), PydanticUndefined, [Source(layer, node)], (*path, index))
            for index, node in enumerate(top.items)
        ]
    shape, default, kept = _one_model(shape, default, sources)
    if len(kept) < len(sources):
        merged.hidden[path] = sources[: -len(kept)][::-1] + merged.hidden.get(path, [])
    sources = kept
    merged.sources[path] = sources[::-1]
    merged.shapes[path] = shape
    return _combine_mapping(merged, shape, default, sources, path)


def _one_model(shape: Shape, default: object, sources: list[Source]) -> tuple[Shape, object, list[Source]]:
    """Return the member of a tagged union that the layers choose, and only what belongs to that choice.

    What is below a list or a scalar is dropped too: a mapping above it has replaced it.
    """
    chosen = getattr(default, shape.tag, None) if shape.tag else None
    chosen = getattr(chosen, "value", chosen)
    kept: list[Source] = []
    for source in sources:
        if not isinstance(source.node, Mapping):
            kept = []
            continue
        tag = source.node.get(shape.tag) if shape.tag else None
        if isinstance(tag, Scalar) and tag.value is not None and tag.value != chosen:
            if chosen is not None:
                default, kept = PydanticUndefined, []
            chosen = tag.value
        kept.append(source)
    return (shape.tagged(chosen) or ANYTHING if shape.tag else shape), default, kept


def _combine_mapping(
    merged: Merged, shape: Shape, default: object, sources: list[Source], path: Path
) -> dict[str, Any]:
    children: dict[str, list[Source]] = {}
    for source in sources:
        if isinstance(source.node, Mapping):
            for key, node in source.node.entries:
                children.setdefault(str(key.value), []).append(Source(source.layer, node, key))
    below = _default_children(shape, default)
    data: dict[str, Any] = {}
    for name, stated in children.items():
        inner = _child(shape, name)
        found = _combine(merged, inner or ANYTHING, below.get(name, PydanticUndefined), stated, (*path, name))
        if found is not _ABSENT:
            data[name] = found
        elif inner is None:
            # Resetting what does not exist is a slip of the pen: leave it in, for validation to find.
            data[name] = None
            merged.sources[(*path, name)] = stated[::-1]
    for name, value in below.items():
        if name not in children:
            merged.defaults[(*path, name)] = to_jsonable_python(value)
        # A class fills in its own defaults; what an instance or a mapping was given has to be carried over. A
        # free key that was reset is gone, because only the mapping as a whole has a default.
        reset = name in children and shape.model is None
        if name not in data and not reset and isinstance(default, dict | BaseModel):
            data[name] = to_jsonable_python(value)
    return data


def _child(shape: Shape, name: str) -> Shape | None:
    """Return the shape of what stands under a key; None where a model has no such field."""
    return shape.field(name) if shape.model else (shape.value or ANYTHING)


def _default_children(shape: Shape, default: object) -> dict[str, object]:
    """Return the defaults of what is in a mapping, by key: of the given default, or else of its class."""
    if isinstance(default, dict):
        return dict(default)
    if isinstance(default, BaseModel):
        return {name: getattr(default, name) for name in type(default).model_fields}
    if shape.model is None:
        return {}
    found = {}
    for name, info in shape.model.model_fields.items():
        if not info.default_factory_takes_validated_data:
            value = info.get_default(call_default_factory=True)
            if value is not PydanticUndefined:
                found[name] = value
    return found


def node_at(node: Node, path: Path) -> Node | None:
    """Return the node at `path` below `node`, along keys only; None where there is none."""
    found: Node | None = node
    for part in path:
        found = found.get(str(part)) if isinstance(found, Mapping) else None
    return found

"""Loading settings: layers of files, merged, checked, and traced to their origins."""

from __future__ import annotations

import json
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from pydantic import ValidationError
from pydantic_core import PydanticUndefined, to_jsonable_python

from towpath.documents.node import Mapping, Scalar, Sequence, plain
from towpath.documents.reader import read
from towpath.errors import NOWHERE, Place, Problem, TowpathError, refuse
from towpath.settings.declaration import check_model
from towpath.settings.fields import EnvName, SecretRef
from towpath.settings.merge import Layer, Merged, Path, Source, merge, node_at
from towpath.settings.messages import dotted, problem, shown
from towpath.settings.mistakes import Mistake, mistakes
from towpath.settings.model import SettingsModel
from towpath.settings.secrets import credential_in, holds_secret
from towpath.settings.shape import Shape

if TYPE_CHECKING:
    import collections.abc
    from collections.abc import Iterator

    from towpath.documents.node import Node

__all__ = ["DEFAULT", "Layer", "Loaded", "Origin", "load_settings", "read_layer"]

M = TypeVar("M", bound=SettingsModel)

DEFAULT = "default"
"""The layer of values that no file states: those of the model."""


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a value came from, and what it prevailed over."""

    layer: str
    """The layer's name, or `DEFAULT`."""
    place: Place
    """Where the value stands; nowhere for a model's default."""
    value: object
    """The value in plain form (JSON's types)."""
    overridden: tuple[Origin, ...] = ()
    """What lower layers say, the highest first. Of an element of a list, what they say of the list."""


@dataclass(frozen=True, slots=True)
class Loaded(Generic[M]):
    """Settings, and the origin of each of their values."""

    value: M
    origins: collections.abc.Mapping[Path, Origin]
    """By path, in the order of the model's fields; an empty list or mapping counts as a value."""


def read_layer(name: str, file: str, data: bytes | None) -> Layer:
    """Return the layer that a file holds; `data` is None where there is no such file.

    Raises `TowpathError` where it is not YAML of the strict dialect, or not a mapping.
    """
    node = None if data is None else read(data, file)
    if node is None or isinstance(node, Mapping):
        return Layer(name, file, node)
    raise refuse(
        f"{file} holds {shown(node)}",
        place=node.place,
        expected="a mapping of settings, such as replicas: 2",
        remedy="write each setting as a key, a colon and its value",
        rule="settings.value",
    )


def load_settings(model: type[M], layers: collections.abc.Sequence[Layer]) -> Loaded[M]:
    """Return the settings that `layers`, lowest first, state together under the model's defaults.

    Merging is as `towpath.settings.merge.merge` says. Raises `TowpathError` with every mistake of all
    layers: also those in values that a higher layer overrides, because they are found out too late
    otherwise.
    """
    check_model(model)
    stack = tuple(layers)
    shape = Shape(model)
    merged = merge(shape, stack)
    value, found = _validate(model, merged)
    problems = {problem(mistake, merged, stack) for mistake in found}
    secrets = list(_credentials(stack)) + list(_plaintext(merged))
    for count in range(1, len(stack)):
        lower = merge(shape, stack[:count])
        problems.update(_overridden(model, lower, stack[:count], merged))
        secrets += _plaintext(lower)
    # One message is enough for a value that must go anyway.
    gone = {each.place for each in secrets}
    problems = {each for each in problems if each.place not in gone}.union(secrets)
    if value is None or problems:
        raise TowpathError(problems)
    return Loaded(value, MappingProxyType(dict(_origins(value, (), merged))))


def _validate(model: type[M], merged: Merged) -> tuple[M | None, list[Mistake]]:
    # JSON has the same kinds of values as YAML. From JSON pydantic, however strict, reads a tuple or a member
    # of an Enum; of a Python list or text it would say that they are of the wrong type.
    try:
        return model.model_validate_json(json.dumps(merged.data)), []
    except ValidationError as error:
        return None, mistakes(Shape(model), error.errors(include_url=False, include_input=False))


def _overridden(
    model: type[SettingsModel], merged: Merged, stack: tuple[Layer, ...], final: Merged
) -> Iterator[Problem]:
    """Yield what is wrong with values that count in `stack`, the lower layers alone, but not in the end."""
    for mistake in _validate(model, merged)[1]:
        source = next(iter(merged.sources.get(mistake.path, [])), None)
        # What is missing may yet come, and what does not fit together may yet change.
        if source is None or mistake.of_model:
            continue
        if not any(other.node is source.node for other in final.sources.get(mistake.path, [])[:1]):
            yield problem(mistake, merged, stack)


_TO_THE_STORE = (
    "put it into the secret store, and its reference <key>#<property> into a setting of type SecretRef"
)


def _credentials(stack: tuple[Layer, ...]) -> Iterator[Problem]:
    """Yield the values of all layers that look like a credential."""
    for layer in stack:
        for path, node in _scalars(layer.node, ()):
            kind = credential_in(node.value) if isinstance(node.value, str) else ""
            if kind:
                what = f"{dotted(path)} holds {kind} (not shown)"
                remedy = f"revoke it if it was ever committed, then {_TO_THE_STORE}"
                yield Problem(node.place, what, "no secret", remedy, rule="settings.credential")


def _plaintext(merged: Merged) -> list[Problem]:
    """Return a problem for each environment variable that is named like a secret and holds plain text."""
    found = []
    for path, sources in merged.sources.items():
        around = merged.shapes.get(path[:-1])
        if around is None or around.key is None or around.key.type is not EnvName:
            continue
        if (around.value and around.value.type is SecretRef) or not holds_secret(str(path[-1])):
            continue
        what = f"{dotted(path)} is named like a secret, but would be plain text (not shown)"
        found += [
            Problem(source.node.place, what, "no secret", _TO_THE_STORE, rule="settings.credential")
            for source in sources
            if plain(source.node) not in ("", None)
        ]
    return found


def _scalars(node: Node | None, path: Path) -> Iterator[tuple[Path, Scalar]]:
    if isinstance(node, Scalar):
        yield path, node
    elif isinstance(node, Sequence):
        for index, item in enumerate(node.items):
            yield from _scalars(item, (*path, index))
    elif isinstance(node, Mapping):
        for key, value in node.entries:
            yield from _scalars(value, (*path, str(key.value)))


def _origins(value: Any, path: Path, merged: Merged) -> Iterator[tuple[Path, Origin]]:
    """Yield the origin of each leaf of a validated value."""
    children: list[tuple[str | int, Any]] = []
    if isinstance(value, SettingsModel):
        children = [(name, getattr(value, name)) for name in type(value).model_fields]
    elif isinstance(value, dict):
        children = list(value.items())
    elif isinstance(value, tuple):
        children = list(enumerate(value))
    if children:
        for name, child in children:
            yield from _origins(child, (*path, name), merged)
    else:
        yield path, _origin(value, path, merged)


def _origin(value: Any, path: Path, merged: Merged) -> Origin:
    # An element of a list has no layers below it; its list has.
    whole = next((path[:index] for index, part in enumerate(path) if isinstance(part, int)), path)
    overridden = [_stated(each, each.node) for each in merged.sources.get(whole, [])[1:]]
    for length in range(len(whole), -1, -1):
        for each in merged.hidden.get(whole[:length], []):
            node = each.node if each.is_null else node_at(each.node, whole[length:])
            if node is not None:
                overridden.append(_stated(each, node))
    sources = merged.sources.get(path, [])
    if not sources:
        return Origin(DEFAULT, NOWHERE, to_jsonable_python(value), tuple(overridden))
    for length in range(len(whole), 0, -1):
        if whole[:length] in merged.defaults:
            default = merged.defaults[whole[:length]]
            for part in whole[length:]:
                default = (
                    default.get(part, PydanticUndefined) if isinstance(default, dict) else PydanticUndefined
                )
            if default is not PydanticUndefined:
                overridden.append(Origin(DEFAULT, NOWHERE, default))
            break
    place = sources[0].node.place
    return Origin(sources[0].layer.name, place, to_jsonable_python(value), tuple(overridden))


def _stated(source: Source, node: Node) -> Origin:
    return Origin(source.layer.name, node.place, plain(node))

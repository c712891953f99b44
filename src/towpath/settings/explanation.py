"""Settings explained: each value with where it came from, what it prevailed over, and what may stand there.

A value that may be a secret is never shown; a reference to one is.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from types import NoneType
from typing import TYPE_CHECKING, Any, get_args

from towpath.documents.scalars import scalar
from towpath.errors import NOWHERE, Problem, UsageError, nearest
from towpath.settings.layers import Origin
from towpath.settings.messages import dotted, is_secret
from towpath.settings.model import SettingsModel
from towpath.settings.secrets import credential_in
from towpath.settings.shape import Shape, describe, shape_of_field
from towpath.settings.text import Text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pydantic.fields import FieldInfo

    from towpath.settings.layers import Loaded
    from towpath.settings.merge import Path

HIDDEN = "(not shown, it may be secret)"
# A name, a key in quotes as JSON writes it, or an index or a key in brackets.
_PART = re.compile(r'\.?([A-Za-z0-9_-]+)|\[("(?:[^"\\]|\\.)*")\]|\[([^\]"]+)\]')


@dataclass(frozen=True, slots=True)
class Setting:
    """One value, and where it came from."""

    path: Path
    origin: Origin
    hidden: bool = False
    """Whether the value may be a secret."""
    group: bool = False
    """Whether it is not one value but a group of settings, which is there."""

    @property
    def name(self) -> str:
        """The path as people write it."""
        return dotted(self.path)

    @property
    def text(self) -> str:
        """The value as it is written in YAML."""
        if self.group:
            return f"({self.origin.value})"
        return HIDDEN if self.hidden else value_text(self.origin.value)


@dataclass(frozen=True, slots=True)
class About:
    """What is known of a setting besides its value."""

    expected: str
    """What may stand there, in words."""
    documentation: str = ""
    """What the model says of it."""
    words: tuple[object, ...] = ()
    """The values that are allowed, where they are few."""
    optional: bool = False
    """Whether it may be left out, or be null."""
    default: tuple[object, ...] = ()
    """The model's default in plain form; empty where there is none."""


def value_text(value: object) -> str:
    """Return a value in plain form as it is written in YAML, on one line."""
    match value:
        case None:
            return "null"
        case bool():
            return str(value).lower()
        case str():
            return scalar(value) if value.isprintable() else ascii(value)
        case list() | tuple():
            return f"[{', '.join(map(value_text, value))}]"
        case dict():
            return f"{{{', '.join(f'{value_text(key)}: {value_text(each)}' for key, each in value.items())}}}"
        case _:
            return str(value)


def parse_path(text: str) -> tuple[str, ...]:
    """Return the parts of a path that people write: `backend.hosts[0].name`, `labels["a.b"]`.

    Raises:
        UsageError: where it is no path.

    """
    parts = []
    at = 0
    while at < len(text):
        match = None if text.startswith(".") else _PART.match(text, at)
        part = match and (match[1] or match[3] or _unquoted(match[2]))
        if not match or part is None:
            what = f"`{ascii(text)[1:-1]}` is no path"
            raise UsageError(
                Problem(NOWHERE, what, "names with dots, such as backend.replicas", rule="usage.path")
            )
        parts.append(part)
        at = match.end()
    return tuple(parts)


def _unquoted(text: str) -> str | None:
    try:
        return str(json.loads(text))
    except ValueError:
        return None


def settings_below(loaded: Loaded[Any], path: Path, model: type[SettingsModel]) -> list[Setting]:
    """Return the settings at and below a path, in the order of the model."""
    return [
        Setting(each, origin, _is_hidden(loaded, each, origin, model))
        for each, origin in loaded.origins.items()
        if each[: len(path)] == path
    ]


def group_at(loaded: Loaded[Any], path: Path) -> Setting:
    """Return a group of settings as one: that it is there. It came from where the first of it did."""
    origin = next(origin for each, origin in loaded.origins.items() if each[: len(path)] == path)
    value = _value_at(loaded.value, path)
    what = f"{len(value)} of them" if isinstance(value, tuple | dict) else "set"
    return Setting(path, Origin(origin.layer, origin.place, what), group=True)


def find_path(loaded: Loaded[Any], text: str, whose: str) -> Path:
    """Return the path of a setting, or of a group of them, that people name.

    Raises:
        UsageError: where there is none; the message names the nearest.

    """
    parts = parse_path(text)
    known: dict[tuple[str, ...], Path] = {(): ()}
    for path in loaded.origins:
        for length in range(1, len(path) + 1):
            known.setdefault(tuple(map(str, path[:length])), path[:length])
    if parts in known:
        return known[parts]
    there = next(length for length in range(len(parts) - 1, -1, -1) if parts[:length] in known)
    around = known[parts[:there]]
    if around in loaded.origins and around:
        value = loaded.origins[around].value
        what = f"{dotted(around)} is {value_text(value)} in {whose}, so there is nothing below it"
        raise UsageError(Problem(NOWHERE, what, f"no more than {dotted(around)}", rule="usage.setting"))
    names = list(
        dict.fromkeys(each[there] for each in known if len(each) > there and each[:there] == parts[:there])
    )
    near = nearest(text, (dotted(each) for each in known.values() if each))
    raise UsageError(
        Problem(
            NOWHERE,
            f"`{ascii(text)[1:-1]}` is not a setting of {whose}",
            f"one of {', '.join(names)}" + (f" after {dotted(around)}" if around else ""),
            f"did you mean `{near}`?" if near else "",
            rule="usage.setting",
        )
    )


def about(model: type[SettingsModel], value: SettingsModel, path: Path) -> About:
    """Return what is known of the setting at a path; `value` is the settings as they are."""
    shape, field = _at(model, value, path)
    optional = field is not None and NoneType in get_args(field.annotation)
    return About(
        describe(shape),
        (field.description or "") if field else "",
        shape.words,
        optional,
        () if field is None or field.is_required() else (_plain_default(field),),
    )


def covered(value: Any, path: Path, field: str, *, whole: str, deep: str) -> Iterator[Path]:
    """Yield the settings that a read of a model's field is about; `value` is all settings, `path` leads to the model.

    A field that holds a model is about no setting, because the model's own fields are read one by one; but where it
    may hold none, it is about whether there is one. `whole` and `deep` are the names that stand for all fields of the
    model itself, and for everything below it.
    """
    model = _value_at(value, path)
    if field == deep:
        yield from _leaves(model, path)
    elif field == whole:
        for name in type(model).model_fields:
            yield from _own(model, path, name)
    else:
        yield from _own(model, path, field)


def _own(model: Any, path: Path, name: str) -> Iterator[Path]:
    inner = getattr(model, name)
    if isinstance(inner, SettingsModel):
        if NoneType in get_args(type(model).model_fields[name].annotation):
            yield (*path, name)
    elif isinstance(inner, tuple | dict) and any(map(_holds_model, _parts(inner))):
        yield (*path, name)
    else:
        yield from _leaves(inner, (*path, name))


def _holds_model(entry: tuple[str | int, Any]) -> bool:
    return isinstance(entry[1], SettingsModel)


def _parts(value: Any) -> list[tuple[str | int, Any]]:
    if isinstance(value, SettingsModel):
        return [(name, getattr(value, name)) for name in type(value).model_fields]
    if isinstance(value, tuple):
        return list(enumerate(value))
    return [(str(key), each) for key, each in value.items()] if isinstance(value, dict) else []


def _leaves(value: Any, path: Path) -> Iterator[Path]:
    parts = _parts(value)
    for name, each in parts:
        yield from _leaves(each, (*path, name))
    if not parts:
        yield path


def _value_at(value: Any, path: Path) -> Any:
    for part in path:
        value = dict(_parts(value))[part]
    return value


def _at(model: type[SettingsModel], value: Any, path: Path) -> tuple[Shape, FieldInfo | None]:
    """Return the shape of what stands at a path, and the field that it is, where it is one."""
    shape, field = Shape(model), None
    for part in path:
        kind = type(value)
        fields: Mapping[str, FieldInfo] = kind.model_fields if isinstance(value, SettingsModel) else {}
        field = fields.get(str(part))
        if field is not None:
            shape = shape_of_field(field)
        elif isinstance(part, int):
            shape = _sequence(shape).element(part)
        else:
            shape = _mapping(shape).value or shape
        value = dict(_parts(value)).get(part)
    return shape, field


def _sequence(shape: Shape) -> Shape:
    return next((each for each in (shape, *shape.choices) if each.is_list), shape)


def _mapping(shape: Shape) -> Shape:
    return next((each for each in (shape, *shape.choices) if each.value), shape)


def _plain_default(field: FieldInfo) -> object:
    if field.default_factory_takes_validated_data:
        return None
    default = field.get_default(call_default_factory=True)
    return default.model_dump(mode="json") if isinstance(default, SettingsModel) else default


def _is_hidden(loaded: Loaded[Any], path: Path, origin: Origin, model: type[SettingsModel]) -> bool:
    """Return whether any value of a setting may be a secret: by what it looks like, or by its name.

    What has a form of its own, such as a duration, a number or a reference, is none.
    """
    texts = [each for value in (origin, *origin.overridden) for each in _texts(value.value)]
    if any(map(credential_in, texts)):
        return True
    if not is_secret(path) or not any(texts):
        return False
    shape, _ = _at(model, loaded.value, path)
    formed = isinstance(shape.type, type) and issubclass(shape.type, Text) and shape.type is not Text
    return not (formed or shape.words)


def _texts(value: object) -> Iterator[str]:
    match value:
        case str():
            yield value
        case list() | tuple():
            for each in value:
                yield from _texts(each)
        case dict():
            for each in value.values():
                yield from _texts(each)
        case _:
            pass

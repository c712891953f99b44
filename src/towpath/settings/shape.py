"""The shape of a setting: what a model's annotations say about a value, for merging, messages and checks."""

from __future__ import annotations

import re
import types
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel, Discriminator
from pydantic.fields import FieldInfo

from towpath.settings.text import Expected, Text

_MAPPINGS = (dict, Mapping)


@dataclass(frozen=True, slots=True)
class Shape:
    """One type, taken out of `Annotated` and `| None`."""

    type: Any
    metadata: tuple[Any, ...] = ()
    """What `Annotated` and `Field` add, such as bounds."""
    tag: str = ""
    """The field that tells the members of a tagged union apart."""

    @property
    def model(self) -> type[BaseModel] | None:
        """The class, where the value is a model."""
        return self.type if isinstance(self.type, type) and issubclass(self.type, BaseModel) else None

    @property
    def choices(self) -> tuple[Shape, ...]:
        """The members, where the value is a union of several."""
        return tuple(map(shape_of, get_args(self.type))) if _is_union(self.type) else ()

    @property
    def key(self) -> Shape | None:
        """The shape of the keys, where the value is a mapping with free keys."""
        return shape_of(get_args(self.type)[0]) if self._is_mapping else None

    @property
    def value(self) -> Shape | None:
        """The shape of the values, where the value is a mapping with free keys."""
        return shape_of(get_args(self.type)[1]) if self._is_mapping else None

    @property
    def _is_mapping(self) -> bool:
        return get_origin(self.type) in _MAPPINGS

    @property
    def is_list(self) -> bool:
        """Whether the value is a list in YAML."""
        return get_origin(self.type) is tuple

    def element(self, index: int) -> Shape:
        """Return the shape of an element of a list; `ANYTHING` where there is none."""
        args = get_args(self.type) if self.is_list else ()
        if len(args) == 2 and args[1] is Ellipsis:  # noqa: PLR2004 -- tuple[X, ...]
            return shape_of(args[0])
        return shape_of(args[index]) if 0 <= index < len(args) else ANYTHING

    def field(self, name: str) -> Shape | None:
        """Return the shape of a model's field; None where it has no such field."""
        found = self.model.model_fields.get(name) if self.model else None
        return None if found is None else shape_of_field(found)

    def tagged(self, tag: object) -> Shape | None:
        """Return the member of a tagged union that `tag` names."""
        return next((choice for choice in self.choices if tag in choice.tags(self.tag)), None)

    def tags(self, name: str) -> tuple[object, ...]:
        """Return the values that a model's field `name` can have, as YAML writes them, where they are few."""
        found = self.field(name)
        return found.words if found else ()

    @property
    def words(self) -> tuple[object, ...]:
        """The values that an enumeration or a `Literal` allows, as YAML writes them."""
        if get_origin(self.type) is Literal:
            return tuple(word.value if isinstance(word, Enum) else word for word in get_args(self.type))
        if isinstance(self.type, type) and issubclass(self.type, Enum):
            return tuple(member.value for member in self.type)
        return ()

    def named(self, label: str) -> Shape:
        """Return the member of a union that pydantic calls `label` in a location; `ANYTHING` if unclear."""
        for choice in self.choices:
            name = getattr(choice.type, "__name__", str(choice.type))
            kind = getattr(get_origin(choice.type), "__name__", "").lower().replace("mapping", "dict")
            spelling = rf"(^|[\s,\[]){re.escape(name)}(\(|\]*$)"
            if re.search(spelling, label) or (kind and label.startswith(kind)):
                return choice
        return ANYTHING


ANYTHING = Shape(Any)


def _is_union(annotation: Any) -> bool:
    return get_origin(annotation) in (Union, types.UnionType)


def shape_of(annotation: Any, metadata: tuple[Any, ...] = (), *, tag: str = "") -> Shape:
    """Return the shape that an annotation describes."""
    if get_origin(annotation) is Annotated:
        inner, *more = get_args(annotation)
        for item in more:
            tag = tag or _tag(item)
            metadata += tuple(item.metadata) if isinstance(item, FieldInfo) else (item,)
        return shape_of(inner, metadata, tag=tag)
    if _is_union(annotation):
        members = tuple(member for member in get_args(annotation) if member is not types.NoneType)
        if len(members) == 1:
            return shape_of(members[0], metadata, tag=tag)
        if len(members) < len(get_args(annotation)):
            return shape_of(Union[members], metadata, tag=tag)  # noqa: UP007 -- made at run time
    return Shape(annotation, metadata, tag)


def shape_of_field(field: FieldInfo) -> Shape:
    """Return the shape of a field of a model."""
    tag = next(filter(None, map(_tag, (field, *field.metadata))), "")
    return shape_of(field.annotation, tuple(field.metadata), tag=tag)


def _tag(item: object) -> str:
    found = item.discriminator if isinstance(item, FieldInfo | Discriminator) else None
    return found if isinstance(found, str) else ""


def quoted(words: tuple[object, ...]) -> str:
    """Return words as a message lists them: `'a', 'b' or 'c'`."""
    shown = [f"'{word}'" for word in words]
    return " or ".join([", ".join(shown[:-1]), shown[-1]] if len(shown) > 1 else shown)


def describe(shape: Shape) -> str:
    """Return what a message says was expected of a value of this shape."""
    for item in shape.metadata:
        if isinstance(item, Expected):
            return item.text
    if isinstance(shape.type, type) and issubclass(shape.type, Text):
        return shape.type.expectation()
    if shape.words:
        return quoted(shape.words)
    if shape.model:
        return f"a mapping with {', '.join(shape.model.model_fields)}"
    if shape.choices:
        return " or ".join(dict.fromkeys(map(describe, shape.choices)))
    if shape.value:
        return f"a mapping of names to values, each {describe(shape.value)}"
    if shape.is_list:
        return _describe_list(shape)
    plain = {int: "a whole number", float: "a number", bool: "true or false", str: "text"}
    return plain.get(shape.type, "a value of another kind") + _bounds(shape)


def _describe_list(shape: Shape) -> str:
    args = get_args(shape.type)
    if len(args) == 2 and args[1] is Ellipsis:  # noqa: PLR2004 -- tuple[X, ...]
        return f"a list{_bounds(shape)}, each element {describe(shape.element(0))}"
    return f"a list of {len(args)}: " + ", ".join(
        describe(shape.element(index)) for index in range(len(args))
    )


def _bounds(shape: Shape) -> str:
    """Return the constraints in words, with a space before."""
    found = {
        name: getattr(item, name)
        for item in shape.metadata
        for name in ("ge", "gt", "le", "lt", "multiple_of", "min_length", "max_length", "pattern")
        if getattr(item, name, None) is not None
    }
    words = []
    if "ge" in found and "le" in found:
        words.append(f"from {found.pop('ge')} to {found.pop('le')}")
    size = "elements" if shape.is_list else "characters"
    phrases = {
        "ge": "of at least {}", "gt": "above {}", "le": "of at most {}", "lt": "below {}",
        "multiple_of": "that is a multiple of {}", "min_length": f"of at least {{}} {size}",
        "max_length": f"of at most {{}} {size}", "pattern": "that matches {}",
    }  # fmt: skip
    words += [phrase.format(found[name]) for name, phrase in phrases.items() if name in found]
    return "".join(f" {word}" for word in words)

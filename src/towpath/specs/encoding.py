"""Specs as plain data and back: the form in which a compiled platform is kept beside its object files.

A value of specs that stands in two places is one value again when it is read. What is no value of specs is kept as what
it renders to: text, numbers, lists and mappings.
"""

from __future__ import annotations

import importlib
import sys
from dataclasses import fields, is_dataclass
from enum import Enum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, MutableMapping

_SPECS = ("towpath.specs.", "towpath.images.symbol")
_WATCHED = ("towpath.specs.", "towpath.constructs.")
_CLASS, _NUMBER, _VALUE = "class", "number", "value"


def watched_classes() -> list[type[Any]]:
    """Return the classes of which specs, and what charts pass for them, consist; those whose modules are loaded."""
    modules = [module for name, module in sorted(sys.modules.items()) if name.startswith(_WATCHED)]
    return [
        each
        for module in modules
        for each in vars(module).values()
        if isinstance(each, type) and is_dataclass(each) and each.__module__ == module.__name__
    ]


def encoded(value: Any, number_of: Callable[[Any], int]) -> Any:
    """Return a value in JSON's types; `number_of` gives the number of a value of specs, or -1 where it has none."""
    if value is None or isinstance(value, bool | int | float):
        return value
    kind = type(value)
    known = kind.__module__.startswith(_SPECS)
    if known and is_dataclass(kind):
        kept = {each.name: encoded(getattr(value, each.name), number_of) for each in fields(kind)}
        return {_CLASS: f"{kind.__module__}:{kind.__qualname__}", _NUMBER: number_of(value), _VALUE: kept}
    if known and isinstance(value, Enum):
        return {_CLASS: f"{kind.__module__}:{kind.__qualname__}", _VALUE: value.value}
    if isinstance(value, list | tuple | set | frozenset):
        return [encoded(each, number_of) for each in value]
    if hasattr(value, "items"):
        return {_VALUE: [[encoded(each, number_of) for each in entry] for entry in value.items()]}
    return str(value)


def decoded(value: Any, made: MutableMapping[int, Any]) -> Any:
    """Return the value that `encoded` wrote, and put the values of specs that have a number into `made`.

    Raises:
        ValueError: where it names what is no class of specs.

    """
    if isinstance(value, list):
        return tuple(decoded(each, made) for each in value)
    if not isinstance(value, dict):
        return value
    content = value[_VALUE]
    if _CLASS not in value:
        return {decoded(key, made): decoded(item, made) for key, item in content}
    kind = _class(value[_CLASS])
    if _NUMBER not in value:
        return kind(content)
    number = value[_NUMBER]
    if number in made:
        return made[number]
    found = object.__new__(kind)
    for name, item in content.items():
        object.__setattr__(found, name, decoded(item, made))
    if number >= 0:
        made[number] = found
    return found


def _class(name: str) -> type[Any]:
    module, _, kind = name.partition(":")
    if module.startswith(_SPECS):
        found = getattr(importlib.import_module(module), kind, None)
        if isinstance(found, type) and (is_dataclass(found) or issubclass(found, Enum)):
            return found
    raise ValueError(f"{name} is no class of specs")

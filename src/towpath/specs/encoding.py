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
# Of a proxy only its own fields: what is inside becomes one text, and is read for it again and again.
_PROXY, _PROXY_ITSELF = "towpath.specs.proxy", "ProxySpec"
_PLAIN = frozenset({str, int, bool, float, type(None)})
_CLASS, _NUMBER, _VALUE = "class", "number", "value"


def watched_classes() -> list[type[Any]]:
    """Return the classes of which specs, and what charts pass for them, consist; those whose modules are loaded."""
    modules = [module for name, module in sorted(sys.modules.items()) if name.startswith(_WATCHED)]
    return [
        each
        for module in modules
        for each in vars(module).values()
        if isinstance(each, type) and is_dataclass(each) and each.__module__ == module.__name__
        if module.__name__ != _PROXY or each.__name__ == _PROXY_ITSELF
    ]


def encoded(value: Any, number_of: Callable[[Any], int]) -> Any:
    """Return a value in JSON's types; `number_of` gives the number of a value of specs, or -1 where it has none.

    Of a value that stands in several places, the first holds what is in it and the others its number.
    """
    return _Encoder(number_of).encoded(value)


class _Encoder:
    def __init__(self, number_of: Callable[[Any], int]) -> None:
        self._number_of = number_of
        self._seen: set[int] = set()
        self._fields: dict[type[Any], tuple[str, ...] | None] = {}
        """By class: the fields of a class of specs; None for any other class."""

    def encoded(self, value: Any) -> Any:
        kind = type(value)
        if kind in _PLAIN:
            return value
        if kind is tuple or kind is list:
            return [self.encoded(each) for each in value]
        if kind is dict:
            return {_VALUE: [[self.encoded(key), self.encoded(each)] for key, each in value.items()]}
        if kind not in self._fields:
            of_specs = kind.__module__.startswith(_SPECS) and is_dataclass(kind)
            self._fields[kind] = tuple(each.name for each in fields(kind)) if of_specs else None
        names = self._fields[kind]
        return self._other(kind, value) if names is None else self._spec(kind, names, value)

    def _spec(self, kind: type[Any], names: tuple[str, ...], value: Any) -> Any:
        number = self._number_of(value)
        if number in self._seen:
            return {_NUMBER: number}
        if number >= 0:
            self._seen.add(number)
        return {
            _CLASS: _name(kind),
            _NUMBER: number,
            _VALUE: [self.encoded(getattr(value, name)) for name in names],
        }

    def _other(self, kind: type[Any], value: Any) -> Any:
        if kind.__module__.startswith(_SPECS) and issubclass(kind, Enum):
            return {_CLASS: _name(kind), _VALUE: value.value}
        if isinstance(value, list | tuple | set | frozenset):
            return [self.encoded(each) for each in value]
        if hasattr(value, "items"):
            return self.encoded(dict(value.items()))
        return value if isinstance(value, bool | int | float) else str(value)


def _name(kind: type[Any]) -> str:
    return f"{kind.__module__}:{kind.__qualname__}"


def decoded(value: Any, made: MutableMapping[int, Any]) -> Any:
    """Return the value that `encoded` wrote, and put the values of specs that have a number into `made`.

    Raises:
        ValueError: where it names what is no class of specs.

    """
    if isinstance(value, list):
        return tuple(decoded(each, made) for each in value)
    if not isinstance(value, dict):
        return value
    if _VALUE not in value:
        return made[value[_NUMBER]]
    content = value[_VALUE]
    if _CLASS not in value:
        return {decoded(key, made): decoded(item, made) for key, item in content}
    kind = _class(value[_CLASS])
    if _NUMBER not in value:
        return kind(content)
    number = value[_NUMBER]
    found = object.__new__(kind)
    for field, item in zip(fields(kind), content, strict=True):
        object.__setattr__(found, field.name, decoded(item, made))
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

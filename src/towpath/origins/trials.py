"""Other values for a field, to try what depends on it, and where two objects differ."""

from __future__ import annotations

from dataclasses import is_dataclass
from enum import Enum
from itertools import islice
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

Path = tuple[str | int, ...]
"""The way to a field of an object. A member of a list that has a name goes by it, in brackets: `[backend]`."""

_ALIKE = 2


def other_values(name: str, value: Any, alike: Sequence[Any], others: Sequence[Any]) -> Iterator[Any]:
    """Yield other values for a field of a spec, likely ones first.

    `alike` is what the field holds elsewhere, and `others` are specs of every class, for a field that may hold one and
    is empty.
    """
    if name == "name":
        # A part without a name is none, and one with the name of another stands in its place.
        yield from (each for each in near_values(value) if each)
        return
    yield from near_values(value)
    different = (each for index, each in enumerate(alike) if each != value and each not in alike[:index])
    yield from islice(different, _ALIKE)
    if value is None:
        yield from others


def near_values(value: Any) -> Iterator[Any]:
    """Yield values of the same type that differ a little."""
    match value:
        case None:
            yield from (1, "x", True)
        case bool():
            yield not value
        case int():
            yield from (value + 1, 2 * value + 7, 0)
        case Enum():
            yield from (each for each in type(value) if each is not value)
        case str():
            yield from (_counted_up(value), f"{value}x", "")
        case ():
            yield from (("x",), (1,))
        case tuple():
            yield from (tuple(map(_near, value)), value[1:], value[:-1])
        case dict():
            yield {key: _near(each) for key, each in value.items()}
            yield {"x": next(iter(value.values()), "x"), **value}
            yield dict(islice(value.items(), 1, None))
        case _:
            pass


def _near(value: Any) -> Any:
    return value if is_dataclass(value) else next(near_values(value), value)


def _counted_up(text: str) -> str:
    """Return text with the first number in it one higher: `500m` as `501m`."""
    digits = "".join(each if each.isascii() and each.isdigit() else " " for each in text).split()
    return text.replace(digits[0], str(int(digits[0]) + 1), 1) if digits else f"{text}1"


def differences(before: Any, after: Any, path: Path = ()) -> Iterator[Path]:
    """Yield the paths at which two values in JSON's types differ."""
    if isinstance(before, list) and isinstance(after, list):
        before, after = by_name(before), by_name(after)
    if isinstance(before, dict) and isinstance(after, dict):
        for key in dict.fromkeys((*before, *after)):
            if key not in before or key not in after or before[key] != after[key]:
                yield from differences(before.get(key), after.get(key), (*path, key))
    else:
        yield path


def by_name(items: Sequence[Any]) -> dict[str | int, Any]:
    """Return the members of a list by their names, in brackets; by index, where not each has a name of its own."""
    names = [each.get("name") if isinstance(each, dict) else None for each in items]
    named = None not in names and len(set(map(str, names))) == len(names)
    return {f"[{names[index]}]" if named else index: each for index, each in enumerate(items)}

"""Mistakes in settings: pydantic's errors, told in terms of the files."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from towpath.errors import nearest
from towpath.settings.shape import ANYTHING, Shape, describe, quoted
from towpath.settings.text import FieldError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from pydantic_core import ErrorDetails

    from towpath.settings.merge import Path

MISSING = frozenset({"missing", "union_tag_not_found"})
_OF_MODEL = frozenset({"misfit", "value_error", "assertion_error"})


@dataclass(frozen=True, slots=True)
class Mistake:
    """One thing that pydantic found wrong."""

    path: Path
    """The way to the value in the files: without the names of union members that pydantic puts in between."""
    kind: str
    """What pydantic calls it, such as `missing` or `extra_forbidden`."""
    expected: str = ""
    words: tuple[object, ...] = ()
    """The values that would do, or the known names, where they are few."""
    context: Any = None
    """What the raiser adds: the exception, or what `misfit` was given."""
    of_model: bool = False
    """Whether it is about how the values of a whole model fit together."""
    in_key: bool = False
    """Whether it is about the key at the end of the path rather than the value."""


_Located = tuple[tuple[str | int, ...], "ErrorDetails"]


def mistakes(shape: Shape, errors: Iterable[ErrorDetails]) -> list[Mistake]:
    """Return pydantic's errors about a value of this shape as mistakes.

    Of a union, pydantic reports what is wrong with each member. Here only the member that was most likely
    meant is reported, or the union as a whole.
    """
    return list(_descend(shape, (), [(error["loc"], error) for error in errors]))


def _descend(shape: Shape, path: Path, errors: list[_Located]) -> Iterator[Mistake]:
    groups: dict[str | int, list[_Located]] = defaultdict(list)
    for loc, error in errors:
        if loc:
            groups[loc[0]].append((loc[1:], error))
        else:
            yield _here(shape, path, error)
    if shape.model:
        yield from _in_model(shape, path, groups)
    elif shape.tag:
        for tag, group in groups.items():
            yield from _descend(shape.tagged(tag) or ANYTHING, path, group)
    elif shape.choices and groups:
        yield from _in_union(shape, path, groups)
    else:
        for name, group in groups.items():
            inner = shape.element(name) if isinstance(name, int) else (shape.value or ANYTHING)
            values = [located for located in group if located[0] != ("[key]",)]
            if len(values) < len(group):
                key = shape.key or ANYTHING
                yield Mistake((*path, name), "key", describe(key), key.words, in_key=True)
            yield from _descend(inner, (*path, name), values)


def _here(shape: Shape, path: Path, error: ErrorDetails) -> Mistake:
    kind, context = error["type"], error.get("ctx", {})
    if kind in ("union_tag_not_found", "union_tag_invalid"):
        words = tuple(tag for choice in shape.choices for tag in choice.tags(shape.tag))
        return Mistake((*path, shape.tag), kind, quoted(words), words)
    if kind == "misfit":
        path = (*path, *context["path"])
        return Mistake(path, kind, context["expected"], context=context["what"], of_model=True)
    of_model = kind in _OF_MODEL and shape.model is not None
    raised = context.get("error")
    # Whoever raises an error of their own says in it what they expect.
    expected = "" if raised is not None and not isinstance(raised, FieldError) else describe(shape)
    return Mistake(path, kind, expected, shape.words, raised, of_model=of_model)


def _in_model(shape: Shape, path: Path, groups: dict[str | int, list[_Located]]) -> Iterator[Mistake]:
    names = tuple(shape.model.model_fields) if shape.model else ()
    unknown = [str(name) for name in groups if shape.field(str(name)) is None]
    # A key that is mistyped is one mistake, although its right spelling is missing too.
    meant = {nearest(name, names) for name in unknown}
    for name, group in groups.items():
        field = shape.field(str(name))
        if field is not None:
            if name not in meant or any(loc or error["type"] != "missing" for loc, error in group):
                yield from _descend(field, (*path, name), group)
            continue
        yield Mistake((*path, name), "extra_forbidden", f"one of {', '.join(names)}", names, in_key=True)


def _in_union(shape: Shape, path: Path, groups: dict[str | int, list[_Located]]) -> Iterator[Mistake]:
    """Report the member whose kind fits and that has the fewest errors; where no kind fits, the union."""
    fitting = {label: group for label, group in groups.items() if all(loc for loc, _ in group)}
    if fitting:
        label = min(fitting, key=lambda label: len(fitting[label]))
        yield from _descend(shape.named(str(label)), path, fitting[label])
    else:
        words = tuple(word for choice in shape.choices for word in choice.words)
        yield Mistake(path, "union", describe(shape), words)

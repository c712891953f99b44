"""Write data as YAML that every reader takes for the same data, always in the same bytes.

Block style, two spaces, lists in maps not indented, keys in the order given, no anchors, no document marker.
Reading the result and emitting it again gives the same bytes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

from towpath.documents import scalars
from towpath.documents.source import LIMITS
from towpath.errors import NOWHERE, Problem, TowpathError

if TYPE_CHECKING:
    from collections.abc import Iterator

# `Any` inside: a recursive alias would refuse the dict[str, str] that callers really have.
Data: TypeAlias = dict[str, Any] | list[Any] | str | int | float | bool | None

# libyaml and its ports find a key only if its colon comes within 1024 characters.
_KEY_LENGTH = 1000
_STEP = "  "
_SHOWN = 60
# Keys with their colon. Few differ, so that nearly every key is found here.
_names: dict[str, str] = {}
_NAMES_COUNT = 1 << 16


class _Refused(Exception):  # noqa: N818 -- a signal between functions of this module, no error of its own
    """Some part of the data cannot be emitted; `_problems` finds out which parts."""


def emit(value: Data) -> str:
    """Return the YAML text of `value`, which ends with a line feed.

    Lists may also be tuples. Raises TowpathError with every part that YAML for Kubernetes cannot hold, and
    the path to it: keys that are not `str` or are longer than 1000 characters as written, other types,
    infinity and not-a-number, integers beyond 64 bits, lone surrogates, and nesting deeper than 64.
    """
    lines: list[str] = []
    try:
        if isinstance(value, dict) and value:
            _mapping(value, "", "", lines, LIMITS.depth)
        elif isinstance(value, (list, tuple)) and value:
            _sequence(value, "", "", lines, LIMITS.depth)
        else:
            lines.append(f"{_leaf(value, '')}\n")
    except (_Refused, TowpathError):
        raise TowpathError(_problems(value, "", LIMITS.depth)) from None
    return "".join(lines)


def _mapping(value: dict[str, Any], lead: str, pad: str, lines: list[str], depth: int) -> None:
    """Append the entries, `lead` before the first one (it may hold a list's dash), `pad` before others."""
    if not depth:
        raise _Refused
    names = _names
    forms = scalars.cached
    for key, item in value.items():
        name = names.get(key) or _name(key)
        kind = type(item)
        if kind is str:
            lines.append(f"{lead}{name} {forms.get(item) or _text(item, pad)}\n")
        elif kind is dict and item:
            lines.append(f"{lead}{name}\n")
            deeper = pad + _STEP
            _mapping(item, deeper, deeper, lines, depth - 1)
        elif isinstance(item, (list, tuple)) and item:
            lines.append(f"{lead}{name}\n")
            _sequence(item, pad, pad, lines, depth - 1)
        elif isinstance(item, dict) and item:
            lines.append(f"{lead}{name}\n")
            _mapping(item, pad + _STEP, pad + _STEP, lines, depth - 1)
        else:
            lines.append(f"{lead}{name} {_leaf(item, pad)}\n")
        lead = pad


def _sequence(value: list[Any] | tuple[Any, ...], lead: str, pad: str, lines: list[str], depth: int) -> None:
    if not depth:
        raise _Refused
    for item in value:
        if isinstance(item, dict) and item:
            _mapping(item, lead + "- ", pad + _STEP, lines, depth - 1)
        elif isinstance(item, (list, tuple)) and item:
            _sequence(item, lead + "- ", pad + _STEP, lines, depth - 1)
        elif type(item) is str:
            lines.append(f"{lead}- {scalars.cached.get(item) or _text(item, pad)}\n")
        else:
            lines.append(f"{lead}- {_leaf(item, pad)}\n")
        lead = pad


def _leaf(value: object, pad: str) -> str:
    if isinstance(value, str):
        return _text(value, pad)
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return scalars.number(value)
    if isinstance(value, dict):
        return "{}"
    if isinstance(value, (list, tuple)):
        return "[]"
    raise _Refused


def _text(value: str, pad: str) -> str:
    """Return a literal block under `pad`, or one line where a block would not give the text back exactly."""
    header = scalars.literal_header(value)
    if header is None:
        # A subclass, such as a member of a StrEnum, would format itself by its own rules.
        return scalars.scalar(value if type(value) is str else str.__str__(value))
    indent = f"{pad}{_STEP}"
    # The last line feed is the one that ends the block's line; empty lines carry no blanks.
    body = value.removesuffix("\n") if header != "|-" else value
    return "\n".join([header, *(indent + line if line else "" for line in body.split("\n"))])


def _name(key: object) -> str:
    if not isinstance(key, str):
        raise _Refused
    form = scalars.scalar(str.__str__(key))
    if len(form) > _KEY_LENGTH:
        raise _Refused
    if len(_names) >= _NAMES_COUNT:
        _names.clear()
    name = _names[key] = form + ":"
    return name


def _problems(value: object, path: str, depth: int) -> Iterator[Problem]:
    """Yield what is wrong in `value`. Slow and complete, for data that was refused already."""
    if isinstance(value, (dict, list, tuple)) and value and not depth:
        yield _problem(
            path,
            f"is nested deeper than {LIMITS.depth} levels",
            f"at most {LIMITS.depth} levels",
            "check that the data does not contain itself",
            "yaml.too-deep",
        )
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from _key_problems(key, path)
            yield from _problems(item, _step(path, key), depth - 1)
    elif isinstance(value, (list, tuple)):
        for index, item in enumerate(value):
            yield from _problems(item, f"{path}[{index}]", depth - 1)
    else:
        try:
            _leaf(value, "")
        except TowpathError as error:
            for found in error.problems:
                yield _problem(
                    path, f"cannot be written: {found.what}", found.expected, found.remedy, found.rule
                )
        except _Refused:
            yield _problem(
                path,
                f"is of type {type(value).__name__}, which has no form in YAML for Kubernetes",
                "a string, a number, true, false, null, a list or a map",
                "convert it first, a date or a path to a string",
                "yaml.type",
            )


def _key_problems(key: object, path: str) -> Iterator[Problem]:
    here = _step(path, key)
    if not isinstance(key, str):
        yield _problem(
            here, f"has a key of type {type(key).__name__}", "a string as key", "use a string", "yaml.key"
        )
        return
    try:
        form = scalars.scalar(str.__str__(key))
    except TowpathError as error:
        for found in error.problems:
            yield _problem(
                here,
                f"has a key that cannot be written: {found.what}",
                found.expected,
                found.remedy,
                found.rule,
            )
    else:
        if len(form) > _KEY_LENGTH:
            yield _problem(
                here,
                f"has a key of {len(form)} characters",
                f"at most {_KEY_LENGTH} characters, quotes and escapes included",
                "shorten the key",
                "yaml.key",
            )


def _problem(path: str, what: str, expected: str, remedy: str, rule: str) -> Problem:
    return Problem(NOWHERE, f"the value at {path or 'the top'} {what}", expected, remedy, rule=rule)


def _step(path: str, key: object) -> str:
    """Return the path of an entry: `spec.replicas`, or `data['a.b']` where the key is no plain word."""
    shown = key if isinstance(key, str) and key.isascii() and key.isidentifier() else ascii(key)
    if len(shown) > _SHOWN:
        shown = shown[: _SHOWN - 3] + "..."
    if shown != key:
        return f"{path}[{shown}]"
    return f"{path}.{shown}" if path else shown

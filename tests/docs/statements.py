"""The tables of `docs/platforms/`: what a document says, and the fields of `dist/` that carry it.

A row is `| statement [section] | references |`. A reference stands in backticks:

    [environments: ]Kind/name[ path][ = value | ~ part of the value]

`production: Deployment/backend spec.replicas = 2` holds in one environment, `staging, production: ...` in two, and
without a name in every environment of the platform. A path is made of keys with dots between; `[x]` takes a key that
has dots itself, a number in a list, or the element of a list whose name (or key, host, path, port) is x. In place of
references a cell may say `none yet: ` or `decided: ` and the reason.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

HEADER = ("the document says", "where it is")
_SECTION = re.compile(r"\[[^\]]+\]")
_REFERENCE = re.compile(
    r"(?:(?P<where>[a-z, ]+): )?(?P<kind>[A-Z]\w+)/(?P<name>[a-z0-9.-]+)"
    r"(?: (?P<path>\S+)(?: (?P<how>[=~]) (?P<value>.+))?)?"
)
_STEP = re.compile(r"\.?([^.\[\]]+)|\[([^\]]+)\]")
_NAMES = ("name", "key", "secretKey", "host", "mountPath", "path", "port", "containerPort", "kind", "ip")


@dataclass(frozen=True, slots=True)
class Row:
    """One statement of a document."""

    line: int
    statement: str
    where: str


@dataclass(frozen=True, slots=True)
class Reference:
    """One place in `dist/`."""

    environments: tuple[str, ...]
    """Empty for all of the platform's."""
    kind: str
    name: str
    path: str = ""
    how: str = ""
    value: str = ""


def rows(text: str) -> list[Row]:
    """Return the rows of every table with the right header."""
    found: list[Row] = []
    inside = False
    for number, line in enumerate(text.splitlines(), start=1):
        cells = [cell.strip() for cell in re.split(r"(?<!\\)\|", line.strip())[1:-1]]
        if tuple(cells) == HEADER:
            inside = True
        elif not cells:
            inside = False
        elif inside and not set("".join(cells)) <= {"-", ":", " "}:
            found.append(Row(number, cells[0], cells[1] if len(cells) > 1 else ""))
    return found


def faults(row: Row, environments: Mapping[str, Sequence[Any]]) -> Iterator[str]:
    """Yield what is wrong with a row; `environments` holds the platform's manifests of each."""
    if not _SECTION.search(row.statement):
        yield f"{row.line}: names no section in brackets: {row.statement}"
    if re.match(r"(none yet|decided): \S", row.where):
        return
    quoted = re.findall(r"`([^`]+)`", row.where)
    if not quoted:
        yield f"{row.line}: names no object, and gives no reason: {row.where}"
    for text in quoted:
        reference = parse(text.replace("\\|", "|"))
        if reference is None:
            yield f"{row.line}: is no reference: {text}"
        else:
            yield from (f"{row.line}: {fault}: {text}" for fault in unmet(reference, environments))


def parse(text: str) -> Reference | None:
    """Return the reference that a text is, or None."""
    match = _REFERENCE.fullmatch(text)
    if match is None:
        return None
    where = tuple(part.strip() for part in (match["where"] or "").split(",") if part.strip())
    return Reference(
        where, match["kind"], match["name"], match["path"] or "", match["how"] or "", match["value"] or ""
    )


def unmet(reference: Reference, environments: Mapping[str, Sequence[Any]]) -> Iterator[str]:
    """Yield where a reference does not hold."""
    for name in reference.environments or tuple(environments):
        if name not in environments:
            yield f"the platform is not in {name}"
            continue
        objects = [
            each
            for each in environments[name]
            if (each["kind"], each["metadata"]["name"]) == (reference.kind, reference.name)
        ]
        if not objects:
            yield f"{name} has no such object"
            continue
        try:
            found = look(objects[0], reference.path)
        except KeyError as missing:
            yield f"{name} has no {missing.args[0]} there"
            continue
        shown = (
            found if isinstance(found, str) else str(found).lower() if isinstance(found, bool) else str(found)
        )
        if reference.how == "=" and shown != reference.value:
            yield f"{name} has {shown}"
        if reference.how == "~" and reference.value not in shown:
            yield f"{name} does not hold it"


def look(value: Any, path: str) -> Any:
    """Return what stands at a path.

    Raises:
        KeyError: with the step that leads nowhere.

    """
    for match in _STEP.finditer(path):
        step = match[1] or match[2]
        if isinstance(value, dict) and step in value:
            value = value[step]
        elif isinstance(value, list):
            value = _element(value, step)
        else:
            raise KeyError(step)
    return value


def _element(items: list[Any], step: str) -> Any:
    for item in items:
        if item == step or (isinstance(item, dict) and step in {str(item.get(name)) for name in _NAMES}):
            return item
    if step.isdigit() and int(step) < len(items):
        return items[int(step)]
    raise KeyError(step)

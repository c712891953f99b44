"""Whether contestants rendered the same: every field of every object, as a reader of the YAML sees it.

Towpath renders more than the workload asks for. Two annotations are left out of the comparison, and objects of its own
are counted apart.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from benchmarks.documents import identity, load_folder
from benchmarks.workload import ENVIRONMENTS, objects

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from benchmarks.workload import Service

# A restart on changed configuration, and the order of a sync; dictionaries written by hand have neither.
ADDED_ANNOTATIONS = frozenset({"checksum/configuration", "argocd.argoproj.io/sync-wave"})
_SHOWN = 10


@dataclass(frozen=True, slots=True)
class Comparison:
    """What a contestant rendered, held against the workload."""

    same: int
    """Objects equal to those of the workload."""
    added: int
    """Objects that the workload does not ask for."""
    differences: tuple[str, ...]


def compare(folder: Path, listed: Sequence[Service]) -> Comparison:
    """Compare what stands in a contestant's output folder with the workload."""
    found = load_folder(folder)
    wanted = {
        identity(body): body
        for environment in ENVIRONMENTS
        for service in listed
        for body in objects(service, environment)
    }
    differences: list[str] = []
    same = 0
    for key, body in wanted.items():
        if key not in found:
            differences.append(f"{' '.join(key)} is missing")
            continue
        different = list(_differences(body, _without_added(found[key]), " ".join(key)))
        differences += different
        same += not different
    return Comparison(same, len(found.keys() - wanted.keys()), tuple(differences))


def report(name: str, comparison: Comparison) -> str:
    """Return the outcome in a line, and the first differences in a line each."""
    line = f"{name}: {comparison.same} objects as the workload has them, {comparison.added} more"
    shown = [f"  {each}" for each in comparison.differences[:_SHOWN]]
    rest = len(comparison.differences) - len(shown)
    return "\n".join([line, *shown, *([f"  and {rest} more differences"] if rest else [])])


def _without_added(value: Any) -> Any:
    if isinstance(value, list):
        return [_without_added(item) for item in value]
    if not isinstance(value, dict):
        return value
    kept = {}
    for field, item in value.items():
        if field == "annotations":
            others = {name: text for name, text in item.items() if name not in ADDED_ANNOTATIONS}
            if others:
                kept[field] = others
        else:
            kept[field] = _without_added(item)
    return kept


def _differences(wanted: Any, found: Any, path: str) -> Iterator[str]:
    if isinstance(wanted, dict) and isinstance(found, dict):
        for field in sorted(wanted.keys() | found.keys()):
            if field in wanted and field in found:
                yield from _differences(wanted[field], found[field], f"{path}.{field}")
            else:
                yield f"{path}.{field} is {'missing' if field in wanted else 'too much'}"
    elif isinstance(wanted, list) and isinstance(found, list) and len(wanted) == len(found):
        for index, (one, other) in enumerate(zip(wanted, found, strict=True)):
            yield from _differences(one, other, f"{path}[{index}]")
    elif type(wanted) is not type(found) or wanted != found:
        yield f"{path} is {found!r} and not {wanted!r}"

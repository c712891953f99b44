"""The difference between two states of the project's own repository. Only files that differ are read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from towpath.diff.change import Unreadable
from towpath.diff.objects import LIMITS
from towpath.diff.trees import diff_trees, rendering_of
from towpath.repository.port import REGULAR_MODES

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from towpath.diff.change import Diff
    from towpath.repository.port import Entry
    from towpath.repository.working import WorkingRepository

_MODES = {"120000": "a symbolic link", "160000": "another repository"}


def changed_renderings(changed: Mapping[str, object], out: str = "dist") -> set[tuple[str, str]]:
    """Return the environments and platforms that changed paths belong to."""
    return {found for path in changed if (found := rendering_of(path, out)) != ("", "")}


def compare(
    repository: WorkingRepository,
    changed: Mapping[str, tuple[Entry | None, Entry | None]],
    *,
    standing: bool,
    wanted: Callable[[str, str], bool] | None = None,
    environments: Sequence[str] = (),
    out: str = "dist",
) -> Diff:
    """Return the difference that changed paths come to.

    Args:
        repository: where the contents are.
        changed: both sides of each path that differs, as `WorkingRepository.changed` returns them.
        standing: whether the newer side is the files as they are, and not a commit.
        wanted: says of an environment and a platform whether they are wanted; other files are left out then.
        environments: their order in reports.
        out: the output folder.

    """
    others: list[str] = []
    unreadable: list[Unreadable] = []
    sides: tuple[dict[str, Entry], dict[str, Entry]] = ({}, {})
    for path, entries in changed.items():
        home = rendering_of(path, out)
        if home == ("", ""):
            if wanted is None:
                others.append(path)
        elif wanted is None or wanted(*home):
            strange = [entry for entry in entries if entry and entry.mode not in REGULAR_MODES]
            if strange:
                unreadable.append(Unreadable(path, _MODES.get(strange[0].mode, "no plain file")))
                continue
            for side, entry in zip(sides, entries, strict=True):
                if entry:
                    side[path] = entry
    found = _contents(repository, sides, standing=standing)
    for path in sorted({*found[0], *found[1]}):
        sizes = [size for side in found if isinstance(size := side.get(path), int)]
        if sizes:
            unreadable.append(Unreadable(path, f"too large: {max(sizes)} bytes"))
    large = {each.path for each in unreadable}
    before, after = (
        {path: data for path, data in side.items() if isinstance(data, bytes) and path not in large}
        for side in found
    )
    return diff_trees(before, after, out=out, environments=environments, others=others, unreadable=unreadable)


def _contents(
    repository: WorkingRepository, sides: tuple[dict[str, Entry], dict[str, Entry]], *, standing: bool
) -> tuple[dict[str, bytes | int], dict[str, bytes | int]]:
    """Return what both sides hold by path: contents, or the sizes of what is too large."""
    before, after = sides
    # Nobody looks into a link map here, so its id is as good as its content.
    maps = {path for side in sides for path in side if path.endswith(".links")}
    read = [before, {}] if standing else [before, after]
    ids = {entry.id for side in read for path, entry in side.items() if path not in maps}
    blobs = repository.blobs(ids, LIMITS.size)

    def content(path: str, entry: Entry, *, file: bool) -> bytes | int:
        if path in maps:
            return entry.id.encode()
        return repository.standing(path, LIMITS.size) if file else blobs.get(entry.id, b"")

    old = {path: content(path, entry, file=False) for path, entry in before.items()}
    new = {path: content(path, entry, file=standing) for path, entry in after.items()}
    return old, new

"""Planning what to write: the difference between the files wanted and the files present. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from towpath.errors import Place, Problem, TowpathError
from towpath.layout import map_path, rendering_folder
from towpath.link.map import format_map, listed_files

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from towpath.dist.tree import RenderingFiles
    from towpath.link.map import LinkMap

_FEW = 10
"""Up to so many objects, losing most of them is an ordinary change."""


@dataclass(frozen=True, order=True, slots=True)
class FileChange:
    """One file to write or to delete."""

    path: str
    """Relative, with `/`."""
    data: bytes | None
    """The whole new content; None deletes the file."""


@dataclass(frozen=True, slots=True)
class FileChanges:
    """What turns the files present into the files wanted. Each tuple is sorted by path."""

    writes: tuple[FileChange, ...] = ()
    deletions: tuple[FileChange, ...] = ()
    unchanged: int = 0
    foreign: tuple[str, ...] = ()
    """What stands there and is neither wanted nor owned; it stays."""

    @property
    def all(self) -> tuple[FileChange, ...]:
        """Writes and deletions, as `journal.apply` takes them."""
        return (*self.writes, *self.deletions)

    def under(self, folder: str) -> FileChanges:
        """Return the same changes with paths inside a folder."""
        return FileChanges(
            tuple(FileChange(f"{folder}/{each.path}", each.data) for each in self.writes),
            tuple(FileChange(f"{folder}/{each.path}", each.data) for each in self.deletions),
            self.unchanged,
            tuple(f"{folder}/{path}" for path in self.foreign),
        )


def combined(changes: Iterable[FileChanges]) -> FileChanges:
    """Return several sets of changes as one, so that they are applied together or not at all."""
    every = tuple(changes)
    return FileChanges(
        tuple(sorted(change for each in every for change in each.writes)),
        tuple(
            sorted((change for each in every for change in each.deletions), key=lambda change: change.path)
        ),
        sum(each.unchanged for each in every),
        tuple(sorted(path for each in every for path in each.foreign)),
    )


def plan_changes(
    desired: Mapping[str, bytes],
    present: Mapping[str, bytes | None],
    owned: Collection[str],
    *,
    folder: str = "",
) -> FileChanges:
    """Return the changes that turn what is present into what is desired.

    Only owned files are overwritten or deleted. A foreign file that already holds the desired bytes is
    adopted.

    Args:
        desired: The files wanted, by name.
        present: What is there, by name; None for anything that is no plain file (a link, a folder, a device).
        owned: The names that the old link map lists.
        folder: Prefix of the names in messages.

    Raises:
        TowpathError: with a problem for each desired name that something foreign occupies.

    """
    owned = frozenset(owned)
    writes: list[FileChange] = []
    problems: list[Problem] = []
    for name, data in sorted(desired.items()):
        if name in present:
            found = present[name]
            if found == data:
                continue
            if found is None or name not in owned:
                problems.append(_occupied(f"{folder}/{name}" if folder else name, is_file=found is not None))
                continue
        writes.append(FileChange(name, data))
    if problems:
        raise TowpathError(problems)
    gone = {
        name for name, found in present.items() if name not in desired and name in owned and found is not None
    }
    return FileChanges(
        tuple(writes),
        tuple(FileChange(name, None) for name in sorted(gone)),
        len(desired) - len(writes),
        tuple(sorted(name for name in present if name not in desired and name not in gone)),
    )


def plan_rendering(
    environment: str,
    platform: str,
    linked: Mapping[str, bytes],
    link_map: LinkMap | None,
    found: RenderingFiles,
) -> FileChanges:
    """Return the changes for one rendering and its link map, with paths relative to the output folder.

    Args:
        environment: Its name.
        platform: Its name.
        linked: The files wanted, by name.
        link_map: Their map; None where the rendering is to disappear (`linked` is empty then).
        found: What stands in the output folder now. Its map says what is owned, also while it holds a
            merge conflict.

    Raises:
        TowpathError: as `plan_changes`.

    """
    folder = str(rendering_folder(environment, platform))
    present: dict[str, bytes | None] = {**found.files, **dict.fromkeys(found.unexpected)}
    owned = () if found.map_data is None else listed_files(found.map_data)
    files = plan_changes(linked, present, owned, folder=folder).under(folder)
    path = str(map_path(environment, platform))
    # Nobody but Towpath writes a file of this name, so it is ours even where it cannot be read.
    old_map = {} if found.map_data is None else {path: found.map_data}
    new_map = {} if link_map is None else {path: format_map(link_map)}
    return combined((files, plan_changes(new_map, old_map, (path,))))


def check_removal(
    target: str, before: Collection[str], after: Collection[str], *, allow_removal: bool
) -> None:
    """Refuse a compile that loses most of its objects, which is a mistake more often than an intention.

    Args:
        target: `<environment>/<platform>`, for the message.
        before: The files of the old link map; empty for a new rendering.
        after: The files wanted.
        allow_removal: Whether a person asked for it.

    Raises:
        TowpathError: where nothing is left, or more than half of more than ten files go.

    """
    if allow_removal:
        return
    lost = sorted(set(before) - set(after))
    if after and (len(before) <= _FEW or 2 * len(lost) <= len(set(before))):
        return
    what = (
        f"{len(lost)} of {len(set(before))} objects of {target} would be removed"
        if after
        else f"{target} renders no objects"
    )
    example = f" (the first is {lost[0]})" if lost else ""
    raise TowpathError(
        Problem(
            Place(),
            what + example,
            expected="at least one object, and no loss of more than half of them at once",
            remedy="check charts and settings; if it is meant, run the command again with `--allow-removal`",
            rule="dist.removal",
        )
    )


def _occupied(path: str, *, is_file: bool) -> Problem:
    what = "a file that the link map does not list" if is_file else "something that is no plain file"
    return Problem(
        Place(path),
        f"{what} stands where Towpath has to write",
        expected="no file, or the one that Towpath wrote",
        remedy="move it away and run the command again; if the link map was lost, restore it with Git",
        rule="dist.occupied",
    )

"""What a journal says, and whether a set of changes may be applied to a tree at all."""

from __future__ import annotations

import errno
import hashlib
import json
import stat
from dataclasses import dataclass
from typing import TYPE_CHECKING

from towpath.errors import Place, Problem, TowpathError
from towpath.layout import STATE_FOLDER

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from towpath.dist.changes import FileChange

_FORMAT = 1
_LONGEST_PART = 255
# Writing into a repository's own folder could make Git run a program.
_RESERVED = frozenset({"", ".", "..", ".git", STATE_FOLDER})


@dataclass(frozen=True, slots=True)
class Step:
    """One file of a journal."""

    path: str
    """Relative to the tree's root."""
    new: str | None
    """The hash of the new content; None where the file goes."""
    replaces: bool
    """Whether a file stood there, which staging then keeps."""


@dataclass(frozen=True, slots=True)
class Record:
    """What one journal does."""

    steps: tuple[Step, ...]
    folders: tuple[str, ...]
    """Folders that it makes, outer ones first."""

    def to_bytes(self) -> bytes:
        """Return the bytes of the journal."""
        steps = [{"path": each.path, "new": each.new, "replaces": each.replaces} for each in self.steps]
        return json.dumps({"format": _FORMAT, "steps": steps, "folders": self.folders}).encode()


def parse_record(data: bytes) -> Record | None:
    """Return what a journal says, or None where this version of Towpath did not write it."""
    try:
        fields = json.loads(data)
        record = Record(
            tuple(
                Step(
                    str(each["path"]),
                    None if each["new"] is None else str(each["new"]),
                    bool(each["replaces"]),
                )
                for each in fields["steps"]
            ),
            tuple(map(str, fields["folders"])),
        )
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    paths = (*(step.path for step in record.steps), *record.folders)
    if fields.get("format") != _FORMAT or any(_path_fault(path) for path in paths):
        return None
    return record


def plan_record(base: Path, changes: Sequence[FileChange]) -> Record:
    """Return the journal of some changes. Deleting what is not there is nothing to do.

    Raises:
        TowpathError: with a problem for each path that is malformed or stands twice, whose folder is a
            link or a file, that leads to another file system, or where no plain file stands.
        OSError: where the tree cannot be looked at.

    """
    problems = [
        Problem(Place(ascii(each.path)), fault, rule="dist.path")
        for each in changes
        if (fault := _path_fault(each.path))
    ]
    if problems:
        raise TowpathError(problems)
    problems.extend(_overlaps([each.path for each in changes]))
    way = _Way(base)
    steps: list[Step] = []
    for change in sorted(changes, key=lambda each: each.path):
        problem = way.problem(change.path)
        if problem is not None:
            problems.append(problem)
            continue
        exists = way.kind(change.path) is not None
        if change.data is not None:
            way.need(change.path)
            steps.append(Step(change.path, hashlib.sha256(change.data).hexdigest(), exists))
        elif exists:
            steps.append(Step(change.path, None, replaces=True))
    if problems:
        raise TowpathError(problems)
    return Record(tuple(steps), tuple(sorted(way.missing)))


def way_problems(base: Path, record: Record) -> tuple[Problem, ...]:
    """Return a problem for each path of a journal that a link or another obstacle has come to stand in."""
    way = _Way(base)
    found = (way.problem(step.path) for step in record.steps)
    return tuple(problem for problem in found if problem is not None)


class _Way:
    """The folders on the way to the files of one journal; each is looked at once."""

    def __init__(self, base: Path) -> None:
        self._base = base
        self._device = base.stat().st_dev
        self._kinds: dict[str, tuple[int, int] | None] = {}
        self.missing: set[str] = set()

    def kind(self, path: str) -> int | None:
        """Return the type bits of what stands at a path, links not followed; None where nothing does."""
        status = self._status(path)
        return None if status is None else status[0]

    def problem(self, path: str) -> Problem | None:
        for folder in _folders(path):
            status = self._status(folder)
            if status is None:
                return None
            if status[0] != stat.S_IFDIR:
                what = "a symbolic link" if status[0] == stat.S_IFLNK else "a file"
                return _in_the_way(folder, f"{what} stands where a folder is expected")
            if status[1] != self._device:
                return _in_the_way(
                    folder, "the folder is on another file system, where a rename cannot reach"
                )
        if self.kind(path) in {None, stat.S_IFREG}:
            return None
        return _in_the_way(path, "something that is no plain file stands where a file is expected")

    def need(self, path: str) -> None:
        """Note the folders that a file at this path needs and that do not exist."""
        self.missing.update(folder for folder in _folders(path) if self.kind(folder) is None)

    def _status(self, path: str) -> tuple[int, int] | None:
        if path not in self._kinds:
            try:
                status = (self._base / path).lstat()
            except OSError as error:
                if error.errno not in {errno.ENOENT, errno.ENOTDIR}:
                    raise
                self._kinds[path] = None
            else:
                self._kinds[path] = stat.S_IFMT(status.st_mode), status.st_dev
        return self._kinds[path]


def _folders(path: str) -> Iterator[str]:
    """Return the folders on the way to a path, outer ones first."""
    parts = path.split("/")
    return ("/".join(parts[:depth]) for depth in range(1, len(parts)))


def _path_fault(path: str) -> str:
    parts = path.split("/")
    if any(
        part.lower() in _RESERVED or len(part.encode("utf-8", "replace")) > _LONGEST_PART for part in parts
    ):
        return "the path leads out of the tree or to a place that Towpath may not write"
    if not path.isprintable() or "\\" in path:
        return "the path holds a character that a file name may not hold"
    return ""


def _overlaps(paths: Sequence[str]) -> Iterator[Problem]:
    seen: set[str] = set()
    for path in paths:
        if path in seen:
            yield Problem(Place(path), "the same file would be changed twice", rule="dist.path")
        seen.add(path)
    for path in sorted(seen):
        for folder in _folders(path):
            if folder in seen:
                yield Problem(Place(path), f"{folder} would be a file and a folder", rule="dist.path")


def _in_the_way(path: str, what: str) -> Problem:
    return Problem(
        Place(path),
        what,
        remedy="move it away and run the command again",
        rule="dist.in-the-way",
    )

"""Writing commits into the private clone: blobs, a tree by way of a private index, a commit. No working tree."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from towpath.repository.names import folders_of
from towpath.repository.objects import no_file
from towpath.repository.port import REGULAR_MODES, Conflict
from towpath.repository.words import clean

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from towpath.repository.clone import PrivateClone

_NEW_MODE = "100644"
_FOLDER = "040000"
_ABSENT = "0" * 40


@dataclass(frozen=True, slots=True)
class CommitHeader:
    """What a commit says beside its tree."""

    parents: tuple[str, ...]
    message: str
    environment: Mapping[str, str]
    """Author, committer and time as Git's variables."""


@dataclass(frozen=True, slots=True)
class Identity:
    """Who commits are by."""

    name: str = "Towpath"
    email: str = "towpath@localhost"

    def commit(self, parents: Sequence[str], message: str, time: int) -> CommitHeader:
        """Return the header of a commit made at `time` (Unix seconds)."""
        moment = f"@{time} +0000"
        return CommitHeader(
            tuple(dict.fromkeys(parents)),
            message,
            {
                "GIT_AUTHOR_NAME": self.name,
                "GIT_AUTHOR_EMAIL": self.email,
                "GIT_AUTHOR_DATE": moment,
                "GIT_COMMITTER_NAME": self.name,
                "GIT_COMMITTER_EMAIL": self.email,
                "GIT_COMMITTER_DATE": moment,
            },
        )


def write_commit(
    clone: PrivateClone,
    base: str | None,
    changes: Mapping[str, bytes | None],
    modes: Mapping[str, str],
    header: CommitHeader,
) -> str:
    """Return a new commit whose tree is that of `base` with `changes`.

    `modes` says what stands in `base` at the changed paths and above them: a file keeps its mode, and what is none is
    refused. A file gives way to a folder only where its removal is among the changes.

    Raises:
        RepositoryError: not-a-file.

    """
    folders = {folder for path, data in changes.items() if data is not None for folder in folders_of(path)}
    for path in sorted(changes):
        if modes.get(path, _NEW_MODE) not in REGULAR_MODES:
            raise no_file(path, "something else than a plain file stands there", "replace it by a plain file")
    for path in sorted(folders):
        if changes.get(path, b"" if modes.get(path, _FOLDER) != _FOLDER else None) is not None:
            raise no_file(path, "a file or a link stands where a folder is needed", "remove it first")
    with clone.shared(), clone.scratch() as scratch:
        if changes:
            tree = _written_tree(clone, scratch, base, changes, modes)
        elif base is not None:
            tree = _tree_of(clone, base)
        else:
            tree = clone.sound(clone.git("mktree")).out.decode("ascii").strip()
        return _commit(clone, tree, header)


def merge_trees(clone: PrivateClone, base: str, ours: str, theirs: str) -> str | Conflict:
    """Return the merged tree of two commits or trees over a common one, or where they meet.

    Git guesses renames here, whatever its settings say. A change must not land in another file than the one that was
    reviewed, so a guess that had an effect counts as a conflict.
    """
    with clone.shared():
        by_ours, by_theirs = _changes(clone, base, ours), _changes(clone, base, theirs)
        both = {path for path in by_ours.keys() & by_theirs.keys() if by_ours[path] != by_theirs[path]}
        if gone := [path for path in both if by_ours[path] is None or by_theirs[path] is None]:
            return Conflict(tuple(sorted(gone)))
        # Older Git takes no base: so each side becomes a commit on top of one that holds the base.
        made = Identity()
        root = _commit(clone, _tree_of(clone, base), made.commit((), "base", 0))
        sides = [
            _commit(clone, _tree_of(clone, side), made.commit((root,), word, 0))
            for side, word in ((ours, "ours"), (theirs, "theirs"))
        ]
        done = clone.git(
            "merge-tree", "--write-tree", "-z", "--name-only", "--no-messages", "--end-of-options", *sides
        )
        fields = clone.sound(done, (0, 1)).out.decode(errors="surrogateescape").split("\0")
        if done.code:
            return Conflict(tuple(sorted({each for each in fields[1:] if each})))
        merged = _changes(clone, ours, fields[0])
        wanted = {path: after for path, after in by_theirs.items() if path not in by_ours}
        stray = {path for path, _ in merged.items() ^ wanted.items()} - both
        return Conflict(tuple(sorted(stray))) if stray else fields[0]


def _changes(clone: PrivateClone, old: str, new: str) -> dict[str, tuple[str, str] | None]:
    """Return mode and id after a change by path, or None for a removal."""
    done = clone.git(
        "diff-tree", "-r", "-z", "--raw", "--no-renames", "--no-abbrev", "--end-of-options", old, new
    )
    fields = clone.sound(done).out.decode(errors="surrogateescape").split("\0")
    changes = {}
    for record, path in zip(fields[0::2], fields[1::2], strict=False):
        _, mode, _, name, _ = record.split()
        changes[path] = (mode, name) if name.strip("0") else None
    return changes


def _written_tree(
    clone: PrivateClone,
    scratch: Path,
    base: str | None,
    changes: Mapping[str, bytes | None],
    modes: Mapping[str, str],
) -> str:
    index = {"GIT_INDEX_FILE": str(scratch / "index")}
    names = _blobs(clone, scratch, [data for data in changes.values() if data is not None])
    lines = []
    for path, data in sorted(changes.items()):
        if data is None:
            lines.append(f"0 {_ABSENT}\t{path}")
        else:
            mode = modes.get(path, _NEW_MODE)
            lines.append(f"{mode} {names[data]}\t{path}")
    clone.sound(clone.git("read-tree", base or "--empty", extra=index))
    done = clone.git(
        "update-index",
        "--add",
        "-z",
        "--index-info",
        stdin="".join(f"{line}\0" for line in lines).encode(),
        extra=index,
    )
    if done.code:
        # Ids and modes are ours, so it is the paths: a file where a folder stands, or the other way round.
        raise no_file(min(changes), clean(done.errors), "see what stands at this path, and above it")
    return clone.sound(clone.git("write-tree", extra=index)).out.decode("ascii").strip()


def _blobs(clone: PrivateClone, scratch: Path, contents: Sequence[bytes]) -> dict[bytes, str]:
    """Write blobs by one process, their bytes as they are, and return their ids."""
    different = list(dict.fromkeys(contents))
    if not different:
        return {}
    for number, data in enumerate(different):
        (scratch / str(number)).write_bytes(data)
    done = clone.sound(
        clone.git(
            "hash-object",
            "-w",
            "--no-filters",
            "--stdin-paths",
            stdin="".join(f"{number}\n" for number in range(len(different))).encode(),
            folder=scratch,
        )
    )
    return dict(zip(different, done.out.decode("ascii").split(), strict=True))


def _tree_of(clone: PrivateClone, name: str) -> str:
    done = clone.git("rev-parse", "--verify", "--end-of-options", f"{name}^{{tree}}")
    return clone.sound(done).out.decode("ascii").splitlines()[-1]


def _commit(clone: PrivateClone, tree: str, header: CommitHeader) -> str:
    parents = [word for parent in header.parents for word in ("-p", parent)]
    done = clone.git(
        "commit-tree",
        *parents,
        "-F",
        "-",
        "--end-of-options",
        tree,
        stdin=header.message.encode(),
        extra=header.environment,
    )
    return clone.sound(done).out.decode("ascii").strip()

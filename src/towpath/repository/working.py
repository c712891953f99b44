"""Reading the repository that a project stands in: two of its commits, or a commit and the files as they are.

Nothing is written, see `towpath.repository.local_command`. Where Git has to compare a file with its index, a clean
filter of the person's own configuration runs, as it does for `git status`. Paths are relative to the project's root,
with `/` between their parts.
"""

from __future__ import annotations

import hashlib
import io
import os
import re
import stat
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO

from towpath.errors import Place, UsageError, nearest, refuse
from towpath.repository.local_command import ask, no_answer
from towpath.repository.port import Entry

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence
    from pathlib import Path

    from towpath.errors import TowpathError

_NO_MODE = "000000"
_SHOWN = 80
_SHA1 = 40
_CHUNK = 1 << 20
_OBJECT = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class FileVersion:
    """One commit in the history of a file."""

    time: int
    """When it was committed, in Unix seconds."""
    blob: str
    """The id of the content after it; empty where it removed the file."""


@dataclass(frozen=True, slots=True)
class History:
    """The first-parent commits that changed some files."""

    versions: Mapping[str, Sequence[FileVersion]]
    """By path, newest first."""
    complete: bool
    """Whether it reaches back to the first commit."""


class WorkingRepository:
    """The Git repository that a folder stands in, read only.

    Args:
        root: the project's root: the top of the repository, or a folder in it.

    Every method raises TowpathError where Git gives no answer.
    """

    def __init__(self, root: Path) -> None:
        self._root = root

    def commit(self, revision: str) -> str:
        """Return the id of the commit that a revision means: a branch, a tag, `HEAD~2`, or (part of) an id.

        Raises:
            UsageError: where it means none.

        """
        if revision and revision.isprintable():
            name = f"{revision}^{{commit}}"
            answer = ask(self._root, "rev-parse", "--verify", "--quiet", "--end-of-options", name)
            commit = answer.out.decode().strip()
            if answer.code == 0 and _OBJECT.fullmatch(commit):
                return commit
        self._require_repository()
        names = self._git(
            "for-each-ref", "--format=%(refname:short)", "refs/heads", "refs/tags", "refs/remotes"
        )
        known = names.decode(errors="replace").split("\n")[:-1]
        like = nearest(revision, known)
        error = refuse(
            f"there is no revision `{ascii(revision[:_SHOWN])[1:-1]}`",
            expected="a branch, a tag or a commit" if known else "a commit; there is none yet",
            remedy=f"did you mean `{like}`?" if like else "",
            rule="usage.revision",
        )
        raise UsageError(error.problems)

    def changed(self, base: str, head: str | None) -> dict[str, tuple[Entry | None, Entry | None]]:
        """Return what differs between a commit and another one, or the files as they are, by path.

        Files that Git neither tracks nor ignores count. An entry that is a plain file or a symbolic link has the id
        of its blob, also where it stands in no commit.
        """
        common = ("-r", "-z", "--raw", "--no-renames", "--relative", "--no-abbrev", "--ignore-submodules=all")
        if head is not None:
            raw = self._git("diff-tree", *common, "--end-of-options", base, head)
            return dict(_raw_entries(raw))
        raw = self._git("diff-index", *common[1:], "--end-of-options", base)
        untracked = self._git("ls-files", "-z", "--others", "--exclude-standard")
        before = {path: old for path, (old, _) in _raw_entries(raw)}
        before |= {path: before.get(path) for path in _paths(untracked)}
        found = {path: (old, self._standing(path, len(base) if old else 0)) for path, old in before.items()}
        return {path: sides for path, sides in found.items() if sides[0] != sides[1]}

    def blobs(self, ids: Collection[str], limit: int) -> dict[str, bytes | int]:
        """Return contents by id; of a blob of more than `limit` bytes, its size. Missing ones are left out."""
        wanted = sorted(set(ids))
        sizes = self._sizes(wanted)
        small = [each for each in wanted if each in sizes and sizes[each] <= limit]
        contents = _batched(self._git("cat-file", "--batch", stdin=_listed(small)))
        large = {each: size for each, size in sizes.items() if size > limit}
        return {**contents, **large}

    def standing(self, path: str, limit: int) -> bytes | int:
        """Return the content of a plain file as it stands; of one of more than `limit` bytes, its size."""
        try:
            with (self._root / path).open("rb") as file:
                size = os.fstat(file.fileno()).st_size
                return size if size > limit else file.read(limit)
        except OSError as error:
            raise _unreadable(path, error) from None

    def history(self, paths: Sequence[str], limit: int) -> History:
        """Return the first-parent commits up to HEAD that changed files, the latest `limit` of them."""
        if not paths or ask(self._root, "rev-parse", "--verify", "--quiet", "HEAD").code:
            return History({}, complete=True)
        raw = self._git(
            "log",
            f"--max-count={limit}",
            "--first-parent",
            "-m",
            "-z",
            "--raw",
            "--no-renames",
            "--relative",
            "--no-abbrev",
            "--format=%x01%ct",
            "HEAD",
            "--",
            *paths,
        )
        versions: dict[str, list[FileVersion]] = {}
        commits = raw.split(b"\x01")[1:]
        for part in commits:
            time, _, changes = part.partition(b"\x00")
            for path, (_, new) in _raw_entries(changes.strip(b"\n\x00")):
                versions.setdefault(path, []).append(FileVersion(int(time), new.id if new else ""))
        shallow = self._git("rev-parse", "--is-shallow-repository").strip() == b"true"
        return History(versions, complete=len(commits) < limit and not shallow)

    def is_repository(self) -> bool:
        """Return whether the folder stands in a working tree of Git; also False where there is no Git."""
        try:
            self._require_repository()
        except UsageError:
            return False
        return True

    def _standing(self, path: str, length: int) -> Entry | None:
        """Return the entry that a path of the working tree would be, with an id of so many digits."""
        file = self._root / path
        try:
            mode = file.lstat().st_mode
            if stat.S_ISLNK(mode):
                return Entry("120000", _blob_id(io.BytesIO(os.fsencode(file.readlink())), length))
            if stat.S_ISREG(mode):
                with file.open("rb") as content:
                    return Entry("100755" if mode & stat.S_IXUSR else "100644", _blob_id(content, length))
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            raise _unreadable(path, error) from None
        return Entry("160000" if stat.S_ISDIR(mode) else _NO_MODE, "")

    def _sizes(self, ids: Sequence[str]) -> dict[str, int]:
        lines = self._git("cat-file", "--batch-check", stdin=_listed(ids)).decode().split("\n")[:-1]
        words = [line.split(" ") for line in lines]
        return {each[0]: int(each[2]) for each in words if len(each) == 3 and each[1] == "blob"}  # noqa: PLR2004 -- id, type and size

    def _git(self, *arguments: str, stdin: bytes = b"") -> bytes:
        answer = ask(self._root, *arguments, stdin=stdin)
        if answer.code:
            self._require_repository()
            raise no_answer(arguments[0], answer.errors.decode(errors="replace"))
        return answer.out

    def _require_repository(self) -> None:
        answer = ask(self._root, "rev-parse", "--is-inside-work-tree")
        if answer.code == 0 and answer.out.strip() == b"true":
            return
        words = answer.errors.decode(errors="replace")
        if "dubious ownership" in words:
            remedy = (
                "run it as the owner, or trust the folder: git config --global --add safe.directory <folder>"
            )
            error = refuse(
                f"Git does not trust {self._root}: it belongs to somebody else",
                remedy=remedy,
                rule="usage.git",
            )
        else:
            error = refuse(
                f"{self._root} is in no Git repository",
                expected="a project under Git",
                remedy="run `git init` and commit, or name another project with --project",
                rule="usage.git",
            )
        raise UsageError(error.problems)


def _raw_entries(raw: bytes) -> Iterator[tuple[str, tuple[Entry | None, Entry | None]]]:
    """Yield path and both sides from the form that `--raw -z` has."""
    fields = raw.split(b"\x00")
    for head, path in zip(fields[:-1:2], fields[1::2], strict=False):
        old_mode, new_mode, old, new = head.decode().removeprefix(":").split(" ")[:4]
        yield os.fsdecode(path), (_entry(old_mode, old), _entry(new_mode, new))


def _entry(mode: str, blob: str) -> Entry | None:
    return None if mode == _NO_MODE else Entry(mode, blob)


def _paths(raw: bytes) -> list[str]:
    return [os.fsdecode(path) for path in raw.split(b"\x00")[:-1]]


def _listed(ids: Sequence[str]) -> bytes:
    return "".join(f"{each}\n" for each in ids).encode()


def _batched(raw: bytes) -> dict[str, bytes]:
    """Return contents by id from the output of `cat-file --batch`."""
    found: dict[str, bytes] = {}
    at = 0
    while at < len(raw):
        end = raw.index(b"\n", at)
        words = raw[at:end].decode().split(" ")
        at = end + 1
        if len(words) == 3:  # noqa: PLR2004 -- id, type and size; a missing one has two words
            size = int(words[2])
            found[words[0]] = raw[at : at + size]
            at += size + 1
    return found


def _blob_id(content: BinaryIO, length: int) -> str:
    """Return Git's name for a content, of 40 or 64 digits; of none, an empty one, and nothing is read."""
    if not length:
        return ""
    made = hashlib.sha1(usedforsecurity=False) if length == _SHA1 else hashlib.sha256()
    made.update(b"blob %d\x00" % content.seek(0, os.SEEK_END))
    content.seek(0)
    while chunk := content.read(_CHUNK):
        made.update(chunk)
    return made.hexdigest()


def _unreadable(path: str, error: OSError) -> TowpathError:
    return refuse(f"cannot be read: {error.strerror}", place=Place(path), rule="project.unreadable")

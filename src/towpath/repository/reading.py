"""Reading from the private clone: one Git process for a question, whatever the number of files.

Each function raises DamagedCloneError where Git cannot answer; whether that is because a commit is unknown is for the
caller to find out (`known_objects`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from towpath.repository.clone import DamagedCloneError
from towpath.repository.names import OWN_REFS, folders_of
from towpath.repository.objects import (
    no_file,
    parse_batch,
    parse_commit,
    parse_history,
    parse_raw_tree,
    parse_tree,
)
from towpath.repository.port import REGULAR_MODES, Fault, RepositoryError
from towpath.repository.remote import TRACKED

if TYPE_CHECKING:
    from collections.abc import Sequence

    from towpath.repository.clone import PrivateClone
    from towpath.repository.objects import SizedEntry
    from towpath.repository.port import Commit

FILE_LIMIT = 16 << 20
"""Bytes of one file that are read."""
# Far below what an argument list may hold.
_PATHS_AT_ONCE = 500
_KINDS = {"120000": "it is a symbolic link", "160000": "it is a submodule", "040000": "it is a folder"}


def local_refs(clone: PrivateClone) -> dict[str, str]:
    """Return the commits that the clone's refs name, by the remote's names for them. The caller holds a lock."""
    # Asking for the type has Git open every one of them.
    done = clone.sound(
        clone.git("for-each-ref", "--format=%(objecttype) %(objectname) %(refname)", TRACKED, OWN_REFS)
    )
    refs = {}
    for line in done.out.decode(errors="surrogateescape").splitlines():
        kind, name, ref = line.split(" ", 2)
        if kind == "commit":
            refs[f"refs/heads/{ref.removeprefix(TRACKED)}" if ref.startswith(TRACKED) else ref] = name
    return refs


def known_objects(clone: PrivateClone, names: Sequence[str]) -> set[str]:
    """Return which of some objects the clone has."""
    done = clone.ask("cat-file", "--batch-check", stdin=_lines(names))
    answers = [line.split() for line in done.out.decode("ascii").splitlines()]
    return {words[0] for words in answers if words[-1] != "missing"}


def read_commits(clone: PrivateClone, names: Sequence[str]) -> list[Commit]:
    """Return commits, in the order asked for."""
    return [parse_commit(name, data) for name, data in zip(names, _contents(clone, names), strict=True)]


def read_tree(clone: PrivateClone, commit: str, paths: Sequence[str], *options: str) -> dict[str, SizedEntry]:
    """Return what stands at some paths, or in the whole root where none are given."""
    found: dict[str, SizedEntry] = {}
    for start in range(0, max(1, len(paths)), _PATHS_AT_ONCE):
        some = paths[start : start + _PATHS_AT_ONCE]
        done = clone.ask("ls-tree", "-z", "-l", "--full-tree", *options, "--end-of-options", commit, *some)
        found |= parse_tree(done.out)
    return found


def read_files(clone: PrivateClone, commit: str, paths: Sequence[str]) -> dict[str, bytes]:
    """Return the contents of the files among some paths.

    Raises:
        RepositoryError: not-a-file, too-large.

    """
    if not paths:
        return {}
    tree = read_tree(clone, commit, paths)
    # Git does not name a folder beside a file in it that was asked for too.
    folders = {folder for path in tree for folder in folders_of(path)}
    if inside := folders.intersection(paths):
        raise no_file(min(inside), _KINDS["040000"], "ask for the files in it")
    for path, each in tree.items():
        if each.entry.mode not in REGULAR_MODES:
            why = _KINDS.get(each.entry.mode, f"its mode is {each.entry.mode}")
            raise no_file(path, why, "replace it by a plain file")
        if each.size > FILE_LIMIT:
            raise RepositoryError(
                Fault.TOO_LARGE,
                f"`{path}` in the environment repository has {each.size} bytes",
                f"at most {FILE_LIMIT} bytes",
                "take it out of envs/ and dist/",
            )
    contents = _contents(clone, [each.entry.id for each in tree.values()])
    return dict(zip(tree, contents, strict=True))


def read_roots(clone: PrivateClone, commits: Sequence[str]) -> dict[str, dict[str, bytes]]:
    """Return the plain files at the root of several commits, by commit and name."""
    different = list(dict.fromkeys(commits))
    trees = _contents(clone, [f"{commit}^{{tree}}" for commit in different])
    roots = {
        commit: {
            name: entry.id
            for name, entry in parse_raw_tree(data, commit).items()
            if entry.mode in REGULAR_MODES
        }
        for commit, data in zip(different, trees, strict=True)
    }
    blobs = list(dict.fromkeys(blob for root in roots.values() for blob in root.values()))
    contents = dict(zip(blobs, _contents(clone, blobs), strict=True))
    return {commit: {name: contents[blob] for name, blob in root.items()} for commit, root in roots.items()}


def read_history(clone: PrivateClone, tip: str, path: str, limit: int) -> list[tuple[Commit, bytes | None]]:
    """Return the first-parent commits that changed a path, with the plain file that each left there."""
    done = clone.ask(
        "log",
        "--first-parent",
        "--diff-merges=first-parent",
        "--root",
        "--raw",
        "-z",
        "--no-abbrev",
        "--no-renames",
        "--format=%x01%H",
        f"--max-count={limit}",
        "--end-of-options",
        tip,
        "--",
        path,
    )
    steps = list(parse_history(done.out, path))
    commits = read_commits(clone, [name for name, _ in steps])
    files = [entry.id for _, entry in steps if entry is not None and entry.mode in REGULAR_MODES]
    contents = dict(zip(files, _contents(clone, files), strict=True))
    return [
        (commit, None if entry is None else contents.get(entry.id))
        for commit, (_, entry) in zip(commits, steps, strict=True)
    ]


def _contents(clone: PrivateClone, names: Sequence[str]) -> list[bytes]:
    if not names:
        return []
    found = parse_batch(clone.ask("cat-file", "--batch", stdin=_lines(names)).out, len(names))
    whole = [data for data in found if data is not None]
    if len(whole) != len(found):
        raise DamagedCloneError("objects are missing")
    return whole


def _lines(names: Sequence[str]) -> bytes:
    return "".join(f"{name}\n" for name in names).encode()

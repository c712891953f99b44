"""Which names of branches, refs and files Towpath writes: allow-lists, far stricter than Git's own (P14, P15). Pure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

HEADS = "refs/heads/"
OWN_REFS = "refs/towpath/"

NAME_LIMIT = 200
"""Characters of a branch name: a file of this name, with `.lock` behind it, can exist everywhere."""
_PATH_LIMIT = 1024
_PART_LIMIT = 255

_PART = re.compile(r"[a-z0-9](?:[a-z0-9._-]{0,61}[a-z0-9])?")
_OBJECT = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
_DEVICE = re.compile(r"(?:con|nul|prn|aux|com[0-9]|lpt[0-9])(?:\..*)?", re.IGNORECASE)
# What some file system drops, folds or takes for a separator; the rest of ASCII that can be seen is fine.
_FILE_PART = re.compile(r"[A-Za-z0-9_.+=,@%^(){}\[\]!#$&';~ -]+")
# NTFS gives `.git` a short name, and macOS a name for its resources.
_GIT_ALIAS = re.compile(r"\.git|git~[0-9]+|\.git[. ]+", re.IGNORECASE)


def branch_fault(name: str) -> str:
    """Return why Towpath does not write a branch of this name, or an empty string."""
    if len(name) > NAME_LIMIT:
        return f"it has {len(name)} characters, and at most {NAME_LIMIT} are safe everywhere"
    parts = name.split("/")
    if not all(_PART.fullmatch(part) for part in parts):
        return (
            "each part between slashes has to be 1 to 63 lower-case ASCII letters, digits, and inner dots, hyphens "
            "and underscores"
        )
    if ".." in name or any(part.endswith(".lock") for part in parts):
        return "Git does not take `..` and parts that end in `.lock`"
    if parts[0] in {"refs", "head"} or _OBJECT.fullmatch(name):
        return "Git could take it for something else than a branch"
    if any(_DEVICE.fullmatch(part) for part in parts):
        return "some systems reserve a part of it for a device"
    return ""


def branch_clash(name: str, existing: Iterable[str]) -> str:
    """Return a branch that `name` cannot stand beside, or an empty string.

    Two names clash where one is a folder of the other (`apps` and `apps/b`) or where they differ in case only.
    """
    folded = name.casefold()
    for other in sorted(existing):
        like = other.casefold()
        if other != name and (
            like == folded or like.startswith(f"{folded}/") or folded.startswith(f"{like}/")
        ):
            return other
    return ""


def ref_fault(ref: str) -> str:
    """Return why Towpath does not touch a ref of this full name, or an empty string."""
    for prefix in (HEADS, OWN_REFS):
        if ref.startswith(prefix):
            return branch_fault(ref.removeprefix(prefix))
    return f"it is neither below {HEADS} nor below {OWN_REFS}"


def path_fault(path: str) -> str:
    """Return why a path cannot be a file that Towpath reads or writes, or an empty string."""
    parts = path.split("/")
    if len(path) > _PATH_LIMIT or any(len(part) > _PART_LIMIT for part in parts):
        return f"it is longer than {_PATH_LIMIT} characters, or a part of it than {_PART_LIMIT}"
    if "" in parts:
        return "it is absolute, or a part of it is empty"
    if "." in parts or ".." in parts:
        return "it has a part `.` or `..`"
    if any(_GIT_ALIAS.fullmatch(part) for part in parts):
        return "Git keeps that name for itself"
    if not all(_FILE_PART.fullmatch(part) for part in parts):
        return "it holds characters that not every file system can keep"
    if any(part.endswith((".", " ")) or part.startswith(" ") or _DEVICE.fullmatch(part) for part in parts):
        return "some systems give a part of it another meaning"
    return ""


def folders_of(path: str) -> list[str]:
    """Return the folders that a path stands in, the outermost first."""
    return [path[:at] for at, letter in enumerate(path) if letter == "/"]


def is_object_id(text: str) -> bool:
    """Tell whether a text is the full id of an object."""
    return _OBJECT.fullmatch(text) is not None

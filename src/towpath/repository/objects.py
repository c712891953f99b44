"""Git's objects as Git prints them, turned into values. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

from towpath.repository.port import Commit, Entry, Fault, RepositoryError

if TYPE_CHECKING:
    from collections.abc import Iterator

_TRAILER = re.compile(r"([A-Za-z][A-Za-z0-9-]*): ?(.*)")
_PERSON = re.compile(r"(.*) (-?[0-9]+) [+-][0-9]+")
_HISTORY_ENTRY = re.compile(rb":\d{6} (\d{6}) [0-9a-f]+ ([0-9a-f]+) [A-Z]\d*")


@dataclass(frozen=True, slots=True)
class SizedEntry:
    """What stands at a path, with its length in bytes; 0 for what is no blob."""

    entry: Entry
    size: int


def parse_batch(output: bytes, asked: int) -> list[bytes | None]:
    """Return the contents that `cat-file --batch` printed for each object asked for, None for a missing one.

    Raises:
        ValueError: where the output is no such thing.

    """
    contents: list[bytes | None] = []
    at = 0
    while at < len(output):
        end = output.index(b"\n", at)
        words = output[at:end].rsplit(b" ", 2)
        at = end + 1
        if words[-1] in {b"missing", b"ambiguous"}:
            contents.append(None)
            continue
        size = int(words[-1])
        contents.append(output[at : at + size])
        at += size + 1
    if len(contents) != asked or at != len(output):
        raise ValueError("cat-file was cut short")
    return contents


def parse_commit(name: str, data: bytes) -> Commit:
    """Return the commit that an object's content says.

    Raises:
        ValueError: where it is no commit.

    """
    head, _, message = data.decode(errors="replace").partition("\n\n")
    tree, parents, author, time = "", [], "", 0
    for line in head.split("\n"):
        key, _, value = line.partition(" ")
        if key == "tree":
            tree = value
        elif key == "parent":
            parents.append(value)
        elif key == "author" and (found := _PERSON.fullmatch(value)):
            author = found[1]
        elif key == "committer" and (found := _PERSON.fullmatch(value)):
            time = int(found[2])
    if not tree:
        raise ValueError("no commit")
    return Commit(
        name, tuple(parents), tree, message, time, author, MappingProxyType(parse_trailers(message))
    )


def parse_trailers(message: str) -> dict[str, str]:
    """Return the `Name: value` lines of a message's last paragraph, which has to hold nothing else.

    A line that begins with a space goes on with the value before. The first paragraph is the subject, never trailers.
    """
    paragraphs = re.split(r"\n[ \t]*\n", message.strip("\n"))
    if len(paragraphs) == 1:
        return {}
    trailers: dict[str, str] = {}
    name = ""
    for line in paragraphs[-1].split("\n"):
        if line.startswith((" ", "\t")) and name:
            trailers[name] = f"{trailers[name]} {line.strip()}".strip()
            continue
        found = _TRAILER.fullmatch(line.rstrip())
        if not found:
            return {}
        name = found[1]
        trailers[name] = found[2].strip()
    return trailers


def parse_tree(output: bytes) -> dict[str, SizedEntry]:
    """Return what `ls-tree -z -l` printed, by path. Names that are not UTF-8 keep their bytes as surrogates."""
    found = {}
    for record in output.split(b"\0"):
        if record:
            words, _, path = record.partition(b"\t")
            mode, _, name, size = words.decode("ascii").split()
            entry = Entry(mode, name)
            found[path.decode(errors="surrogateescape")] = SizedEntry(entry, 0 if size == "-" else int(size))
    return found


def parse_raw_tree(data: bytes, like: str) -> dict[str, Entry]:
    """Return what a tree object's content says, by name; `like` is some id, as long as those in the tree.

    Raises:
        ValueError: where it is no tree.

    """
    width = len(like) // 2
    found, at = {}, 0
    while at < len(data):
        end = data.index(b"\0", at)
        mode, _, name = data[at:end].partition(b" ")
        at = end + 1 + width
        found[name.decode(errors="surrogateescape")] = Entry(
            mode.decode("ascii").zfill(6), data[end + 1 : at].hex()
        )
    return found


def parse_changes(output: bytes) -> dict[str, tuple[str | None, str | None]]:
    """Return what `diff-tree -r -z --raw` printed: ids before and after by path."""
    fields = output.split(b"\0")
    changes = {}
    for record, path in zip(fields[0::2], fields[1::2], strict=False):
        _, _, before, after, _ = record.decode("ascii").split()
        changes[path.decode(errors="surrogateescape")] = (_present(before), _present(after))
    return changes


def parse_history(output: bytes, path: str) -> Iterator[tuple[str, Entry | None]]:
    """Yield commits and what each left at `path`, from `log --raw -z --format=%x01%H`."""
    wanted = path.encode(errors="surrogateescape")
    commit, entry = "", None
    fields = iter(output.split(b"\0"))
    for field in fields:
        if field.startswith(b"\1"):
            if commit:
                yield commit, entry
            commit, entry = field[1:].decode("ascii"), None
        elif found := _HISTORY_ENTRY.fullmatch(field.strip(b"\n")):
            name = _present(found[2].decode("ascii"))
            if next(fields, b"") == wanted and name:
                entry = Entry(found[1].decode("ascii"), name)
    if commit:
        yield commit, entry


def no_file(path: str, why: str, remedy: str) -> RepositoryError:
    """Return the error for a path at which no plain file stands, or can stand."""
    shown = ascii(path)[1:-1]
    return RepositoryError(
        Fault.NOT_A_FILE,
        f"`{shown[:200]}` in the environment repository is no file that Towpath touches: {why}",
        "a plain file below the root of the repository",
        remedy,
    )


def _present(name: str) -> str | None:
    return name if name.strip("0") else None

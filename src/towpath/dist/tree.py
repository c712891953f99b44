"""Reading the output folder: one rendering's files, without following anything that leads elsewhere."""

from __future__ import annotations

import errno
import os
import stat
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from towpath.errors import Place, refuse
from towpath.layout import MAP_SUFFIX, STATE_FOLDER, is_name, map_path, rendering_folder
from towpath.link.map import is_file_name

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from pathlib import Path

_FOLDER_FLAGS = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW
_FILE = "a file"
_FOLDER = "a folder"
_KINDS = {
    stat.S_IFREG: _FILE,
    stat.S_IFDIR: _FOLDER,
    stat.S_IFLNK: "a symbolic link",
    stat.S_IFIFO: "a pipe",
    stat.S_IFSOCK: "a socket",
    stat.S_IFBLK: "a device",
    stat.S_IFCHR: "a device",
}

MAX_FILE = 8 * 2**20
"""Bytes. An API server takes objects of 1.5 MiB, and a map of 10,000 files has 4 MiB."""


@dataclass(frozen=True, slots=True)
class RenderingFiles:
    """What stands in the folder of one rendering."""

    files: dict[str, bytes] = field(default_factory=dict)
    """By name relative to the rendering's folder; only names that a link map may list."""
    unexpected: dict[str, str] = field(default_factory=dict)
    """What else is there, by name: what it is, in words that follow `stands in`: `a symbolic link`."""
    map_data: bytes | None = None
    """The bytes of the link map beside the folder; None where there is none."""


@dataclass(frozen=True, slots=True)
class Renderings:
    """What stands in the output folder."""

    found: tuple[tuple[str, str], ...]
    """Environment and platform of each rendering that has a link map or a folder, sorted."""
    unexpected: dict[str, str]
    """What else is there, by path relative to the output folder, in words."""


def read_rendering(
    out: Path, environment: str, platform: str, clusters: Collection[str] = ()
) -> RenderingFiles:
    """Return the files of one rendering. A folder that does not exist is empty.

    Args:
        out: The output folder.
        environment: Its name.
        platform: Its name.
        clusters: The folders inside the rendering's that its map lists; other folders are unexpected.

    Raises:
        TowpathError: where the way to the folder leads through something that is no folder, or reading fails.

    """
    with _translated(out):
        folder = rendering_folder(environment, platform)
        link_map = map_path(environment, platform)
        files: dict[str, bytes] = {}
        unexpected: dict[str, str] = {}
        map_data = None
        with _opened(out, folder.parent.parts) as parent:
            if parent is not None:
                map_data = _map_bytes(parent, link_map.name, f"{out.name}/{link_map}")
        with _opened(out, folder.parts) as opened:
            if opened is not None:
                _read_into(files, unexpected, opened, "", clusters)
        return RenderingFiles(files, unexpected, map_data)


def read_files(out: Path, environment: str, platform: str, names: Collection[str]) -> dict[str, bytes]:
    """Return those of the named files that exist: what a change of a few pins reads.

    Raises:
        TowpathError: as `read_rendering`, and where a name is not one that a link map may list.

    """
    found: dict[str, bytes] = {}
    folder = rendering_folder(environment, platform)
    with _translated(out):
        for name in sorted(names):
            if not is_file_name(name):
                raise refuse(f"{name!a} is not a file name that Towpath writes", rule="dist.name")
            *inner, last = name.split("/")
            with _opened(out, (*folder.parts, *inner)) as opened:
                if opened is None:
                    continue
                data = _file_bytes(opened, last)
            if isinstance(data, bytes):
                found[name] = data
            elif data is not None:
                raise refuse(
                    f"{data} stands where a file is expected",
                    place=Place(f"{out.name}/{folder}/{name}"),
                    remedy="remove it and restore the file with Git",
                    rule="dist.not-a-file",
                )
    return found


def read_map(out: Path, environment: str, platform: str) -> bytes | None:
    """Return the bytes of a rendering's link map, or None where there is none.

    Raises:
        TowpathError: as `read_rendering`.

    """
    link_map = map_path(environment, platform)
    with _translated(out), _opened(out, link_map.parent.parts) as parent:
        return None if parent is None else _map_bytes(parent, link_map.name, f"{out.name}/{link_map}")


def list_renderings(out: Path) -> Renderings:
    """Return the renderings that the output folder holds, and what does not belong there.

    Raises:
        TowpathError: as `read_rendering`.

    """
    found: set[tuple[str, str]] = set()
    unexpected: dict[str, str] = {}
    with _translated(out):
        for environment, kind in _entries(out, ()):
            if kind != _FOLDER or not is_name(environment):
                if environment != STATE_FOLDER:
                    unexpected[environment] = kind
                continue
            for name, inner_kind in _entries(out, (environment,)):
                platform = name.removesuffix(MAP_SUFFIX)
                wanted = _FILE if name != platform else _FOLDER
                if inner_kind == wanted and is_name(platform):
                    found.add((environment, platform))
                else:
                    unexpected[f"{environment}/{name}"] = inner_kind
    return Renderings(tuple(sorted(found)), unexpected)


def _read_into(
    files: dict[str, bytes], unexpected: dict[str, str], folder: int, prefix: str, clusters: Collection[str]
) -> None:
    with os.scandir(folder) as scan:
        entries = sorted((entry.name, entry.is_dir(follow_symlinks=False)) for entry in scan)
    for name, is_folder in entries:
        if is_folder and not prefix and name in clusters:
            inner = os.open(name, _FOLDER_FLAGS, dir_fd=folder)
            try:
                _read_into(files, unexpected, inner, f"{name}/", ())
            finally:
                os.close(inner)
            continue
        data = _file_bytes(folder, name) if is_file_name(prefix + name) else _kind(folder, name)
        if isinstance(data, bytes):
            files[prefix + name] = data
        elif data is not None:
            unexpected[prefix + name] = data


def _map_bytes(parent: int, name: str, shown: str) -> bytes | None:
    data = _file_bytes(parent, name)
    if isinstance(data, str):
        raise refuse(
            f"{data} stands where the link map is expected",
            place=Place(shown),
            remedy="remove it and restore the link map with Git, or run `towpath synth`",
            rule="dist.not-a-file",
        )
    return data


def _file_bytes(folder: int, name: str) -> bytes | str | None:
    """Return the bytes of a file, or in words what else stands there, or None where nothing does."""
    try:
        # O_NONBLOCK: a pipe in the folder must not make the command wait for ever.
        opened = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK, dir_fd=folder)
    except FileNotFoundError:
        return None
    except OSError as error:
        if error.errno in {errno.ELOOP, errno.ENXIO, errno.EMLINK}:
            return _kind(folder, name)
        raise
    try:
        status = os.fstat(opened)
        if not stat.S_ISREG(status.st_mode):
            return _kind_of(status.st_mode)
        if status.st_size > MAX_FILE:
            return f"a file of more than {MAX_FILE // 2**20} MiB"
        return _read_all(opened, status.st_size)
    finally:
        os.close(opened)


def _read_all(opened: int, size: int) -> bytes:
    data = os.read(opened, size + 1)
    parts = [data]
    while data:
        data = os.read(opened, MAX_FILE)
        parts.append(data)
    return b"".join(parts)


def _kind(folder: int, name: str) -> str | None:
    try:
        return _kind_of(os.stat(name, dir_fd=folder, follow_symlinks=False).st_mode)
    except FileNotFoundError:
        return None


def _kind_of(mode: int) -> str:
    return _KINDS.get(stat.S_IFMT(mode), "something that is neither a file nor a folder")


def _entries(out: Path, parts: tuple[str, ...]) -> list[tuple[str, str]]:
    """Return the sorted names in a folder with their kinds."""
    with _opened(out, parts) as opened:
        if opened is None:
            return []
        with os.scandir(opened) as scan:
            names = sorted(entry.name for entry in scan)
        return [(name, kind) for name in names if (kind := _kind(opened, name)) is not None]


@contextmanager
def _opened(out: Path, parts: tuple[str, ...]) -> Iterator[int | None]:
    """Open a folder below the output folder without following links, or give None where there is none."""
    current: int | None = None
    try:
        try:
            current = os.open(out, os.O_RDONLY | os.O_DIRECTORY)
            for depth, part in enumerate(parts, 1):
                inner = _open_folder(current, part, "/".join((out.name, *parts[:depth])))
                os.close(current)
                current = inner
        except FileNotFoundError:
            if current is not None:
                os.close(current)
            current = None
        yield current
    finally:
        if current is not None:
            os.close(current)


def _open_folder(parent: int, name: str, shown: str) -> int:
    try:
        return os.open(name, _FOLDER_FLAGS, dir_fd=parent)
    except OSError as error:
        if error.errno in {errno.ELOOP, errno.ENOTDIR, errno.EMLINK}:
            raise refuse(
                f"{_kind(parent, name)} stands where a folder is expected",
                place=Place(shown),
                remedy="remove it and restore the folder with Git",
                rule="dist.not-a-folder",
            ) from None
        raise


@contextmanager
def _translated(out: Path) -> Iterator[None]:
    """Turn an error of the system into one message."""
    try:
        yield
    except OSError as error:
        where = error.filename if isinstance(error.filename, str) else out.name
        raise refuse(
            f"reading failed: {error.strerror or error}",
            place=Place(where),
            remedy="check the permissions of the output folder and the disk",
            rule="dist.unreadable",
        ) from error

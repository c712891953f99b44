"""Watching what charts do: a chart may read its own folder and what is installed, and nothing else.

The cache's key covers exactly that, so a chart that read anything more would be skipped when it should run again. What
a chart does beside reading would not happen again either, so it may change nothing.
"""

from __future__ import annotations

import importlib.metadata
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from towpath.errors import NOWHERE, Place, TowpathError, refuse
from towpath.synth.inputs import PACKAGE_FILE

if TYPE_CHECKING:
    from collections.abc import Iterable
    from types import FrameType

_READING = frozenset({"open", "os.listdir", "os.scandir"})
_REACHING_OUT = {
    "subprocess.Popen": "starts a process",
    "os.system": "starts a process",
    "os.exec": "starts a process",
    "os.posix_spawn": "starts a process",
    "os.fork": "starts a process",
    "os.forkpty": "starts a process",
    "socket.connect": "opens a network connection",
    "socket.sendto": "opens a network connection",
    "socket.sendmsg": "opens a network connection",
    "socket.bind": "opens a network connection",
    "socket.getaddrinfo": "looks up a host name",
    "socket.gethostbyname": "looks up a host name",
    "socket.gethostbyaddr": "looks up a host name",
    "os.chmod": "changes files",
    "os.link": "changes files",
    "os.mkdir": "changes files",
    "os.remove": "changes files",
    "os.rename": "changes files",
    "os.rmdir": "changes files",
    "os.symlink": "changes files",
    "os.truncate": "changes files",
}
_DEVICES = frozenset({"/dev/null", "/dev/urandom", "/dev/random"})
# Both list the folders of the import path to find modules and distributions.
_FINDERS = frozenset({"<frozen importlib._bootstrap_external>", importlib.metadata.__file__})


class ReadGuard:
    """An audit hook that refuses undeclared reads while it is entered. There is one a process."""

    def __init__(self, root: Path, allowed: Iterable[str]) -> None:
        self._root = root
        folders = {sys.prefix, sys.base_prefix, sys.exec_prefix, str(Path(__file__).parent.parent)}
        folders |= {entry for entry in sys.path if entry.endswith(("site-packages", "dist-packages"))}
        self._installed = tuple(sorted({os.path.realpath(each) + os.sep for each in folders if each}))
        self._package = os.path.realpath(root / PACKAGE_FILE)
        self._allowed: tuple[str, ...] = ()
        self.allow(allowed)
        self._active = False
        self._refusal: TowpathError | None = None
        sys.addaudithook(self._hear)

    def allow(self, folders: Iterable[str]) -> None:
        """Set the folders that may be read, relative to the root."""
        self._allowed = tuple(os.path.realpath(self._root / each) for each in folders)

    def __enter__(self) -> None:
        self._refusal = None
        # Sources are what the key covers; bytecode beside them may be that of another version with equal time and size.
        self._cache_tag = sys.implementation.cache_tag
        sys.implementation.cache_tag = None  # type: ignore[assignment] # documented: None is no bytecode
        self._active = True

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self._active = False
        sys.implementation.cache_tag = self._cache_tag
        # A chart that caught the refusal and went on is refused all the same.
        if self._refusal is not None and kind is None:
            raise self._refusal

    def _hear(self, event: str, arguments: tuple[Any, ...]) -> None:
        if not self._active:
            return
        if event in _READING:
            self._check_read(event, arguments)
        elif event in _REACHING_OUT:
            self._active = False
            try:
                place = chart_place(self._root)
            finally:
                self._active = True
            raise self._reaching_out(_REACHING_OUT[event], place)

    def _reaching_out(self, what: str, place: Place) -> TowpathError:
        self._refusal = refuse(
            f"the chart {what}",
            place=place,
            expected="a chart that depends on its settings and its own files alone",
            remedy="pass what it needs as a setting",
            rule="chart.reaches-out",
        )
        return self._refusal

    def _check_read(self, event: str, arguments: tuple[Any, ...]) -> None:
        path = arguments[0]
        if isinstance(path, int) or path is None:
            return
        # Finding may list folders; reading what is found is still looked at.
        if event != "open" and sys._getframe(2).f_code.co_filename in _FINDERS:  # noqa: SLF001 -- who asks is the question
            return
        self._active = False
        try:
            real = os.path.realpath(os.fsdecode(path))
            writes = event == "open" and _writes(arguments)
            if real in _DEVICES or (self._may_read(real) and not writes):
                return
            place = chart_place(self._root)
            shown = os.path.relpath(real, self._root) if real.startswith(f"{self._root}{os.sep}") else real
        finally:
            self._active = True
        if writes:
            raise self._reaching_out(f"writes {shown}", place)
        self._refusal = refuse(
            f"the chart reads {shown}, which is not among its declared inputs",
            place=place,
            expected="reads of " + ", ".join(os.path.relpath(each, self._root) for each in self._allowed),
            remedy="move the file into the chart's folder, or make its content a setting",
            rule="chart.undeclared-read",
        )
        raise self._refusal

    def _may_read(self, real: str) -> bool:
        inside = any(real == each or real.startswith(each + os.sep) for each in self._allowed)
        return inside or real == self._package or real.startswith(self._installed)


def _writes(arguments: tuple[Any, ...]) -> bool:
    flags = arguments[2] if len(arguments) > 2 and isinstance(arguments[2], int) else 0  # noqa: PLR2004 -- open(path, mode, flags)
    return bool(flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT))


def chart_place(root: Path) -> Place:
    """Return the innermost line of a chart among the frames that are running."""
    charts = f"{root}{os.sep}charts{os.sep}"
    frame: FrameType | None = sys._getframe(1)  # noqa: SLF001 -- `inspect` would read files from inside the hook
    while frame is not None:
        file = frame.f_code.co_filename
        if file.startswith(charts):
            return Place(os.path.relpath(file, root), frame.f_lineno)
        frame = frame.f_back
    return NOWHERE

"""Watching what charts do: a chart may read its own folder and what is installed, and nothing else.

The cache's key covers exactly that, so a chart that read anything more would be skipped when it should run again.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from towpath.errors import NOWHERE, Place, refuse

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
    "socket.connect": "opens a network connection",
    "socket.getaddrinfo": "looks up a host name",
}
_DEVICES = frozenset({"/dev/null", "/dev/urandom", "/dev/random"})
_IMPORTER = "<frozen importlib._bootstrap_external>"


class ReadGuard:
    """An audit hook that refuses undeclared reads while it is entered. There is one a process."""

    def __init__(self, root: Path, allowed: Iterable[str]) -> None:
        self._root = root
        folders = {sys.prefix, sys.base_prefix, sys.exec_prefix, str(Path(__file__).parent.parent)}
        folders |= {entry for entry in sys.path if entry.endswith(("site-packages", "dist-packages"))}
        self._installed = tuple(sorted({os.path.realpath(each) + os.sep for each in folders if each}))
        self._allowed: tuple[str, ...] = ()
        self.allow(allowed)
        self._active = False
        sys.addaudithook(self._hear)

    def allow(self, folders: Iterable[str]) -> None:
        """Set the folders that may be read, relative to the root."""
        self._allowed = tuple(os.path.realpath(self._root / each) for each in folders)

    def __enter__(self) -> None:
        self._active = True

    def __exit__(self, *_: object) -> None:
        self._active = False

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
            raise refuse(
                f"the chart {_REACHING_OUT[event]}",
                place=place,
                expected="a chart that depends on its settings and its own files alone",
                remedy="pass what it needs as a setting",
                rule="chart.reaches-out",
            )

    def _check_read(self, event: str, arguments: tuple[Any, ...]) -> None:
        path = arguments[0]
        if isinstance(path, int) or path is None or (event == "open" and _writes(arguments)):
            return
        # The importer lists folders to find modules; reading a module's file is still looked at.
        if event != "open" and sys._getframe(2).f_code.co_filename == _IMPORTER:  # noqa: SLF001 -- who asks is the question
            return
        self._active = False
        try:
            real = os.path.realpath(os.fsdecode(path))
            if self._may_read(real):
                return
            place = chart_place(self._root)
            shown = os.path.relpath(real, self._root) if real.startswith(f"{self._root}{os.sep}") else real
        finally:
            self._active = True
        raise refuse(
            f"the chart reads {shown}, which is not among its declared inputs",
            place=place,
            expected="reads of " + ", ".join(os.path.relpath(each, self._root) for each in self._allowed),
            remedy="move the file into the chart's folder, or make its content a setting",
            rule="chart.undeclared-read",
        )

    def _may_read(self, real: str) -> bool:
        inside = any(real == each or real.startswith(each + os.sep) for each in self._allowed)
        return inside or real.startswith(self._installed) or real in _DEVICES


def _writes(arguments: tuple[Any, ...]) -> bool:
    flags = arguments[2] if len(arguments) > 2 and isinstance(arguments[2], int) else 0  # noqa: PLR2004 -- open(path, mode, flags)
    return bool(flags & (os.O_WRONLY | os.O_RDWR))


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

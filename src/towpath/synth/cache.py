"""The cache of object files. It only makes things faster: a lost or damaged entry is compiled again."""

from __future__ import annotations

import contextlib
import os
from typing import TYPE_CHECKING

from towpath.synth.object_files import ObjectFiles

if TYPE_CHECKING:
    from pathlib import Path

_FOLDER = ".towpath/cache"
# Of one target; what is older than these was superseded by changes of its inputs.
_KEPT = 8


class Cache:
    """Object files by target and key, below a project's root."""

    def __init__(self, root: Path) -> None:
        self._folder = root / _FOLDER

    def get(self, target: str, key: str) -> ObjectFiles | None:
        """Return an entry, or None where there is none that can be trusted."""
        path = self._path(target, key)
        try:
            found = ObjectFiles.from_json(path.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None
        # Read entries are the young ones; `_forget` goes by that.
        with contextlib.suppress(OSError):
            os.utime(path)
        return found

    def put(self, target: str, key: str, content: str) -> None:
        """Keep an entry in its JSON form. A full disk or a read-only folder is no reason to fail."""
        path = self._path(target, key)
        with contextlib.suppress(OSError):
            path.parent.mkdir(parents=True, exist_ok=True)
            # Whoever forgets to ignore this folder does not commit a cache.
            ignore = self._folder.parent / ".gitignore"
            if not ignore.exists():
                ignore.write_text("*\n", encoding="utf-8")
            draft = path.with_suffix(f".{os.getpid()}")
            try:
                draft.write_text(content, encoding="utf-8")
                draft.replace(path)
            finally:
                draft.unlink(missing_ok=True)
            self._forget(path.parent)

    def _forget(self, folder: Path) -> None:
        entries = sorted(folder.glob("*.json"), key=lambda each: each.stat().st_mtime_ns)
        for old in entries[:-_KEPT]:
            old.unlink(missing_ok=True)

    def _path(self, target: str, key: str) -> Path:
        return self._folder / target / f"{key[:40]}.json"

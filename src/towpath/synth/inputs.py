"""What a compile of one target may read, and the key under which its result is cached.

The key is a hash of the content of all of it: the platform's charts, its settings in both layers, the cluster's
facts, Towpath's own code, and what is installed. Nothing else may be read; `towpath.synth.reads` sees to it.
"""

from __future__ import annotations

import hashlib
import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from towpath.project import CLUSTER_FILE

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from towpath.project import Project, Target

PACKAGE_FILE = "charts/__init__.py"
"""Python reads it before any chart, where there is one."""

# Raised when the cache's own form changes.
_CACHE_FORMAT = "2"


def chart_folder(platform: str) -> str:
    """Return the folder of a platform's charts, from the root. Python cannot import a name with a hyphen."""
    return f"charts/{platform.replace('-', '_')}"


def settings_files(target: Target) -> tuple[str, str]:
    """Return the files of a target's settings, lowest layer first."""
    return (f"envs/defaults/{target.platform}.yaml", f"envs/{target.environment}/{target.platform}.yaml")


def cluster_file(environment: str) -> str:
    """Return the file with the facts of an environment's cluster."""
    return f"envs/{environment}/{CLUSTER_FILE}"


@dataclass(frozen=True, slots=True)
class Tool:
    """What compiles: Towpath's own code and everything that is installed beside it, as one hash."""

    digest: str

    @classmethod
    def installed(cls) -> Tool:
        """Return the tool that is running."""
        sha = hashlib.sha256(f"{_CACHE_FORMAT} {sys.version}".encode())
        package = Path(__file__).parent.parent
        for path in _files(package):
            if path.endswith(".py"):
                _add(sha, os.path.relpath(path, package), Path(path).read_bytes())
        for entry in sys.path:
            # A distribution's folder carries its name and version.
            if entry.endswith(("site-packages", "dist-packages")) and Path(entry).is_dir():
                every = (each.name for each in Path(entry).iterdir())
                names = sorted(name for name in every if name.endswith((".dist-info", ".egg-info")))
                _add(sha, "installed", "\n".join(names).encode())
        return cls(sha.hexdigest())


def cache_key(project: Project, target: Target, tool: Tool) -> str:
    """Return the key of a target's compile: equal keys give equal object files."""
    names = (*settings_files(target), cluster_file(target.environment), PACKAGE_FILE)
    content = {name: project.read_if_present(name) or b"" for name in names}
    folder = project.root / chart_folder(target.platform)
    content.update((os.path.relpath(path, project.root), _content(path)) for path in _files(folder))
    return content_key(tool, {"target": str(target).encode(), **content})


def content_key(tool: Tool, content: Mapping[str, bytes]) -> str:
    """Return the key of a result that follows from named contents."""
    sha = hashlib.sha256(tool.digest.encode())
    for name, data in content.items():
        _add(sha, name, data)
    return sha.hexdigest()


def _content(path: str) -> bytes:
    # Editors leave links that lead nowhere beside the files that they have open.
    return Path(path).read_bytes() if Path(path).is_file() else b""


def _add(sha: hashlib._Hash, name: str, data: bytes) -> None:
    sha.update(f"{len(name)} {name} {len(data)} ".encode())
    sha.update(data)


def _files(folder: Path) -> Iterator[str]:
    for base, folders, names in os.walk(folder):
        folders[:] = sorted(each for each in folders if each != "__pycache__")
        for name in sorted(names):
            yield f"{base}/{name}"

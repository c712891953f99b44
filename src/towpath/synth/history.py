"""What Git knows of a rendering's inputs: which of them changed since it was written. Only for messages."""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

_SECONDS = 10


def changed_since_written(root: Path, written: str, inputs: Sequence[str]) -> tuple[str, ...]:
    """Return the input files that differ from what they were in the last commit that changed a file.

    Nothing where that cannot be told: no Git, no repository, or the file was never committed.
    """
    commit = _git(root, "log", "-1", "--format=%H", "--", written).strip()
    if not commit:
        return ()
    return tuple(
        sorted(_git(root, "diff", "--name-only", "--relative", commit, "--", *inputs).split("\n")[:-1])
    )


def _git(root: Path, *arguments: str) -> str:
    # Variables that a calling hook sets would point Git at another repository.
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    try:
        done = subprocess.run(
            ["git", "-c", "core.fsmonitor=false", "-C", str(root), *arguments],  # noqa: S607 -- the git of the PATH
            capture_output=True,
            check=False,
            text=True,
            timeout=_SECONDS,
            env={**environment, "GIT_OPTIONAL_LOCKS": "0"},
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout if done.returncode == 0 else ""

"""What Git knows of a rendering's inputs: which of them changed since it was written. Only for messages."""

from __future__ import annotations

from typing import TYPE_CHECKING

from towpath.repository.local_command import text_or_nothing

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


def changed_since_written(root: Path, written: str, inputs: Sequence[str]) -> tuple[str, ...]:
    """Return the input files that differ from what they were in the last commit that changed a file.

    Nothing where that cannot be told: no Git, no repository, or the file was never committed.
    """
    commit = text_or_nothing(root, "log", "-1", "--format=%H", "--", written).strip()
    if not commit:
        return ()
    changed = text_or_nothing(root, "diff", "--name-only", "--relative", commit, "--", *inputs)
    return tuple(sorted(changed.split("\n")[:-1]))

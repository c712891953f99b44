"""The staging folder of a change: where its new files wait, what it keeps of the old ones, and what still fits.

Nothing is written here. After a run that was cut off, somebody may have restored or switched the tree with Git; a
change is finished or undone only where every file is still what one of its steps left or found.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from towpath.dist.record import Record, Step


@dataclass(frozen=True, slots=True)
class Staging:
    """The staging folder of one tree."""

    base: Path
    """The root of the tree."""
    folder: Path

    def new(self, number: int) -> Path:
        """Return where the new content of a step waits."""
        return self.folder / f"new-{number}"

    def old(self, number: int) -> Path:
        """Return where what a step replaces is kept."""
        return self.folder / f"old-{number}"

    def can_finish(self, record: Record) -> bool:
        """Return whether each file is what its step left or what it found."""
        return all(self._can_finish(number, step) for number, step in enumerate(record.steps))

    def can_undo(self, record: Record) -> bool:
        """Return whether each file is what its step left, or what it found or was put back to."""
        return all(self._can_undo(number, step) for number, step in enumerate(record.steps))

    def _can_finish(self, number: int, step: Step) -> bool:
        target, new = self.base / step.path, self.new(number)
        if step.new is not None and not new.exists():
            return target.exists() and hashlib.sha256(target.read_bytes()).hexdigest() == step.new
        return self._is_as_before(number, step) or (step.new is None and not target.exists())

    def _can_undo(self, number: int, step: Step) -> bool:
        target = self.base / step.path
        if not target.exists():
            return step.new is None or not step.replaces
        if step.new is not None and hashlib.sha256(target.read_bytes()).hexdigest() == step.new:
            return True
        # Once a file is put back, nothing of it is kept and nothing is left to do for it.
        return self._is_as_before(number, step) or (step.replaces and not self.old(number).exists())

    def _is_as_before(self, number: int, step: Step) -> bool:
        target, old = self.base / step.path, self.old(number)
        if not step.replaces:
            return not target.exists()
        return target.exists() and old.exists() and old.read_bytes() == target.read_bytes()

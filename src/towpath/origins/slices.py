"""From a value of a platform back to the settings that it was made of: a slice of the code that ran.

The values of names are followed through the functions of charts and of the construct library; what was read and made
in them is known from a recording. A construct or a value of specs that is passed on carries nothing along by itself:
what is taken out of it, field by field, was noted, and is followed from where the field got its value. So a workload
that another connects to brings its ports along and not its replicas.

Nothing is left out on purpose: where the code cannot be followed, everything that goes into an expression counts.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from towpath.origins.calls import called_name, unpacked
from towpath.origins.following import Following
from towpath.origins.recording import NONE
from towpath.origins.runs import Runs
from towpath.origins.steps import Condition, Field, Value

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from towpath.origins.recording import Recording
    from towpath.origins.sources import Source
    from towpath.origins.steps import Step


class Slicer:
    """Slices of what one recording tells of, by the rules of `following`."""

    def __init__(
        self,
        recording: Recording,
        source_of: Callable[[str], Source | None],
        following: type[Following] = Following,
    ) -> None:
        self._recording = recording
        self.runs = Runs(recording, source_of)
        self._following = following(recording, self.runs)
        self._next: dict[Step, tuple[Step, ...]] = {}
        self._behind: dict[Field, tuple[set[int], set[Field]]] = {}

    def slice(self, steps: Iterable[Step]) -> frozenset[int]:
        """Return the numbers of the reads that steps come from in the end."""
        reads, waiting = self._reached(steps)
        seen: set[Field] = set()
        while waiting:
            field = waiting.pop()
            if field in seen:
                continue
            seen.add(field)
            if field not in self._behind:
                self._behind[field] = self._reached([*self.values_of(field), *self.conditions_of(field.made)])
            more_reads, more_fields = self._behind[field]
            reads |= more_reads
            waiting |= more_fields
        return frozenset(reads)

    def _reached(self, steps: Iterable[Step]) -> tuple[set[int], set[Field]]:
        """Return the reads and the fields that steps lead to; what is behind the fields is not looked at."""
        waiting = list(steps)
        seen = set(waiting)
        reads: set[int] = set()
        found: set[Field] = set()
        while waiting:
            step = waiting.pop()
            if isinstance(step, int):
                reads.add(step)
            elif isinstance(step, Field):
                found.add(step)
            else:
                if step not in self._next:
                    self._next[step] = tuple(dict.fromkeys(self._following.follow(step)))
                more = [each for each in self._next[step] if each not in seen]
                seen.update(more)
                waiting += more
        return reads, found

    def values_of(self, field: Field) -> list[Step]:
        """Return what a field of a made value holds, where it was made."""
        made = self._recording.made[field.made]
        if made.activation == NONE:
            return []
        number, node = made.activation, self.runs.at(made.activation, made.span)
        kind = self._recording.kinds[made.kind]
        name = called_name(node) if isinstance(node, ast.Call) else ""
        if not isinstance(node, ast.Call) or name not in (kind.name, "replace"):
            return [Value(number, node, whole=True)]
        stated: list[ast.expr] = [each.value for each in node.keywords if each.arg == field.name]
        steps: list[Step] = []
        for each in unpacked(node):
            entries = self._following.entries(Value(number, each), each, field.name)
            steps += [Value(number, each)] if entries is None else entries
        if name == "replace":
            steps += [Value(number, each) for each in stated]
            if not any(each.arg == field.name for each in node.keywords):
                noted = (
                    each for each in self.runs.read_at(number, node) if self._is_read_of(each, field.name)
                )
                steps += map(self._following.read, noted)
            return steps
        position = kind.fields.index(field.name)
        stated += node.args[position : position + 1]
        stated += [each for each in node.args[:position] if isinstance(each, ast.Starred)]
        return [*steps, *(Value(number, each) for each in stated)]

    def _is_read_of(self, number: int, name: str) -> bool:
        return self._recording.reads[number].field == name

    def conditions_of(self, made: int, *, charts: bool = True, library: bool = True) -> list[Step]:
        """Return what decided that a value was made, as far as it stands in charts or in the library."""
        value = self._recording.made[made]
        if value.activation == NONE:
            return []
        number, node = value.activation, self.runs.at(value.activation, value.span)
        steps: list[Step] = []
        while True:
            run = self.runs[number]
            if library if run.of_library else charts:
                steps.append(Condition(number, node))
            if run.call is None:
                return steps
            number, node = run.caller, run.call

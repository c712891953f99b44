"""Which settings shaped which objects of a compiled platform, and where in them it shows."""

from __future__ import annotations

import ast
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from towpath.errors import NOWHERE, Place
from towpath.manifests.key import key_in
from towpath.origins.lowering import Lowering
from towpath.origins.recording import NONE
from towpath.origins.slices import Slicer
from towpath.origins.steps import Condition, Value
from towpath.origins.trials import differences

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from towpath.manifests.key import ManifestKey
    from towpath.origins.recording import Recording
    from towpath.origins.sources import Source
    from towpath.origins.steps import Field, Step
    from towpath.origins.trials import Path

_CHARTS = "charts/"
_OF_CDK8S = ("cdk8s", "constructs")


@dataclass(frozen=True, order=True, slots=True)
class Reading:
    """A setting as code reads it."""

    kind: str
    """`SETTINGS` or `CLUSTER`."""
    model: tuple[str | int, ...]
    """The way to the model that it belongs to."""
    field: str
    """The model's field, or `EVERYTHING` or `DEEPLY`."""


@dataclass(frozen=True, slots=True)
class Share:
    """What a setting has to do with an object."""

    reading: Reading
    shows: frozenset[Path]
    """The fields of the object in which another value shows; empty where it was only read on the way."""
    places: tuple[Place, ...]
    """The lines of charts that read it."""


class Shaping:
    """The answers for one target, from its recording and its object files. No chart runs for them."""

    def __init__(
        self, recording: Recording, files: Mapping[str, bytes], source_of: Callable[[str], Source | None]
    ) -> None:
        self._recording = recording
        self._keys = {name: key_in(data) for name, data in files.items()}
        self._slicer = Slicer(recording, source_of)
        self._lowering = Lowering(recording.platform, source_of)
        self._declared = {each.file: each for each in recording.declarations}
        self._removals: dict[int, Mapping[ManifestKey, object] | None] = {}

    @property
    def objects(self) -> Mapping[str, ManifestKey]:
        """The target's objects, by file name."""
        return self._keys

    def declared_at(self, file: str) -> Place:
        """Return where an object was declared: a line of a chart, or of a file that it includes."""
        found = self._declared.get(file)
        return Place(found.source, found.line) if found and found.source else NOWHERE

    def shares(self, file: str, wanted: Callable[[Reading], bool] = lambda _: True) -> tuple[Share, ...]:
        """Return what shaped an object, as far as it is wanted, sorted by setting."""
        shows: defaultdict[Reading, set[Path]] = defaultdict(set)
        places: defaultdict[Reading, set[Place]] = defaultdict(set)
        asked = frozenset(
            number for number in range(len(self._recording.reads)) if wanted(self._reading(number))
        )
        for numbers, paths in self._parts(file, asked):
            for number in numbers:
                reading = self._reading(number)
                shows[reading] |= paths
                places[reading].add(self._place(number))
        return tuple(
            Share(reading, frozenset(shows[reading]), tuple(sorted(places[reading])))
            for reading in sorted(shows, key=lambda each: (each.kind, *map(str, each.model), each.field))
        )

    def _parts(self, file: str, asked: frozenset[int]) -> Iterator[tuple[frozenset[int], frozenset[Path]]]:
        """Yield groups of reads that shaped an object, with the fields of it that each shows in."""
        key = self._keys[file]
        if key in self._lowering.bodies:
            reads = self._lowering.read_for(key)
            for field in sorted(reads.own):
                if self._slicer.slice([field]) & asked:
                    yield self._behind(field) & asked, self._lowering.effect(field, key).paths
                    yield self._existence(field.made) & asked, self._without(field.made, key)
            for field in sorted(reads.shared):
                if self._slicer.slice([field]) & asked:
                    yield from self._distant(field, key, asked)
        else:
            yield self._slicer.slice(self._as_written(file)) & asked, frozenset()
        for patch in self._recording.patches:
            group, kind, namespace, name = patch.key
            if (group, kind, name) == (key.group, key.kind, key.name) and namespace in ("", key.namespace):
                yield self._slicer.slice(self._patched(patch.activation, patch.span)) & asked, frozenset()

    def _distant(
        self, field: Field, key: ManifestKey, asked: frozenset[int]
    ) -> Iterator[tuple[frozenset[int], frozenset[Path]]]:
        """Yield what is behind a field that is read for the platform as a whole, where it reaches an object."""
        effect = self._lowering.effect(field, key)
        if effect.paths or (not effect.certain and self._slicer.slice(self._slicer.values_of(field)) & asked):
            yield self._behind(field) & asked, effect.paths
        without = self._without(field.made, key)
        if without or self._removed(field.made) is None:
            yield self._existence(field.made) & asked, without

    def _behind(self, field: Field) -> frozenset[int]:
        """Return what a field got its value from, once a chart had come to what it belongs to."""
        conditions = self._slicer.conditions_of(field.made, charts=False)
        return self._slicer.slice([*self._slicer.values_of(field), *conditions])

    def _existence(self, made: int) -> frozenset[int]:
        """Return what decided in charts that a value of the specs is there."""
        return self._slicer.slice(self._slicer.conditions_of(made, library=False))

    def _without(self, made: int, key: ManifestKey) -> frozenset[Path]:
        """Return where an object differs where a value of the specs is not there."""
        without = self._removed(made)
        if without is None or without.get(key) == self._lowering.bodies[key]:
            return frozenset()
        return frozenset(differences(self._lowering.bodies[key], without.get(key)))

    def _removed(self, made: int) -> Mapping[ManifestKey, object] | None:
        if made not in self._removals:
            self._removals[made] = self._lowering.without(made)
        return self._removals[made]

    # Objects that a chart declares as they are, and changes of objects

    def _as_written(self, file: str) -> list[Step]:
        place = self.declared_at(file)
        if place.file.startswith(_CHARTS) and place.file.endswith(".py"):
            return self._calls(lambda source, call: source.file == place.file and call.lineno == place.line)
        if place.file:
            return self._calls(lambda _, call: isinstance(call.func, ast.Name) and call.func.id == "Include")
        # Of an object that cdk8s made nobody knows the line: whatever charts pass to cdk8s counts.
        return self._calls(_goes_to_cdk8s)

    def _patched(self, number: int, span: int) -> list[Step]:
        if number == NONE:
            return self._calls(lambda _, call: any(map(_is_metadata, ast.walk(call.func))))
        node = self._slicer.runs.at(number, span)
        return [Value(number, node, whole=True), Condition(number, node, outward=True)]

    def _calls(self, wanted: Callable[[Source, ast.Call], bool]) -> list[Step]:
        """Return what goes into certain calls of charts, and what decides whether they happen."""
        runs = self._slicer.runs
        return [
            step
            for source in runs.charts
            for function in source.functions
            for call in ast.walk(function)
            if isinstance(call, ast.Call) and wanted(source, call)
            for number in runs.of_function(source, function)
            for step in (Value(number, call, whole=True), Condition(number, call, outward=True))
        ]

    def _reading(self, number: int) -> Reading:
        read = self._recording.reads[number]
        owner = self._recording.owners[read.owner]
        return Reading(owner.kind, owner.path, read.field)

    def _place(self, number: int) -> Place:
        """Return the innermost line of a chart at which a read happened."""
        read = self._recording.reads[number]
        number, span = read.activation, read.span
        while number != NONE:
            run = self._recording.activations[number]
            file = self._recording.functions[run.function].file
            if file.startswith(_CHARTS):
                return Place(file, self._slicer.runs.span(span).line)
            number, span = run.caller, run.span
        return NOWHERE


def _is_metadata(node: ast.AST) -> bool:
    return isinstance(node, ast.Attribute) and node.attr == "metadata"


def _goes_to_cdk8s(source: Source, call: ast.Call) -> bool:
    root: ast.AST = call.func
    while isinstance(root, ast.Attribute | ast.Call):
        root = root.value if isinstance(root, ast.Attribute) else root.func
    name = root.id if isinstance(root, ast.Name) else ""
    return source.imported.get(name, name).startswith(_OF_CDK8S)

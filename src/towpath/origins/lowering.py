"""Which fields of a platform's specs each of its objects is made from: the platform is lowered again, and watched.

Lowering is pure and quick, so it can be asked twice: once to see what is read for each object, and then again with one
field changed, to see where that shows.
"""

from __future__ import annotations

import inspect
import sys
from dataclasses import fields, is_dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

from towpath.kubernetes.lower import platform_objects
from towpath.manifests.key import key_of
from towpath.origins.calls import arguments_of
from towpath.origins.following import Following
from towpath.origins.recording import NONE, Owner, Read, Recording
from towpath.origins.slices import Slicer
from towpath.origins.steps import Condition, Field, Run, Value
from towpath.origins.trials import differences, other_values
from towpath.origins.watch import PACKAGE, Hooks, Watch
from towpath.specs.encoding import decoded, watched_classes

if TYPE_CHECKING:
    import ast
    from collections.abc import Callable, Iterator, Mapping
    from types import FrameType

    from towpath.manifests.key import ManifestKey
    from towpath.origins.sources import Source
    from towpath.origins.steps import Step
    from towpath.origins.trials import Path

Body = dict[str, Any]


class Effect(NamedTuple):
    """Where an object differs once a field of the specs has another value."""

    paths: frozenset[Path]
    certain: bool
    """Whether another value could be tried at all."""


class Reads(NamedTuple):
    """The fields of specs that were read for one object."""

    own: frozenset[Field]
    """For it, or for the part that it belongs to."""
    shared: frozenset[Field]
    """For the platform as a whole, such as for the order of its parts. Most of these mean nothing to the object."""


class Lowering:
    """A compiled platform, lowered again."""

    def __init__(self, platform: Any, source_of: Callable[[str], Source | None]) -> None:
        self._made: dict[int, Any] = {}
        self._spec = decoded(platform, self._made)
        self._source_of = source_of
        self._trials: dict[Field, _Trials] = {}

    @cached_property
    def bodies(self) -> Mapping[ManifestKey, Body]:
        """The platform's objects; images are symbols."""
        return self._lowered()

    def _lowered(self) -> dict[ManifestKey, Body]:
        return {key_of(body): body for bodies in platform_objects(self._spec).values() for body in bodies}

    def read_for(self, key: ManifestKey) -> Reads:
        """Return the fields that an object is made from."""
        return self._reads[key]

    @cached_property
    def _reads(self) -> Mapping[ManifestKey, Reads]:
        watch = Watch((PACKAGE / name, f"towpath/{name}/") for name in ("kubernetes", "specs"))
        for number, value in self._made.items():
            watch.own(value, Owner("", made=number))
        returned = _Returned(watch)
        with Hooks(watch, watched_classes(), compiling=False):
            sys.setprofile(returned)
            try:
                bodies = self._lowered()
            finally:
                sys.setprofile(None)
        reads = [Read(*each) for each in watch.reads]
        recording = Recording(watch.spans, watch.functions, watch.activations, watch.owners, reads)
        slicer = Slicer(recording, self._source_of, _InLowering)
        return {key: _reads_of(recording, slicer, returned.origin(body)) for key, body in bodies.items()}

    def effect(self, field: Field, key: ManifestKey) -> Effect:
        """Return where an object differs once a field has another value."""
        if field not in self._trials:
            self._trials[field] = _Trials(self.bodies, self._changed(field))
        return self._trials[field].effect(key)

    def _changed(self, field: Field) -> Iterator[Mapping[ManifestKey, Body]]:
        """Yield the objects of the platform with other values for a field, as far as these can be lowered."""
        owner = self._made[field.made]
        value = getattr(owner, field.name)
        alike = [getattr(each, field.name) for each in self._made.values() if type(each) is type(owner)]
        others = {type(each): each for each in self._made.values()}.values()
        for other in other_values(field.name, value, alike, tuple(others)):
            object.__setattr__(owner, field.name, other)
            try:
                changed = self._lowered()
            except Exception:  # noqa: BLE001, S112 -- a value that does not fit says nothing
                continue
            finally:
                object.__setattr__(owner, field.name, value)
            yield changed

    def without(self, made: int) -> Mapping[ManifestKey, Body] | None:
        """Return the objects of the platform without a value of its specs; None where it cannot do without.

        What refers to a part by its name goes with it.
        """
        value = self._made[made]
        name = getattr(value, "name", None)
        for gone in (_is(value), _refers_to(value, name)) if isinstance(name, str) else (_is(value),):
            held = [
                (owner, field.name, items)
                for owner in self._made.values()
                for field in fields(owner)
                for items in (getattr(owner, field.name),)
                if isinstance(items, tuple) and any(map(gone, items))
            ]
            if not held:
                return None
            try:
                for owner, name_of_field, items in held:
                    object.__setattr__(owner, name_of_field, tuple(each for each in items if not gone(each)))
                return self._lowered()
            except Exception:  # noqa: BLE001, S112 -- whatever it is, something needs the value
                continue
            finally:
                for owner, name_of_field, items in held:
                    object.__setattr__(owner, name_of_field, items)
        return None


def _is(value: Any) -> Callable[[Any], bool]:
    return lambda each: each is value


def _refers_to(value: Any, name: str) -> Callable[[Any], bool]:
    """Return a test for a value of specs and for those that hold its name in a field."""
    return lambda each: (
        each is value
        or (is_dataclass(each) and any(getattr(each, field.name) == name for field in fields(each)))
    )


class _InLowering(Following):
    """In lowering, what a function returns is made of all that it reads and is given."""

    def read(self, number: int) -> Step:
        """Return what a read is to a slice: always its end."""
        return number

    def call(self, value: Value, node: ast.Call) -> Iterator[Step]:
        """Yield what a call's value comes from."""
        yield from map(Run, self._runs.called_at(value.run, node))
        yield from (Value(value.run, each) for each in (node.func, *arguments_of(node)))


def _reads_of(recording: Recording, slicer: Slicer, number: int) -> Reads:
    run = slicer.runs[number]
    steps: list[Step] = [Run(number)]
    if run.call is not None:
        steps += [Value(run.caller, run.call), Condition(run.caller, run.call, outward=True)]
    home = _branch(recording, number)
    own: set[Field] = set()
    shared: set[Field] = set()
    for each in slicer.slice(steps):
        read = recording.reads[each]
        field = Field(recording.owners[read.owner].made, read.field)
        outermost = recording.activations[read.activation].caller == NONE
        (own if outermost or _branch(recording, read.activation) == home else shared).add(field)
    return Reads(frozenset(own), frozenset(shared - own))


def _branch(recording: Recording, number: int) -> int:
    """Return the run that the outermost one called and that leads to a run, which may be itself."""
    while (caller := recording.activations[number].caller) != NONE:
        if recording.activations[caller].caller == NONE:
            break
        number = caller
    return number


class _Trials:
    """Lowerings with other values for one field, as many as it takes to see an effect."""

    def __init__(
        self, bodies: Mapping[ManifestKey, Body], changed: Iterator[Mapping[ManifestKey, Body]]
    ) -> None:
        self._bodies = bodies
        self._left = changed
        self._done: list[Mapping[ManifestKey, Body]] = []

    def effect(self, key: ManifestKey) -> Effect:
        """Return where an object differs, in the first trial in which it does."""
        before = self._bodies.get(key)
        for trial in self._every():
            after = trial.get(key)
            if before != after:
                return Effect(frozenset(differences(before, after)), certain=True)
        return Effect(frozenset(), certain=bool(self._done))

    def _every(self) -> Iterator[Mapping[ManifestKey, Body]]:
        yield from self._done
        for each in self._left:
            self._done.append(each)
            yield each


class _Returned:
    """Notes, as a profiler, which run of a function each object came out of."""

    def __init__(self, watch: Watch) -> None:
        self._watch = watch
        self._kept: list[object] = []
        self._alone: dict[int, int] = {}
        self._among: dict[int, int] = {}

    def __call__(self, frame: FrameType, event: str, value: object) -> None:
        code = frame.f_code
        if event != "return" or code.co_name.startswith("<") or not isinstance(value, dict | list | tuple):
            return
        located = self._watch.located(frame)
        if located is None:
            return
        # It is kept, so that no other one takes its identity.
        self._kept.append(value)
        if isinstance(value, dict) and not code.co_flags & inspect.CO_GENERATOR:
            # Whoever returns it last made the last of it.
            self._alone[id(value)] = located[0]
            return
        for each in (value,) if isinstance(value, dict) else value:
            if isinstance(each, dict):
                self._among.setdefault(id(each), located[0])

    def origin(self, body: Body) -> int:
        """Return the outermost run that returned the object, or else the innermost that returned it among others."""
        return self._alone.get(id(body), self._among.get(id(body), 0))

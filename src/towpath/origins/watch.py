"""Watching values while code runs: which of their fields are read, and where new ones are made.

What happens to a value is noted with the expression that it happens in, of the innermost function in the folders that
are looked at. Hooks on the classes tell a watch of it; they are set only as long as they are entered, because each
access to a field of these classes takes longer with them.
"""

from __future__ import annotations

import os
import sys
from dataclasses import fields
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from towpath.origins.recording import (
    DEEPLY,
    EVERYTHING,
    NONE,
    Activation,
    Function,
    Kind,
    Made,
    Offset,
    Owner,
    Span,
)
from towpath.settings.model import SettingsModel

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from types import CodeType, FrameType

PACKAGE = Path(__file__).parent.parent


_Site: TypeAlias = "tuple[int, dict[int, int]]"
"""A run, and the spans of its code by instruction."""


class Watch:
    """Values that are watched, and what happened to them."""

    def __init__(
        self,
        folders: Iterable[tuple[Path, str]],
        *,
        quiet: Iterable[str] = (),
        once: Iterable[type[Any]] = (),
    ) -> None:
        """Look at functions of the folders; beside each folder, how its files are called.

        In files below the `quiet` paths of this package nobody reads specs for a chart, so their reads are not noted.
        Of the classes in `once`, values after the first are that one with something added, and not watched.
        """
        self._once = set(once)
        self._met: set[type[Any]] = set()
        self._folders = [(f"{folder}{os.sep}", shown) for folder, shown in folders]
        self._quiet_paths = tuple(str(PACKAGE / each) for each in quiet)
        # Code objects go by identity: their hash is computed over all instructions, each time it is asked for.
        self.quiet: dict[int, bool] = {}
        self._numbers: dict[int, int] = {}
        self._kept: list[object] = []
        self._codes: dict[int, int | None] = {}
        self._sites: dict[FrameType, _Site] = {}
        self._spans_of: dict[int, dict[int, int]] = {}
        self._receivers: dict[int, int] = {}
        self._spans: dict[Span | Offset, int] = {}
        self._kinds: dict[type[Any], int] = {}
        self._reads: dict[tuple[int, int, int, str], None] = {}
        self.functions: list[Function] = []
        self.activations: list[Activation] = []
        self.owners: list[Owner] = []
        self.made: list[Made] = []

    @property
    def spans(self) -> list[Span | Offset]:
        """The spans that the notes refer to."""
        return list(self._spans)

    @property
    def reads(self) -> Iterable[tuple[int, int, int, str]]:
        """What was read, each thing once at each place: as `Read` has it."""
        return self._reads

    @property
    def kinds(self) -> list[Kind]:
        """The classes whose new values are noted."""
        return [Kind(kind.__name__, tuple(each.name for each in fields(kind))) for kind in self._kinds]

    def expect(self, kinds: Iterable[type[Any]]) -> None:
        """Say of which classes values may be made."""
        self._kinds.update((kind, number) for number, kind in enumerate(kinds, len(self._kinds)))

    def is_met_once(self, kind: type[Any]) -> bool:
        """Return whether only the first value of a class is noted. Copying it reads all of it, and means nothing."""
        return kind in self._once

    def own(self, value: object, owner: Owner) -> None:
        """Watch a value. It is kept, so that no other one takes its identity."""
        self._kept.append(value)
        self._numbers[id(value)] = len(self.owners)
        self.owners.append(owner)

    def owner(self, value: object) -> Owner | None:
        """Return what a value is watched as."""
        number = self._numbers.get(id(value))
        return None if number is None else self.owners[number]

    def note_read(self, value: object, field: str, frame: FrameType) -> None:
        """Note that code reads a field of a value."""
        number = self._numbers.get(id(value))
        if number is not None:
            where = self.located(frame)
            if where is not None:
                self._reads[(*where, number, field)] = None

    def note_made(self, value: object, frame: FrameType) -> None:
        """Note that code makes a value, and watch it."""
        if type(value) in self._once:
            if type(value) in self._met:
                return
            self._met.add(type(value))
        kind = self._kinds[type(value)]
        where = self.located(frame) or (NONE, NONE)
        self.own(value, Owner("", (), len(self.made)))
        self.made.append(Made(kind, *where))

    def is_quiet(self, code: CodeType) -> bool:
        """Return whether reads of specs by some code are of no interest."""
        found = self.quiet.get(id(code))
        if found is None:
            self._kept.append(code)
            found = self.quiet[id(code)] = code.co_filename.startswith(self._quiet_paths)
        return found

    def located(self, frame: FrameType | None) -> tuple[int, int] | None:
        """Return the run of the innermost function that is looked at, and the span that it is at."""
        while frame is not None:
            site = self._sites.get(frame)
            if site is None and (site := self._site(frame)) is None:
                frame = frame.f_back
                continue
            number, spans = site
            span = spans.get(frame.f_lasti)
            if span is None:
                span = spans[frame.f_lasti] = self._span(frame)
            return number, span
        return None

    def _site(self, frame: FrameType) -> _Site | None:
        """Return the run that a frame is, or is a part of; None where its code is not looked at."""
        code = frame.f_code
        known = self._codes.get(id(code), ...)
        function = self._function(code) if known is ... else known
        if function is None:
            return None
        spans = self._spans_of.setdefault(id(code), {})
        if code.co_name[0] == "<" and code.co_name != "<module>":
            # A comprehension or a lambda is a part of the function that it stands in.
            around = _around(frame)
            if around is None:
                return None
            number = (self._sites.get(around) or self._begun(around))[0]
            # The frame is kept, so that no other one takes its identity.
            self._sites[frame] = (number, spans)
            return number, spans
        return self._begun(frame)

    def _begun(self, frame: FrameType) -> _Site:
        function = self._function(frame.f_code)
        assert function is not None  # noqa: S101 -- only asked for functions that are looked at
        caller = self.located(frame.f_back) or (NONE, NONE)
        site = self._sites[frame] = (len(self.activations), self._spans_of.setdefault(id(frame.f_code), {}))
        self.activations.append(Activation(function, *caller, self._receiver(frame)))
        return site

    def _function(self, code: CodeType) -> int | None:
        if id(code) not in self._codes:
            self._kept.append(code)
            self._codes[id(code)] = None
            for folder, shown in self._folders:
                if code.co_filename.startswith(folder):
                    file = shown + code.co_filename[len(folder) :].replace(os.sep, "/")
                    self._codes[id(code)] = len(self.functions)
                    self.functions.append(Function(file, code.co_qualname, code.co_firstlineno))
                    break
        return self._codes[id(code)]

    def _receiver(self, frame: FrameType) -> int:
        if frame.f_code.co_varnames[:1] != ("self",):
            return NONE
        receiver = frame.f_locals.get("self")
        self._kept.append(receiver)
        return self._receivers.setdefault(id(receiver), len(self._receivers))

    def _span(self, frame: FrameType) -> int:
        code = frame.f_code
        function, index = self._codes[id(code)], frame.f_lasti // 2
        if function is None or code.co_name[0] == "<":
            # Several comprehensions may have one name and line, and they are short.
            position = next(islice(code.co_positions(), index, None))
            span: Span | Offset = Span(*(each or 0 for each in position))
        else:
            span = Offset(function, index)
        return self._spans.setdefault(span, len(self._spans))


def _around(frame: FrameType) -> FrameType | None:
    """Return the running function that a comprehension or a lambda stands in."""
    code = frame.f_code
    name = code.co_qualname
    while name.endswith(">") and ".<locals>." in name:
        name = name.rpartition(".<locals>.")[0]
    around: FrameType | None = frame
    while around is not None:
        if around.f_code.co_qualname == name and around.f_code.co_filename == code.co_filename:
            return around
        around = around.f_back
    return None


class Hooks:
    """Tell a watch what happens to values of some classes, as long as this is entered."""

    def __init__(self, watch: Watch, specs: Iterable[type[Any]], *, compiling: bool) -> None:
        """Hook reads of specs; while `compiling` those of settings too, and the making of specs."""
        self._watch = watch
        self._specs = list(specs)
        self._compiling = compiling
        self._before: list[tuple[type[Any], str, Any]] = []
        watch.expect(self._specs)

    def __enter__(self) -> None:
        if self._compiling:
            self._set(SettingsModel, "__getattribute__", _model_reads(self._watch))
        for kind in self._specs:
            if not (self._compiling and self._watch.is_met_once(kind)):
                self._set(kind, "__getattribute__", _spec_reads(self._watch, kind))
            if self._compiling:
                self._set(kind, "__init__", _makings(self._watch, kind))

    def __exit__(self, *_: object) -> None:
        while self._before:
            kind, name, before = self._before.pop()
            if before is None:
                delattr(kind, name)
            else:
                setattr(kind, name, before)

    def _set(self, kind: type[Any], name: str, function: Callable[..., Any]) -> None:
        self._before.append((kind, name, vars(kind).get(name)))
        setattr(kind, name, function)


def _model_reads(watch: Watch) -> Callable[[Any, str], Any]:
    note, get, frame_of = watch.note_read, object.__getattribute__, sys._getframe  # noqa: SLF001 -- see note_read
    known: dict[type[Any], frozenset[str]] = {}

    def read(self: Any, name: str) -> Any:
        kind = type(self)
        names = known.get(kind)
        if names is None:
            names = known[kind] = frozenset(kind.model_fields)
        if name in names:
            note(self, name, frame_of(1))
        elif name == "__dict__":
            # Iterating, comparing and copying a model go this way.
            note(self, EVERYTHING, frame_of(1))
        elif name.startswith(("model_", "__pydantic_serializer")):
            note(self, DEEPLY, frame_of(1))
        return get(self, name)

    return read


def _spec_reads(watch: Watch, kind: type[Any]) -> Callable[[Any, str], Any]:
    note, is_quiet, quiet = watch.note_read, watch.is_quiet, watch.quiet
    get, frame_of = object.__getattribute__, sys._getframe  # noqa: SLF001 -- as above
    names = frozenset(each.name for each in fields(kind))

    def read(self: Any, name: str) -> Any:
        if name in names:
            frame = frame_of(1)
            skipped = quiet.get(id(frame.f_code))
            if not (is_quiet(frame.f_code) if skipped is None else skipped):
                note(self, name, frame)
        return get(self, name)

    return read


def _makings(watch: Watch, kind: type[Any]) -> Callable[..., None]:
    initialize, note, frame_of = kind.__init__, watch.note_made, sys._getframe  # noqa: SLF001 -- as above

    def make(self: Any, *arguments: Any, **named: Any) -> None:
        initialize(self, *arguments, **named)
        note(self, frame_of(1))

    return make

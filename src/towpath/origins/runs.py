"""The runs of functions that a recording tells of, each with its source, and what was noted in it."""

from __future__ import annotations

import ast
from collections import defaultdict
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from towpath.origins.calls import called_name, calls_super
from towpath.origins.modules import Modules
from towpath.origins.recording import NONE, Span

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from towpath.origins.recording import Recording
    from towpath.origins.sources import FunctionNode, Source

_LIBRARY = "towpath/"
# They take objects as they are, and make no specs.
_UNNOTED = frozenset({"Include", "KubeObject"})


class FunctionRun(NamedTuple):
    """One run of a function."""

    source: Source
    scope: ast.AST
    """The function; where the file itself ran, the whole of it."""
    caller: int
    call: ast.AST | None
    """The expression of the caller that came to it."""
    receiver: int
    """A number for the object whose method it is, or NONE."""

    @property
    def of_library(self) -> bool:
        """Whether it is Towpath's own and not a chart's."""
        return self.source.file.startswith(_LIBRARY)

    @property
    def begins_object(self) -> bool:
        """Whether it is the constructor of a class."""
        return self.source.name(self.scope).endswith(".__init__")


class Runs:
    """Runs by number. Those that were recorded come first, and keep the numbers that they have in the recording.

    A function in which nothing was noted was not recorded. Where the code calls one, a run of it is assumed.
    """

    def __init__(self, recording: Recording, source_of: Callable[[str], Source | None]) -> None:
        self._recording = recording
        self._source_of = source_of
        self._modules = Modules(source_of)
        self._runs: list[FunctionRun] = []
        self._assumed: dict[tuple[ast.AST, int, ast.AST], int] = {}
        self._first_assumed = len(recording.activations)
        self._classes: dict[int, list[tuple[Source, str]]] = {}
        self._by_receiver: defaultdict[int, list[int]] = defaultdict(list)
        self._called: defaultdict[tuple[int, ast.AST], list[int]] = defaultdict(list)
        self._called_in: defaultdict[int, list[int]] = defaultdict(list)
        self._read: defaultdict[tuple[int, ast.AST], list[int]] = defaultdict(list)
        self._read_in: defaultdict[int, list[int]] = defaultdict(list)
        self._made: set[tuple[int, ast.AST]] = set()
        for number, each in enumerate(recording.activations):
            self._runs.append(self._recorded(*each))
            self._by_receiver[each.receiver].append(number)
            if each.caller != NONE:
                call = self.at(each.caller, each.span)
                self._runs[number] = self._runs[number]._replace(call=call)
                self._called[each.caller, call].append(number)
                self._called_in[each.caller].append(number)
        for number, read in enumerate(recording.reads):
            self._read[read.activation, self.at(read.activation, read.span)].append(number)
            self._read_in[read.activation].append(number)
        for made in recording.made:
            if made.activation != NONE:
                self._made.add((made.activation, self.at(made.activation, made.span)))

    def _recorded(self, function: int, caller: int, _span: int, receiver: int) -> FunctionRun:
        source, name, line = self._written(function)
        return FunctionRun(source, source.function(name, line) or source.tree, caller, None, receiver)

    def _written(self, function: int) -> tuple[Source, str, int]:
        """Return where a function of the recording is written: its file, its name in it, and its line."""
        file, name, line = self._recording.functions[function]
        source = self._source_of(file)
        if source is None:
            raise ValueError(f"{file} ran and is not there")
        return source, name, line

    def __getitem__(self, number: int) -> FunctionRun:
        return self._runs[number]

    def at(self, number: int, span: int) -> ast.AST:
        """Return the expression of a run that a span is."""
        run = self._runs[number]
        return run.source.at(self.span(span), run.scope)

    def span(self, number: int) -> Span:
        """Return a span of the recording."""
        found = self._recording.spans[number]
        if isinstance(found, Span):
            return found
        source, name, line = self._written(found.function)
        return source.span(name, line, found.instruction)

    def read_at(self, number: int, node: ast.AST) -> list[int]:
        """Return the reads that happened in an expression itself, and not in what it calls or consists of."""
        return self._read.get((number, node), [])

    def read_in(self, number: int) -> list[int]:
        """Return the reads that happened in a run itself."""
        return self._read_in.get(number, [])

    def called_in(self, number: int) -> list[int]:
        """Return the runs that a run called."""
        return self._called_in.get(number, [])

    def called_at(self, number: int, node: ast.AST) -> list[int]:
        """Return the runs that an expression called."""
        return self._called.get((number, node), [])

    def begun_at(self, number: int, call: ast.Call) -> list[int]:
        """Return those of the runs that an expression called that made the object which is its value."""
        return [
            each
            for each in self.called_at(number, call)
            if self[each].begins_object and not calls_super(call)
        ]

    def makes(self, number: int, node: ast.AST) -> bool:
        """Return whether an expression made a value of specs."""
        return (number, node) in self._made

    def would_show(self, number: int, call: ast.Call) -> bool:
        """Return whether it would have been noted if a call had happened: it makes a construct or a value of specs."""
        name = called_name(call)
        if any(each.name == name for each in self._recording.kinds):
            return True
        imported = self[number].source.imported.get(name, "")
        return name[:1].isupper() and name not in _UNNOTED and imported.startswith("towpath.constructs")

    def is_assumed(self, number: int) -> bool:
        """Return whether nothing was noted in a run."""
        return number >= self._first_assumed

    def methods_of(self, receiver: int) -> list[int]:
        """Return the recorded runs of an object's methods."""
        return self._by_receiver.get(receiver, []) if receiver != NONE else []

    def receiver_of(self, number: int) -> int:
        """Return the object that `self` is in a run; for a function inside of a method, that of the method."""
        run = self[number]
        while run.receiver == NONE and run.caller != NONE and "<locals>" in run.source.name(run.scope):
            run = self[run.caller]
        return run.receiver

    def of_function(self, source: Source, function: FunctionNode) -> list[int]:
        """Return the runs of a chart's function; where none was recorded, those that calls of its name come to."""
        found = [number for number, run in enumerate(self._runs) if run.scope is function]
        calls = [] if found else self._calls_of(range(len(self._runs)), function.name)
        return found or [self.assume(source, function, *each, self[each[0]].receiver) for each in calls]

    def of_scope(self, scope: ast.AST) -> list[int]:
        """Return the runs of a function that are known so far."""
        return [number for number, run in enumerate(self._runs) if run.scope is scope]

    def unseen_methods(self, receiver: int, attribute: str) -> list[int]:
        """Return runs of a chart's methods that set an attribute of an object and were not recorded."""
        numbers = [each for each in self.methods_of(receiver) if not self[each].of_library]
        seen = {self[each].scope for each in numbers}
        return [
            self.assume(source, function, *call, receiver)
            for source in {self[each].source for each in numbers}
            for function in source.functions
            if function not in seen and source.definitions(function, attribute)
            for call in self._calls_of(numbers, function.name)
        ]

    def sets(self, receiver: int, attribute: str) -> bool:
        """Return whether a method of an object that ran sets an attribute of it."""
        runs = map(self.__getitem__, self.methods_of(receiver))
        return any(run.source.definitions(run.scope, f"self.{attribute}") for run in runs)

    def may_be_set(self, receiver: int, attribute: str) -> bool:
        """Return whether any method of an object, whether it ran or not, sets an attribute of it."""
        name = f"self.{attribute}"
        return any(
            source.definitions(function, name)
            for source, kind in self._classes_of(receiver)
            for function in source.functions
            if source.name(function).startswith(f"{kind}.")
        )

    def properties(self, number: int, node: ast.Attribute, receiver: int) -> list[int]:
        """Return runs of the method that an attribute of an object is, where it is a property that read nothing."""
        found = self._methods(receiver, node.attr)
        return [self.assume(*each, number, node, receiver) for each in found if each[1].decorator_list]

    def _calls_of(self, numbers: Iterable[int], name: str) -> list[tuple[int, ast.Call]]:
        return [
            (number, node)
            for number in numbers
            if not self[number].of_library
            for node in ast.walk(self[number].scope)
            if isinstance(node, ast.Call) and called_name(node) == name
        ]

    def unseen_calls(self, number: int, call: ast.Call, owners: Iterable[int]) -> list[int]:
        """Return runs of the functions that a call may come to and that were not recorded; none where none is known.

        `owners` are the objects whose method it calls, where it calls one and they are known.
        """
        run = self[number]
        name = called_name(call)
        methods = [(owner, self._methods(owner, name)) for owner in owners]
        if methods and all(found for _, found in methods):
            return [self.assume(*each, number, call, owner) for owner, found in methods for each in found]
        match call.func:
            case ast.Attribute(ast.Name("self" | "cls")):
                # A method of a base class, perhaps, of which nothing else ran.
                found = [
                    (source, function)
                    for source in self._sources
                    for function in source.functions
                    if function.name == name and source.file.startswith(_LIBRARY) == run.of_library
                ]
                return [self.assume(*each, number, call, run.receiver) for each in found]
            case ast.Name():
                return self.functions_named(number, name, call)
            case ast.Attribute(ast.Name(base)) if base in run.source.imported:
                found = self._modules.functions(run.source, f"{run.source.imported[base]}.{base}", name)
            case _:
                found = []
        return [self.assume(*each, number, call, NONE) for each in found]

    def _methods(self, receiver: int, name: str) -> list[tuple[Source, FunctionNode]]:
        """Return the methods of a name that an object has, of the classes of which something ran for it."""
        return [
            (source, function)
            for source, kind in self._classes_of(receiver)
            for function in source.functions
            if source.name(function) == f"{kind}.{name}"
        ]

    def _classes_of(self, receiver: int) -> list[tuple[Source, str]]:
        """Return the classes of an object: those of which methods ran, and their bases as far as they are followed."""
        if receiver not in self._classes:
            self._classes[receiver] = self._modules.with_bases(
                (self[each].source, self[each].source.name(self[each].scope).rpartition(".")[0])
                for each in self.methods_of(receiver)
            )
        return self._classes[receiver]

    def functions_named(self, number: int, name: str, use: ast.AST) -> list[int]:
        """Return runs of the functions that a name may stand for in a run, where an expression uses it."""
        run = self[number]
        found = self._modules.functions(run.source, run.source.imported.get(name, ""), name)
        return [self.assume(*each, number, use, NONE) for each in found]

    def assume(
        self, source: Source, function: FunctionNode, caller: int, call: ast.AST, receiver: int
    ) -> int:
        """Return the number of a run that must have been if a call happened."""
        number = caller
        while self.is_assumed(number):
            # A function that calls itself: one run stands for all.
            if self[number].scope is function and self[number].call is call:
                return number
            number = self[number].caller
        key = (function, caller, call)
        if key not in self._assumed:
            self._assumed[key] = len(self._runs)
            self._runs.append(FunctionRun(source, function, caller, call, receiver))
        return self._assumed[key]

    @property
    def charts(self) -> list[Source]:
        """The files of charts in which something ran."""
        return [each for each in self._sources if not each.file.startswith(_LIBRARY)]

    @cached_property
    def _sources(self) -> list[Source]:
        return list({id(each.source): each.source for each in self._runs}.values())

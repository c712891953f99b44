"""One step of a slice: what the value of an expression comes from, and what decides that it is come to.

The rules are those of Python, applied to one run of a function: names, attributes of objects, calls, conditions.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from towpath.origins.calls import (
    arguments_of,
    called_name,
    conditions_of,
    parameters_of,
    passed,
    results_of,
    unpacked,
)
from towpath.origins.definitions import own_attribute
from towpath.origins.objects import displays_of, objects_of
from towpath.origins.recording import NONE
from towpath.origins.sources import COMPREHENSIONS, FUNCTIONS, LOOPS
from towpath.origins.steps import Attribute, Condition, Field, Run, Value, is_whole

if TYPE_CHECKING:
    from collections.abc import Iterator

    from towpath.origins.definitions import Definition
    from towpath.origins.recording import Recording
    from towpath.origins.runs import Runs
    from towpath.origins.steps import Step

# What constructs have of their own that no setting is taken from.
_STRUCTURE = frozenset({"spec", "platform", "node", "target", "cluster"})
# What returns things that it was given, or containers of them, or says what they are: it looks at nothing inside.
_PASSES_ON = frozenset(
    {
        *(
            "copy",
            "dict",
            "enumerate",
            "filter",
            "frozenset",
            "get",
            "isinstance",
            "items",
            "iter",
            "keys",
            "list",
        ),
        *("map", "next", "reversed", "set", "sorted", "tuple", "values", "zip"),
    }
)
_CHANGES = frozenset({"add", "append", "extend", "insert", "setdefault", "update"})


class Following:
    """Steps of what one recording tells of."""

    def __init__(self, recording: Recording, runs: Runs) -> None:
        self._recording = recording
        self._runs = runs

    def follow(self, step: Value | Condition | Run | Attribute) -> Iterator[Step]:
        """Yield the steps that a step comes from; reads and fields come from nothing here."""
        match step:
            case Value():
                yield from self._value(step)
            case Condition():
                yield from self._condition(step)
            case Run(number):
                yield from map(self.read, self._runs.read_in(number))
                yield from map(Run, self._runs.called_in(number))
            case Attribute():
                yield from self._attribute(step)

    def read(self, number: int) -> Step:
        """Return what a read is to a slice: its end, or a field of a made value, which is followed further."""
        read = self._recording.reads[number]
        owner = self._recording.owners[read.owner]
        return number if owner.kind else Field(owner.made, read.field)

    def _noted(self, number: int, node: ast.AST) -> list[Step]:
        """Return what was read at an expression itself; of a call, less what is read in what it calls."""
        found = [self.read(each) for each in self._runs.read_at(number, node)]
        if not isinstance(node, ast.Call):
            called = self._runs.called_at(number, node)
            found += [step for each in called for step in self._result(each, whole=False)]
        return found

    # Expressions

    def _value(self, value: Value) -> Iterator[Step]:
        match value.node:
            case ast.Name(name, ast.Load()) as node if name != "self":
                yield from self._name(value, node)
            case ast.Name():
                pass
            case ast.Attribute() as node:
                yield from self._taken(value, node)
            case ast.Call(ast.Attribute(base, "get"), [ast.Constant(key), *others]) if (
                entries := self.entries(value, base, key)
            ) is not None:
                yield from (*self._noted(value.run, value.node), *entries)
                yield from (Value(value.run, each, value.whole) for each in others)
            case ast.Subscript(base, ast.Constant(key)) if (
                entries := self.entries(value, base, key)
            ) is not None:
                yield from (*self._noted(value.run, value.node), *entries)
            case ast.Call() as node:
                yield from self._noted(value.run, node)
                yield from self.call(value, node)
            case node:
                yield from self._noted(value.run, node)
                for child in ast.iter_child_nodes(node):
                    yield Value(value.run, child, is_whole(node, child, whole=value.whole))

    def entries(self, value: Value, base: ast.AST, key: object) -> list[Step] | None:
        """Return what stands under a key; None where not all mappings that it may be taken from are written out."""
        displays = displays_of(self._runs, value.run, base)
        if not displays:
            return None
        steps: list[Step] = []
        for number, display, entries in displays:
            # The named arguments of a call are there whenever the function is.
            if isinstance(display, ast.Dict):
                steps.append(Condition(number, display))
            if key in entries:
                steps.append(Value(number, entries[key], value.whole))
        return steps

    def _name(self, value: Value, node: ast.Name) -> Iterator[Step]:
        number, _, whole, frozen = value
        name = node.id
        run = self._runs[number]
        for around in run.source.around(node):
            if isinstance(around, COMPREHENSIONS):
                for part in around.generators:
                    if any(isinstance(each, ast.Name) and each.id == name for each in ast.walk(part.target)):
                        yield Value(number, part.iter, whole)
                        yield from self._noted(number, around)
                        return
            elif isinstance(around, ast.Lambda) and name in parameters_of(around.args):
                return
        definitions = list(run.source.reaching(run.scope, name, node))
        for each, certain in definitions:
            steps = self._definition(number, each, whole=whole, frozen=frozen)
            # What decides about both decides nothing about the value.
            yield from (step for step in steps if not (certain and isinstance(step, Condition)))
        if isinstance(run.scope, FUNCTIONS) and name in parameters_of(run.scope.args):
            yield from self._argument(number, name, whole=whole, frozen=frozen)
        elif not definitions:
            yield from self._outer(number, node, whole=whole)

    def _outer(self, number: int, node: ast.Name, *, whole: bool) -> Iterator[Step]:
        """Yield where a function gets a name from that belongs to a function around it, or to the module."""
        name = node.id
        run = self._runs[number]
        scope = next((each for each in run.source.around(run.scope) if isinstance(each, FUNCTIONS)), None)
        if scope is None:
            yield from self._passed_on(number, name, node, whole=whole)
            return
        for outer in self._runs.of_scope(scope):
            for each in run.source.definitions(scope, name):
                yield from self._definition(outer, each, whole=whole, frozen=False)
            if name in parameters_of(scope.args):
                yield from self._argument(outer, name, whole=whole, frozen=False)

    def _definition(
        self, number: int, definition: Definition, *, whole: bool, frozen: bool
    ) -> Iterator[Step]:
        call = definition.effect
        if frozen and not definition.replaces:
            return
        if call is not None and not self._may_change(number, call):
            return
        yield Condition(number, definition.node)
        yield from self._noted(number, definition.node)
        if call is not None:
            yield from self._noted(number, call)
            yield from map(Run, self._runs.called_at(number, call))
            yield from (Value(number, each) for each in arguments_of(call))
        elif isinstance(definition.node, FUNCTIONS):
            yield from self._passed_on(number, definition.node.name, definition.node, whole=whole)
        elif definition.value is not None:
            # What is in a list is frozen, and the list is not.
            yield Value(number, definition.value, whole, frozen and not definition.element)

    def _may_change(self, number: int, call: ast.Call) -> bool:
        """Return whether a call may change what it is given. What the library does was noted where it does it."""
        if self._runs.is_assumed(number):
            return called_name(call) in _CHANGES
        called = self._runs.called_at(number, call)
        return not self._runs.makes(number, call) and not any(self._runs[each].of_library for each in called)

    def _taken(self, value: Value, node: ast.Attribute) -> Iterator[Step]:
        """Yield what an attribute comes from."""
        number, _, whole, frozen = value
        noted = self._noted(number, node)
        yield from noted
        if noted or node.attr in _STRUCTURE:
            yield Value(number, node.value, frozen=bool(self._runs.read_at(number, node)))
        elif own_attribute(node) and (receiver := self._runs.receiver_of(number)) != NONE:
            yield Attribute(receiver, node.attr, whole, frozen)
        else:
            owners = objects_of(self._runs, number, node.value)
            # An attribute that no method sets belongs to a class, and is the same whatever the settings are.
            known = bool(owners) and (
                all(
                    self._runs.sets(each, node.attr) or not self._runs.may_be_set(each, node.attr)
                    for each in owners
                )
            )
            yield Value(number, node.value, not known)
            for each in owners if known else ():
                yield Attribute(each, node.attr, whole, frozen)
                for run in self._runs.properties(number, node, each):
                    yield from self._result(run, whole=whole)

    def _attribute(self, attribute: Attribute) -> Iterator[Step]:
        receiver, name = attribute.receiver, f"self.{attribute.name}"
        for number in (*self._runs.methods_of(receiver), *self._runs.unseen_methods(receiver, name)):
            run = self._runs[number]
            for each in run.source.definitions(run.scope, name):
                steps = list(self._definition(number, each, whole=attribute.whole, frozen=attribute.frozen))
                yield from steps
                if steps:
                    yield Condition(number, each.node, outward=True)

    # Calls

    def call(self, value: Value, node: ast.Call) -> Iterator[Step]:
        """Yield what a call's value comes from, besides what is read in the call itself."""
        number, _, whole, _ = value
        begun = self._runs.begun_at(number, node)
        called = self._runs.called_at(number, node)
        if begun or self._runs.makes(number, node):
            # What a chart's own classes keep is not watched.
            if whole or not all(self._runs[each].of_library for each in begun):
                yield from (Value(number, each, whole=True) for each in arguments_of(node))
                yield from map(Run, called)
        elif called:
            for each in called:
                yield from self._result(each, whole=whole)
        elif self._runs.would_show(number, node):
            return
        elif unseen := self._runs.unseen_calls(number, node, self._owners(number, node)):
            for each in unseen:
                yield from self._result(each, whole=whole)
        else:
            everything = whole or called_name(node) not in _PASSES_ON
            inner = node.func.value if isinstance(node.func, ast.Attribute) else node.func
            yield from (Value(number, each, everything) for each in (inner, *arguments_of(node)))

    def _owners(self, number: int, node: ast.Call) -> frozenset[int]:
        """Return the objects whose method a call calls; none where it calls none, or they are not known."""
        return (
            objects_of(self._runs, number, node.func.value)
            if isinstance(node.func, ast.Attribute)
            else frozenset()
        )

    def _result(self, number: int, *, whole: bool) -> Iterator[Step]:
        """Yield what a function returned or yielded."""
        for node in results_of(self._runs[number].scope):
            yield Value(number, node, whole)
            yield Condition(number, node)

    def _passed_on(self, number: int, name: str, use: ast.AST, *, whole: bool) -> Iterator[Step]:
        """Yield what functions of a name return, where an expression hands them on, to be called by others."""
        for each in self._runs.functions_named(number, name, use):
            yield from self._result(each, whole=whole)

    def _argument(self, number: int, name: str, *, whole: bool, frozen: bool) -> Iterator[Step]:
        """Yield what was passed to a function for a parameter."""
        run = self._runs[number]
        if isinstance(run.call, ast.Call) and isinstance(run.scope, FUNCTIONS):
            given = passed(run.scope, run.call, name, method=run.receiver != NONE)
            mappings = unpacked(run.call)
            for each in given:
                value = Value(run.caller, each, whole, frozen)
                entries = self.entries(value, each, name) if each in mappings else None
                yield from [value] if entries is None else entries
        elif run.call is not None and not isinstance(run.call, (ast.Name, *FUNCTIONS)):
            yield Value(run.caller, run.call, whole)

    # Conditions

    def _condition(self, condition: Condition) -> Iterator[Step]:
        number, node, outward = condition
        run = self._runs[number]
        child = node
        for around in run.source.around(node):
            yield from (Value(number, each) for each in conditions_of(around, child))
            if isinstance(around, LOOPS + COMPREHENSIONS):
                yield from self._noted(number, around)
            yield from (Value(number, each) for each in run.source.exits_before(child, around))
            child = around
        if outward and run.call is not None:
            yield Condition(run.caller, run.call, outward=True)

"""Which objects an expression may stand for, and which mappings that are written out, by where it came from."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from towpath.origins.calls import parameters_of, passed, results_of, unpacked
from towpath.origins.recording import NONE
from towpath.origins.sources import FUNCTIONS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from towpath.origins.definitions import Definition
    from towpath.origins.runs import Runs

_Origin: TypeAlias = tuple[int, ast.AST, bool]
"""An expression in a run; whether its elements are meant and not the value itself."""


def objects_of(runs: Runs, number: int, node: ast.AST) -> frozenset[int]:
    """Return the numbers of the objects that an expression may stand for; none where not all of them are known."""
    waiting: list[_Origin] = [(number, node, False)]
    seen = set(waiting)
    found: set[int] = set()
    while waiting:
        number, node, elements = waiting.pop()
        made = _made(runs, number, node) if not elements else None
        if made is not None:
            found |= made
            continue
        origins = _origins(runs, number, node, elements=elements)
        if not origins:
            return frozenset()
        waiting += [each for each in origins if each not in seen]
        seen.update(origins)
    return frozenset(found)


class Display(NamedTuple):
    """A mapping as it is written in the code: between braces, or as the named arguments of a call."""

    run: int
    node: ast.AST
    entries: Mapping[object, ast.expr]


def displays_of(runs: Runs, number: int, node: ast.AST) -> list[Display]:
    """Return the mappings that an expression may stand for.

    Nothing where not all of them are known, one has other keys than words, or something may have changed one.
    """
    waiting: list[_Origin] = [(number, node, False)]
    seen = set(waiting)
    found: list[Display] = []
    while waiting:
        number, node, elements = waiting.pop()
        display = _display(runs, number, node)
        if display is not None:
            if elements:
                return []
            found.append(display)
            continue
        origins = _origins(runs, number, node, elements=elements)
        if not origins or _is_changed(runs, number, node):
            return []
        waiting += [each for each in origins if each not in seen]
        seen.update(origins)
    return found


def _display(runs: Runs, number: int, node: ast.AST) -> Display | None:
    match node:
        case ast.Dict(keys, values) if all(isinstance(each, ast.Constant) for each in keys):
            known = zip(keys, values, strict=True)
            return Display(
                number, node, {key.value: each for key, each in known if isinstance(key, ast.Constant)}
            )
        case ast.Name(name):
            run = runs[number]
            if not (isinstance(run.scope, FUNCTIONS) and isinstance(run.call, ast.Call)):
                return None
            collected = run.scope.args.kwarg
            if (
                collected is None
                or collected.arg != name
                or unpacked(run.call)
                or _is_changed(runs, number, node)
            ):
                return None
            return Display(run.caller, run.call, {each.arg: each.value for each in run.call.keywords})
        case _:
            return None


def _is_changed(runs: Runs, number: int, node: ast.AST) -> bool:
    """Return whether something may have changed a mapping under a name."""
    match node:
        case ast.Name(name):
            return any(
                not each.replaces for each in runs[number].source.definitions(runs[number].scope, name)
            )
        case ast.Call():
            return False
        case _:
            return True


def _made(runs: Runs, number: int, node: ast.AST) -> set[int] | None:
    """Return the object that an expression makes or that `self` is; None where it is neither."""
    match node:
        case ast.Name("self") if runs.receiver_of(number) != NONE:
            return {runs.receiver_of(number)}
        case ast.Call() if begun := runs.begun_at(number, node):
            return {runs[each].receiver for each in begun}
        case _:
            return None


def _origins(runs: Runs, number: int, node: ast.AST, *, elements: bool) -> list[_Origin]:
    """Return where a value came from unchanged; nothing where that is not known."""
    run = runs[number]
    match node:
        case ast.Name(name) if isinstance(run.scope, FUNCTIONS):
            definitions = [each for each, _ in run.source.reaching(run.scope, name, node) if each.replaces]
            if definitions or name not in parameters_of(run.scope.args):
                return _defined([(number, each) for each in definitions], elements=elements)
            return _passed(runs, number, name, elements=elements)
        case ast.Attribute(ast.Name("self"), name):
            methods = runs.methods_of(runs.receiver_of(number))
            found = [
                (each, definition)
                for each in methods
                for definition in runs[each].source.definitions(runs[each].scope, f"self.{name}")
                if definition.replaces
            ]
            return _defined(found, elements=elements)
        case ast.Call():
            called = runs.called_at(number, node)
            return [(each, result, elements) for each in called for result in results_of(runs[each].scope)]
        case ast.IfExp(_, body, orelse):
            return [(number, body, elements), (number, orelse, elements)]
        case ast.Tuple(items) | ast.List(items) if elements:
            starred = any(isinstance(each, ast.Starred) for each in items)
            return [] if starred else [(number, each, False) for each in items]
        case _:
            return []


def _defined(definitions: list[tuple[int, Definition]], *, elements: bool) -> list[_Origin]:
    found: list[_Origin] = []
    for number, each in definitions:
        if each.value is None or (elements and each.element):
            return []
        found.append((number, each.value, elements or each.element))
    return found


def _passed(runs: Runs, number: int, name: str, *, elements: bool) -> list[_Origin]:
    run = runs[number]
    if not (isinstance(run.scope, FUNCTIONS) and isinstance(run.call, ast.Call)):
        return []
    found: list[_Origin] = []
    variable = run.scope.args.vararg
    for each in passed(run.scope, run.call, name, method=run.receiver != NONE):
        if variable is None or name != variable.arg:
            found.append((run.caller, each, elements))
        elif isinstance(each, ast.Starred):
            found.append((run.caller, each.value, elements))
        elif elements:
            # Of what is collected, this is one.
            found.append((run.caller, each, False))
        else:
            return []
    return found

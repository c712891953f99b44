"""Calls and conditions, in the syntax of Python: what is passed, what comes back, what decides."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from towpath.origins.definitions import inside

if TYPE_CHECKING:
    from collections.abc import Iterator

    from towpath.origins.sources import FunctionNode


def called_name(call: ast.Call) -> str:
    """Return the last part of the name of what is called; empty where it has none."""
    match call.func:
        case ast.Name(name) | ast.Attribute(_, name):
            return name
        case _:
            return ""


def calls_super(call: ast.Call) -> bool:
    """Return whether a call goes to a method of a base class through `super()`."""
    match call.func:
        case ast.Attribute(ast.Call(ast.Name("super"))):
            return True
        case _:
            return False


def arguments_of(call: ast.Call) -> list[ast.expr]:
    """Return all expressions that are passed."""
    return [*call.args, *(each.value for each in call.keywords)]


def parameters_of(arguments: ast.arguments) -> list[str]:
    """Return the names of a function's parameters."""
    listed = [
        *arguments.posonlyargs,
        *arguments.args,
        *arguments.kwonlyargs,
        arguments.vararg,
        arguments.kwarg,
    ]
    return [each.arg for each in listed if each is not None]


def passed(function: FunctionNode, call: ast.Call, name: str, *, method: bool) -> list[ast.expr]:
    """Return the expressions of a call that a parameter may have got its value from.

    Where it may have come from a mapping that is unpacked (`**mapping`), the mapping is among them.
    """
    if called_name(call) != function.name and not function.name.startswith("__"):
        # It was called through something else, such as `map`.
        return arguments_of(call)
    parameters = function.args
    ordered = [each.arg for each in (*parameters.posonlyargs, *parameters.args)]
    if method and ordered[:1] == ["self"]:
        ordered = ordered[1:]
    named = [each.value for each in call.keywords if each.arg == name]
    if named:
        return named
    mappings = unpacked(call)
    starred = [each for each in call.args if isinstance(each, ast.Starred)]
    if parameters.kwarg and name == parameters.kwarg.arg:
        known = {*ordered, *(each.arg for each in parameters.kwonlyargs)}
        return [each.value for each in call.keywords if each.arg not in known]
    if parameters.vararg and name == parameters.vararg.arg:
        return [*call.args[len(ordered) :], *starred]
    if name not in ordered:
        return mappings
    if starred:
        return [*call.args, *mappings]
    position = ordered.index(name)
    return call.args[position : position + 1] or mappings


def unpacked(call: ast.Call) -> list[ast.expr]:
    """Return the mappings that are unpacked to named arguments (`**mapping`)."""
    return [each.value for each in call.keywords if each.arg is None]


def results_of(scope: ast.AST) -> Iterator[ast.expr]:
    """Yield the expressions that a function returns or yields."""
    for node in inside(scope):
        if isinstance(node, ast.Return | ast.Yield | ast.YieldFrom) and node.value is not None:
            yield node.value


def conditions_of(around: ast.AST, child: ast.AST) -> Iterator[ast.AST]:
    """Yield what decides whether a node is come to, of what it directly stands in."""
    match around:
        case ast.If(test) | ast.While(test) | ast.IfExp(test) if child is not test:
            yield test
        case ast.For(target, values) | ast.AsyncFor(target, values) if child not in (target, values):
            yield from _how_many(values)
        case ast.BoolOp(_, values):
            for each in values:
                if each is child:
                    break
                yield each
        case ast.ListComp() | ast.SetComp() | ast.DictComp() | ast.GeneratorExp():
            for part in around.generators:
                if part is child:
                    break
                yield from (*_how_many(part.iter), *part.ifs)
        case ast.comprehension(_, values, tests) if child in tests:
            yield from _how_many(values)
        case ast.Match(subject, cases) if isinstance(child, ast.match_case):
            yield subject
            yield from (each.pattern for each in cases[: cases.index(child) + 1])
        case ast.match_case(_, ast.expr() as guard) if child is not guard:
            yield guard
        case _:
            pass


def _how_many(values: ast.AST) -> Iterator[ast.AST]:
    """Yield what decides how often something is done for each of some values; of values written out, nothing does."""
    written = isinstance(values, ast.Tuple | ast.List) and not any(
        isinstance(each, ast.Starred) for each in values.elts
    )
    if not written:
        yield values

"""What gives names their values, in the syntax of Python: assignments, loops, imports, and calls that change things."""

from __future__ import annotations

import ast
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Module, ast.Lambda)


@dataclass(frozen=True, slots=True, eq=False)
class Definition:
    """What gives a name a value, or may change the value that it has."""

    node: ast.AST
    """The statement or expression that does it: what is around this decides whether it happens."""
    value: ast.AST | None
    """What the value comes from; None for an import, a function or the like."""
    replaces: bool = True
    """Whether the value from before is gone."""
    element: bool = False
    """Whether the name stands for one element of the value after the other."""

    @property
    def effect(self) -> ast.Call | None:
        """The call that may change the value it was given, where it is one."""
        return self.value if isinstance(self.node, ast.Expr) and isinstance(self.value, ast.Call) else None


def inside(scope: ast.AST) -> Iterator[ast.AST]:
    """Yield every node of a function's body, less the insides of functions and classes in it."""
    waiting = [each for each in ast.iter_child_nodes(scope) if not isinstance(each, ast.arguments)]
    while waiting:
        node = waiting.pop()
        yield node
        if not isinstance(node, _SCOPES):
            waiting.extend(ast.iter_child_nodes(node))


def definitions_at(node: ast.AST) -> Iterator[tuple[str, Definition]]:
    """Yield the names that a node defines; an attribute of `self` goes by its name with `self.` before it."""
    yield from _assigned(node)
    match node:
        case ast.For(target, values) | ast.AsyncFor(target, values):
            yield from _looped(target, values, node)
        case ast.With(items) | ast.AsyncWith(items):
            for item in items:
                if item.optional_vars is not None:
                    yield from _bound(item.optional_vars, item.context_expr, node)
        case ast.Match(subject, cases):
            for case in cases:
                for name in _captured(case.pattern):
                    # What the pattern takes out of the subject is read at the pattern.
                    yield name, Definition(node, subject, replaces=False)
                    yield name, Definition(node, case.pattern, replaces=False)
        case ast.Expr(ast.Call() as call):
            # What is called for its effect may change what it is called on, and whatever it is given.
            given = [
                each for each in (*call.args, *(each.value for each in call.keywords)) if _is_named(each)
            ]
            for name in sorted({name for each in (call.func, *given) for name in _roots(each)}):
                yield name, Definition(node, call, replaces=False)
        case _:
            pass


def _assigned(node: ast.AST) -> Iterator[tuple[str, Definition]]:
    match node:
        case ast.Assign(targets, value):
            for target in targets:
                yield from _bound(target, value, node)
        case ast.AnnAssign(target, _, ast.expr() as value) | ast.NamedExpr(target, value):
            yield from _bound(target, value, node)
        case ast.AugAssign(target, _, value):
            yield from ((name, Definition(node, value, replaces=False)) for name in _roots(target))
        case ast.Import(names) | ast.ImportFrom(_, names):
            for alias in names:
                yield (alias.asname or alias.name).partition(".")[0], Definition(node, None)
        case ast.FunctionDef(name) | ast.AsyncFunctionDef(name) | ast.ClassDef(name):
            yield name, Definition(node, None)
        case _:
            pass


def _captured(pattern: ast.pattern) -> Iterator[str]:
    for each in ast.walk(pattern):
        name = getattr(each, "name", None) or getattr(each, "rest", None)
        if isinstance(name, str):
            yield name


def _bound(target: ast.expr, value: ast.expr, node: ast.AST) -> Iterator[tuple[str, Definition]]:
    if isinstance(target, ast.Starred):
        target = target.value
    if isinstance(target, ast.Tuple | ast.List):
        for index, each in enumerate(target.elts):
            yield from _bound(each, _element(value, index, target.elts) or value, node)
    elif isinstance(target, ast.Name):
        yield target.id, Definition(node, value)
    elif own := own_attribute(target):
        yield f"self.{own}", Definition(node, value)
    else:
        for name in _roots(target):
            yield name, Definition(node, value, replaces=False)
            if isinstance(target, ast.Subscript):
                yield name, Definition(node, target.slice, replaces=False)


def _looped(target: ast.expr, values: ast.expr, node: ast.AST) -> Iterator[tuple[str, Definition]]:
    """Yield what a loop binds. Of a table that is written out, each name stands for its own column."""
    rows = values.elts if isinstance(values, ast.Tuple | ast.List) else []
    columns = target.elts if isinstance(target, ast.Tuple | ast.List) else []
    if columns and rows and all(_element(row, 0, columns) is not None for row in rows):
        for row in rows:
            yield from _bound(target, row, node)
    else:
        for name, each in _bound(target, values, node):
            yield name, replace(each, element=True)


def _element(value: ast.expr, index: int, targets: Sequence[ast.expr]) -> ast.expr | None:
    """Return what stands at an index of a display that is as long as what it is bound to."""
    if not isinstance(value, ast.Tuple | ast.List) or len(value.elts) != len(targets):
        return None
    starred = any(isinstance(each, ast.Starred) for each in (*targets, *value.elts))
    return None if starred else value.elts[index]


def own_attribute(node: ast.AST) -> str:
    """Return the name of an attribute of `self`; empty for anything else."""
    match node:
        case ast.Attribute(ast.Name("self"), name):
            return name
        case _:
            return ""


def _is_named(node: ast.AST) -> bool:
    """Return whether an expression is a name or an attribute of `self`, and no part of what these stand for."""
    return isinstance(node, ast.Name) or bool(own_attribute(node))


def _roots(node: ast.AST) -> Iterator[str]:
    """Yield the name that an expression starts from: `a` of `a.b[c].d()`, `self.a` of `self.a.b`."""
    while True:
        match node:
            case ast.Name(name):
                if name != "self":
                    yield name
                return
            case ast.Attribute(ast.Name("self"), name):
                yield f"self.{name}"
                return
            case ast.Attribute(value) | ast.Subscript(value) | ast.Starred(value):
                node = value
            case ast.Call(function):
                node = function
            case _:
                return

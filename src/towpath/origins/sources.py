"""The source of what ran, as trees: what stands at a span, what is around it, and where a name gets its value."""

from __future__ import annotations

import ast
from collections import defaultdict
from functools import cached_property
from types import CodeType
from typing import TYPE_CHECKING, TypeAlias

from towpath.origins.definitions import Definition, definitions_at, inside
from towpath.origins.recording import Span

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

FunctionNode: TypeAlias = ast.FunctionDef | ast.AsyncFunctionDef
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
LOOPS = (ast.For, ast.AsyncFor, ast.While)
COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
_SCOPES = (*FUNCTIONS, ast.ClassDef, ast.Module)


class Source:
    """One file of Python."""

    def __init__(self, file: str, text: str) -> None:
        self.file = file
        self._text = text
        self.tree = ast.parse(text)
        self.classes: dict[str, ast.ClassDef] = {}
        """By qualified name."""
        self._parents: dict[ast.AST, ast.AST] = {}
        self._functions: dict[tuple[str, int], FunctionNode] = {}
        self._names: dict[ast.AST, str] = {self.tree: ""}
        self._definitions: dict[ast.AST, Mapping[str, list[Definition]]] = {}
        self._positions: dict[tuple[str, int], list[Span]] = {}
        self._left: dict[ast.AST, tuple[ast.AST, ...]] = {}
        self._index(self.tree, "")

    def _index(self, node: ast.AST, prefix: str) -> None:
        for child in ast.iter_child_nodes(node):
            self._parents[child] = node
            within = prefix
            if isinstance(child, FUNCTIONS):
                name = self._names[child] = f"{prefix}{child.name}"
                first = min([child.lineno, *(each.lineno for each in child.decorator_list)])
                self._functions[name, first] = child
                within = f"{name}.<locals>."
            elif isinstance(child, ast.ClassDef):
                self._names[child] = f"{prefix}{child.name}"
                self.classes[f"{prefix}{child.name}"] = child
                within = f"{prefix}{child.name}."
            self._index(child, within)

    @cached_property
    def functions(self) -> tuple[FunctionNode, ...]:
        """Every function of the file."""
        return tuple(self._functions.values())

    @cached_property
    def imported(self) -> Mapping[str, str]:
        """The names that the file imports from modules, and these modules."""
        return {
            alias.asname or alias.name: node.module or ""
            for node in ast.walk(self.tree)
            if isinstance(node, ast.ImportFrom)
            for alias in node.names
        }

    def function(self, name: str, line: int) -> FunctionNode | None:
        """Return the function of a qualified name that starts on a line, its decorators included."""
        return self._functions.get((name, line))

    @cached_property
    def _codes(self) -> Mapping[tuple[str, int], CodeType]:
        # Workers run without optimization, whatever this process does.
        waiting = [compile(self._text, self.file, "exec", dont_inherit=True, optimize=0)]
        for code in waiting:
            waiting += [each for each in code.co_consts if isinstance(each, CodeType)]
        return {(code.co_qualname, code.co_firstlineno): code for code in waiting}

    def span(self, name: str, line: int, index: int) -> Span:
        """Return where an instruction of a function stands. The same source compiles to the same instructions."""
        key = (name, line)
        if key not in self._positions:
            self._positions[key] = [
                Span(*(each or 0 for each in position)) for position in self._codes[key].co_positions()
            ]
        return self._positions[key][index]

    def name(self, scope: ast.AST) -> str:
        """Return the qualified name of a function or a class; a module's is empty."""
        return self._names[scope]

    def around(self, node: ast.AST) -> Iterator[ast.AST]:
        """Yield what a node stands in, the nearest first; the last one is the function, class or module."""
        parent = self._parents.get(node)
        while parent is not None:
            yield parent
            if isinstance(parent, _SCOPES):
                return
            parent = self._parents.get(parent)

    def statement(self, node: ast.AST) -> ast.AST:
        """Return the statement that a node belongs to, which may be itself."""
        return next((each for each in (node, *self.around(node)) if isinstance(each, ast.stmt)), node)

    def at(self, span: Span, scope: ast.AST) -> ast.AST:
        """Return the smallest node in `scope` that a span lies in."""
        found = scope
        while (within := next(_holding(found, span), None)) is not None:
            found = within
        return found

    def definitions(self, scope: ast.AST, name: str) -> list[Definition]:
        """Return what gives a name its value in a function, in the order of the text.

        An attribute of `self` goes by its name with `self.` before it.
        """
        if scope not in self._definitions:
            found: defaultdict[str, list[Definition]] = defaultdict(list)
            for node in inside(scope):
                for defined, definition in definitions_at(node):
                    found[defined].append(definition)
            for each in found.values():
                each.sort(key=lambda definition: _start(definition.node))
            self._definitions[scope] = found
        return self._definitions[scope].get(name, [])

    def reaching(self, scope: ast.AST, name: str, use: ast.AST) -> Iterator[tuple[Definition, bool]]:
        """Yield the definitions of a name whose value may still be there where the name is used.

        Beside each stands whether it is come to whenever the use is.
        """
        definitions = self.definitions(scope, name)
        statement = self.statement(use)
        blocks = [self._block(each) for each in (statement, *self.around(statement))]
        last: Definition | None = None
        for each in definitions:
            block = self._block(self.statement(each.node))
            if (
                each.replaces
                and _start(each.node) < _start(statement)
                and any(block is one for one in blocks)
            ):
                last = each
        loops = {each for each in self.around(use) if isinstance(each, LOOPS)}
        for each in definitions:
            if _start(each.node) >= _start(statement) and each.node is not statement:
                # Further down, and yet before: in the round before.
                if loops.intersection(self.around(each.node)):
                    yield each, False
            elif last is None or _start(each.node) >= _start(last.node):
                yield each, last is not None and each.node is last.node

    def exits_before(self, child: ast.AST, around: ast.AST) -> Iterator[ast.AST]:
        """Yield the conditions under which a statement is not come to, because one before it in its block leaves."""
        for name in ("body", "orelse", "finalbody"):
            block = getattr(around, name, None)
            if isinstance(block, list) and child in block:
                for before in block[: block.index(child)]:
                    if before not in self._left:
                        self._left[before] = tuple(self._exits(before))
                    yield from self._left[before]

    def _exits(self, statement: ast.AST) -> Iterator[ast.AST]:
        for node in (statement, *inside(statement)):
            if not isinstance(node, ast.Return | ast.Break | ast.Continue):
                continue
            tests: list[ast.AST] = []
            for each in (node, *self.around(node)):
                if isinstance(each, LOOPS) and not isinstance(node, ast.Return):
                    break
                tests += [getattr(each, name) for name in ("test", "iter", "subject") if hasattr(each, name)]
                if each is statement:
                    yield from tests
                    break

    def _block(self, statement: ast.AST) -> object:
        """Return the list of statements that one stands in."""
        parent = self._parents.get(statement)
        for name in ("body", "orelse", "finalbody", "handlers", "cases"):
            block = getattr(parent, name, None)
            if isinstance(block, list) and statement in block:
                return block
        return parent


def _start(node: ast.AST) -> tuple[int, int]:
    return getattr(node, "lineno", 0), getattr(node, "col_offset", 0)


def _holding(node: ast.AST, span: Span) -> Iterator[ast.AST]:
    for child in ast.iter_child_nodes(node):
        line, end_line = getattr(child, "lineno", 0), getattr(child, "end_lineno", 0)
        if not line:
            # Arguments and the parts of a comprehension have no place of their own.
            yield from _holding(child, span)
        elif (line, getattr(child, "col_offset", 0)) <= (span.line, span.column) and (
            span.end_line,
            span.end_column,
        ) <= (end_line, getattr(child, "end_col_offset", 0)):
            yield child

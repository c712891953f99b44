"""The steps of a slice: what is asked of a run of code, and what follows from its form alone."""

from __future__ import annotations

import ast
from typing import NamedTuple, TypeAlias


class Value(NamedTuple):
    """An expression in one run of its function."""

    run: int
    node: ast.AST
    whole: bool = False
    """Whether everything that is in it counts, also where it is a construct or a value of specs."""
    frozen: bool = False
    """Whether it is known that nothing can change it once it is there, as a model of settings."""


class Condition(NamedTuple):
    """Whether an expression is come to in one run of its function."""

    run: int
    node: ast.AST
    outward: bool = False
    """Whether also the function has to be come to."""


class Field(NamedTuple):
    """A field of a made value."""

    made: int
    name: str


class Run(NamedTuple):
    """Everything that one run of a function reads."""

    run: int


class Attribute(NamedTuple):
    """What methods of one object put into an attribute of it."""

    receiver: int
    name: str
    whole: bool
    frozen: bool


Step: TypeAlias = Value | Condition | Field | Run | Attribute | int
"""A number is a read, at which a slice ends."""


def is_whole(node: ast.AST, child: ast.AST, *, whole: bool) -> bool:
    """Return whether everything in a part of an expression counts, where `whole` says so of the expression."""
    match node:
        case ast.JoinedStr() | ast.FormattedValue():
            return True
        case ast.Compare() | ast.comprehension():
            # What is looped over is there element by element, under the names that it is bound to.
            return False
        case ast.IfExp(test):
            return whole and child is not test
        case ast.Subscript(value):
            return whole and child is value
        case _:
            return whole

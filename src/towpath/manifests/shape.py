"""Bodies whose shape nobody has checked: what is of another kind than its field's counts as empty.

The API server refuses such an object; whoever only looks for something in it need not stumble over it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping


def mapping(value: object) -> Mapping[str, Any]:
    """Return a mapping, or an empty one in place of anything else."""
    return value if isinstance(value, dict) else {}


def items(value: object) -> list[Any]:
    """Return a list, or an empty one in place of anything else."""
    return value if isinstance(value, list) else []


def mappings(value: object) -> list[Mapping[str, Any]]:
    """Return the mappings of a list, without anything else that stands in it."""
    return [each for each in items(value) if isinstance(each, dict)]


def whole(value: object, otherwise: int) -> int:
    """Return a whole number, zero or more, or another one in place of anything else."""
    if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
        return value
    return otherwise

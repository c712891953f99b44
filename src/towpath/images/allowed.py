"""Which registries images may come from: `registries.allowed` in `towpath.yaml`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from towpath.errors import NOWHERE, Problem

if TYPE_CHECKING:
    from collections.abc import Sequence

    from towpath.errors import Place


def registry_problem(
    image: str,
    repository: str,
    allowed: Sequence[str],
    *,
    rule: str,
    place: Place = NOWHERE,
    command: str = "",
) -> Problem | None:
    """Return a problem where an image's repository is in a registry that may not be used, or None.

    Args:
        image: the name of its pin.
        repository: in full, with the registry's host first.
        allowed: hosts, with their ports; none allows every registry.
        rule: `pin.registry` for a reference that is asked for, `link.registry` for a pin that stands.
        place: where the pin stands.
        command: what pins the image anew.

    """
    registry = repository.partition("/")[0]
    if not allowed or registry in allowed:
        return None
    return Problem(
        place,
        f"{image}: the registry {registry} is not allowed",
        "one of " + ", ".join(allowed),
        "add it to registries.allowed in towpath.yaml, if it may be used"
        + (f"; if not, run `{command}`" if command else ""),
        rule=rule,
    )

"""The way of a promotion through the pipeline. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from towpath.errors import NOWHERE, Problem, UsageError, nearest

if TYPE_CHECKING:
    from towpath.pipeline import Pipeline

_REASON_LIMIT = 500

REGISTRY = "registry"
"""The source of images that a person names, instead of those that an environment runs."""


@dataclass(frozen=True, slots=True)
class Route:
    """From where to where a promotion goes, and what it leaves out on the way."""

    source: str
    """An environment, or `REGISTRY`."""
    target: str
    passed_over: tuple[str, ...] = ()
    """Environments of the pipeline between the two."""
    reason: str = ""
    """Why they are passed over; a person's words."""


def plan_route(pipeline: Pipeline, source: str, target: str, *, pass_over: bool, reason: str) -> Route:
    """Return the way of a promotion through the pipeline.

    Raises:
        UsageError: for an unknown environment, the same one twice, the wrong direction, or a way past environments
            without leave or without a reason.

    """
    order = pipeline.environments
    problems = [
        Problem(
            NOWHERE,
            f"unknown environment `{ascii(name)[1:-1]}`",
            "one of " + ", ".join(order),
            f"did you mean `{like}`?" if (like := nearest(name, order)) else "",
            rule="usage.environment",
        )
        for name in (source, target)
        if name not in order and not (name == source and name == REGISTRY)
    ]
    if problems:
        raise UsageError(problems)
    if source == target:
        raise UsageError(
            Problem(
                NOWHERE,
                f"source and target are both {target}",
                "two environments",
                f"name the environment before {target} as the source",
                rule="promote.same",
            )
        )
    first = -1 if source == REGISTRY else order.index(source)
    last = order.index(target)
    if first > last:
        raise UsageError(
            Problem(
                NOWHERE,
                f"{source} comes after {target} in the pipeline",
                " -> ".join(order),
                f"to take {target} back to an earlier image, name it with --image",
                rule="promote.backwards",
            )
        )
    if len(reason) > _REASON_LIMIT:
        raise UsageError(
            Problem(
                NOWHERE,
                f"the reason has {len(reason)} characters",
                f"at most {_REASON_LIMIT}",
                "name the ticket, and write the long form there",
                rule="promote.reason",
            )
        )
    passed_over = order[first + 1 : last]
    if passed_over and not (pass_over and reason.strip()):
        between = ", ".join(passed_over)
        missing = "--reason" if pass_over else "--pass-over and --reason"
        raise UsageError(
            Problem(
                NOWHERE,
                f"a promotion from {source} to {target} passes over {between}",
                " -> ".join(order),
                f"promote to {passed_over[0]} first, or add {missing}; the reason is recorded in the commit",
                rule="promote.order",
            )
        )
    return Route(source, target, tuple(passed_over), reason.strip() if passed_over else "")

"""Disruption budgets: how many pods a drain of their nodes may take away at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from towpath.kubernetes.context import Body, Context

# The first version whose disruption budgets can say what becomes of pods that are not ready.
_EVICTS = (1, 27)


def disruption_budget(
    name: str,
    context: Context,
    *,
    selector: Mapping[str, str],
    part: str = "",
    most: str | int = 1,
    evicts_unready: bool = True,
) -> Body:
    """Return the PodDisruptionBudget of a part.

    Args:
        name: its own.
        context: its platform.
        part: whose pods they are; empty where it is of that name.
        selector: the labels of its pods, all of them of one Deployment or StatefulSet.
        most: pods that may be away at once, or their share.
        evicts_unready: whether a pod that is not ready may always be taken. It serves nothing, and where none ever gets
            ready it would hold up the drain of its node for ever.

    """
    policy = {"unhealthyPodEvictionPolicy": "AlwaysAllow"} if context.spec.kubernetes >= _EVICTS else {}
    return {
        "apiVersion": "policy/v1",
        "kind": "PodDisruptionBudget",
        "metadata": context.metadata(name, part or name),
        "spec": {
            "maxUnavailable": most,
            **(policy if evicts_unready else {}),
            "selector": {"matchLabels": dict(selector)},
        },
    }

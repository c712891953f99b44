"""What is known of pods that an operator runs, for NetworkPolicies and quotas."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from towpath.specs.values import Port, Resources


@dataclass(frozen=True, slots=True, kw_only=True)
class OperatedPods:
    """The pods of one store. Everything here is the operator's documented behaviour."""

    operator: str
    """Its component name in `cluster.yaml`."""
    selector: Mapping[str, str]
    ports: tuple[Port, ...]
    """Where clients reach them."""
    peers: tuple[int, ...] = ()
    """Where they reach one another."""
    from_operator: tuple[int, ...] = ()
    """Where the operator reaches them."""
    calls_api: bool = False
    """Whether they talk to the Kubernetes API server."""
    count: int
    resources: Resources
    """Of one of them."""
    beside: Resources | None = None
    """Of the operator's own container in each of them, where it has one."""
    storage: str = ""
    """The size of the volume of each; empty for none."""
    logs: str = ""
    """The size of a further volume of each, for logs; empty for none."""
    helpers: int = 0
    """Further pods under the same labels, without volumes, such as those of a pool of connections."""
    helper: Resources | None = None
    """Of one of these."""

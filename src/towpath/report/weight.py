"""Which changes a reader should see first, where there is no room for all."""

from __future__ import annotations

from typing import TYPE_CHECKING

from towpath.diff.change import ChangeKind

if TYPE_CHECKING:
    from towpath.diff.change import Change

# With these go data, or everything that is inside of them.
_HOLDS_DATA = frozenset(
    {"CustomResourceDefinition", "Namespace", "PersistentVolume", "PersistentVolumeClaim", "StatefulSet"}
)
# These say who may do what, and who is reached from where.
_ACCESS = frozenset(
    {
        "ClusterRole",
        "ClusterRoleBinding",
        "Gateway",
        "HTTPRoute",
        "Ingress",
        "NetworkPolicy",
        "Role",
        "RoleBinding",
        "Secret",
        "Service",
        "ServiceAccount",
    }
)


def weight(change: Change) -> int:
    """Return a number that is the lower, the earlier a change should be seen. It starts at 10."""
    kind = change.key.kind
    if change.kind is ChangeKind.REMOVED:
        return 10 if kind in _HOLDS_DATA else 11
    if change.kind is ChangeKind.CHANGED:
        return 12 if kind in _ACCESS or kind in _HOLDS_DATA else 13
    return 14 if kind in _ACCESS else 15

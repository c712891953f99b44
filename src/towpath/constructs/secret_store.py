"""References into the environment's secret store, as specs hold them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from towpath.specs.parts import RemoteKey, SecretSpec

if TYPE_CHECKING:
    from towpath.settings.cluster import Cluster, SecretStore
    from towpath.settings.fields import SecretRef

_REGISTRY = "registry"


def remote_key(reference: SecretRef, store: SecretStore) -> RemoteKey:
    """Return where the value of a reference is, below the store's prefix."""
    return RemoteKey(reference.key_below(str(store.prefix)), reference.property)


def pull_secret(cluster: Cluster) -> SecretSpec | None:
    """Return the Secret by which images are pulled in each namespace, or None where the cluster needs none."""
    if cluster.pull_secret is None:
        return None
    store = cluster.secret_store
    return SecretSpec(
        name=_REGISTRY,
        # The only key that the kubelet reads.
        keys={".dockerconfigjson": remote_key(cluster.pull_secret, store)},
        store=str(store.name),
        store_kind=store.kind,
        type="kubernetes.io/dockerconfigjson",
    )

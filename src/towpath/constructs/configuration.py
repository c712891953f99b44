"""Configuration, and secrets by reference, as constructs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from towpath.constructs.kube_object import declared_at
from towpath.constructs.part import Part
from towpath.errors import nearest, refuse
from towpath.specs.parts import ConfigurationSpec, RemoteKey, SecretSpec
from towpath.specs.values import SecretKey

if TYPE_CHECKING:
    from collections.abc import Mapping

    from constructs import Construct

    from towpath.settings.fields import SecretRef


class Configuration(Part):
    """Environment variables that are no secret: a ConfigMap. A change of it restarts the workloads that take it."""

    def __init__(self, scope: Construct, id: str, *, data: Mapping[str, str]) -> None:
        super().__init__(scope, id)
        self.spec = ConfigurationSpec(id, {name: str(value) for name, value in data.items()})
        self.platform.add_part(self, self.spec)


class Secret(Part):
    """Values that External Secrets fetches from the environment's secret store; `keys` says where each one is."""

    def __init__(self, scope: Construct, id: str, *, keys: Mapping[str, SecretRef]) -> None:
        super().__init__(scope, id)
        store = self.platform.target.cluster.secret_store
        self.spec = SecretSpec(
            name=id,
            keys={
                key: RemoteKey(ref.key_below(str(store.prefix)), ref.property) for key, ref in keys.items()
            },
            store=str(store.name),
            store_kind=store.kind,
        )
        self.platform.add_part(self, self.spec)

    def key(self, name: str) -> SecretKey:
        """Return a reference to one key, to use as the value of an environment variable.

        Raises:
            TowpathError: where the secret has no such key.

        """
        if name not in self.spec.keys:
            like = nearest(name, self.spec.keys)
            raise refuse(
                f"the secret {self.spec.name} has no key {name!r}",
                place=declared_at(),
                expected="one of " + ", ".join(sorted(self.spec.keys)),
                remedy=f"did you mean {like!r}?" if like else "add it to the secret's keys",
                rule="construct.secret-key",
            )
        return SecretKey(self.spec.name, name)

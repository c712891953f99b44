"""Configuration, and secrets by reference, as constructs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from towpath.constructs.kube_object import declared_at
from towpath.constructs.part import Part
from towpath.constructs.secret_store import remote_key
from towpath.errors import nearest, refuse
from towpath.settings.model import SettingsModel
from towpath.specs.parts import ConfigurationSpec, GeneratedSpec, SecretSpec
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
    """Values that External Secrets fetches from the environment's secret store, or makes; `keys` says which and where.

    `keys` may be a settings model of references: `jwt_secret` is the key `jwt-secret`, and what is None is left out.
    A key whose reference is `generated#<length>` gets a Secret of its own, `<id>-<key>`. `type` and `literals` (keys
    that are no secret, such as a user's name) are for Secrets whose form an operator prescribes.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        keys: Mapping[str, SecretRef] | SettingsModel,
        type: str = "",
        literals: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(scope, id)
        store = self.platform.target.cluster.secret_store
        keys = _references(keys) if isinstance(keys, SettingsModel) else keys
        fetched = {key: ref for key, ref in keys.items() if not ref.generated_length}
        self.spec = SecretSpec(
            name=id,
            keys={key: remote_key(ref, store) for key, ref in fetched.items()},
            store=str(store.name),
            store_kind=store.kind,
            type=type,
            literals=dict(literals or {}),
        )
        if (type or literals) and len(fetched) < len(keys):
            raise refuse(
                f"the secret {id} has a prescribed form and a generated key",
                place=declared_at(),
                expected="keys from the secret store: what is generated gets a Secret of its own",
                remedy="put the value into the secret store and refer to it as <key>#<property>",
                rule="construct.secret-generated",
            )
        if fetched:
            self.platform.add_part(self, self.spec)
        self._keys: dict[str, SecretKey] = {key: SecretKey(id, key) for key in (*fetched, *(literals or {}))}
        for key, ref in keys.items():
            if ref.generated_length:
                name = f"{id}-{key}"
                made = GeneratedSpec(name=name, key=key, length=ref.generated_length)
                self.platform.add_part(self, made, beside=bool(self._keys))
                self._keys[key] = SecretKey(name, key)

    def get(self, name: str) -> SecretKey | None:
        """Return a reference to one key, or None where the environment does not have it."""
        return self._keys.get(name)

    def key(self, name: str) -> SecretKey:
        """Return a reference to one key, to use as the value of an environment variable.

        Raises:
            TowpathError: where the secret has no such key.

        """
        if name not in self._keys:
            like = nearest(name, self._keys)
            raise refuse(
                f"the secret {self.spec.name} has no key {name!r}",
                place=declared_at(),
                expected="one of " + ", ".join(sorted(self._keys)),
                remedy=f"did you mean {like!r}?" if like else "add it to the secret's keys",
                rule="construct.secret-key",
            )
        return self._keys[name]

    def variables(self, **names: str) -> dict[str, SecretKey]:
        """Return variables by name, each from a key: `SMTP_PASS="smtp-password"`. Keys that are not there are left out.

        An environment that lacks a secret lacks the variable, as its `.env` file would.
        """
        found = {variable: self.get(key) for variable, key in names.items()}
        return {variable: key for variable, key in found.items() if key is not None}


def _references(model: SettingsModel) -> dict[str, SecretRef]:
    """Return the references of a model by key, in the order of its fields."""
    return {name.replace("_", "-"): reference for name, reference in model if reference is not None}

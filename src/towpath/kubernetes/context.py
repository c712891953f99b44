"""What the lowering of one part has to know about the rest of its platform."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from towpath.specs.platform import sync_waves

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from towpath.images.symbol import ImageSymbol
    from towpath.specs.parts import ConfigurationSpec, Connection
    from towpath.specs.platform import PlatformSpec

Body = dict[str, Any]

MANAGED_BY = "towpath"
WAVE = "argocd.argoproj.io/sync-wave"


@dataclass(frozen=True, slots=True)
class Context:
    """A platform's specs with what is looked up in them again and again."""

    spec: PlatformSpec
    waves: Mapping[str, int]
    outgoing: Mapping[str, tuple[Connection, ...]] = field(default_factory=dict)
    incoming: Mapping[str, tuple[Connection, ...]] = field(default_factory=dict)

    @classmethod
    def of(cls, spec: PlatformSpec) -> Context:
        """Return the context of a platform, with its sync waves.

        Raises:
            TowpathError: where `connects_to` makes a circle.

        """
        outgoing: dict[str, list[Connection]] = {}
        incoming: dict[str, list[Connection]] = {}
        for connection in spec.connections:
            outgoing.setdefault(connection.source, []).append(connection)
            incoming.setdefault(connection.target, []).append(connection)
        return cls(
            spec,
            sync_waves(spec),
            {name: tuple(found) for name, found in outgoing.items()},
            {name: tuple(found) for name, found in incoming.items()},
        )

    @property
    def last_wave(self) -> int:
        """The wave after which Argo CD waits for nothing more."""
        return max(self.waves.values(), default=0)

    @property
    def pulling(self) -> Body:
        """The field by which accounts and pods name what images are pulled by; empty where everybody may pull them."""
        secret = self.spec.pull_secret
        return {"imagePullSecrets": [{"name": secret.name}]} if secret else {}

    def labels(self, component: str, image: ImageSymbol | None = None) -> dict[str, str]:
        """Return the labels of an object; with an image, its version too."""
        labels = {
            "app.kubernetes.io/component": component,
            "app.kubernetes.io/managed-by": MANAGED_BY,
            "app.kubernetes.io/name": f"{self.spec.platform}-{component}",
            "app.kubernetes.io/part-of": self.spec.platform,
        }
        if image is not None:
            labels["app.kubernetes.io/version"] = str(type(image)(image.image, type(image.form).VERSION))
        return labels

    def selector(self, component: str) -> dict[str, str]:
        """Return the labels that select a part's pods. They depend on names alone, so they never change (c19)."""
        return {"app.kubernetes.io/component": component, "app.kubernetes.io/part-of": self.spec.platform}

    def metadata(
        self,
        name: str,
        component: str,
        *,
        image: ImageSymbol | None = None,
        annotations: Mapping[str, str] | None = None,
        early: bool = False,
    ) -> Body:
        """Return the metadata of a namespaced object, with the sync wave of the part `component`.

        `early` is for what has to be there before every part, whichever it belongs to: such an object has no wave.
        """
        metadata: Body = {
            "name": name,
            "namespace": self.spec.namespace,
            "labels": self.labels(component, image),
        }
        noted = dict(annotations or {})
        wave = 0 if early else self.waves.get(component, 0)
        if wave:
            noted[WAVE] = str(wave)
        if noted:
            metadata["annotations"] = noted
        return metadata


def checksum(configurations: Iterable[ConfigurationSpec]) -> str:
    """Return a digest of configuration content, over symbols and not over what they link to."""
    content = [[each.name, dict(each.data)] for each in configurations]
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:16]

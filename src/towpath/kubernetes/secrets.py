"""Secrets by reference: what External Secrets fetches from a store, and what it generates once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from towpath.kubernetes.context import WAVE

if TYPE_CHECKING:
    from towpath.kubernetes.context import Body, Context
    from towpath.specs.parts import GeneratedSpec, RemoteKey, SecretSpec

_API_VERSION = "external-secrets.io/v1"
_GENERATORS = "generators.external-secrets.io/v1alpha1"
# Before what takes values from it: without its generator an ExternalSecret is degraded, which fails a sync.
_GENERATOR_WAVE = {WAVE: "-1"}


def secret_objects(secret: SecretSpec, context: Context) -> list[Body]:
    """Return the ExternalSecret that fetches a Secret's keys."""
    target: Body = {"name": secret.name, "creationPolicy": "Owner", "deletionPolicy": "Retain"}
    if secret.type or secret.literals or secret.labels:
        # The fetched keys stay beside the template's.
        target["template"] = {
            "engineVersion": "v2",
            "mergePolicy": "Merge",
            **({"type": secret.type} if secret.type else {}),
            **({"metadata": {"labels": dict(secret.labels)}} if secret.labels else {}),
            **({"data": dict(secret.literals)} if secret.literals else {}),
        }
    return [
        {
            "apiVersion": _API_VERSION,
            "kind": "ExternalSecret",
            "metadata": context.metadata(secret.name, "secrets", early=True),
            "spec": {
                "refreshInterval": secret.refresh,
                "secretStoreRef": {"name": secret.store, "kind": secret.store_kind},
                "target": target,
                "data": [
                    {"secretKey": key, "remoteRef": _remote(remote)}
                    for key, remote in sorted(secret.keys.items())
                ],
            },
        }
    ]


def _remote(remote: RemoteKey) -> Body:
    # The operator's defaults, stated: in a list that is replaced as a whole, Argo CD would see every default that the
    # API server adds as a difference.
    return {
        "conversionStrategy": "Default",
        "decodingStrategy": "None",
        "metadataPolicy": "None",
        "key": remote.key,
        **({"property": remote.property} if remote.property else {}),
    }


def generated_objects(secret: GeneratedSpec, context: Context) -> list[Body]:
    """Return the ExternalSecret that makes a Secret once, and the generator that it takes the value from.

    The value stays as long as the Secret is there: a store keeps the password of its first start.
    """
    generator: Body = {
        "apiVersion": _GENERATORS,
        "kind": "Password",
        "metadata": context.metadata(secret.name, "secrets", annotations=_GENERATOR_WAVE, early=True),
        "spec": {
            "length": secret.length,
            "digits": secret.length // 4,
            # The value becomes part of URLs.
            "symbols": 0,
            "noUpper": False,
            "allowRepeat": True,
        },
    }
    external: Body = {
        "apiVersion": _API_VERSION,
        "kind": "ExternalSecret",
        "metadata": context.metadata(secret.name, "secrets", early=True),
        "spec": {
            "refreshPolicy": "CreatedOnce",
            "target": {"name": secret.name, "creationPolicy": "Owner", "deletionPolicy": "Retain"},
            "dataFrom": [
                {
                    "sourceRef": {
                        "generatorRef": {
                            "apiVersion": _GENERATORS,
                            "kind": "Password",
                            "name": secret.name,
                        }
                    },
                    "rewrite": [{"regexp": {"source": "password", "target": secret.key}}],
                }
            ],
        },
    }
    return [external, generator]

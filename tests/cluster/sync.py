"""Syncing `dist/` into a control plane: the definitions first, then every object, in the order of its waves."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from tests.support.kubernetes_api import until
from tests.support.projects import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.support.kubernetes_api import Answer, Api

Body = dict[str, Any]

DIST = ROOT / "dist"
DEFINITIONS = ROOT / ".tools" / "crds"


def renderings_in(dist: Path) -> list[str]:
    """Return the renderings of a folder: `<environment>/<platform>`."""
    return sorted(f"{each.parent.name}/{each.name}" for each in dist.glob("*/*") if each.is_dir())


RENDERINGS = renderings_in(DIST)
PLATFORMS = [each for each in RENDERINGS if not each.endswith("/argocd")]

_WAVE = "argocd.argoproj.io/sync-wave"
# Argo CD's own finalizer, as it spells it; its projects know no other spelling.
_KNOWN = '299 - "metadata.finalizers: \\"resources-finalizer.argocd.argoproj.io\\": prefer a domain-qualified'
_CRD = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
# Keycloak's operator is written in Java, and its definitions are not published apart. The API server takes any field
# of these; what their fields are is for the schemas and kubeconform to say.
_ANY_FIELD = (
    ("k8s.keycloak.org", "v2alpha1", "Keycloak", "keycloaks"),
    ("k8s.keycloak.org", "v2alpha1", "KeycloakRealmImport", "keycloakrealmimports"),
)


@dataclass(frozen=True, slots=True)
class Applied:
    """An object of `dist/` and what the server made of it, the first time and the second."""

    file: str
    manifest: Body
    first: Answer
    second: Answer


@dataclass(frozen=True, slots=True)
class Sync:
    """What was applied, by rendering: `<environment>/<platform>`."""

    renderings: dict[str, list[Applied]] = field(default_factory=dict)

    @classmethod
    def of_everything(cls, api: Api) -> Sync:
        """Apply every object of `dist/` twice."""
        return cls.of(api, DIST)

    @classmethod
    def of(cls, api: Api, dist: Path) -> Sync:
        """Apply every object of a folder of renderings twice."""
        sync = cls()
        # The namespace of Argo CD is there before anything that it syncs.
        api.request("POST", "/api/v1/namespaces", {"metadata": {"name": "argocd"}})
        for rendering in renderings_in(dist):
            manifests = sorted(manifests_of(rendering, dist), key=lambda each: (wave(each[1]), each[0]))
            first = [api.apply(manifest) for _, manifest in manifests]
            second = [api.apply(manifest) for _, manifest in manifests]
            applied = zip(manifests, first, second, strict=True)
            sync.renderings[rendering] = [Applied(*each, one, two) for each, one, two in applied]
        return sync


def manifests_of(rendering: str, dist: Path = DIST) -> Iterator[tuple[str, Body]]:
    """Yield the file and the object of each manifest of a rendering."""
    for path in sorted((dist / rendering).glob("*.yaml")):
        for body in yaml.load_all(path.read_bytes(), Loader=yaml.CSafeLoader):
            if body and "apiVersion" in body:
                yield str(path.relative_to(dist)), body


def wave(manifest: Body) -> tuple[bool, int]:
    """Return when Argo CD applies an object; a namespace that is in the first wave comes first there."""
    annotations = manifest["metadata"].get("annotations") or {}
    return manifest["kind"] != "Namespace", int(annotations.get(_WAVE, "0"))


def is_known(warning: str) -> bool:
    """Return whether there is nothing to be done about a warning."""
    return warning.startswith(_KNOWN)


def changed(ours: object, theirs: object, path: str) -> Iterator[str]:
    """Yield where the server's object differs from ours. What it adds is its own affair."""
    if isinstance(ours, dict) and isinstance(theirs, dict):
        for name, value in ours.items():
            # The server does not write down an empty value; Argo CD compares objects in that form.
            if name in theirs or value not in ("", [], {}, None):
                yield from changed(value, theirs.get(name), f"{path}.{name}")
    elif isinstance(ours, list) and isinstance(theirs, list) and len(ours) == len(theirs):
        for index, (one, other) in enumerate(zip(ours, theirs, strict=True)):
            yield from changed(one, other, f"{path}[{index}]")
    elif ours != theirs:
        yield f"{path} is {theirs!r} and not {ours!r}"


def define(api: Api) -> None:
    """Give the control plane the operators' definitions. Fails the test where they are not generated."""
    files = sorted(DEFINITIONS.glob("*/*.yaml"))
    if not files:
        pytest.fail("no definitions in .tools/crds: run `make cluster`", pytrace=False)
    definitions = [_from_file(file) for file in files]
    definitions += [_with_any_field(*each) for each in _ANY_FIELD]
    for each in definitions:
        answer = api.request("POST", _CRD, each)
        assert answer.is_good, f"{each['metadata']['name']}: {answer}"
    until(lambda: all(map(_is_established, api.items(_CRD))), lambda: "not every definition is established")


def _from_file(file: Path) -> Body:
    body: Body = yaml.load(file.read_bytes(), Loader=yaml.CSafeLoader)
    body.pop("status", None)
    return body


def _with_any_field(group: str, version: str, kind: str, plural: str) -> Body:
    schema = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{plural}.{group}"},
        "spec": {
            "group": group,
            "scope": "Namespaced",
            "names": {"kind": kind, "plural": plural, "singular": kind.lower()},
            "versions": [
                {
                    "name": version,
                    "served": True,
                    "storage": True,
                    "schema": {"openAPIV3Schema": schema},
                    "subresources": {"status": {}},
                }
            ],
        },
    }


def _is_established(definition: Body) -> bool:
    conditions = definition["status"].get("conditions") or ()
    return any(each["type"] == "Established" and each["status"] == "True" for each in conditions)

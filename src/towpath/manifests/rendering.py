"""A rendering: the ordered manifests of one platform in one environment, checked and in canonical form."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from towpath.errors import NOWHERE, Place, Problem, TowpathError
from towpath.manifests.files import file_name
from towpath.manifests.key import ManifestKey, key_of
from towpath.manifests.kinds import is_cluster_scoped, name_fault
from towpath.manifests.order import canonical

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping


# What an API server takes; anything else would only fail later, and names files on the way.
_API_VERSION = re.compile(r"([a-z0-9]([a-z0-9.-]*[a-z0-9])?/)?[a-z]([a-z0-9-]*[a-z0-9])?")
_KIND = re.compile(r"[A-Za-z]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?")
_NAMESPACE = re.compile(r"([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)?")


@dataclass(frozen=True, slots=True)
class Declared:
    """An object as a chart declared it, and where: a line of the chart, or of a file that it includes."""

    manifest: Any
    place: Place = NOWHERE


@dataclass(frozen=True, slots=True)
class Manifest:
    """One object of a rendering: its identity, its file, its canonical body, and where it was declared."""

    key: ManifestKey
    file: str
    body: dict[str, Any]
    place: Place = NOWHERE


@dataclass(frozen=True, slots=True)
class Rendering:
    """The manifests of one platform in one environment, sorted by file name. Images are still symbols."""

    environment: str
    platform: str
    kubernetes: str
    manifests: tuple[Manifest, ...]


def render(
    declared: Iterable[Declared], *, environment: str, platform: str, namespace: str, kubernetes: str
) -> Rendering:
    """Check the declared objects and return them as a rendering.

    Lists are flattened (c14), namespaced objects without a namespace get `namespace` and cluster-scoped ones have none
    (c21).

    Raises:
        TowpathError: with a problem for each object that is no Kubernetes object, has no name (c23) or a bad one
            (c17), stands twice (c16), or would share its file with another (c15).

    """
    flat = [one for each in declared for one in _flatten(each)]
    problems = [problem for one in flat for problem in shape_problems(one)]
    if problems:
        raise TowpathError(problems)
    definitions = _definitions(one.manifest for one in flat)
    manifests: list[Manifest] = []
    seen: dict[ManifestKey, Place] = {}
    files: dict[str, ManifestKey] = {}
    for one in flat:
        body = canonical(_place_in_namespace(one.manifest, namespace, definitions), one.place)
        key = key_of(body)
        file = file_name(key, namespace)
        fault = name_fault(key.kind, key.name)
        if fault:
            problems.append(
                Problem(
                    one.place,
                    f"{key}: {fault}",
                    remedy="give the construct a shorter or plainer name",
                    rule="manifest.name",
                )
            )
        if key in seen:
            problems.append(_twice(key, seen[key], one.place))
        elif file in files:
            problems.append(
                Problem(
                    one.place,
                    f"{key} and {files[file]} would have one file, {file}",
                    remedy="rename one of them",
                    rule="manifest.file-clash",
                )
            )
        seen.setdefault(key, one.place)
        files.setdefault(file, key)
        manifests.append(Manifest(key, file, body, one.place))
    if problems:
        raise TowpathError(problems)
    return Rendering(environment, platform, kubernetes, tuple(sorted(manifests, key=lambda each: each.file)))


def _flatten(declared: Declared) -> Iterator[Declared]:
    manifest = declared.manifest
    if (
        isinstance(manifest, dict)
        and manifest.get("kind") == "List"
        and isinstance(manifest.get("items"), list)
    ):
        for item in manifest["items"]:
            yield from _flatten(Declared(item, declared.place))
    else:
        yield declared


def shape_problems(declared: Declared) -> Iterator[Problem]:
    """Yield what keeps a declared value from being a Kubernetes object with an identity (c13, c22, c23)."""
    manifest, place = declared.manifest, declared.place
    if not isinstance(manifest, dict):
        yield Problem(
            place,
            f"a {type(manifest).__name__} stands where a Kubernetes object is expected",
            expected="a mapping with apiVersion, kind and metadata",
            rule="manifest.shape",
        )
        return
    for field, pattern in (("apiVersion", _API_VERSION), ("kind", _KIND)):
        value = manifest.get(field)
        if not isinstance(value, str) or not value:
            yield Problem(
                place,
                f"an object has no {field}" + _named(manifest),
                expected=f"{field} as text",
                rule="manifest.shape",
            )
        elif not pattern.fullmatch(value):
            yield Problem(
                place,
                f"{value!a} is no {field}" + _named(manifest),
                expected="v1, or a group and a version such as apps/v1"
                if field == "apiVersion"
                else "letters and digits, such as Deployment",
                rule="manifest.shape",
            )
    metadata = manifest.get("metadata")
    metadata = metadata if isinstance(metadata, dict) else {}
    what = manifest.get("kind") or "an object"
    yield from _name_problems(str(what), metadata, place)
    namespace = metadata.get("namespace") or ""
    if not isinstance(namespace, str) or not _NAMESPACE.fullmatch(namespace):
        yield Problem(
            place,
            f"{what}{_named(manifest)} has the namespace {namespace!a}",
            expected="a DNS label (a-z, 0-9 and inner '-')",
            rule="manifest.shape",
        )


def _name_problems(what: str, metadata: Mapping[str, Any], place: Place) -> Iterator[Problem]:
    name = metadata.get("name")
    if not name and metadata.get("generateName"):
        yield Problem(
            place,
            f"{what} has generateName and no name",
            expected="metadata.name",
            remedy="name it: with a generated name every sync would make another object",
            rule="manifest.generate-name",
        )
    elif not isinstance(name, str) or not name:
        yield Problem(
            place,
            f"{what} has no name",
            expected="metadata.name as text",
            rule="manifest.shape",
        )


def _named(manifest: Mapping[str, Any]) -> str:
    metadata = manifest.get("metadata")
    name = metadata.get("name") if isinstance(metadata, dict) else None
    return f" (metadata.name: {name})" if name else ""


def _definitions(manifests: Iterable[Mapping[str, Any]]) -> dict[tuple[str, str], str]:
    scopes = {}
    for manifest in manifests:
        if manifest["kind"] == "CustomResourceDefinition" and isinstance(manifest.get("spec"), dict):
            spec = manifest["spec"]
            kind = (spec.get("names") or {}).get("kind", "")
            scopes[str(spec.get("group", "")), str(kind)] = str(spec.get("scope", "Namespaced"))
    return scopes


def _place_in_namespace(
    manifest: dict[str, Any], namespace: str, definitions: Mapping[tuple[str, str], str]
) -> dict[str, Any]:
    metadata = manifest["metadata"]
    api_version = manifest["apiVersion"]
    group = api_version.partition("/")[0] if "/" in api_version else ""
    if is_cluster_scoped(group, manifest["kind"], definitions):
        if "namespace" not in metadata:
            return manifest
        kept = {field: value for field, value in metadata.items() if field != "namespace"}
        return {**manifest, "metadata": kept}
    if metadata.get("namespace"):
        return manifest
    return {**manifest, "metadata": {**metadata, "namespace": namespace}}


def _twice(key: ManifestKey, first: Place, second: Place) -> Problem:
    earlier = f"; it was declared at {first}" if first.file else ""
    return Problem(
        second,
        f"{key} is declared twice{earlier}",
        remedy="rename one of the two, or declare it once",
        rule="manifest.twice",
    )

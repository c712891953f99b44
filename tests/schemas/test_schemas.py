"""The project's own schemas take what Towpath emits and nothing else; kubeconform needs no network."""

from __future__ import annotations

import copy
import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.schemas import cloudnative_pg, keycloak, mongodb_and_elastic
from tests.support.kubeconform import OWN_SCHEMAS, ROOT, kubeconform

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

KUBERNETES = "1.33"
# The published schemas of the same resources; they stand beside some checkouts and are never copied into one.
PUBLISHED = ROOT.parent / "shared" / "schemas" / "crds"

EXTERNAL_SECRET = {
    "apiVersion": "external-secrets.io/v1",
    "kind": "ExternalSecret",
    "metadata": {
        "name": "backend-database",
        "namespace": "pms",
        "labels": {"app.kubernetes.io/part-of": "pms"},
        "annotations": {"argocd.argoproj.io/sync-wave": "-2"},
    },
    "spec": {
        "refreshInterval": "1h30m",
        "refreshPolicy": "Periodic",
        "secretStoreRef": {"name": "vault", "kind": "ClusterSecretStore"},
        "target": {
            "name": "backend-database",
            "creationPolicy": "Owner",
            "deletionPolicy": "Retain",
            "template": {
                "type": "Opaque",
                "engineVersion": "v2",
                "mergePolicy": "Merge",
                "metadata": {
                    "labels": {"app.kubernetes.io/part-of": "pms"},
                    "annotations": {"note": "by hand"},
                },
                "data": {"uri": "mongodb://{{ .user }}:{{ .password }}@mongodb/pms"},
            },
        },
        "data": [{"secretKey": "password", "remoteRef": {"key": "pms/mongodb", "property": "password"}}],
    },
}

GENERATED_SECRET = {
    "apiVersion": "external-secrets.io/v1",
    "kind": "ExternalSecret",
    "metadata": {"name": "session", "namespace": "pms"},
    "spec": {
        "refreshPolicy": "CreatedOnce",
        "target": {"name": "session", "creationPolicy": "Owner", "deletionPolicy": "Retain"},
        "dataFrom": [
            {
                "sourceRef": {
                    "generatorRef": {
                        "apiVersion": "generators.external-secrets.io/v1alpha1",
                        "kind": "Password",
                        "name": "session",
                    }
                },
                "rewrite": [{"regexp": {"source": "password", "target": "key"}}],
            }
        ],
    },
}

APPLICATION = {
    "apiVersion": "argoproj.io/v1alpha1",
    "kind": "Application",
    "metadata": {
        "name": "pms-staging",
        "namespace": "argocd",
        "labels": {"app.kubernetes.io/part-of": "pms"},
        "annotations": {"argocd.argoproj.io/sync-wave": "1"},
        "finalizers": ["resources-finalizer.argocd.argoproj.io"],
    },
    "spec": {
        "project": "pms",
        "source": {
            "repoURL": "https://git.example.com/platform/deployments.git",
            "targetRevision": "main",
            "path": "dist/staging/pms",
            "directory": {"recurse": True},
        },
        "destination": {"server": "https://kubernetes.default.svc", "namespace": "pms"},
        "syncPolicy": {
            "automated": {"prune": True, "selfHeal": True, "allowEmpty": False},
            "syncOptions": ["ServerSideApply=true", "Prune=confirm", "PrunePropagationPolicy=foreground"],
            "retry": {"limit": 5, "backoff": {"duration": "10s", "factor": 2, "maxDuration": "5m"}},
        },
        "ignoreDifferences": [
            {
                "group": "apps",
                "kind": "Deployment",
                "name": "backend",
                "namespace": "pms",
                "jsonPointers": ["/spec/replicas", "/metadata/annotations/a~1b"],
                "jqPathExpressions": [".spec.template.spec.initContainers[]?"],
            }
        ],
        "revisionHistoryLimit": 5,
        "info": [{"name": "Owner", "value": "platform team"}],
    },
}

PROJECT = {
    "apiVersion": "argoproj.io/v1alpha1",
    "kind": "AppProject",
    "metadata": {
        "name": "pms",
        "namespace": "argocd",
        "labels": {"app.kubernetes.io/part-of": "pms"},
        "annotations": {"argocd.argoproj.io/sync-wave": "0"},
        "finalizers": ["resources-finalizer.argocd.argoproj.io"],
    },
    "spec": {
        "description": "The platform pms.",
        "sourceRepos": ["https://git.example.com/platform/deployments.git"],
        "destinations": [
            {"server": "https://kubernetes.default.svc", "namespace": "pms", "name": "in-cluster"}
        ],
        "clusterResourceWhitelist": [{"group": "", "kind": "Namespace"}],
        "namespaceResourceWhitelist": [{"group": "apps", "kind": "Deployment"}],
        "namespaceResourceBlacklist": [{"group": "", "kind": "ResourceQuota"}],
        "orphanedResources": {
            "warn": True,
            "ignore": [{"group": "", "kind": "ConfigMap", "name": "root-ca"}],
        },
        "roles": [
            {
                "name": "deployer",
                "description": "May sync.",
                "policies": ["p, proj:pms:deployer, applications, sync, pms/*, allow"],
                "groups": ["platform"],
            }
        ],
    },
}

DEPLOYMENT = {
    "apiVersion": "apps/v1",
    "kind": "Deployment",
    "metadata": {"name": "backend", "namespace": "pms"},
    "spec": {
        "selector": {"matchLabels": {"app.kubernetes.io/name": "backend"}},
        "template": {
            "metadata": {"labels": {"app.kubernetes.io/name": "backend"}},
            "spec": {
                "containers": [
                    {
                        "name": "backend",
                        "image": "registry.example.com/backend:1",
                        "volumeMounts": [{"name": "data", "mountPath": "/data", "subPath": "a"}],
                    }
                ],
                "volumes": [{"name": "data", "emptyDir": {}}],
            },
        },
    },
}

SAMPLES = [
    pytest.param(EXTERNAL_SECRET, id="externalsecret"),
    pytest.param(GENERATED_SECRET, id="generated-secret"),
    pytest.param(APPLICATION, id="application"),
    pytest.param(PROJECT, id="appproject"),
    *(pytest.param(sample, id=name) for name, sample in cloudnative_pg.SAMPLES.items()),
    *(pytest.param(sample, id=name) for name, sample in mongodb_and_elastic.SAMPLES.items()),
    *(pytest.param(sample, id=name) for name, sample in keycloak.SAMPLES.items()),
]
# Maps whose keys people choose.
FREE_KEYS = {"labels", "annotations", "matchLabels", "parameters", "placeholders", "requests", "limits"}
OBJECT_FIELDS = ("apiVersion", "kind")
ALWAYS = (*OBJECT_FIELDS, "metadata")

FieldPath = tuple[str | int, ...]


def fields(value: Any, path: FieldPath = ()) -> Iterator[FieldPath]:
    """Yield the path of every field that a schema knows by name."""
    if isinstance(value, list):
        for index, item in enumerate(value):
            yield from fields(item, (*path, index))
    elif isinstance(value, dict) and (not path or path[-1] not in FREE_KEYS):
        for key, item in value.items():
            # The data of a secret's template is a map of the author's own keys; `spec.data` is a list.
            if path[-1:] != ("data",):
                yield (*path, key)
            yield from fields(item, (*path, key))


def items(value: Any, path: FieldPath = ()) -> Iterator[FieldPath]:
    """Yield the path of every member of a list."""
    for key, item in enumerate(value) if isinstance(value, list) else value.items():
        if isinstance(value, list):
            yield (*path, key)
        if isinstance(item, list | dict):
            yield from items(item, (*path, key))


def changed(sample: Any, path: FieldPath, value: Any = None, *, rename: str = "", drop: bool = False) -> Any:
    """Return a copy of `sample` in which the field at `path` has another value or name, or is gone."""
    whole = copy.deepcopy(sample)
    parent = whole
    for step in path[:-1]:
        parent = parent[step]
    if drop:
        del parent[path[-1]]
    elif rename:
        parent[rename] = parent.pop(path[-1])
    else:
        parent[path[-1]] = value
    return whole


def typo(name: str) -> str:
    """Return `name` with its last two letters exchanged, or doubled where that changes nothing."""
    swapped = name[:-2] + name[-1] + name[-2]
    return swapped if swapped != name else name + name[-1]


def save(folder: Path, name: str, document: Any) -> Path:
    """Write one object as JSON, which is YAML too, and return its file."""
    file = folder / f"{name}.yaml"
    file.write_text(json.dumps(document))
    return file


@pytest.mark.parametrize("sample", [*SAMPLES, pytest.param(DEPLOYMENT, id="deployment")])
def test_a_full_sample_passes(sample: Any, tmp_path: Path) -> None:
    """An object with every field that Towpath may emit is accepted."""
    assert kubeconform(save(tmp_path, "sample", sample), KUBERNETES) == []


@pytest.mark.parametrize("sample", [*SAMPLES, pytest.param(DEPLOYMENT, id="deployment")])
def test_c57_every_mistyped_field_fails(sample: Any, tmp_path: Path) -> None:
    """Two exchanged letters in any field name, at any depth, are refused."""
    expected = set()
    for path in fields(sample):
        if path[0] not in OBJECT_FIELDS:  # without these it is no object of any kind
            wrong = changed(sample, path, rename=typo(str(path[-1])))
            expected.add(str(save(tmp_path, ".".join(map(str, path)), wrong)))
    failures = kubeconform(tmp_path, KUBERNETES)
    assert {failure.file for failure in failures} == expected
    assert {failure.status for failure in failures} == {"invalid"}


CONTAINER = ("spec", "template", "spec", "containers", 0)


@pytest.mark.parametrize(
    ("path", "name"),
    [
        pytest.param((*CONTAINER, "image"), "imagee", id="extra-letter"),
        pytest.param((*CONTAINER[:-1],), "contAIN3rz", id="list"),
        pytest.param((*CONTAINER, "volumeMounts", 0, "subPath"), "subpath", id="case"),
    ],
)
def test_c57_the_classic_typos_fail(path: FieldPath, name: str, tmp_path: Path) -> None:
    """The misspellings that today's tools drop in silence are refused in Kubernetes' own kinds too."""
    [failure] = kubeconform(save(tmp_path, "typo", changed(DEPLOYMENT, path, rename=name)), KUBERNETES)
    assert failure.status == "invalid"
    assert name in failure.message


# The fields that may be left out; every other field of a sample must be there.
OPTIONAL: dict[str, set[str]] = {
    **cloudnative_pg.OPTIONAL,
    **mongodb_and_elastic.OPTIONAL,
    **keycloak.OPTIONAL,
    "ExternalSecret": {
        "metadata.labels",
        "metadata.annotations",
        "spec.refreshInterval",
        "spec.refreshPolicy",
        "spec.target.creationPolicy",
        "spec.target.deletionPolicy",
        "spec.target.template",
        "spec.target.template.data",
        "spec.target.template.engineVersion",
        "spec.target.template.mergePolicy",
        "spec.target.template.metadata",
        "spec.target.template.metadata.annotations",
        "spec.target.template.metadata.labels",
        "spec.target.template.type",
        "spec.data.0.remoteRef.property",
    },
    "Application": {
        "metadata.labels",
        "metadata.annotations",
        "metadata.finalizers",
        "spec.source.directory",
        "spec.syncPolicy",
        "spec.syncPolicy.automated",
        "spec.syncPolicy.automated.allowEmpty",
        "spec.syncPolicy.automated.prune",
        "spec.syncPolicy.automated.selfHeal",
        "spec.syncPolicy.syncOptions",
        "spec.syncPolicy.retry",
        "spec.syncPolicy.retry.backoff",
        "spec.syncPolicy.retry.backoff.duration",
        "spec.syncPolicy.retry.backoff.factor",
        "spec.syncPolicy.retry.backoff.maxDuration",
        "spec.ignoreDifferences",
        "spec.ignoreDifferences.0.group",
        "spec.ignoreDifferences.0.name",
        "spec.ignoreDifferences.0.namespace",
        "spec.ignoreDifferences.0.jsonPointers",
        "spec.ignoreDifferences.0.jqPathExpressions",
        "spec.revisionHistoryLimit",
        "spec.info",
    },
    "AppProject": {
        "metadata.labels",
        "metadata.annotations",
        "metadata.finalizers",
        "spec.description",
        "spec.destinations.0.name",
        "spec.clusterResourceWhitelist",
        "spec.namespaceResourceWhitelist",
        "spec.namespaceResourceBlacklist",
        "spec.orphanedResources",
        "spec.orphanedResources.ignore",
        "spec.orphanedResources.ignore.0.group",
        "spec.orphanedResources.ignore.0.kind",
        "spec.orphanedResources.ignore.0.name",
        "spec.orphanedResources.warn",
        "spec.roles",
        "spec.roles.0.description",
        "spec.roles.0.groups",
        "spec.roles.0.policies",
    },
}


@pytest.mark.parametrize("sample", SAMPLES)
def test_c57_every_surplus_field_fails(sample: Any, tmp_path: Path) -> None:
    """A field that the schema does not name is refused beside any field that it names."""
    expected = set()
    for path in fields(sample):
        wrong = changed(sample, (*path[:-1], "surplus"), "x")
        expected.add(str(save(tmp_path, ".".join(map(str, path)), wrong)))
    assert {failure.file for failure in kubeconform(tmp_path, KUBERNETES)} == expected


@pytest.mark.parametrize("sample", SAMPLES)
def test_every_field_has_a_type(sample: Any, tmp_path: Path) -> None:
    """A map, a list, a number or text in the place of something else is refused, for every field."""
    expected = set()
    for path in (*fields(sample), *items(sample)):
        right = sample
        for step in path:
            right = right[step]
        for wrong in (["x"], "", 1.5):
            if path[0] not in OBJECT_FIELDS and type(wrong) is not type(right):
                name = f"{'.'.join(map(str, path))}-{type(wrong).__name__}"
                expected.add(str(save(tmp_path, name, changed(sample, path, wrong))))
    assert {failure.file for failure in kubeconform(tmp_path, KUBERNETES)} == expected


@pytest.mark.parametrize("sample", SAMPLES)
def test_only_the_optional_fields_may_be_left_out(sample: Any, tmp_path: Path) -> None:
    """Every field is required or optional as the table says."""
    expected = set()
    for path in fields(sample):
        name = ".".join(map(str, path))
        file = save(tmp_path, name, changed(sample, path, drop=True))
        if name not in OPTIONAL[sample["kind"]]:
            expected.add(str(file))
    assert {failure.file for failure in kubeconform(tmp_path, KUBERNETES)} == expected


NOT_LABEL_VALUES = ("x" * 64, "-x", "a b")
NOT_KEYS = ("a b", "/a", "A.b/c", "a/" + "x" * 64, "a" * 317 + "/b")
DURATIONS = ("1d", "60", "", "1h 5m")
FIELD_PATHS: dict[str, list[tuple[str, tuple[Any, ...]]]] = {
    **cloudnative_pg.FIELD_PATHS,
    **mongodb_and_elastic.FIELD_PATHS,
    **keycloak.FIELD_PATHS,
    "ExternalSecret": [
        ("spec.refreshInterval", DURATIONS),
        ("spec.refreshPolicy", ("Always",)),
        ("spec.secretStoreRef.kind", ("Vault",)),
        ("spec.secretStoreRef.name", ("Vault", "-a")),
        ("spec.target.creationPolicy", ("owner",)),
        ("spec.target.deletionPolicy", ("Keep",)),
        ("spec.target.name", ("a/b", "a" * 254)),
        ("spec.target.template.type", ("",)),
        ("spec.target.template.engineVersion", ("v1",)),
        ("spec.target.template.data", ({}, {"a b": "x"}, {"a": 1}, {"a" * 254: "x"})),
        ("spec.target.template.metadata.labels", ({"a": "x" * 64},)),
        ("spec.data", ([], [EXTERNAL_SECRET["spec"]["data"][0]] * 2)),  # type: ignore[index]  # a table of JSON
        ("spec.data.0.secretKey", ("pass word", "", "a" * 254)),
        ("spec.data.0.remoteRef.key", ("",)),
        ("spec.data.0.remoteRef.property", ("",)),
    ],
    "Application": [
        ("metadata.finalizers", ([], ["foreground"], ["resources-finalizer.argocd.argoproj.io"] * 2)),
        ("spec.project", ("Pms",)),
        ("spec.source.repoURL", ("",)),
        ("spec.source.targetRevision", ("",)),
        ("spec.source.path", ("", "/dist", "..", "../x", "dist/../../x", "dist/..")),
        ("spec.destination.server", ("", "kubernetes.default.svc", "http://a", "https://", "https://a b")),
        ("spec.destination.namespace", ("a.b",)),
        (
            "spec.syncPolicy.syncOptions",
            ([], ["CreateNamespaces=true"], ["PruneLast=yes"], ["PruneLast=true"] * 2),
        ),
        (
            "spec.syncPolicy.syncOptions",
            (["PrunePropagationPolicy=true"], ["xPruneLast=true"], ["Prune=true"]),
        ),
        ("spec.syncPolicy.retry.limit", (-2,)),
        ("spec.syncPolicy.retry.backoff.duration", DURATIONS),
        ("spec.syncPolicy.retry.backoff.factor", (0,)),
        (
            "spec.ignoreDifferences",
            ([], [{"kind": "Deployment"}], [{"kind": "A", "jsonPointers": ["/a"]}] * 2),
        ),
        ("spec.ignoreDifferences.0.kind", ("deployment", "a/b")),
        ("spec.ignoreDifferences.0.jsonPointers", ([], ["spec.replicas"], ["/a~2"], ["/a"] * 2)),
        ("spec.ignoreDifferences.0.jqPathExpressions", ([], [""], [".a"] * 2)),
        ("spec.revisionHistoryLimit", (-1,)),
        ("spec.info", ([{"name": "a", "value": "b"}] * 2,)),
        ("spec.info.0.name", ("",)),
    ],
    "AppProject": [
        ("metadata.finalizers", ([], ["foreground"], ["resources-finalizer.argocd.argoproj.io"] * 2)),
        ("spec.description", ("x" * 256,)),
        ("spec.sourceRepos", ([], [""], ["a"] * 2)),
        ("spec.destinations", ([], [{"server": "a", "namespace": "b"}] * 2)),
        ("spec.destinations.0.server", ("",)),
        ("spec.destinations.0.namespace", ("",)),
        ("spec.destinations.0.name", ("",)),
        ("spec.clusterResourceWhitelist", ([{"group": "a", "kind": ""}], [{"group": "", "kind": "A"}] * 2)),
        ("spec.namespaceResourceWhitelist", ([{"group": "", "kind": "A"}] * 2,)),
        ("spec.namespaceResourceBlacklist", ([{"group": "", "kind": "A"}] * 2,)),
        ("spec.orphanedResources.ignore", ([{"kind": "A"}] * 2,)),
        ("spec.orphanedResources.ignore.0.kind", ("",)),
        ("spec.orphanedResources.ignore.0.name", ("",)),
        ("spec.roles", ([{"name": "a"}] * 2,)),
        ("spec.roles.0.name", ("a b", "")),
        ("spec.roles.0.policies", (["allow everything"], ["p, proj:a:b, applications, get, *, allow"] * 2)),
        ("spec.roles.0.groups", ([""], ["a"] * 2)),
    ],
}
METADATA: list[tuple[str, tuple[Any, ...]]] = [
    ("metadata.name", ("Backend", "-a", "a..b", "a" * 254, "a/b")),
    ("metadata.namespace", ("a.b", "A", "a" * 64)),
    (
        "metadata.labels",
        (*({"a": value} for value in NOT_LABEL_VALUES), *({key: "x"} for key in NOT_KEYS), {"a": 1}),
    ),
    ("metadata.annotations", (*({key: "x"} for key in NOT_KEYS), {"a": True})),
    ("kind", ("Applications",)),
    ("apiVersion", ("argoproj.io/v1", "external-secrets.io/v1beta1")),
]


def steps(name: str) -> FieldPath:
    """Return a path that is written with dots."""
    return tuple(int(step) if step.isdigit() else step for step in name.split("."))


def stands(sample: Any, path: FieldPath) -> bool:
    """Return whether a sample has something at a path."""
    for step in path:
        if isinstance(sample, list) != isinstance(step, int):
            return False
        if step not in (range(len(sample)) if isinstance(sample, list) else sample):
            return False
        sample = sample[step]
    return True


def test_every_row_of_the_table_stands_in_a_sample() -> None:
    """A row whose path no sample has would test nothing."""
    every: list[Any] = [sample.values[0] for sample in SAMPLES]
    assert [
        (kind, name)
        for kind, rows in FIELD_PATHS.items()
        for name, _ in rows
        if not any(each["kind"] == kind and stands(each, steps(name)) for each in every)
    ] == []


@pytest.mark.parametrize("sample", SAMPLES)
def test_a_wrong_value_fails(sample: Any, tmp_path: Path) -> None:
    """A value outside its set, its pattern or its limits is refused, and one doubled in a set of values."""
    expected: set[str] = set()
    for name, values in [*METADATA, *FIELD_PATHS[sample["kind"]]]:
        path = steps(name)
        if not stands(sample, path[:-1]):
            continue  # another sample of the kind has it
        for number, value in enumerate(values):
            wrong = changed(sample, path, value)
            expected.add(str(save(tmp_path, f"{name}-{len(expected)}-{number}", wrong)))
    assert {failure.file for failure in kubeconform(tmp_path, KUBERNETES)} == expected


@pytest.mark.parametrize("sample", SAMPLES)
def test_the_published_schema_takes_the_sample(sample: Any, tmp_path: Path) -> None:
    """What our schema allows, the resource's published schema allows too."""
    group, _, version = sample["apiVersion"].partition("/")
    _need_published(f"{group}/{sample['kind'].lower()}_{version}.json")
    file = save(tmp_path, "sample", sample)
    assert kubeconform(file, KUBERNETES, custom_resources=PUBLISHED) == []


@pytest.mark.parametrize("name", list(mongodb_and_elastic.SAMPLES))
def test_what_operators_merge_is_a_stateful_set(name: str, tmp_path: Path) -> None:
    """Kubernetes' own schema knows every field that a published schema leaves open for pods and volumes."""
    file = save(tmp_path, name, mongodb_and_elastic.stateful_sets()[name])
    assert kubeconform(file, KUBERNETES) == []


@pytest.mark.parametrize("file", sorted(OWN_SCHEMAS.glob("*/*.json")), ids=lambda file: file.stem)
def test_the_schema_asks_for_no_more_than_the_published_one_knows(file: Path) -> None:
    """Every field of ours is a published one of the same type; what is required there is required here."""
    _need_published(str(file.relative_to(OWN_SCHEMAS)))
    ours = json.loads(file.read_text())
    theirs = json.loads((PUBLISHED / file.relative_to(OWN_SCHEMAS)).read_text())
    assert list(differences(ours, theirs, ours["$defs"])) == []


def differences(ours: Any, theirs: Any, definitions: Any, path: str = "") -> Iterator[str]:
    """Yield where our schema allows what the published one does not; patterns are not compared."""
    if "$ref" in ours:
        ours = definitions[ours["$ref"].removeprefix("#/$defs/")]
    if path == ".metadata" or theirs.get("x-kubernetes-preserve-unknown-fields"):
        return  # published schemas leave it open
    allowed = ours.get("enum", [ours["const"]] if "const" in ours else [])
    if "enum" in theirs and not (allowed and set(allowed) <= set(theirs["enum"])):
        yield f"{path}: {allowed} is more than {theirs['enum']}"
    if "type" in ours and ours["type"] != theirs["type"]:
        yield f"{path}: {ours['type']} is not {theirs['type']}"
    if set(theirs.get("required", [])) - set(ours.get("required", [])) and ours.get("properties"):
        yield f"{path}: {theirs['required']} are required"
    for name, schema in ours.get("properties", {}).items():
        if name in theirs.get("properties", {}):
            yield from differences(schema, theirs["properties"][name], definitions, f"{path}.{name}")
        elif not path and name in ALWAYS:
            continue  # some published schemas leave these out
        elif not isinstance(theirs.get("additionalProperties"), dict):  # a map takes any key
            yield f"{path}.{name}: unknown"
    if "items" in ours:
        yield from differences(ours["items"], theirs["items"], definitions, f"{path}[]")


# Kinds whose published schema is not among those that stand beside the checkout.
UNPUBLISHED = {"generators.external-secrets.io/password_v1alpha1.json"}


def _need_published(file: str) -> None:
    if not PUBLISHED.is_dir():
        pytest.skip("NOT COMPARED with the published schemas: ../shared/schemas is not beside this checkout")
    if file in UNPUBLISHED:
        pytest.skip(f"NOT COMPARED with its published schema: there is no {file} in ../shared/schemas")


@pytest.mark.parametrize("file", sorted(OWN_SCHEMAS.glob("*/*.json")), ids=lambda file: file.stem)
def test_every_object_in_a_schema_is_closed(file: Path) -> None:
    """No object in our schemas takes fields that it does not name, unless it is a map of text or of closed objects."""
    assert list(open_objects(json.loads(file.read_text()))) == []


def open_objects(schema: Any, path: str = "") -> Iterator[str]:
    """Yield the place of every object schema that takes unnamed fields of any type."""
    if isinstance(schema, dict):
        if schema.get("type") == "object":
            rest = schema.get("additionalProperties", True)
            if rest is not False and not (
                isinstance(rest, dict) and rest.get("type") in {"string", "object"}
            ):
                yield path
        for key, value in schema.items():
            yield from open_objects(value, f"{path}/{key}")
    elif isinstance(schema, list):
        for index, value in enumerate(schema):
            yield from open_objects(value, f"{path}/{index}")


def test_a_kind_without_a_schema_is_an_error_and_nothing_is_fetched(tmp_path: Path) -> None:
    """An unknown custom resource is neither skipped nor looked up on the network."""
    unknown = {"apiVersion": "example.com/v1", "kind": "Widget", "metadata": {"name": "a"}}
    [failure] = kubeconform(save(tmp_path, "unknown", unknown), KUBERNETES)
    assert (failure.kind, failure.name, failure.status) == ("Widget", "a", "error")
    assert "could not find schema" in failure.message


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("", id="empty-file"),
        pytest.param("# nothing\n", id="comment"),
        pytest.param("---\n---\n", id="empty-documents"),
    ],
)
def test_a_file_without_objects_is_a_failure(text: str, tmp_path: Path) -> None:
    """A file that holds nothing to check does not count as checked."""
    file = tmp_path / "nothing.yaml"
    file.write_text(text)
    assert {failure.status for failure in kubeconform(file, KUBERNETES)} == {"empty"}


def test_a_folder_without_manifests_is_a_failure(tmp_path: Path) -> None:
    """A path that was mistyped in a test cannot pass for a clean one."""
    assert [failure.status for failure in kubeconform(tmp_path, KUBERNETES)] == ["empty"]


def test_c56_an_api_that_the_version_lacks_is_an_error(tmp_path: Path) -> None:
    """The schemas are those of the environment's own Kubernetes version."""
    cron_job = {
        "apiVersion": "flowcontrol.apiserver.k8s.io/v1beta3",
        "kind": "FlowSchema",
        "metadata": {"name": "a"},
        "spec": {"priorityLevelConfiguration": {"name": "b"}},
    }
    file = save(tmp_path, "old", cron_job)
    assert kubeconform(file, "1.31.2") == []
    [failure] = kubeconform(file, "1.33")
    assert "could not find schema" in failure.message

"""From declared objects to a rendering: identity, namespaces, names, and one file for each object."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from towpath.errors import Place, TowpathError
from towpath.link.map import is_file_name
from towpath.manifests.rendering import Declared, Rendering, render

HOME = "shop-staging"


def one(
    api_version: str, kind: str, name: str, namespace: str | None = None, **fields: Any
) -> dict[str, Any]:
    """Return an object with no more than an identity."""
    metadata = {"name": name} | ({"namespace": namespace} if namespace else {})
    return {"apiVersion": api_version, "kind": kind, "metadata": metadata, **fields}


def rendered(*manifests: Any) -> Rendering:
    """Render objects, each declared on a line of its own."""
    declared = [Declared(each, Place("chart.py", line)) for line, each in enumerate(manifests, 1)]
    return render(declared, environment="staging", platform="shop", namespace=HOME, kubernetes="1.33")


def problems_of(*manifests: Any) -> list[str]:
    """Return what is said when objects are rendered that cannot be."""
    with pytest.raises(TowpathError) as caught:
        rendered(*manifests)
    return [str(problem) for problem in caught.value.problems]


RBAC = "rbac.authorization.k8s.io/v1"


@pytest.mark.parametrize(
    "manifests",
    [
        pytest.param(
            [one("v1", "Service", "web"), one("v1", "Service", "web", "other")], id="two-namespaces"
        ),
        pytest.param(
            [one("v1", "Service", "web"), one("serving.knative.dev/v1", "Service", "web")], id="two-groups"
        ),
        pytest.param(
            [one(RBAC, "ClusterRole", "system:node"), one(RBAC, "ClusterRole", "systemnode")], id="colon"
        ),
        pytest.param(
            [one(RBAC, "Role", "Web"), one(RBAC, "Role", "web"), one(RBAC, "Role", "WEB")], id="case"
        ),
        pytest.param([one("v1", "ConfigMap", "a.b"), one("v1", "ConfigMap", "a-b")], id="dot"),
        pytest.param([one("v1", "ConfigMap", "n" * 252 + end) for end in "ab"], id="equal-long-beginnings"),
    ],
)
def test_c15_n_objects_give_n_files(manifests: list[dict[str, Any]]) -> None:
    """Objects that an API server tells apart have files of their own, also where case is folded."""
    files = [each.file for each in rendered(*manifests).manifests]
    assert len({file.casefold() for file in files}) == len(manifests)
    assert files == sorted(files)


@pytest.mark.parametrize(
    "manifests",
    [
        pytest.param(
            [one("v1", "Service", "web"), one("apps/v1", "Service", "web")], id="group-that-is-no-custom-one"
        ),
        pytest.param([one("x.io/v1", "Thing", "a"), one("x.io/v1", "THING", "a")], id="kinds-differ-by-case"),
    ],
)
def test_c15_or_they_are_refused(manifests: list[dict[str, Any]]) -> None:
    """Where a file name cannot tell two objects apart, both are named and nothing is lost."""
    (problem,) = problems_of(*manifests)
    assert "would have one file" in problem
    assert problem.startswith("chart.py:2: ")


@pytest.mark.parametrize(
    "second",
    [
        pytest.param(one("apps/v1", "Deployment", "web"), id="the-same"),
        pytest.param(one("apps/v1beta1", "Deployment", "web"), id="another-version"),
        pytest.param(one("apps/v1", "Deployment", "web", HOME), id="namespace-stated"),
    ],
)
def test_c16_twice_names_both_places(second: dict[str, Any]) -> None:
    """The same object declared twice is refused at the second place, and the first is named."""
    assert problems_of(one("apps/v1", "Deployment", "web"), second) == [
        (
            f"chart.py:2: Deployment.apps {HOME}/web is declared twice; it was declared at chart.py:1\n"
            "  to do: rename one of the two, or declare it once"
        )
    ]


_EIGHTY = "n" * 80


@pytest.mark.parametrize(
    ("api_version", "kind", "name", "words"),
    [
        pytest.param("v1", "ConfigMap", "a_b", "the name is not a DNS name", id="underscore"),
        pytest.param("v1", "ConfigMap", "Web", "not a DNS name", id="upper-case"),
        pytest.param("v1", "ConfigMap", "cafe\u0301", "not a DNS name", id="not-ascii"),
        pytest.param("v1", "ConfigMap", "рrod", "not a DNS name", id="letters-that-look-alike"),
        pytest.param("v1", "ConfigMap", "-web", "not a DNS name", id="leading-dash"),
        pytest.param("v1", "ConfigMap", "web-", "not a DNS name", id="trailing-dash"),
        pytest.param("v1", "ConfigMap", "web\n", "not a DNS name", id="trailing-newline"),
        pytest.param("v1", "ConfigMap", "a..b", "not a DNS name", id="two-dots"),
        pytest.param(
            "v1", "ConfigMap", "n" * 254, "254 characters; the kind ConfigMap allows 253", id="too-long"
        ),
        pytest.param("v1", "Service", _EIGHTY, "80 characters; the kind Service allows 63", id="service-80"),
        pytest.param("v1", "Service", "n" * 64, "64 characters; the kind Service allows 63", id="service-64"),
        pytest.param("v1", "Service", "1web", "starts with a letter", id="service-starts-with-a-digit"),
        pytest.param("v1", "Service", "a.b", "not a DNS label", id="service-with-a-dot"),
        pytest.param(
            "batch/v1", "CronJob", "n" * 53, "53 characters; the kind CronJob allows 52", id="cronjob"
        ),
        pytest.param(
            "apps/v1",
            "StatefulSet",
            "n" * 53,
            "53 characters; the kind StatefulSet allows 52",
            id="statefulset",
        ),
        pytest.param("apps/v1", "Deployment", _EIGHTY, "the kind Deployment allows 63", id="deployment-80"),
        pytest.param("batch/v1", "Job", "n" * 64, "the kind Job allows 63", id="job"),
        pytest.param(RBAC, "Role", "..", "not a path segment", id="c22-role-dots"),
        pytest.param(RBAC, "Role", "a/b", "not a path segment", id="c22-role-slash"),
        pytest.param("x.io/v1", "Thing", "../../etc", "not a DNS name", id="c22-custom-resource"),
        pytest.param(
            "argoproj.io/v1alpha1", "Application", "n" * 64, "Application allows 63", id="c54-application-64"
        ),
        pytest.param(
            "argoproj.io/v1alpha1", "Application", "n" * 62 + "-", "not a DNS name", id="c54-ends-in-a-dash"
        ),
    ],
)
def test_c17_bad_names_are_refused(api_version: str, kind: str, name: str, words: str) -> None:
    """A name that the API server would refuse is refused with its rule, and never bent into another."""
    (problem,) = problems_of(one(api_version, kind, name))
    assert words in problem
    assert problem.startswith("chart.py:1: ")


@pytest.mark.parametrize(
    ("api_version", "kind", "name"),
    [
        pytest.param("v1", "Service", "n" * 63, id="service-63"),
        pytest.param("batch/v1", "CronJob", "n" * 52, id="cronjob-52"),
        pytest.param("apps/v1", "StatefulSet", "n" * 52, id="statefulset-52"),
        pytest.param("v1", "ConfigMap", "1.a-b", id="dots-and-digits"),
        pytest.param(RBAC, "ClusterRole", "system:aggregate-to-View", id="role"),
        pytest.param("argoproj.io/v1alpha1", "Application", "n" * 63, id="c54-application-63"),
        pytest.param("x.io/v1", "Foo-Bar", "a", id="kind-with-a-dash"),
    ],
)
def test_c17_good_names_are_kept(api_version: str, kind: str, name: str) -> None:
    """A name that the API server takes stands as it is."""
    (found,) = rendered(one(api_version, kind, name)).manifests
    assert found.key.name == name


DEFINITION = "apiextensions.k8s.io/v1"


def definition(kind: str, scope: str) -> dict[str, Any]:
    """Return a custom resource definition in the group x.io."""
    names = {"kind": kind, "plural": kind.lower() + "s"}
    return one(
        DEFINITION,
        "CustomResourceDefinition",
        f"{names['plural']}.x.io",
        spec={"group": "x.io", "names": names, "scope": scope},
    )


@pytest.mark.parametrize(
    ("api_version", "kind"),
    [
        pytest.param("v1", "Namespace", id="namespace"),
        pytest.param("v1", "PersistentVolume", id="volume"),
        pytest.param(RBAC, "ClusterRole", id="cluster-role"),
        pytest.param(RBAC, "ClusterRoleBinding", id="cluster-role-binding"),
        pytest.param(DEFINITION, "CustomResourceDefinition", id="definition"),
        pytest.param("storage.k8s.io/v1", "StorageClass", id="storage-class"),
        pytest.param("snapshot.storage.k8s.io/v1", "VolumeSnapshotClass", id="snapshot-class"),
        pytest.param("networking.k8s.io/v1", "IngressClass", id="ingress-class"),
        pytest.param("scheduling.k8s.io/v1", "PriorityClass", id="priority-class"),
        pytest.param("cert-manager.io/v1", "ClusterIssuer", id="custom-kind-that-is-known"),
        pytest.param("flowcontrol.apiserver.k8s.io/v1", "FlowSchema", id="flow-schema"),
    ],
)
@pytest.mark.parametrize("stated", [None, HOME, "other"], ids=["none-stated", "home-stated", "other-stated"])
def test_c21_cluster_scoped_kinds_have_no_namespace(api_version: str, kind: str, stated: str | None) -> None:
    """A kind of the whole cluster never gets a namespace, and loses one that was stamped on it."""
    (found,) = rendered(one(api_version, kind, "a", stated)).manifests
    assert "namespace" not in found.body["metadata"]
    assert found.key.namespace == ""


@pytest.mark.parametrize(
    ("api_version", "kind", "stated", "expected"),
    [
        pytest.param("v1", "ConfigMap", None, HOME, id="own"),
        pytest.param("v1", "ConfigMap", "", HOME, id="empty-is-none"),
        pytest.param("v1", "ConfigMap", "other", "other", id="another"),
        pytest.param(RBAC, "Role", None, HOME, id="role"),
        pytest.param("cert-manager.io/v1", "Issuer", None, HOME, id="known-custom-kind"),
        pytest.param("x.io/v1", "Unknown", None, HOME, id="unknown-custom-kind"),
        pytest.param("x.io/v1", "Namespace", None, HOME, id="same-kind-of-another-group"),
    ],
)
def test_c21_namespaced_kinds_have_one(
    api_version: str, kind: str, stated: str | None, expected: str
) -> None:
    """A namespaced kind always says where it is: where it wants, or in the platform's namespace."""
    manifest = (
        one(api_version, kind, "a")
        if stated is None
        else one(api_version, kind, "a") | {"metadata": {"name": "a", "namespace": stated}}
    )
    (found,) = rendered(manifest).manifests
    assert found.body["metadata"]["namespace"] == expected


@pytest.mark.parametrize(
    ("scope", "namespace"),
    [pytest.param("Cluster", "", id="cluster"), pytest.param("Namespaced", HOME, id="namespaced")],
)
def test_c21_definitions_beside_them_decide(scope: str, namespace: str) -> None:
    """A custom kind has the scope of the definition that is rendered with it, wherever that stands."""
    found = rendered(one("x.io/v1", "Thing", "a"), definition("Thing", scope)).manifests
    (thing,) = (each for each in found if each.key.kind == "Thing")
    assert thing.key.namespace == namespace


def test_c14_lists_are_flattened() -> None:
    """The members of a List count, also of a List in a List; the List itself is no object and has no namespace."""
    inner = {"apiVersion": "v1", "kind": "List", "items": [one("v1", "ConfigMap", "b")]}
    outer = {"apiVersion": "v1", "kind": "List", "items": [one("v1", "ConfigMap", "a"), inner]}
    assert [each.file for each in rendered(outer).manifests] == ["configmap_a.yaml", "configmap_b.yaml"]


def test_c14_members_of_lists_are_checked() -> None:
    """A member that is no object is refused."""
    assert problems_of({"apiVersion": "v1", "kind": "List", "items": ["text"]}) == [
        (
            "chart.py:1: a str stands where a Kubernetes object is expected\n"
            "  expected: a mapping with apiVersion, kind and metadata"
        )
    ]


@pytest.mark.parametrize(
    ("manifest", "words"),
    [
        pytest.param(
            {"kind": "A", "metadata": {"name": "a"}},
            "an object has no apiVersion (metadata.name: a)",
            id="no-version",
        ),
        pytest.param({"apiVersion": "v1", "metadata": {"name": "a"}}, "an object has no kind", id="no-kind"),
        pytest.param(one("v1", "", "a"), "an object has no kind", id="empty-kind"),
        pytest.param({"apiVersion": "v1", "kind": "A"}, "A has no name", id="no-metadata"),
        pytest.param(
            {"apiVersion": "v1", "kind": "A", "metadata": {"name": 5}}, "A has no name", id="name-is-a-number"
        ),
        pytest.param(
            {"apiVersion": "v1", "kind": "A", "metadata": []}, "A has no name", id="metadata-is-a-list"
        ),
        pytest.param(one("v1", "../x", "a"), "'../x' is no kind", id="c22-kind"),
        pytest.param(one("v1", "A/B", "a"), "'A/B' is no kind", id="c22-subresource"),
        pytest.param(one("../v1", "A", "a"), "'../v1' is no apiVersion", id="c22-version"),
        pytest.param(one("a/b/v1", "A", "a"), "'a/b/v1' is no apiVersion", id="version-with-two-slashes"),
        pytest.param(
            one("v1", "A", "a", "../x"), "A (metadata.name: a) has the namespace '../x'", id="c22-namespace"
        ),
        pytest.param(one("v1", "A", "a", "N"), "has the namespace 'N'", id="namespace-in-upper-case"),
        pytest.param(
            {"apiVersion": "v1", "kind": "A", "metadata": {"name": "a", "namespace": 5}},
            "has the namespace 5",
            id="namespace-is-a-number",
        ),
    ],
)
def test_c13_no_object_no_file(manifest: dict[str, Any], words: str) -> None:
    """What is no Kubernetes object is refused at its place."""
    (problem,) = problems_of(manifest)
    assert words in problem
    assert problem.startswith("chart.py:1: ")


def test_c23_generated_names_are_refused() -> None:
    """A generated name would make another object on every sync; the message says so."""
    assert problems_of({"apiVersion": "v1", "kind": "Pod", "metadata": {"generateName": "web-"}}) == [
        (
            "chart.py:1: Pod has generateName and no name\n  expected: metadata.name\n"
            "  to do: name it: with a generated name every sync would make another object"
        )
    ]


def test_all_problems_are_reported_at_once() -> None:
    """Bad names of several objects come in one error, in the order of their places."""
    found = problems_of(one("v1", "ConfigMap", "A"), one("v1", "ConfigMap", "b"), one("v1", "Service", "1"))
    assert [line.partition(": ")[0] for line in found] == ["chart.py:1", "chart.py:3"]


def test_c20_other_objects_keep_their_files() -> None:
    """An object more, wherever it is declared, renames and changes no other file."""
    before = {
        each.file: each.body
        for each in rendered(one("v1", "ConfigMap", "b"), one("v1", "Secret", "c")).manifests
    }
    more = rendered(
        one("v1", "ConfigMap", "a"), one("v1", "Secret", "c"), one("v1", "ConfigMap", "b")
    ).manifests
    assert before.items() <= {each.file: each.body for each in more}.items()


_NAMES = st.sampled_from(
    ["..", "../x", "a\0b", "a:b", "x" * 300, "con", "ａ", "a/b", "ok", "also.ok"]
) | st.text(max_size=8)


@given(st.lists(st.tuples(_NAMES, _NAMES, _NAMES, _NAMES), min_size=1, max_size=5))
@settings(max_examples=80)
def test_c22_whatever_is_declared_is_rendered_or_refused(keys: list[tuple[str, str, str, str]]) -> None:
    """Hostile identities give a clear error or files that a map may list, as many as objects."""
    manifests = [
        one(f"{group}/v1" if group else "v1", kind, name, namespace) for group, kind, namespace, name in keys
    ]
    try:
        found = rendered(*manifests).manifests
    except TowpathError as error:
        assert error.problems  # noqa: PT017 -- either way is right
        return
    assert len({each.file.casefold() for each in found}) == len(manifests)
    assert all(is_file_name(each.file) for each in found)

"""The Argo CD objects of an environment: the root, and a project and an application for each platform."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

import pytest

from tests.kubernetes.rules import read_rendering
from towpath.argocd import Delivered, Delivery, argocd_objects
from towpath.errors import TowpathError
from towpath.layout import rendering_folder
from towpath.manifests.ownership import OwnedFields
from towpath.manifests.rendering import Declared, render

DIST = Path(__file__).resolve().parent.parent / "dist"
ENVIRONMENTS = sorted(folder.name for folder in DIST.iterdir() if (folder / "argocd").is_dir())
DELIVERY = Delivery(
    namespace="argocd",
    server="https://staging.example.org:6443",
    repository="https://git.example.org/shop.git",
    revision="main",
    path="dist",
    automated=True,
    self_heal=True,
    prune="always",
    asks=True,
    retries=5,
    retry_delay="10s",
    retry_factor=2,
    retry_longest="5m",
)
SHOP = Delivered(
    platform="shop",
    namespace="shop-staging",
    kinds=frozenset(
        {
            ("", "Namespace", ""),
            ("", "Service", "shop-staging"),
            ("apps", "DaemonSet", "shop-staging"),
            ("example.org", "Ledger", ""),
        }
    ),
)
REPLICAS = OwnedFields("apps", "Deployment", "shop-staging", "web", ("/spec/replicas",))
FINALIZER = "resources-finalizer.argocd.argoproj.io"
OPTIONS = "argocd.argoproj.io/sync-options"
WAVE = "argocd.argoproj.io/sync-wave"
ALWAYS = [
    "CreateNamespace=false",
    "ServerSideApply=true",
    "ApplyOutOfSyncOnly=true",
    "FailOnSharedResource=true",
    "PruneLast=true",
]


def bare(platform: str) -> Delivered:
    """Return a platform without objects."""
    return Delivered(platform=platform, namespace=f"{platform}-staging", kinds=frozenset())


def objects_of(*delivered: Delivered, delivery: Delivery = DELIVERY) -> dict[str, Any]:
    """Return the objects by kind and name."""
    found = argocd_objects("staging", delivery, delivered)
    return {f"{each['kind']} {each['metadata']['name']}": each for each in found}


def test_the_root_and_a_pair_for_each_platform() -> None:
    """They stand in Argo CD's namespace, in the platforms' order."""
    found = objects_of(SHOP, bare("depot"))
    assert list(found) == [
        "AppProject root-staging",
        "Application root-staging",
        "AppProject shop-staging",
        "Application shop-staging",
        "AppProject depot-staging",
        "Application depot-staging",
    ]
    assert {each["metadata"]["namespace"] for each in found.values()} == {"argocd"}


def test_a_project_allows_its_repository_and_its_namespace() -> None:
    """Nothing else may come from it, and nothing may go elsewhere."""
    spec = objects_of(SHOP)["AppProject shop-staging"]["spec"]
    assert spec["sourceRepos"] == ["https://git.example.org/shop.git"]
    assert spec["destinations"] == [
        {"namespace": "shop-staging", "server": "https://staging.example.org:6443"}
    ]


def test_a_project_allows_the_namespaces_that_objects_stand_in() -> None:
    """An object in another namespace would be refused otherwise; the pull request shows the wider project."""
    delivered = replace(SHOP, kinds=SHOP.kinds | {("", "ConfigMap", "monitoring")})
    spec = objects_of(delivered)["AppProject shop-staging"]["spec"]
    assert [each["namespace"] for each in spec["destinations"]] == ["monitoring", "shop-staging"]


def test_a_project_allows_kinds_by_the_scope_that_they_were_rendered_with() -> None:
    """A custom kind whose scope only its definition states has no namespace in its file, so it is no namespaced one."""
    spec = objects_of(SHOP)["AppProject shop-staging"]["spec"]
    assert spec["clusterResourceWhitelist"] == [
        {"group": "", "kind": "Namespace"},
        {"group": "example.org", "kind": "Ledger"},
    ]
    assert {"group": "apps", "kind": "DaemonSet"} in spec["namespaceResourceWhitelist"]
    assert {"group": "example.org", "kind": "Ledger"} not in spec["namespaceResourceWhitelist"]


def test_a_project_lists_kinds_whose_last_object_may_go() -> None:
    """Argo CD does not see, and never prunes, an object of a kind that its project does not list."""
    kinds = objects_of(bare("depot"))["AppProject depot-staging"]["spec"]["namespaceResourceWhitelist"]
    assert {"group": "autoscaling", "kind": "HorizontalPodAutoscaler"} in kinds
    assert {"group": "policy", "kind": "PodDisruptionBudget"} in kinds
    assert not {each["kind"] for each in kinds} & {"Secret", "Role", "RoleBinding", "Application"}


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        pytest.param("dist", "dist", id="the-usual-folder"),
        pytest.param("clusters/eu", "clusters/eu", id="a-deeper-folder"),
        pytest.param("", "", id="the-repository's-root"),
    ],
)
def test_paths_are_those_of_the_layout(path: str, expected: str) -> None:
    """Each application reads the folder that a synthesis writes."""
    found = objects_of(SHOP, delivery=replace(DELIVERY, path=path))
    for application, folder in (("shop", "shop"), ("root", "argocd")):
        source = found[f"Application {application}-staging"]["spec"]["source"]
        prefix = f"{expected}/" if expected else ""
        assert source["path"] == f"{prefix}{rendering_folder('staging', folder)}"
        assert source["directory"] == {"recurse": True}
        assert (source["repoURL"], source["targetRevision"]) == (DELIVERY.repository, "main")


def test_an_application_belongs_to_its_project() -> None:
    """It brings its platform to its own namespace, on the environment's cluster."""
    spec = objects_of(SHOP)["Application shop-staging"]["spec"]
    assert spec["project"] == "shop-staging"
    assert spec["destination"] == {"namespace": "shop-staging", "server": "https://staging.example.org:6443"}


def test_the_root_brings_applications_and_projects_alone() -> None:
    """They go to Argo CD's namespace on Argo CD's own cluster, wherever the platforms go."""
    found = objects_of(SHOP)
    here = {"namespace": "argocd", "server": "https://kubernetes.default.svc"}
    assert found["Application root-staging"]["spec"]["project"] == "root-staging"
    assert found["Application root-staging"]["spec"]["destination"] == here
    project = found["AppProject root-staging"]["spec"]
    assert project["destinations"] == [here]
    assert project["clusterResourceWhitelist"] == []
    assert project["namespaceResourceWhitelist"] == [
        {"group": "argoproj.io", "kind": "AppProject"},
        {"group": "argoproj.io", "kind": "Application"},
    ]


@pytest.mark.parametrize("prune", ["always", "confirm", "never"])
def test_the_root_never_deletes_itself(prune: Literal["always", "confirm", "never"]) -> None:
    """Neither by pruning, nor does deleting it delete the applications."""
    found = objects_of(SHOP, delivery=replace(DELIVERY, prune=prune))
    for kind in ("Application", "AppProject"):
        assert found[f"{kind} root-staging"]["metadata"]["annotations"][OPTIONS] == "Prune=false"
    assert "finalizers" not in found["Application root-staging"]["metadata"]


def test_projects_come_before_applications() -> None:
    """Argo CD refuses an application without its project, and keeps a project until none refers to it."""
    for name, each in objects_of(SHOP).items():
        wave = int(each["metadata"]["annotations"].get(WAVE, "0"))
        assert wave == (-1 if name.startswith("AppProject") else 0)
        if name.startswith("AppProject"):
            assert each["metadata"]["finalizers"] == [FINALIZER]


@pytest.mark.parametrize(
    ("changes", "automated", "options"),
    [
        pytest.param({}, {"prune": True, "selfHeal": True}, [], id="prunes-freely"),
        pytest.param(
            {"prune": "confirm"}, {"prune": True, "selfHeal": True}, ["Prune=confirm"], id="asks-first"
        ),
        pytest.param(
            {"prune": "confirm", "asks": False},
            {"selfHeal": True},
            [],
            id="an-argo-cd-that-cannot-ask-prunes-nothing",
        ),
        pytest.param({"prune": "never"}, {"selfHeal": True}, ["Prune=false"], id="never"),
        pytest.param({"self_heal": False}, {"prune": True}, [], id="no-self-healing"),
        pytest.param({"prune": "never", "self_heal": False}, {}, ["Prune=false"], id="nothing-by-itself"),
        pytest.param({"automated": False}, None, [], id="by-hand"),
        pytest.param(
            {"automated": False, "prune": "confirm"}, None, ["Prune=confirm"], id="by-hand-asks-too"
        ),
    ],
)
def test_sync_policy(changes: dict[str, Any], automated: dict[str, bool] | None, options: list[str]) -> None:
    """What an environment says of pruning and healing counts for its platforms and for its root."""
    found = objects_of(SHOP, delivery=replace(DELIVERY, **changes))
    for name in ("shop", "root"):
        policy = found[f"Application {name}-staging"]["spec"]["syncPolicy"]
        assert policy.get("automated") == automated
        assert policy["syncOptions"] == [*ALWAYS, *options]


@pytest.mark.parametrize(
    ("prune", "finalizers", "option"),
    [
        pytest.param("always", [FINALIZER], None, id="always-takes-the-objects-too"),
        pytest.param("confirm", None, "Prune=confirm", id="confirm"),
        pytest.param("never", None, "Prune=false", id="never"),
    ],
)
def test_an_application_that_is_not_rendered_any_more(
    prune: Literal["always", "confirm", "never"], finalizers: list[str] | None, option: str | None
) -> None:
    """Only where pruning is free does the end of an application end its objects."""
    found = objects_of(SHOP, delivery=replace(DELIVERY, prune=prune))
    assert found["Application shop-staging"]["metadata"].get("finalizers") == finalizers
    for kind in ("Application", "AppProject"):
        assert found[f"{kind} shop-staging"]["metadata"]["annotations"].get(OPTIONS) == option


@pytest.mark.parametrize(
    ("retries", "limit"),
    [pytest.param(3, {"limit": 3}, id="some"), pytest.param(0, {}, id="none-which-argo-cd-does-not-write")],
)
def test_retry(retries: int, limit: dict[str, int]) -> None:
    """The environment says how often a sync is tried, and after how long."""
    delivery = replace(DELIVERY, retries=retries, retry_delay="30s", retry_factor=3, retry_longest="10m")
    assert objects_of(SHOP, delivery=delivery)["Application shop-staging"]["spec"]["syncPolicy"]["retry"] == {
        **limit,
        "backoff": {"duration": "30s", "factor": 3, "maxDuration": "10m"},
    }


def test_fields_that_others_own_are_ignored() -> None:
    """For exactly that object, and when applying as well as when comparing."""
    spec = objects_of(replace(SHOP, owned=(REPLICAS,)))["Application shop-staging"]["spec"]
    assert spec["ignoreDifferences"] == [
        {
            "group": "apps",
            "kind": "Deployment",
            "name": "web",
            "namespace": "shop-staging",
            "jsonPointers": ["/spec/replicas"],
        }
    ]
    assert spec["syncPolicy"]["syncOptions"] == [*ALWAYS, "RespectIgnoreDifferences=true"]


def test_nothing_is_ignored_where_nobody_else_writes() -> None:
    """A rule for nothing would hide changes that somebody made by hand."""
    assert "ignoreDifferences" not in objects_of(SHOP)["Application shop-staging"]["spec"]


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_projects_allow_the_rendered_kinds(environment: str) -> None:
    """In the real `dist/`, no kind is missing from a project's lists, and none is there for nothing."""
    more = {
        (each["group"], each["kind"], True)
        for each in objects_of(bare("x"))["AppProject x-staging"]["spec"]["namespaceResourceWhitelist"]
    }
    for project in (
        each for each in read_rendering(DIST / environment / "argocd") if each["kind"] == "AppProject"
    ):
        platform = project["metadata"]["labels"]["app.kubernetes.io/part-of"]
        rendered = {
            (each["apiVersion"].rpartition("/")[0], each["kind"], "namespace" in each["metadata"])
            for each in read_rendering(DIST / environment / platform)
        }
        lists = {"namespaceResourceWhitelist": True, "clusterResourceWhitelist": False}
        allowed = {
            (each["group"], each["kind"], namespaced)
            for name, namespaced in lists.items()
            for each in project["spec"][name]
        }
        assert rendered <= allowed
        assert allowed - rendered <= more


@pytest.mark.parametrize(
    ("platform", "words"),
    [
        pytest.param("p" * 55, "", id="63-fit"),
        pytest.param("p" * 56, "has 64 characters; the kind Application allows 63", id="64-do-not"),
        pytest.param("p" * 53 + "-p", "", id="inner-dash"),
    ],
)
def test_c54_names_of_applications(platform: str, words: str) -> None:
    """Argo CD tracks by a label, which takes 63 characters."""
    declared = [Declared(each) for each in argocd_objects("staging", DELIVERY, [bare(platform)])]

    def rendered() -> int:
        return len(
            render(
                declared, environment="staging", platform="argocd", namespace="argocd", kubernetes="1.33"
            ).manifests
        )

    if not words:
        assert rendered() == 4
        return
    with pytest.raises(TowpathError, match=words):
        rendered()

"""The Argo CD objects of an environment: a project and an application for each platform."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.kubernetes.rules import read_rendering
from towpath.argocd import Delivered, Delivery, argocd_objects, kinds_in
from towpath.documents.emitter import emit
from towpath.errors import NOWHERE, TowpathError
from towpath.manifests.order import canonical
from towpath.manifests.rendering import Declared, render

DIST = Path(__file__).resolve().parent.parent / "dist"
ENVIRONMENTS = sorted(folder.name for folder in DIST.iterdir() if (folder / "argocd").is_dir())
DELIVERY = Delivery(
    namespace="argocd",
    server="https://kubernetes.default.svc",
    repository="https://git.example.org/shop.git",
    revision="main",
    path="dist",
)
SHOP = Delivered(
    "shop",
    "shop-staging",
    frozenset({("", "Service"), ("apps", "Deployment")}),
    frozenset({("", "Namespace")}),
)


def objects_of(*delivered: Delivered, environment: str = "staging") -> dict[str, Any]:
    """Return the objects by kind and name."""
    found = argocd_objects(environment, DELIVERY, delivered)
    return {f"{each['kind']} {each['metadata']['name']}": each for each in found}


def test_a_project_and_an_application_for_each_platform() -> None:
    """They stand in Argo CD's namespace, in the platforms' order."""
    found = objects_of(SHOP, Delivered("depot", "depot-staging", frozenset(), frozenset()))
    assert list(found) == [
        "AppProject shop-staging",
        "Application shop-staging",
        "AppProject depot-staging",
        "Application depot-staging",
    ]
    assert {each["metadata"]["namespace"] for each in found.values()} == {"argocd"}


def test_a_project_allows_what_its_platform_renders() -> None:
    """Its own repository, its own namespace, and the kinds that it has, sorted."""
    assert objects_of(SHOP)["AppProject shop-staging"]["spec"] == {
        "description": "shop in staging: its own namespace and the kinds that it renders",
        "sourceRepos": ["https://git.example.org/shop.git"],
        "destinations": [{"namespace": "shop-staging", "server": "https://kubernetes.default.svc"}],
        "clusterResourceWhitelist": [{"group": "", "kind": "Namespace"}],
        "namespaceResourceWhitelist": [
            {"group": "", "kind": "Service"},
            {"group": "apps", "kind": "Deployment"},
        ],
    }


def test_an_application_follows_its_folder() -> None:
    """It reads the platform's folder of its own environment, and applies on the server's side."""
    spec = objects_of(SHOP)["Application shop-staging"]["spec"]
    assert spec["source"]["path"] == "dist/staging/shop"
    assert spec["source"]["directory"] == {"recurse": True}
    assert spec["project"] == "shop-staging"
    assert spec["destination"]["namespace"] == "shop-staging"
    assert "ServerSideApply=true" in spec["syncPolicy"]["syncOptions"]


@pytest.mark.parametrize(
    ("manifest", "kind"),
    [
        pytest.param({"apiVersion": "v1", "kind": "Service"}, ("", "Service"), id="core-group"),
        pytest.param({"apiVersion": "apps/v1", "kind": "Deployment"}, ("apps", "Deployment"), id="group"),
        pytest.param(
            {"apiVersion": "x.io/v1", "kind": "Off"}, ("x.io", "Off"), id="kind-that-stands-in-quotes"
        ),
        pytest.param(
            {"apiVersion": "x.io/v1", "kind": "Team", "group": "a", "members": []},
            ("x.io", "Team"),
            id="field-called-group",
        ),
    ],
)
def test_kinds_are_read_from_what_is_rendered(manifest: dict[str, Any], kind: tuple[str, str]) -> None:
    """The first two lines of a canonical manifest say what it is."""
    text = emit(canonical({**manifest, "metadata": {"name": "a"}}, NOWHERE))
    assert kinds_in({"file.yaml": text.encode()}) == {kind}


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_projects_allow_exactly_the_rendered_kinds(environment: str) -> None:
    """In the real `dist/`, no kind is missing from a project's lists, and none is there for nothing."""
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
        assert allowed == rendered


@pytest.mark.parametrize(
    ("platform", "words"),
    [
        pytest.param("p" * 55, "", id="63-fit"),
        pytest.param("p" * 56, "has 64 characters; the kind Application allows 63", id="64-do-not"),
        pytest.param("p" * 54 + "-", "", id="inner-dash"),
    ],
)
def test_c54_names_of_applications(platform: str, words: str) -> None:
    """Argo CD tracks by a label, which takes 63 characters."""
    delivered = Delivered(platform, "n", frozenset(), frozenset())
    objects = argocd_objects("staging", DELIVERY, [delivered])
    declared = [Declared(each) for each in objects]

    def rendered() -> int:
        return len(
            render(
                declared, environment="staging", platform="argocd", namespace="argocd", kubernetes="1.33"
            ).manifests
        )

    if not words:
        assert rendered() == 2
        return
    with pytest.raises(TowpathError, match=words):
        rendered()

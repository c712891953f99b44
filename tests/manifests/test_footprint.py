"""What an environment knows of a rendering: from a compile, from the cache, and from rendered files."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from towpath.documents.emitter import emit
from towpath.errors import NOWHERE, Place, Problem
from towpath.manifests.claims import Claim
from towpath.manifests.footprint import Footprint, footprint_in, footprint_of
from towpath.manifests.ownership import OwnedFields
from towpath.manifests.rendering import Declared, render
from towpath.manifests.requirements import Need

CHART = "charts/shop/chart.py"
OBJECTS: list[dict[str, Any]] = [
    {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}, "data": {"hostPort: ": "no port"}},
    {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop"}},
    {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "Ingress",
        "metadata": {"name": "web"},
        "spec": {"rules": [{"host": "a.example"}]},
    },
    {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "Ingress",
        "metadata": {"name": "api"},
        "spec": {"rules": [{"host": "a.example"}]},
    },
    {
        "apiVersion": "autoscaling/v2",
        "kind": "HorizontalPodAutoscaler",
        "metadata": {"name": "web"},
        "spec": {"scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"}},
    },
    {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": "things.a.org"},
        "spec": {"group": "a.org", "scope": "Cluster", "names": {"kind": "Thing"}},
    },
    {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": "web"},
        "spec": {"ports": [{"port": 1, "nodePort": 30001}]},
    },
]
RENDERING = render(
    [Declared(each, Place(CHART, number)) for number, each in enumerate(OBJECTS, 1)],
    environment="staging",
    platform="shop",
    namespace="shop",
    kubernetes="1.33",
)
FILES = {each.file: emit(each.body).encode() for each in RENDERING.manifests}
NEED = Need("b.org", "Gadget", Problem(Place(CHART, 3, 4), "what", "expected", "to do", rule="a.b"))


def test_a_rendering() -> None:
    """Each thing once, with the place where the first object that takes it was declared."""
    assert footprint_of(RENDERING.manifests, [NEED]) == Footprint(
        kinds=(
            ("", "ConfigMap", "shop"),
            ("", "Namespace", ""),
            ("", "Service", "shop"),
            ("apiextensions.k8s.io", "CustomResourceDefinition", ""),
            ("autoscaling", "HorizontalPodAutoscaler", "shop"),
            ("networking.k8s.io", "Ingress", "shop"),
        ),
        claims=(
            Claim(
                "cluster-object",
                "CustomResourceDefinition.apiextensions.k8s.io things.a.org",
                Place(CHART, 6),
            ),
            Claim("host", "a.example", Place(CHART, 4)),
            Claim("namespace", "shop", Place(CHART, 2)),
            Claim("node-port", "30001/TCP", Place(CHART, 7)),
        ),
        owned=(OwnedFields("apps", "Deployment", "shop", "web", ("/spec/replicas",)),),
        definitions=(("a.org", "Thing"),),
        needs=(NEED,),
    )


def test_the_same_from_files() -> None:
    """A rendering that nobody compiles now says the same; its places are its files."""
    compiled, standing = footprint_of(RENDERING.manifests), footprint_in(FILES, "dist/staging/shop")
    nowhere = [tuple(replace(each, place=NOWHERE) for each in found.claims) for found in (compiled, standing)]
    assert nowhere[0] == nowhere[1]
    assert standing.kinds == compiled.kinds
    assert (standing.owned, standing.definitions) == (compiled.owned, compiled.definitions)
    assert [str(each.place) for each in standing.claims] == [
        "dist/staging/shop/customresourcedefinition_things.a.org.yaml",
        "dist/staging/shop/ingress_api.yaml",
        "dist/staging/shop/namespace_shop.yaml",
        "dist/staging/shop/service_web.yaml",
    ]


@pytest.mark.parametrize(
    ("claim", "value"),
    [
        pytest.param(Claim("host", "a.example"), "a.example", id="host"),
        pytest.param(Claim("namespace", "shop"), "shop", id="namespace"),
        pytest.param(Claim("node-port", "30001/TCP"), "30001", id="port-of-the-nodes"),
        pytest.param(Claim("address-port", "2001:db8::1:443/TCP"), "2001:db8::1", id="address"),
        pytest.param(Claim("cluster-object", "ClusterRole.a reader"), "ClusterRole.a reader", id="object"),
    ],
)
def test_what_a_setting_says(claim: Claim, value: str) -> None:
    """A port and an address stand alone in settings."""
    assert claim.setting_value == value


def test_the_settings_that_hold_it() -> None:
    """Each claim gets those of its own value."""
    stated = {"a.example": "host, a.yaml:1", "30001": "node_port, a.yaml:2", "b.example": "other, a.yaml:3"}
    found = footprint_of(RENDERING.manifests, stated=stated)
    assert {each.value: each.settings for each in found.claims if each.settings} == {
        "a.example": "host, a.yaml:1",
        "30001/TCP": "node_port, a.yaml:2",
    }


def test_the_cache_keeps_it() -> None:
    """What went through JSON is what it was."""
    footprint = footprint_of(RENDERING.manifests, [NEED], stated={"a.example": "host, a.yaml:1"})
    footprint = replace(footprint, claims=(*footprint.claims, Claim("host", "b")))
    assert Footprint.from_json(json.loads(json.dumps(footprint.to_json()))) == footprint
    assert Footprint.from_json(json.loads(json.dumps(Footprint().to_json()))) == Footprint()


@pytest.mark.parametrize(
    "value",
    [
        pytest.param({}, id="empty"),
        pytest.param(
            {"kinds": [], "claims": [["host"]], "owned": [], "definitions": [], "needs": []}, id="short-claim"
        ),
        pytest.param(
            {"kinds": [], "claims": [], "owned": [["a"]], "definitions": [], "needs": []}, id="short-fields"
        ),
        pytest.param({"kinds": [], "claims": [], "owned": [], "definitions": 1, "needs": []}, id="no-list"),
        pytest.param(
            {"claims": [], "owned": [], "definitions": [], "needs": [["a", "b", {}]]}, id="no-problem"
        ),
    ],
)
def test_another_form_is_refused(value: dict[str, Any]) -> None:
    """With an error that the cache takes for a damaged entry."""
    with pytest.raises((KeyError, TypeError, ValueError)):
        Footprint.from_json(value)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(
            "apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata:\n  name: a\n  namespace: shop\nspec: [\n",
            id="no-yaml",
        ),
        pytest.param(
            "apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata:\n  name: a\n  namespace: shop\n",
            id="no-spec",
        ),
        pytest.param(
            "apiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nmetadata:\n  name: a\n  namespace: shop\n"
            "<<<<<<< a\n",
            id="merge-conflict",
        ),
    ],
)
def test_a_damaged_file_counts_for_its_namespace(text: str) -> None:
    """Verification says what is wrong with it; the platforms beside it are compiled all the same."""
    found = footprint_in({"a.yaml": text.encode()}, "dist/staging/shop")
    assert found.claims == (Claim("namespace", "shop", Place("dist/staging/shop/a.yaml")),)
    assert found.owned == ()

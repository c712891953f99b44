"""`docs/argocd.md`: its settings are settings, its defaults the defaults, and its files are rendered."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Literal

import pytest

from towpath.argocd import Delivered, argocd_objects
from towpath.manifests.rendering import Declared, render
from towpath.settings.cluster import Cluster, Component
from towpath.settings.layers import load_settings, read_layer
from towpath.synth.delivery import delivery_of

PAGE = (Path(__file__).resolve().parents[2] / "docs/argocd.md").read_text(encoding="utf-8")
POLICY, FACTS = re.findall(r"^```yaml\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)
REST = """\
kubernetes: "1.33"
ingress: {class_name: nginx}
storage_class: fast
secret_store: {name: vault}
"""


def cluster(text: str) -> Cluster:
    """Return the facts that a text states."""
    return load_settings(Cluster, [read_layer("page", "docs/argocd.md", text.encode())]).value


def test_the_policy_is_the_default() -> None:
    """What the page shows is what an environment has that states nothing."""
    stated = cluster(REST + POLICY + "installed: [external-secrets]\n").argocd
    bare = re.sub(r"  sync:\n(    .*\n)+", "", POLICY)
    assert stated.sync == cluster(REST + bare + "installed: [external-secrets]\n").argocd.sync
    assert stated.version is not None


def test_the_facts_are_facts() -> None:
    """Each key that the page names is one."""
    found = cluster(REST + FACTS + POLICY)
    assert found.purpose == "staging"
    assert found.operator_namespace(Component.CLOUDNATIVE_PG) == "databases"
    assert [each.kind for each in found.custom_resources] == ["", "Workflow"]


def test_the_files_of_the_bootstrap_are_rendered() -> None:
    """Both names on the page are files of the rendering, and they are the root's."""
    delivery = delivery_of(cluster(REST + POLICY + "installed: [external-secrets]\n"))
    rendering = render(
        [Declared(each) for each in argocd_objects("production", delivery, [])],
        environment="production",
        platform="argocd",
        namespace="argocd",
        kubernetes="1.33",
    )
    named = re.findall(r"-f dist/production/argocd/(\S+)", PAGE)
    assert sorted(named) == [each.file for each in rendering.manifests]


@pytest.mark.parametrize("prune", ["always", "confirm", "never"])
def test_every_option_is_explained(prune: Literal["always", "confirm", "never"]) -> None:
    """No sync option is rendered that the page does not mention."""
    delivery = delivery_of(
        cluster(REST + POLICY.replace("confirm", prune) + "installed: [external-secrets]\n")
    )
    shop = Delivered(platform="shop", namespace="shop-production", kinds=frozenset())
    for each in argocd_objects("production", delivery, [shop]):
        for option in each["spec"].get("syncPolicy", {}).get("syncOptions", []):
            assert f"`{option}`" in PAGE

"""What a cluster's facts become for Argo CD and for the checks of renderings."""

from __future__ import annotations

import pytest

from tests.settings.test_cluster import FILE
from towpath.manifests.requirements import Offers
from towpath.settings.cluster import Cluster
from towpath.settings.layers import load_settings, read_layer
from towpath.synth.delivery import delivery_of
from towpath.synth.environment import offers_of


def _cluster(text: str) -> Cluster:
    return load_settings(Cluster, [read_layer("staging", "cluster.yaml", text.encode())]).value


@pytest.mark.parametrize(
    ("version", "asks"),
    [
        pytest.param("", False, id="not-stated"),
        pytest.param('  version: "2.14"\n', False, id="2.14-takes-it-for-single-objects-only"),
        pytest.param('  version: "3.4.9"\n', False, id="3.4"),
        pytest.param('  version: "3.5"\n', True, id="3.5"),
        pytest.param('  version: "3.10"\n', True, id="3.10-is-later-than-3.5"),
        pytest.param('  version: "4.0"\n', True, id="4.0"),
    ],
)
def test_only_an_argo_cd_that_can_ask_is_told_to(version: str, asks: bool) -> None:
    """An older one would pass over the option and delete."""
    assert delivery_of(_cluster(FILE.replace("argocd:\n", f"argocd:\n{version}"))).asks is asks


def test_how_argo_cd_syncs() -> None:
    """Every setting arrives."""
    sync = (
        "argocd:\n  path: rendered\n  sync:\n    mode: manual\n    prune: never\n    self_heal: false\n"
        "    retry: {limit: -1, delay: 1m, factor: 3, longest: 1h}\n"
    )
    found = delivery_of(_cluster(FILE.replace("argocd:\n", sync)))
    assert (found.automated, found.prune, found.self_heal) == (False, "never", False)
    assert (found.retries, found.retry_delay, found.retry_factor, found.retry_longest) == (-1, "1m", 3, "1h")
    assert (found.path, found.namespace, found.revision) == ("rendered", "argocd", "main")


def test_what_a_cluster_offers() -> None:
    """Its classes, its components, and what else it serves."""
    more = "storage_classes: [slow, standard]\ncustom_resources: [keda.sh, a.org/Thing]\n"
    assert offers_of(_cluster(FILE + more), "staging") == Offers(
        file="envs/staging/cluster.yaml",
        installed=frozenset({"cert-manager", "external-secrets"}),
        ingress_class="nginx",
        storage_classes=("standard", "slow"),
        custom_resources=frozenset({("keda.sh", ""), ("a.org", "Thing")}),
    )

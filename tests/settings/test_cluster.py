"""The facts of a cluster, from their file."""

from __future__ import annotations

import pytest

from towpath.errors import TowpathError
from towpath.settings.cluster import Cluster, Component
from towpath.settings.layers import load_settings, read_layer

FILE = """
kubernetes: "1.33"
domain: staging.example.com
ingress:
  class_name: nginx
storage_class: standard
secret_store:
  name: vault
  prefix: pms/staging
certificates:
  cluster_issuer: letsencrypt
argocd:
  repository: https://github.com/example/environments.git
installed:
- cert-manager
- external-secrets
"""


def _load(text: str) -> Cluster:
    return load_settings(Cluster, [read_layer("staging", "cluster.yaml", text.encode())]).value


def test_facts() -> None:
    """What is stated is typed, and what most clusters share need not be."""
    cluster = _load(FILE)
    assert cluster.kubernetes.minor == 33
    assert cluster.ingress.controller == "nginx"
    assert cluster.ingress.pod_labels["app.kubernetes.io/name"] == "ingress-nginx"
    assert cluster.secret_store.kind == "ClusterSecretStore"
    assert (cluster.dns.namespace, cluster.dns.pod_labels) == ("kube-system", {"k8s-app": "kube-dns"})
    assert (cluster.argocd.namespace, cluster.argocd.path) == ("argocd", "dist")
    assert cluster.argocd.server == "https://kubernetes.default.svc"
    assert cluster.has(Component.CERT_MANAGER)
    assert not cluster.has(Component.ECK)


@pytest.mark.parametrize(
    ("old", "new", "what"),
    [
        pytest.param("- cert-manager\n", "", "certificates.cluster_issuer needs cert-manager", id="issuer"),
        pytest.param("- external-secrets\n", "", "secret_store needs external-secrets", id="store"),
        pytest.param(
            "- cert-manager\n",
            "- cert-manager\n- cert-manager\n",
            "installed[1] names cert-manager twice",
            id="twice",
        ),
        pytest.param("- cert-manager", "- istio", "installed[0] is 'istio'", id="unknown-component"),
        pytest.param('"1.33"', "v1.33", "kubernetes is 'v1.33': it starts with a v", id="version"),
        pytest.param(
            "name: vault", "name: vault\n  kind: Vault", "secret_store.kind is 'Vault'", id="store-kind"
        ),
        pytest.param("pms/staging", "/pms", "secret_store.prefix is", id="prefix"),
        pytest.param(
            "storage_class",
            "dns: {pod_labels: {k8s-app: null}}\nstorage_class",
            "dns.pod_labels is",
            id="no-labels",
        ),
        pytest.param(
            "storage_class", "dns: {pod_labels: {'a b': c}}\nstorage_class", "dns.pod_labels", id="label-key"
        ),
    ],
)
def test_refused(old: str, new: str, what: str) -> None:
    """A cluster that cannot be what it says is refused."""
    assert old in FILE
    with pytest.raises(TowpathError) as caught:
        _load(FILE.replace(old, new, 1))
    assert what in str(caught.value)
    assert len(caught.value.problems) == 1


def test_other_labels_replace_one_by_one() -> None:
    """Labels merge with the defaults key by key; a null takes one away."""
    text = FILE + "dns:\n  pod_labels:\n    k8s-app: null\n    app: coredns\n"
    assert _load(text).dns.pod_labels == {"app": "coredns"}

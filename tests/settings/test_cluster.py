"""The facts of a cluster, from their file."""

from __future__ import annotations

import pytest

from towpath.errors import TowpathError
from towpath.settings.cluster import Cluster, Component
from towpath.settings.layers import load_settings, read_layer

FILE = """
kubernetes: "1.33"
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


def test_what_is_not_stated_is_the_safest() -> None:
    """A cluster that says nothing is for production, asks before it deletes, and offers nothing more."""
    cluster = _load(FILE)
    assert cluster.purpose == "production"
    assert (cluster.storage_classes, cluster.custom_resources) == ((), ())
    assert cluster.argocd.version is None
    sync = cluster.argocd.sync
    assert (sync.mode, sync.prune, sync.self_heal) == ("automated", "confirm", True)
    assert (sync.retry.limit, sync.retry.delay, sync.retry.factor, sync.retry.longest) == (5, "10s", 2, "5m")


def test_what_more_a_cluster_serves() -> None:
    """A whole group, or one kind of it."""
    cluster = _load(FILE + "custom_resources: [keda.sh, argoproj.io/Workflow]\nstorage_classes: [slow]\n")
    assert [(each.group, each.kind) for each in cluster.custom_resources] == [
        ("keda.sh", ""),
        ("argoproj.io", "Workflow"),
    ]
    assert cluster.storage_classes == ("slow",)


def test_the_pull_secret() -> None:
    """A reference into the cluster's secret store; most clusters need none."""
    assert _load(FILE).pull_secret is None
    reference = _load(FILE + "pull_secret: images#config\n").pull_secret
    assert reference is not None
    assert (reference.key, reference.property) == ("images", "config")


@pytest.mark.parametrize(
    ("text", "component", "namespace"),
    [
        pytest.param("", Component.CLOUDNATIVE_PG, "cnpg-system", id="cloudnative-pg"),
        pytest.param("", Component.ECK, "elastic-system", id="eck"),
        pytest.param("", Component.MONGODB_COMMUNITY, "mongodb", id="mongodb-community"),
        pytest.param("", Component.KEYCLOAK_OPERATOR, "keycloak", id="keycloak-operator"),
        pytest.param("", Component.PROMETHEUS_OPERATOR, "monitoring", id="prometheus-operator"),
        pytest.param("", Component.METRICS_SERVER, "kube-system", id="metrics-server"),
        pytest.param("", Component.CERT_MANAGER, "cert-manager", id="its-own-name"),
        pytest.param("operators: {cert-manager: pki}\n", Component.CERT_MANAGER, "pki", id="stated"),
    ],
)
def test_where_operators_run(text: str, component: Component, namespace: str) -> None:
    """As stated, or else where the operator's own manifests put it."""
    assert _load(FILE + text).operator_namespace(component) == namespace


@pytest.mark.parametrize("component", Component)
def test_every_component_runs_somewhere(component: Component) -> None:
    """A NetworkPolicy can name the namespace of each."""
    assert _load(FILE).operator_namespace(component)


@pytest.mark.parametrize(
    ("version", "minor"),
    [pytest.param("3.6", (3, 6), id="minor"), pytest.param("2.14.11", (2, 14), id="patch")],
)
def test_argo_cd_versions(version: str, minor: tuple[int, int]) -> None:
    """They compare by number."""
    cluster = _load(FILE.replace("argocd:\n", f'argocd:\n  version: "{version}"\n'))
    assert cluster.argocd.version is not None
    assert cluster.argocd.version.minor == minor


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
            "ingress",
            "pull_secret: generated#48\ningress",
            "pull_secret would be a random value, which no registry knows\n"
            "  expected: a reference <key>#<property> into the secret store",
            id="generated-pull-secret",
        ),
        pytest.param(
            "ingress", "pull_secret: images\ningress", "pull_secret", id="pull-secret-without-a-property"
        ),
        pytest.param(
            "storage_class",
            "dns: {pod_labels: {k8s-app: null}}\nstorage_class",
            "dns.pod_labels is",
            id="no-labels",
        ),
        pytest.param(
            "storage_class", "dns: {pod_labels: {'a b': c}}\nstorage_class", "dns.pod_labels", id="label-key"
        ),
        pytest.param(
            "ingress",
            "domain: company.com\ningress",
            "cluster.yaml:3:1: domain is not a setting",
            id="domain-of-old-files",
        ),
        pytest.param(
            "ingress", "purpose: prod\ningress", "purpose is 'prod'\n  expected: 'development'", id="purpose"
        ),
        pytest.param(
            "ingress",
            "operators: {eck: elastic}\ningress",
            "operators.eck is not installed here",
            id="operator-that-is-not-there",
        ),
        pytest.param(
            "ingress",
            "custom_resources: [example.org/v1]\ningress",
            "custom_resources[0] is 'example.org/v1': a version does not belong there",
            id="group-with-a-version",
        ),
        pytest.param(
            "ingress",
            "custom_resources: [Widget]\ningress",
            "custom_resources[0] is 'Widget'",
            id="kind-without-a-group",
        ),
        pytest.param(
            "ingress", "storage_classes: [Slow]\ningress", "storage_classes[0] is 'Slow'", id="storage-class"
        ),
        pytest.param(
            "argocd:\n",
            "argocd:\n  version: v3.6\n",
            "argocd.version is 'v3.6': it starts with a v",
            id="argo-cd-version",
        ),
        pytest.param(
            "argocd:\n",
            "argocd:\n  sync: {prune: ask}\n",
            "argocd.sync.prune is 'ask'\n  expected: 'always', 'confirm' or 'never'",
            id="prune-policy",
        ),
        pytest.param(
            "argocd:\n",
            "argocd:\n  sync: {retry: {delay: 10m}}\n",
            "argocd.sync.retry.longest is less than the delay of 10m",
            id="retry-longer-than-the-longest",
        ),
        pytest.param(
            "argocd:\n",
            "argocd:\n  sync: {retry: {delay: 0s}}\n",
            "argocd.sync.retry.delay is no time at all",
            id="retry-without-delay",
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

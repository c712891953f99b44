"""What a rendering asks of its cluster, and what the cluster does not have."""

from __future__ import annotations

from typing import Any

import pytest

from towpath.errors import Place
from towpath.manifests.rendering import Declared, Rendering, render
from towpath.manifests.requirements import COMPONENT_GROUPS, Offers, needs_of, requirement_problems
from towpath.settings.cluster import Component

OFFERS = Offers(
    file="envs/staging/cluster.yaml",
    installed=frozenset({"cloudnative-pg", "external-secrets"}),
    ingress_class="nginx",
    storage_classes=("gp3", "slow"),
    custom_resources=frozenset({("keda.sh", ""), ("example.org", "Widget")}),
)
PLACE = Place("charts/shop/chart.py", 7)


def rendering(*bodies: dict[str, Any]) -> Rendering:
    """Return a rendering of objects, each declared on the same line."""
    declared = [
        Declared({"metadata": {"name": f"o{number}"}, **each}, PLACE) for number, each in enumerate(bodies)
    ]
    return render(declared, environment="staging", platform="shop", namespace="shop", kubernetes="1.33")


def body(version: str, kind: str, **fields: Any) -> dict[str, Any]:
    """Return an object."""
    return {"apiVersion": version, "kind": kind, **fields}


def definition(group: str, kind: str) -> dict[str, Any]:
    """Return a custom resource definition."""
    return body(
        "apiextensions.k8s.io/v1", "CustomResourceDefinition", spec={"group": group, "names": {"kind": kind}}
    )


def claims(name: str) -> list[dict[str, Any]]:
    """Return volume claim templates of a class."""
    return [{"metadata": {"name": "data"}, "spec": {"storageClassName": name}}]


HPA = "HorizontalPodAutoscaler"
LACKS = "which this cluster does not have"
NO_CLASS = "and the cluster has no such IngressClass"
FAST = "a volume asks for the StorageClass fast, which the cluster does not have"
UNMEASURED = "it scales by measures of metrics-server, which this cluster does not have"
UNSERVED = (
    "\n  expected: a kind of Kubernetes itself, of a component among `installed`, or of `custom_resources`"
    "\n  to do: install what serves it and add `{}` to `custom_resources` in envs/staging/cluster.yaml, or render its "
    "CustomResourceDefinition"
)
CLUSTER = {"storage": {"storageClass": "fast"}, "walStorage": {"storageClass": "gp3"}}


@pytest.mark.parametrize(
    "objects",
    [
        pytest.param([body("apps/v1", "Deployment")], id="built-in"),
        pytest.param([body("flowcontrol.apiserver.k8s.io/v1", "FlowSchema")], id="built-in-and-rare"),
        pytest.param([body("postgresql.cnpg.io/v1", "Cluster")], id="installed"),
        pytest.param([body("generators.external-secrets.io/v1alpha1", "Password")], id="generator"),
        pytest.param([body("argoproj.io/v1alpha1", "Application")], id="argo-cd-is-always-there"),
        pytest.param([body("keda.sh/v1alpha1", "ScaledObject")], id="group-in-custom-resources"),
        pytest.param([body("example.org/v1", "Widget")], id="kind-in-custom-resources"),
        pytest.param([definition("a.org", "Thing"), body("a.org/v1", "Thing")], id="defined-beside"),
    ],
)
def test_c47_kinds_that_are_served(objects: list[dict[str, Any]]) -> None:
    """By Kubernetes, by a component, by what `custom_resources` says, or by a definition in the rendering."""
    assert needs_of(rendering(*objects), OFFERS) == ()
    assert list(requirement_problems(rendering(*objects), OFFERS)) == []


@pytest.mark.parametrize(
    ("objects", "message"),
    [
        pytest.param(
            [body("monitoring.coreos.com/v1", "ServiceMonitor")],
            "charts/shop/chart.py:7: ServiceMonitor.monitoring.coreos.com shop/o0: the kind ServiceMonitor belongs to "
            "prometheus-operator, which this cluster does not have"
            "\n  expected: prometheus-operator among `installed` in envs/staging/cluster.yaml"
            "\n  to do: install prometheus-operator and add it there, or choose another mode in the settings",
            id="component-that-is-not-installed",
        ),
        pytest.param(
            [body("argoproj.io/v1alpha1", "Rollout")],
            "charts/shop/chart.py:7: Rollout.argoproj.io shop/o0: the kind Rollout belongs to argo-rollouts, which "
            "this cluster does not have\n  expected: argo-rollouts among `installed` in envs/staging/cluster.yaml"
            "\n  to do: install argo-rollouts and add it there, or choose another mode in the settings",
            id="argo-rollouts-shares-its-group",
        ),
        pytest.param(
            [body("argoproj.io/v1alpha1", "Workflow")],
            "charts/shop/chart.py:7: Workflow.argoproj.io shop/o0: neither envs/staging/cluster.yaml nor this platform "
            "says what serves the kind Workflow of argoproj.io" + UNSERVED.format("argoproj.io/Workflow"),
            id="another-program-of-that-group",
        ),
        pytest.param(
            [definition("a.org", "Other"), body("a.org/v1", "Thing")],
            "charts/shop/chart.py:7: Thing.a.org shop/o1: neither envs/staging/cluster.yaml nor this platform says "
            "what serves the kind Thing of a.org" + UNSERVED.format("a.org/Thing"),
            id="unknown-and-not-what-is-defined-beside",
        ),
        pytest.param(
            [body("example.org/v1", "Gadget")],
            "charts/shop/chart.py:7: Gadget.example.org shop/o0: neither envs/staging/cluster.yaml nor this platform "
            "says what serves the kind Gadget of example.org" + UNSERVED.format("example.org/Gadget"),
            id="another-kind-of-the-group",
        ),
    ],
)
def test_c47_a_kind_that_nothing_serves(objects: list[dict[str, Any]], message: str) -> None:
    """It is a need, with what to say where no other platform of the environment defines it."""
    assert [str(need.problem) for need in needs_of(rendering(*objects), OFFERS)] == [message]


@pytest.mark.parametrize(
    ("objects", "words"),
    [
        pytest.param(
            [body("networking.k8s.io/v1", "Ingress", spec={"ingressClassName": "traefik"})],
            ["Ingress.networking.k8s.io shop/o0: spec.ingressClassName is traefik, " + NO_CLASS],
            id="ingress-class",
        ),
        pytest.param(
            [
                body(
                    "networking.k8s.io/v1",
                    "Ingress",
                    metadata={"name": "a", "annotations": {"kubernetes.io/ingress.class": "haproxy"}},
                )
            ],
            [
                "Ingress.networking.k8s.io shop/a: the annotation kubernetes.io/ingress.class is haproxy, "
                + NO_CLASS
            ],
            id="ingress-class-in-an-annotation",
        ),
        pytest.param(
            [
                body("networking.k8s.io/v1", "Ingress", spec={"ingressClassName": "o1"}),
                body("networking.k8s.io/v1", "IngressClass"),
            ],
            [],
            id="ingress-class-rendered-beside",
        ),
        pytest.param(
            [body("networking.k8s.io/v1", "Ingress", spec={"ingressClassName": "nginx"})],
            [],
            id="the-cluster-s-class",
        ),
        pytest.param([body("networking.k8s.io/v1", "Ingress", spec={})], [], id="the-default-class"),
        pytest.param(
            [body("v1", "PersistentVolumeClaim", spec={"storageClassName": "fast"})],
            ["PersistentVolumeClaim shop/o0: " + FAST],
            id="storage-class-of-a-claim",
        ),
        pytest.param(
            [body("apps/v1", "StatefulSet", spec={"volumeClaimTemplates": claims("fast")})],
            ["StatefulSet.apps shop/o0: " + FAST],
            id="storage-class-of-a-stateful-set",
        ),
        pytest.param(
            [
                body(
                    "apps/v1",
                    "Deployment",
                    spec={"template": {"spec": {"volumes": [{"ephemeral": {"claim": claims("fast")[0]}}]}}},
                )
            ],
            ["Deployment.apps shop/o0: " + FAST],
            id="storage-class-of-an-ephemeral-volume",
        ),
        pytest.param(
            [body("postgresql.cnpg.io/v1", "Cluster", spec=CLUSTER)],
            ["Cluster.postgresql.cnpg.io shop/o0: " + FAST],
            id="storage-class-of-an-operator",
        ),
        pytest.param(
            [body("v1", "PersistentVolumeClaim", spec={"storageClassName": "slow"})], [], id="a-further-class"
        ),
        pytest.param([body("v1", "PersistentVolumeClaim", spec={"storageClassName": ""})], [], id="no-class"),
        pytest.param(
            [
                body("v1", "PersistentVolumeClaim", spec={"storageClassName": "o1"}),
                body("storage.k8s.io/v1", "StorageClass"),
            ],
            [],
            id="storage-class-rendered-beside",
        ),
        pytest.param(
            [
                body("v1", "PersistentVolumeClaim", spec={"storageClassName": "by-hand"}),
                body("v1", "PersistentVolume", spec={"storageClassName": "by-hand"}),
            ],
            [],
            id="volume-made-by-hand",
        ),
        pytest.param(
            [body("v1", "ConfigMap", data={"storageClassName": "fast"})],
            [],
            id="the-same-word-in-configuration",
        ),
        pytest.param(
            [body("autoscaling/v2", HPA, spec={"metrics": [{"type": "Resource"}]})],
            ["HorizontalPodAutoscaler.autoscaling shop/o0: " + UNMEASURED],
            id="autoscaler",
        ),
        pytest.param(
            [body("autoscaling/v1", HPA, spec={"maxReplicas": 3})],
            ["HorizontalPodAutoscaler.autoscaling shop/o0: " + UNMEASURED],
            id="autoscaler-of-the-first-version",
        ),
        pytest.param(
            [body("autoscaling/v2", HPA, spec={"metrics": [{"type": "External"}]})],
            [],
            id="autoscaler-by-other-measures",
        ),
        pytest.param(
            [
                body(
                    "networking.k8s.io/v1",
                    "Ingress",
                    metadata={"name": "a", "annotations": {"cert-manager.io/cluster-issuer": "x"}},
                )
            ],
            [
                "Ingress.networking.k8s.io shop/a: the annotation cert-manager.io/cluster-issuer is for cert-manager, "
                + LACKS
            ],
            id="certificates",
        ),
        pytest.param(
            [
                body(
                    "v1",
                    "Service",
                    metadata={"name": "a", "annotations": {"acme.cert-manager.io/http01": "x"}},
                )
            ],
            ["Service shop/a: the annotation acme.cert-manager.io/http01 is for cert-manager, " + LACKS],
            id="acme",
        ),
        pytest.param(
            [body("v1", "Service", metadata={"name": "a", "annotations": {"notcert-manager.iox/a": "x"}})],
            [],
            id="another-annotation",
        ),
    ],
)
def test_what_the_cluster_lacks(objects: list[dict[str, Any]], words: list[str]) -> None:
    """Classes, measures and certificates, each at the line where the object was declared."""
    found = list(requirement_problems(rendering(*objects), OFFERS))
    assert [each.what for each in found] == words
    assert {each.place for each in found} <= {PLACE}
    assert all(each.expected and each.remedy and "envs/staging/cluster.yaml" in str(each) for each in found)


@pytest.mark.parametrize(
    ("thing", "words"),
    [
        pytest.param(
            body("apps/v1", "StatefulSet", spec={"volumeClaimTemplates": claims("fast")}),
            "a volume asks for the StorageClass fast (db.class, a.yaml:3), which the cluster does not have",
            id="storage-class",
        ),
        pytest.param(
            body("networking.k8s.io/v1", "Ingress", spec={"ingressClassName": "traefik"}),
            "spec.ingressClassName is traefik (web.class, a.yaml:5), and the cluster has no such IngressClass",
            id="ingress-class",
        ),
        pytest.param(
            body("v1", "Service", metadata={"name": "o0", "annotations": {"cert-manager.io/issuer": "acme"}}),
            "the annotation cert-manager.io/issuer (issuer, a.yaml:9) is for cert-manager, " + LACKS,
            id="issuer",
        ),
    ],
)
def test_the_settings_that_hold_it(thing: dict[str, Any], words: str) -> None:
    """Where settings hold exactly what is lacking, the message says where."""
    stated = {"fast": "db.class, a.yaml:3", "traefik": "web.class, a.yaml:5", "acme": "issuer, a.yaml:9"}
    [problem] = requirement_problems(rendering(thing), OFFERS, stated=stated)
    assert problem.what.endswith(f"/o0: {words}")


def test_nothing_is_said_where_it_is_installed() -> None:
    """The same objects are fine in a cluster that has what they need."""
    objects = rendering(
        body("autoscaling/v2", HPA, spec={}),
        body("v1", "Service", metadata={"name": "a", "annotations": {"cert-manager.io/issuer": "x"}}),
    )
    rich = Offers(
        file="x",
        installed=frozenset({"cert-manager", "metrics-server"}),
        ingress_class="nginx",
        storage_classes=("gp3",),
        custom_resources=frozenset(),
    )
    assert list(requirement_problems(objects, rich)) == []


def test_every_component_has_its_groups() -> None:
    """What may stand under `installed` is what the table knows, so that neither can be forgotten."""
    assert set(COMPONENT_GROUPS) == {component.value for component in Component}

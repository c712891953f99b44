"""Elasticsearch nodes for ECK: the resource, and what may reach its pods."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from tests.kubernetes.rules import References, flows, pod_security_faults
from tests.kubernetes.sample import SMALL, connect, find, lowered, platform, workload
from tests.support.kubeconform import kubeconform
from towpath.images.symbol import Form, ImageSymbol
from towpath.manifests.kinds import name_fault
from towpath.specs.operated import ElasticsearchCluster
from towpath.specs.parts import StoreMode, StoreSpec
from towpath.specs.values import SecretKey, Storage

if TYPE_CHECKING:
    from pathlib import Path

CLUSTER = ElasticsearchCluster(
    image=ImageSymbol("elasticsearch"),
    version="8.11.0",
    nodes=3,
    resources=SMALL,
    storage=Storage("/usr/share/elasticsearch/data", "20Gi", "fast"),
    settings={"node.store.allow_mmap": False},
    java_options="-Xms1g -Xmx1g",
)
MADE = SecretKey("search-es-elastic-user", "elastic")


def objects(**changes: Any) -> list[dict[str, Any]]:
    """Return the objects of a platform with such nodes, changed as asked, and a client that has the password."""
    store = StoreSpec(
        name="search",
        engine="elasticsearch",
        mode=StoreMode.OPERATOR,
        port=9200,
        facts={"password": MADE},
        operated=replace(CLUSTER, **changes),
    )
    return lowered(
        platform(
            stores=(store,),
            workloads=(workload("api"),),
            connections=(connect("api", "search", PASSWORD=MADE),),
            operators={"eck": "elastic"},
        )
    )


def test_the_resource() -> None:
    """Version and image, no TLS that no client could check, and data that outlives the object."""
    spec = find(objects(), "Elasticsearch", "search")["spec"]
    assert (spec["version"], spec["image"]) == ("8.11.0", str(ImageSymbol("elasticsearch")))
    assert spec["http"] == {"tls": {"selfSignedCertificate": {"disabled": True}}}
    assert spec["volumeClaimDeletePolicy"] == "DeleteOnScaledownOnly"
    (nodes,) = spec["nodeSets"]
    assert (nodes["count"], nodes["config"]) == (3, {"node.store.allow_mmap": False})
    (claim,) = nodes["volumeClaimTemplates"]
    assert claim["metadata"] == {"name": "elasticsearch-data"}
    assert claim["spec"] == {
        "accessModes": ["ReadWriteOnce"],
        "resources": {"requests": {"storage": "20Gi"}},
        "storageClassName": "fast",
    }


@pytest.mark.parametrize(
    ("options", "variables"),
    [
        pytest.param("-Xms1g", [{"name": "ES_JAVA_OPTS", "value": "-Xms1g"}], id="stated"),
        # The operator derives the heap from the memory limit.
        pytest.param("", None, id="left-to-the-operator"),
    ],
)
def test_the_pods(options: str, variables: Any) -> None:
    """They keep to Pod Security, have no token, and the heap that is wanted."""
    (nodes,) = find(objects(java_options=options), "Elasticsearch", "search")["spec"]["nodeSets"]
    pod = nodes["podTemplate"]["spec"]
    (container,) = pod["containers"]
    assert container["name"] == "elasticsearch"
    assert container.get("env") == variables
    assert container["resources"] == {
        "requests": {"cpu": "100m", "memory": "128Mi"},
        "limits": {"memory": "256Mi"},
    }
    assert pod["automountServiceAccountToken"] is False
    assert pod["securityContext"] == {
        "runAsNonRoot": True,
        "runAsUser": 1000,
        "fsGroup": 1000,
        "seccompProfile": {"type": "RuntimeDefault"},
    }


def test_the_policy() -> None:
    """Clients and the operator over HTTP, the nodes among themselves, and no way to the API server."""
    spec = find(objects(), "NetworkPolicy", "search")["spec"]
    own = {"podSelector": {"matchLabels": {"elasticsearch.k8s.elastic.co/cluster-name": "search"}}}
    operator = {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "elastic"}}}
    client = {"podSelector": find(objects(), "NetworkPolicy", "api")["spec"]["podSelector"]}
    http = [{"port": 9200, "protocol": "TCP"}]
    transport = [{"port": 9300, "protocol": "TCP"}]
    assert spec["podSelector"] == own["podSelector"]
    assert spec["ingress"] == [
        {"from": [client], "ports": http},
        {"from": [own], "ports": transport},
        {"from": [operator], "ports": http},
    ]
    assert spec["egress"] == [{"to": [own], "ports": transport}]


def test_c57_the_schema_knows_every_field(tmp_path: Path) -> None:
    """Our closed schema takes what is rendered, once images are linked."""
    resource = json.dumps(find(objects(), "Elasticsearch", "search"))
    file = tmp_path / "resource.yaml"
    file.write_text(resource.replace(str(ImageSymbol("elasticsearch", Form.VERSION)), "8.11.0"))
    assert kubeconform(file, "1.33") == []


def test_room_in_the_namespace() -> None:
    """The quota has room for the nodes, one that replaces another, and their volumes."""
    hard = find(objects(), "ResourceQuota", "quota")["spec"]["hard"]
    alone = find(lowered(platform(workloads=(workload("api"),))), "ResourceQuota", "quota")["spec"]["hard"]
    assert (hard["persistentvolumeclaims"], hard["requests.storage"]) == ("3", "60Gi")
    assert int(hard["pods"]) - int(alone["pods"]) == 4


def test_what_is_rendered_holds_together() -> None:
    """References, the operator's own Secret among them, flows and Pod Security are those of any other part."""
    found = objects()
    assert References(found).dangling() == []
    assert [fault for each in found for fault in pod_security_faults(each)] == []
    both = {("api", "search", 9200), ("search", "search", 9300)}
    assert flows(found, "egress") == flows(found, "ingress") == both


def test_p27_the_reference_rule_bites() -> None:
    """Without the resource there are no pods and no password."""
    without = [each for each in objects() if each["kind"] != "Elasticsearch"]
    assert {"NetworkPolicy search: pods", f"Deployment api: Secret {MADE.secret}"} <= set(
        References(without).dangling()
    )


def test_the_pod_security_rule_bites() -> None:
    """What the resource says about its pods is looked at as pods are."""
    resource = find(objects(), "Elasticsearch", "search")
    del resource["spec"]["nodeSets"][0]["podTemplate"]["spec"]["securityContext"]
    assert "elasticsearch: runAsNonRoot" in pod_security_faults(resource)


@pytest.mark.parametrize(
    ("length", "fits"), [pytest.param(36, True, id="fits"), pytest.param(37, False, id="c17-too-long")]
)
def test_c17_the_name(length: int, fits: bool) -> None:
    """The operator adds to the name, so it has to be shorter than others."""
    assert (name_fault("Elasticsearch", "n" * length) == "") is fits

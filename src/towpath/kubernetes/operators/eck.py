"""Elastic's operator (ECK): an Elasticsearch of equal nodes.

Source: the API reference and the security context page of ECK 2.8 and later (`elasticsearch.k8s.elastic.co/v1`). Its
own containers keep to Pod Security `restricted` from that version on.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from towpath.kubernetes.operators.pods import OperatedPods
from towpath.kubernetes.pods import claim_spec, container_security, image_user_security, resources
from towpath.specs.values import Port

if TYPE_CHECKING:
    from towpath.kubernetes.context import Body, Context
    from towpath.specs.operated import ElasticsearchCluster
    from towpath.specs.parts import StoreSpec

OPERATOR = "eck"
_API_VERSION = "elasticsearch.k8s.elastic.co/v1"
_TRANSPORT_PORT = 9300
# The user `elasticsearch` of the image.
_USER = 1000


def elasticsearch_pods(store: StoreSpec, cluster: ElasticsearchCluster) -> OperatedPods:
    """Return what is known of the pods. The operator asks them over HTTP how they are, as a client does."""
    return OperatedPods(
        operator=OPERATOR,
        selector={"elasticsearch.k8s.elastic.co/cluster-name": store.name},
        ports=(Port("http", store.port),),
        peers=(_TRANSPORT_PORT,),
        from_operator=(store.port,),
        count=cluster.nodes,
        resources=cluster.resources,
        storage=cluster.storage.size,
    )


def elasticsearch_objects(store: StoreSpec, cluster: ElasticsearchCluster, context: Context) -> list[Body]:
    """Return the Elasticsearch. The operator adds Services, certificates between the nodes and a disruption budget."""
    claim = claim_spec(cluster.storage.size, cluster.storage.storage_class)
    return [
        {
            "apiVersion": _API_VERSION,
            "kind": "Elasticsearch",
            "metadata": context.metadata(store.name, store.name, image=cluster.image),
            "spec": {
                "version": cluster.version,
                "image": str(cluster.image),
                # Its certificate would be signed by an authority of the operator's own, which no client knows.
                "http": {"tls": {"selfSignedCertificate": {"disabled": True}}},
                # Taking the object away must not take the data with it.
                "volumeClaimDeletePolicy": "DeleteOnScaledownOnly",
                "nodeSets": [
                    {
                        "name": "default",
                        "count": cluster.nodes,
                        "config": dict(sorted(cluster.settings.items())),
                        "podTemplate": _pod_template(store, cluster, context),
                        # The operator knows the data by this name.
                        "volumeClaimTemplates": [{"metadata": {"name": "elasticsearch-data"}, "spec": claim}],
                    }
                ],
            },
        }
    ]


def _pod_template(store: StoreSpec, cluster: ElasticsearchCluster, context: Context) -> Body:
    container: Body = {
        "name": "elasticsearch",
        "resources": resources(cluster.resources),
        "securityContext": container_security(),
    }
    if cluster.java_options:
        container["env"] = [{"name": "ES_JAVA_OPTS", "value": cluster.java_options}]
    return {
        "metadata": {"labels": context.labels(store.name)},
        "spec": {
            "automountServiceAccountToken": False,
            "enableServiceLinks": False,
            "securityContext": image_user_security(_USER),
            "containers": [container],
            **context.pulling,
        },
    }

"""Full samples of what the library emits for the operators of MongoDB and Elasticsearch, with what is optional."""

from __future__ import annotations

from typing import Any

from tests.schemas.fragments import (
    HARDENED,
    LABELS,
    NOT_PULL_SECRETS,
    OPTIONAL_METADATA,
    OPTIONAL_SIZES,
    PULL_SECRETS,
    RESOURCES,
    metadata,
)

METADATA = metadata("mongodb")
POD_SECURITY = {
    "runAsNonRoot": True,
    "runAsUser": 1000,
    "fsGroup": 1000,
    "seccompProfile": {"type": "RuntimeDefault"},
}
CLAIM = {
    "accessModes": ["ReadWriteOnce"],
    "resources": {"requests": {"storage": "10Gi"}},
    "storageClassName": "fast",
}

MONGODB: dict[str, Any] = {
    "apiVersion": "mongodbcommunity.mongodb.com/v1",
    "kind": "MongoDBCommunity",
    "metadata": METADATA,
    "spec": {
        "type": "ReplicaSet",
        "version": "7.0.14",
        "members": 3,
        "security": {"authentication": {"modes": ["SCRAM"], "ignoreUnknownUsers": True}},
        "users": [
            {
                "name": "admin",
                "db": "admin",
                "passwordSecretRef": {"name": "keys", "key": "mongodb-password"},
                "roles": [{"db": "shop", "name": "dbOwner"}],
                "scramCredentialsSecretName": "mongodb",
            }
        ],
        "agent": {"logFile": "/dev/stdout"},
        "additionalMongodConfig": {"replication.replSetName": "rs0"},
        "automationConfig": {"replicaSet": {"id": "rs0"}},
        "statefulSet": {
            "spec": {
                "template": {
                    "metadata": {"labels": LABELS},
                    "spec": {
                        "serviceAccountName": "mongodb",
                        "automountServiceAccountToken": True,
                        "enableServiceLinks": False,
                        "securityContext": POD_SECURITY,
                        "affinity": {
                            "podAntiAffinity": {
                                "preferredDuringSchedulingIgnoredDuringExecution": [
                                    {
                                        "weight": 100,
                                        "podAffinityTerm": {
                                            "topologyKey": "kubernetes.io/hostname",
                                            "labelSelector": {"matchLabels": {"app": "mongodb-svc"}},
                                        },
                                    }
                                ]
                            }
                        },
                        "containers": [
                            {"name": "mongod", "resources": RESOURCES, "securityContext": HARDENED}
                        ],
                        "initContainers": [
                            {"name": "mongod-posthook", "resources": RESOURCES, "securityContext": HARDENED}
                        ],
                        "imagePullSecrets": PULL_SECRETS,
                    },
                },
                "volumeClaimTemplates": [{"metadata": {"name": "data-volume"}, "spec": CLAIM}],
            }
        },
    },
}
ELASTICSEARCH: dict[str, Any] = {
    "apiVersion": "elasticsearch.k8s.elastic.co/v1",
    "kind": "Elasticsearch",
    "metadata": METADATA,
    "spec": {
        "version": "8.11.0",
        "image": "registry.example.com/elasticsearch:8.11.0",
        "http": {"tls": {"selfSignedCertificate": {"disabled": True}}},
        "volumeClaimDeletePolicy": "DeleteOnScaledownOnly",
        "nodeSets": [
            {
                "name": "default",
                "count": 3,
                "config": {"node.store.allow_mmap": False},
                "podTemplate": {
                    "metadata": {"labels": LABELS},
                    "spec": {
                        "automountServiceAccountToken": False,
                        "enableServiceLinks": False,
                        "securityContext": POD_SECURITY,
                        "containers": [
                            {
                                "name": "elasticsearch",
                                "resources": RESOURCES,
                                "securityContext": HARDENED,
                                "env": [{"name": "ES_JAVA_OPTS", "value": "-Xms512m -Xmx512m"}],
                            }
                        ],
                        "imagePullSecrets": PULL_SECRETS,
                    },
                },
                "volumeClaimTemplates": [{"metadata": {"name": "elasticsearch-data"}, "spec": CLAIM}],
            }
        ],
    },
}

_POD = "spec.statefulSet.spec.template.spec"
_NODES = "spec.nodeSets.0"
OPTIONAL: dict[str, set[str]] = {
    "MongoDBCommunity": {
        *OPTIONAL_METADATA,
        "spec.agent",
        "spec.additionalMongodConfig",
        "spec.additionalMongodConfig.replication.replSetName",
        "spec.automationConfig",
        f"{_POD}.affinity",
        f"{_POD}.imagePullSecrets",
        *(f"{_POD}.{each}.0.{size}" for each in ("containers", "initContainers") for size in OPTIONAL_SIZES),
        "spec.statefulSet.spec.volumeClaimTemplates.0.spec.storageClassName",
    },
    "Elasticsearch": {
        *OPTIONAL_METADATA,
        "spec.image",
        "spec.http",
        "spec.volumeClaimDeletePolicy",
        f"{_NODES}.config",
        f"{_NODES}.config.node.store.allow_mmap",
        f"{_NODES}.podTemplate.spec.containers.0.env",
        f"{_NODES}.podTemplate.spec.imagePullSecrets",
        *(f"{_NODES}.podTemplate.spec.containers.0.{size}" for size in OPTIONAL_SIZES),
        f"{_NODES}.volumeClaimTemplates.0.spec.storageClassName",
    },
}
FIELD_PATHS: dict[str, list[tuple[str, tuple[Any, ...]]]] = {
    "MongoDBCommunity": [
        ("spec.type", ("Sharded",)),
        ("spec.version", ("7.0", "7.0.14-ent")),
        ("spec.members", (0, 51)),
        ("spec.security.authentication.modes", ([], ["X509"])),
        ("spec.users", ([],)),
        ("spec.users.0.name", ("",)),
        ("spec.users.0.passwordSecretRef.key", ("pass word",)),
        ("spec.users.0.roles", ([], [{"db": "a", "name": "b"}] * 2)),
        ("spec.users.0.scramCredentialsSecretName", ("A",)),
        ("spec.agent.logFile", ("",)),
        (f"{_POD}.securityContext.runAsUser", (0,)),
        (f"{_POD}.securityContext.seccompProfile.type", ("Unconfined",)),
        (f"{_POD}.containers.0.name", ("mongo",)),
        (f"{_POD}.initContainers.0.name", ("mongod",)),
        (f"{_POD}.imagePullSecrets", NOT_PULL_SECRETS),
        (f"{_POD}.containers.0.securityContext.capabilities.drop", ([], ["NET_RAW"])),
        ("spec.statefulSet.spec.volumeClaimTemplates.0.metadata.name", ("data",)),
        ("spec.statefulSet.spec.volumeClaimTemplates.0.spec.accessModes", (["ReadWriteMany"],)),
    ],
    "Elasticsearch": [
        ("spec.version", ("7.17.0", "8.11")),
        ("spec.image", ("",)),
        ("spec.volumeClaimDeletePolicy", ("Keep",)),
        ("spec.nodeSets", ([],)),
        ("spec.nodeSets.0.name", ("a" * 24, "A")),
        ("spec.nodeSets.0.count", (0, 51)),
        (f"{_NODES}.podTemplate.spec.automountServiceAccountToken", (True,)),
        (f"{_NODES}.podTemplate.spec.containers", ([],)),
        (f"{_NODES}.podTemplate.spec.containers.0.name", ("es",)),
        (f"{_NODES}.podTemplate.spec.imagePullSecrets", NOT_PULL_SECRETS),
        (f"{_NODES}.podTemplate.spec.containers.0.env.0.name", ("JAVA_OPTS",)),
        (f"{_NODES}.volumeClaimTemplates.0.metadata.name", ("data",)),
    ],
}
SAMPLES = {"mongodb": MONGODB, "elasticsearch": ELASTICSEARCH}


def stateful_sets() -> dict[str, dict[str, Any]]:
    """Return what the operators merge into their StatefulSets, as such: the published schemas leave it open."""
    mongodb, nodes = MONGODB["spec"]["statefulSet"]["spec"], ELASTICSEARCH["spec"]["nodeSets"][0]
    parts = {
        "mongodb": mongodb,
        "elasticsearch": {
            "template": nodes["podTemplate"],
            "volumeClaimTemplates": nodes["volumeClaimTemplates"],
        },
    }
    shared = {"selector": {"matchLabels": LABELS}, "serviceName": "a"}
    head = {"apiVersion": "apps/v1", "kind": "StatefulSet", "metadata": METADATA}
    return {name: {**head, "spec": {**shared, **part}} for name, part in parts.items()}

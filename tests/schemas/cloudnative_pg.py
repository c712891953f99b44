"""Full samples of what the library emits for PostgreSQL and for generated secrets, with what is optional in them."""

from __future__ import annotations

from typing import Any

from tests.schemas.fragments import (
    LABELS,
    NOT_PULL_SECRETS,
    OPTIONAL_METADATA,
    OPTIONAL_SIZES,
    PULL_SECRETS,
    RESOURCES,
    metadata,
)

METADATA = metadata("postgres")

CLUSTER: dict[str, Any] = {
    "apiVersion": "postgresql.cnpg.io/v1",
    "kind": "Cluster",
    "metadata": METADATA,
    "spec": {
        "instances": 2,
        "imageName": "registry.example.com/postgresql:16",
        "imagePullSecrets": PULL_SECRETS,
        "primaryUpdateStrategy": "unsupervised",
        "enableSuperuserAccess": False,
        "enablePDB": False,
        "bootstrap": {
            "initdb": {
                "database": "shop",
                "owner": "shop",
                "encoding": "UTF8",
                "secret": {"name": "postgres-owner"},
                "postInitApplicationSQL": ["CREATE EXTENSION pg_trgm;"],
            }
        },
        "postgresql": {
            "parameters": {"max_connections": "200"},
            "pg_hba": ["host all all all scram-sha-256"],
            "shared_preload_libraries": ["pg_stat_statements"],
        },
        "certificates": {"serverAltDNSNames": ["postgres-pooler-rw"]},
        "storage": {"size": "10Gi", "storageClass": "fast"},
        "resources": RESOURCES,
        "affinity": {
            "enablePodAntiAffinity": True,
            "podAntiAffinityType": "preferred",
            "topologyKey": "topology.kubernetes.io/zone",
        },
        "inheritedMetadata": {"labels": LABELS},
        "managed": {
            "roles": [
                {"name": "login", "ensure": "present", "login": True, "passwordSecret": {"name": "login"}}
            ]
        },
    },
}
DATABASE: dict[str, Any] = {
    "apiVersion": "postgresql.cnpg.io/v1",
    "kind": "Database",
    "metadata": METADATA,
    "spec": {
        "name": "login",
        "owner": "login",
        "ensure": "present",
        "cluster": {"name": "postgres"},
        "databaseReclaimPolicy": "retain",
    },
}
POOLER: dict[str, Any] = {
    "apiVersion": "postgresql.cnpg.io/v1",
    "kind": "Pooler",
    "metadata": METADATA,
    "spec": {
        "cluster": {"name": "postgres"},
        "instances": 2,
        "type": "rw",
        "pgbouncer": {"poolMode": "transaction", "parameters": {"default_pool_size": "20"}},
        "template": {
            "metadata": {"labels": LABELS},
            "spec": {
                "containers": [{"name": "pgbouncer", "resources": RESOURCES}],
                "topologySpreadConstraints": [
                    {
                        "maxSkew": 1,
                        "topologyKey": "kubernetes.io/hostname",
                        "whenUnsatisfiable": "ScheduleAnyway",
                        "labelSelector": {"matchLabels": {"cnpg.io/poolerName": "postgres-pooler-rw"}},
                    }
                ],
                "imagePullSecrets": PULL_SECRETS,
            },
        },
    },
}
PASSWORD: dict[str, Any] = {
    "apiVersion": "generators.external-secrets.io/v1alpha1",
    "kind": "Password",
    "metadata": METADATA,
    "spec": {"length": 48, "digits": 12, "symbols": 0, "noUpper": False, "allowRepeat": True},
}
_RESOURCES = ("resources", *OPTIONAL_SIZES)
OPTIONAL: dict[str, set[str]] = {
    "Cluster": {
        *OPTIONAL_METADATA,
        "spec.imagePullSecrets",
        "spec.primaryUpdateStrategy",
        "spec.enableSuperuserAccess",
        "spec.enablePDB",
        "spec.bootstrap.initdb.encoding",
        "spec.bootstrap.initdb.postInitApplicationSQL",
        "spec.postgresql",
        "spec.postgresql.parameters",
        "spec.postgresql.parameters.max_connections",
        "spec.postgresql.pg_hba",
        "spec.postgresql.shared_preload_libraries",
        "spec.certificates",
        "spec.storage.storageClass",
        *(f"spec.{each}" for each in _RESOURCES),
        "spec.affinity",
        "spec.affinity.enablePodAntiAffinity",
        "spec.affinity.podAntiAffinityType",
        "spec.affinity.topologyKey",
        "spec.inheritedMetadata",
        "spec.inheritedMetadata.labels",
        "spec.managed",
        "spec.managed.roles.0.ensure",
        "spec.managed.roles.0.login",
    },
    "Database": {*OPTIONAL_METADATA, "spec.ensure", "spec.databaseReclaimPolicy"},
    "Pooler": {
        *OPTIONAL_METADATA,
        "spec.pgbouncer.parameters",
        "spec.pgbouncer.parameters.default_pool_size",
        "spec.template",
        "spec.template.metadata",
        "spec.template.metadata.labels",
        "spec.template.spec.topologySpreadConstraints",
        "spec.template.spec.imagePullSecrets",
        *(f"spec.template.spec.containers.0.{each}" for each in _RESOURCES),
    },
    "Password": {*OPTIONAL_METADATA, "spec.digits", "spec.noUpper", "spec.allowRepeat"},
}
FIELD_PATHS: dict[str, list[tuple[str, tuple[Any, ...]]]] = {
    "Cluster": [
        ("spec.instances", (0,)),
        ("spec.imageName", ("",)),
        ("spec.imagePullSecrets", NOT_PULL_SECRETS),
        ("spec.bootstrap.initdb.database", ("Shop", "a-b", "a" * 64)),
        ("spec.bootstrap.initdb.owner", ("1a",)),
        ("spec.bootstrap.initdb.encoding", ("LATIN1",)),
        ("spec.bootstrap.initdb.postInitApplicationSQL", ([], [""])),
        ("spec.postgresql.parameters", ({"Max": "1"},)),
        ("spec.postgresql.pg_hba", ([],)),
        ("spec.postgresql.shared_preload_libraries", ([],)),
        ("spec.certificates.serverAltDNSNames", ([], ["a_b"])),
        ("spec.storage.size", ("10 Gi", "10GB")),
        ("spec.resources.limits", ({"gpu": "1"},)),
        ("spec.affinity.podAntiAffinityType", ("always",)),
        ("spec.managed.roles", ([],)),
    ],
    "Database": [("spec.name", ("Login",)), ("spec.databaseReclaimPolicy", ("keep",))],
    "Pooler": [
        ("spec.instances", (0,)),
        ("spec.type", ("r",)),
        ("spec.pgbouncer.poolMode", ("statement",)),
        ("spec.template.spec.containers", ([],)),
        ("spec.template.spec.topologySpreadConstraints", ([],)),
        ("spec.template.spec.topologySpreadConstraints.0.maxSkew", (0,)),
        ("spec.template.spec.topologySpreadConstraints.0.whenUnsatisfiable", ("Never",)),
        ("spec.template.spec.imagePullSecrets", NOT_PULL_SECRETS),
        ("spec.template.spec.containers.0.name", ("other",)),
    ],
    "Password": [("spec.length", (15,)), ("spec.digits", (-1,))],
}
SAMPLES = {"cluster": CLUSTER, "database": DATABASE, "pooler": POOLER, "password": PASSWORD}

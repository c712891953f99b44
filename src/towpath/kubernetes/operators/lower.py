"""Which operator a store needs, and what it turns into."""

from __future__ import annotations

from typing import TYPE_CHECKING

from towpath.kubernetes.operators.cloudnative_pg import postgresql_objects, postgresql_pods
from towpath.kubernetes.operators.eck import elasticsearch_objects, elasticsearch_pods
from towpath.kubernetes.operators.keycloak import keycloak_objects, keycloak_pods
from towpath.kubernetes.operators.mongodb_community import mongodb_objects, mongodb_pods
from towpath.specs.operated import (
    ElasticsearchCluster,
    KeycloakServers,
    MongoDBReplicaSet,
    PostgreSQLCluster,
)
from towpath.specs.parts import StoreSpec, WorkloadSpec

if TYPE_CHECKING:
    from collections.abc import Sequence

    from towpath.kubernetes.context import Body, Context
    from towpath.kubernetes.operators.pods import OperatedPods
    from towpath.specs.operated import Operated
    from towpath.specs.values import Port


def operated_objects(store: StoreSpec, operated: Operated, context: Context) -> list[Body]:
    """Return the custom resources of a store, the one that stands for it first."""
    match operated:
        case PostgreSQLCluster():
            return postgresql_objects(store, operated, context)
        case MongoDBReplicaSet():
            return mongodb_objects(store, operated, context)
        case ElasticsearchCluster():
            return elasticsearch_objects(store, operated, context)
        case KeycloakServers():
            return keycloak_objects(store, operated, context)


def operated_pods(store: StoreSpec) -> OperatedPods | None:
    """Return what is known of the pods of a store that an operator runs, or None for any other store."""
    match store.operated:
        case None:
            return None
        case PostgreSQLCluster() as cluster:
            return postgresql_pods(store, cluster)
        case MongoDBReplicaSet() as members:
            return mongodb_pods(store, members)
        case ElasticsearchCluster() as nodes:
            return elasticsearch_pods(store, nodes)
        case KeycloakServers() as servers:
            return keycloak_pods(store, servers)


def served(part: WorkloadSpec | StoreSpec) -> tuple[str, Sequence[Port]]:
    """Return the name of a part's Service and its ports, whoever runs its pods; of a store outside, no ports."""
    workload = part.workload if isinstance(part, StoreSpec) else part
    if workload:
        return workload.service_name, workload.ports
    pods = operated_pods(part) if isinstance(part, StoreSpec) else None
    if isinstance(part, StoreSpec) and pods:
        return str(part.facts["host"]), pods.ports
    return part.name, ()

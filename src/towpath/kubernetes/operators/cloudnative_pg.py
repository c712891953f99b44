"""CloudNativePG: a Cluster of a primary and replicas, its further databases, and a Pooler in front of it.

Source: the API reference of CloudNativePG 1.25 and later (`postgresql.cnpg.io/v1`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from towpath.kubernetes.disruption import disruption_budget
from towpath.kubernetes.operators.pods import OperatedPods
from towpath.kubernetes.pods import resources, spread
from towpath.specs.values import Port

if TYPE_CHECKING:
    from towpath.kubernetes.context import Body, Context
    from towpath.specs.operated import Database, Pooler, PostgreSQLCluster
    from towpath.specs.parts import StoreSpec

_API_VERSION = "postgresql.cnpg.io/v1"
OPERATOR = "cloudnative-pg"
RELOADED = {"cnpg.io/reload": "true"}
"""Labels of a Secret whose new password the operator is to notice."""
# What the operator labels a Pooler's pods with.
_POOLER_LABEL = "cnpg.io/poolerName"
# The instance manager in each pod answers the operator and its peers there.
_STATUS_PORT = 8000
# The operator takes these as a list of their own and refuses them among the parameters.
_PRELOADED = "shared_preload_libraries"


def pooler_name(cluster: str) -> str:
    """Return the name of a cluster's Pooler, which is its host too."""
    return f"{cluster}-pooler-rw"


def authority_secret(cluster: str) -> str:
    """Return the name of the Secret with the certificate of the authority that signs a cluster's certificates."""
    return f"{cluster}-ca"


def postgresql_pods(store: StoreSpec, cluster: PostgreSQLCluster) -> OperatedPods:
    """Return what is known of the pods: instances, the jobs that make and join them, and the pooler's.

    All carry the cluster's label, so one selector finds them.
    """
    return OperatedPods(
        operator=OPERATOR,
        selector={"cnpg.io/cluster": store.name},
        ports=(Port("postgresql", store.port),),
        peers=(store.port, _STATUS_PORT),
        from_operator=(store.port, _STATUS_PORT),
        calls_api=True,
        count=cluster.instances,
        resources=cluster.resources,
        storage=cluster.storage.size,
        helpers=cluster.pooler.instances if cluster.pooler else 0,
        helper=cluster.pooler.resources if cluster.pooler else None,
    )


def postgresql_objects(store: StoreSpec, cluster: PostgreSQLCluster, context: Context) -> list[Body]:
    """Return the Cluster, a Database for each further one, and the Pooler where one is wanted.

    The operator keeps the Cluster's instances apart and makes their disruption budget; for a Pooler it does neither.
    """
    objects = [_cluster(store, cluster, context)]
    objects += [_database(store, each, context) for each in cluster.databases]
    if cluster.pooler:
        objects.append(_pooler(store, cluster.pooler, context))
        if cluster.pooler.instances > 1:
            name = pooler_name(store.name)
            objects.append(disruption_budget(name, context, selector={_POOLER_LABEL: name}, part=store.name))
    return objects


def _cluster(store: StoreSpec, cluster: PostgreSQLCluster, context: Context) -> Body:
    parameters = {name: value for name, value in sorted(cluster.parameters.items()) if name != _PRELOADED}
    libraries = [each.strip() for each in cluster.parameters.get(_PRELOADED, "").split(",") if each.strip()]
    server: Body = {"parameters": parameters}
    if libraries:
        server[_PRELOADED] = libraries
    if cluster.access:
        server["pg_hba"] = list(cluster.access)
    initialise: Body = {
        "database": cluster.database,
        "owner": cluster.owner,
        "encoding": "UTF8",
        "secret": {"name": cluster.owner_secret},
    }
    if cluster.init_sql:
        initialise["postInitApplicationSQL"] = list(cluster.init_sql)
    storage: Body = {"size": cluster.storage.size}
    if cluster.storage.storage_class:
        storage["storageClass"] = cluster.storage.storage_class
    spec: Body = {
        "instances": cluster.instances,
        "imageName": str(cluster.image),
        **context.pulling,
        "primaryUpdateStrategy": "unsupervised",
        "enableSuperuserAccess": False,
        "bootstrap": {"initdb": initialise},
        "postgresql": server,
        "storage": storage,
        "resources": resources(cluster.resources),
        "affinity": {
            "enablePodAntiAffinity": True,
            "podAntiAffinityType": "preferred",
            "topologyKey": "topology.kubernetes.io/zone",
        },
        "inheritedMetadata": {"labels": context.labels(store.name)},
    }
    if cluster.instances == 1:
        # The operator's budget keeps the primary where it is until another can take over; alone, it would hold up the
        # drain of its node for ever.
        spec["enablePDB"] = False
    if cluster.pooler:
        # The pooler shows the server's certificate, which has only the names of the cluster's own Services.
        spec["certificates"] = {"serverAltDNSNames": [pooler_name(store.name)]}
    if cluster.databases:
        spec["managed"] = {
            "roles": [
                {
                    "name": each.owner,
                    "ensure": "present",
                    "login": True,
                    "passwordSecret": {"name": each.secret},
                }
                for each in sorted(cluster.databases, key=lambda each: each.owner)
            ]
        }
    return {
        "apiVersion": _API_VERSION,
        "kind": "Cluster",
        "metadata": context.metadata(store.name, store.name, image=cluster.image),
        "spec": spec,
    }


def _database(store: StoreSpec, database: Database, context: Context) -> Body:
    return {
        "apiVersion": _API_VERSION,
        "kind": "Database",
        "metadata": context.metadata(f"{store.name}-{database.name.replace('_', '-')}", store.name),
        "spec": {
            "name": database.name,
            "owner": database.owner,
            "ensure": "present",
            "cluster": {"name": store.name},
            # Taking the object away must not take the data with it.
            "databaseReclaimPolicy": "retain",
        },
    }


def _pooler(store: StoreSpec, pooler: Pooler, context: Context) -> Body:
    name = pooler_name(store.name)
    apart = {"topologySpreadConstraints": spread({_POOLER_LABEL: name})} if pooler.instances > 1 else {}
    return {
        "apiVersion": _API_VERSION,
        "kind": "Pooler",
        "metadata": context.metadata(name, store.name),
        "spec": {
            "cluster": {"name": store.name},
            "instances": pooler.instances,
            "type": "rw",
            "pgbouncer": {"poolMode": pooler.mode, "parameters": dict(sorted(pooler.parameters.items()))},
            "template": {
                "metadata": {"labels": context.labels(store.name)},
                "spec": {
                    "containers": [{"name": "pgbouncer", "resources": resources(pooler.resources)}],
                    **apart,
                    **context.pulling,
                },
            },
        },
    }

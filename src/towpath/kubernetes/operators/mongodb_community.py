"""MongoDB Community: a replica set, and the account by which its pods tell the operator how far they are.

Source: the MongoDBCommunity resource (`mongodbcommunity.mongodb.com/v1`) of the community operator 0.13 and of MongoDB
Controllers for Kubernetes, which took it over; both merge `statefulSet` into the one that they make.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from towpath.kubernetes.disruption import disruption_budget
from towpath.kubernetes.operators.pods import OperatedPods
from towpath.kubernetes.pods import claim_spec, container_security, image_user_security, resources
from towpath.specs.stores.mongodb import member_service
from towpath.specs.values import Port, Resources

if TYPE_CHECKING:
    from towpath.kubernetes.context import Body, Context
    from towpath.specs.operated import MongoDBReplicaSet
    from towpath.specs.parts import StoreSpec

OPERATOR = "mongodb-community"
_API_VERSION = "mongodbcommunity.mongodb.com/v1"
_RBAC = "rbac.authorization.k8s.io"
# The user that the operator gives its pods; its images are made for it.
_USER = 2000
# They copy one program each. The operator's own default, half a CPU, would be kept free for as long as the pod runs.
_INIT_CONTAINERS = ("mongod-posthook", "mongodb-agent-readinessprobe")
_INIT_RESOURCES = Resources("50m", "64Mi", "", "128Mi")
# mongod and the agent log to their standard output; the readiness probe keeps a few files of five megabytes here.
_LOGS = "1Gi"


def mongodb_pods(store: StoreSpec, members: MongoDBReplicaSet) -> OperatedPods:
    """Return what is known of the pods. The operator itself does not connect to them: it reads their annotations."""
    return OperatedPods(
        operator=OPERATOR,
        selector={"app": member_service(store.name)},
        ports=(Port("mongodb", store.port),),
        peers=(store.port,),
        calls_api=True,
        count=members.members,
        resources=members.resources,
        beside=members.agent_resources,
        storage=members.storage.size,
        logs=_LOGS,
    )


def mongodb_objects(store: StoreSpec, members: MongoDBReplicaSet, context: Context) -> list[Body]:
    """Return the MongoDBCommunity, and the account of its pods with what they may do.

    The operator's own manifests make such an account in one namespace, under a name that changed between versions.
    """
    objects = [_replica_set(store, members, context), *_account(store, members, context)]
    if members.members > 1:
        # The operator makes none. A member that is not ready may be the one that catches up, so it is waited for.
        selector = {"app": member_service(store.name)}
        objects.append(disruption_budget(store.name, context, selector=selector, evicts_unready=False))
    return objects


def _replica_set(store: StoreSpec, members: MongoDBReplicaSet, context: Context) -> Body:
    spec: Body = {
        "type": "ReplicaSet",
        "version": members.version,
        "members": members.members,
        "security": {"authentication": {"modes": ["SCRAM"], "ignoreUnknownUsers": True}},
        "users": [
            {
                "name": members.username,
                "db": members.auth_source,
                "passwordSecretRef": {"name": members.password.secret, "key": members.password.key},
                "roles": [{"db": members.database, "name": "dbOwner"}],
                "scramCredentialsSecretName": store.name,
            }
        ],
        "agent": {"logFile": "/dev/stdout"},
        "statefulSet": {"spec": _stateful_set(store, members, context)},
    }
    parameters = dict(members.parameters)
    if members.replica_set != store.name:
        # For mongod and for the agent, which have to agree.
        parameters["replication.replSetName"] = members.replica_set
        spec["automationConfig"] = {"replicaSet": {"id": members.replica_set}}
    if parameters:
        spec["additionalMongodConfig"] = parameters
    return {
        "apiVersion": _API_VERSION,
        "kind": "MongoDBCommunity",
        "metadata": context.metadata(store.name, store.name),
        "spec": spec,
    }


def _stateful_set(store: StoreSpec, members: MongoDBReplicaSet, context: Context) -> Body:
    own = {"app": member_service(store.name)}
    return {
        "template": {
            "metadata": {"labels": context.labels(store.name)},
            "spec": {
                "serviceAccountName": store.name,
                "automountServiceAccountToken": True,
                "enableServiceLinks": False,
                # It replaces the operator's own as a whole.
                "securityContext": image_user_security(_USER),
                # Not topologySpreadConstraints: the operator merges these in an order that changes.
                "affinity": {
                    "podAntiAffinity": {
                        "preferredDuringSchedulingIgnoredDuringExecution": [
                            {
                                "weight": weight,
                                "podAffinityTerm": {
                                    "topologyKey": key,
                                    "labelSelector": {"matchLabels": own},
                                },
                            }
                            for weight, key in (
                                (100, "topology.kubernetes.io/zone"),
                                (50, "kubernetes.io/hostname"),
                            )
                        ]
                    }
                },
                "containers": [
                    _container("mongod", members.resources),
                    _container("mongodb-agent", members.agent_resources),
                ],
                "initContainers": [_container(name, _INIT_RESOURCES) for name in _INIT_CONTAINERS],
                **context.pulling,
            },
        },
        "volumeClaimTemplates": [
            _claim("data-volume", members.storage.size, members.storage.storage_class),
            _claim("logs-volume", _LOGS, members.storage.storage_class),
        ],
    }


def _container(name: str, wanted: Resources) -> Body:
    return {"name": name, "resources": resources(wanted), "securityContext": container_security()}


def _claim(name: str, size: str, storage_class: str) -> Body:
    return {"metadata": {"name": name}, "spec": claim_spec(size, storage_class)}


def _account(store: StoreSpec, members: MongoDBReplicaSet, context: Context) -> list[Body]:
    """Return the account, and leave for its own pods and for the configuration that the operator writes for them."""
    # These have to be there before the pods, whatever the wave of the store.
    metadata = context.metadata(store.name, store.name, early=True)
    namespace = context.spec.namespace
    pods = [f"{store.name}-{number}" for number in range(members.members)]
    return [
        {
            "apiVersion": "v1",
            "kind": "ServiceAccount",
            "metadata": metadata,
            "automountServiceAccountToken": True,
            **context.pulling,
        },
        {
            "apiVersion": f"{_RBAC}/v1",
            "kind": "Role",
            "metadata": metadata,
            "rules": [
                {
                    "apiGroups": [""],
                    "resources": ["secrets"],
                    "resourceNames": [f"{store.name}-config"],
                    "verbs": ["get"],
                },
                {
                    "apiGroups": [""],
                    "resources": ["pods"],
                    "resourceNames": pods,
                    # A pod notes its state in its annotations, and ends itself where a new version is to start.
                    "verbs": ["delete", "get", "patch"],
                },
            ],
        },
        {
            "apiVersion": f"{_RBAC}/v1",
            "kind": "RoleBinding",
            "metadata": metadata,
            "roleRef": {"apiGroup": _RBAC, "kind": "Role", "name": store.name},
            "subjects": [{"kind": "ServiceAccount", "name": store.name, "namespace": namespace}],
        },
    ]

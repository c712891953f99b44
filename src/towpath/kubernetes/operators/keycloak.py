"""Keycloak's operator: a Keycloak, and the import of its realm.

Source: the operator's guides and its source, 26.5. That is the oldest version which knows every field here:
`networkPolicy` came with 26.2 and `automountServiceAccountToken` with 26.5. `v2alpha1` has the fields of `v2beta1`, and
later operators serve both.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from towpath.kubernetes.disruption import disruption_budget
from towpath.kubernetes.operators.pods import OperatedPods
from towpath.kubernetes.pods import (
    container_security,
    copying,
    pod_security,
    resources,
    scratch_volumes,
    volume_mounts,
)
from towpath.specs.stores.keycloak import HTTP, PEERS, USER, WRITABLE

if TYPE_CHECKING:
    from towpath.kubernetes.context import Body, Context
    from towpath.specs.operated import KeycloakServers
    from towpath.specs.parts import StoreSpec
    from towpath.specs.values import Probe

_API_VERSION = "k8s.keycloak.org/v2alpha1"
OPERATOR = "keycloak-operator"


def keycloak_service(name: str) -> str:
    """Return the name of the Service that the operator makes for a Keycloak."""
    return f"{name}-service"


def keycloak_pods(store: StoreSpec, servers: KeycloakServers) -> OperatedPods:
    """Return what is known of the pods: the servers and the job that imports the realm, which needs the database too.

    Their label `app` differs and the other two do not. The operator itself asks them nothing.
    """
    return OperatedPods(
        operator=OPERATOR,
        selector=_labels(store),
        ports=(HTTP,),
        peers=tuple(port.number for port in PEERS),
        count=servers.instances,
        resources=servers.resources,
    )


def keycloak_objects(store: StoreSpec, servers: KeycloakServers, context: Context) -> list[Body]:
    """Return the Keycloak, the import of its realm, and a disruption budget for several servers."""
    objects = [_keycloak(store, servers, context), _realm_import(store, servers, context)]
    if servers.instances > 1:
        # The operator makes none. The jobs of the operator are left out: a budget cannot count the pods of a Job.
        selector = {"app": "keycloak", **_labels(store)}
        objects.append(disruption_budget(store.name, context, selector=selector))
    return objects


def _labels(store: StoreSpec) -> dict[str, str]:
    """Return the labels that the operator gives all pods of a Keycloak: the servers and the jobs beside them."""
    return {"app.kubernetes.io/instance": store.name, "app.kubernetes.io/managed-by": "keycloak-operator"}


def _keycloak(store: StoreSpec, servers: KeycloakServers, context: Context) -> Body:
    login = servers.database_login
    return {
        "apiVersion": _API_VERSION,
        "kind": "Keycloak",
        "metadata": context.metadata(store.name, store.name, image=servers.image),
        "spec": {
            "instances": servers.instances,
            "image": str(servers.image),
            **context.pulling,
            # The operator takes an image that is named for one that was built for its database. The stock one is not.
            "startOptimized": False,
            "automountServiceAccountToken": False,
            "db": {
                "vendor": "postgres",
                "url": servers.database_url,
                "usernameSecret": {"name": login, "key": "username"},
                "passwordSecret": {"name": login, "key": "password"},
            },
            "hostname": {"hostname": servers.public_url, "backchannelDynamic": True},
            "http": {"httpEnabled": True},
            "proxy": {"headers": "xforwarded"},
            # The platform's own edge and policies stand for these; the operator's policy lets everybody in.
            "ingress": {"enabled": False},
            "networkPolicy": {"enabled": False},
            "bootstrapAdmin": {"user": {"secret": servers.admin_login}},
            "resources": resources(servers.resources),
            "startupProbe": _probe(servers.startup),
            "livenessProbe": _probe(servers.liveness),
            "readinessProbe": _probe(servers.readiness),
            "unsupported": {"podTemplate": _pod_template(store, servers, context)},
        },
    }


def _pod_template(store: StoreSpec, servers: KeycloakServers, context: Context) -> Body:
    """Return what makes the pods satisfy `restricted`; the operator has no other field for it.

    The operator merges its own container into the first one and gives it its name. The job that imports the realm takes
    all of it from the servers.
    """
    labels = context.labels(store.name)
    return {
        # Those that the operator sets itself win.
        "metadata": {
            "labels": {key: labels[key] for key in ("app.kubernetes.io/name", "app.kubernetes.io/part-of")}
        },
        "spec": {
            "enableServiceLinks": False,
            "securityContext": pod_security(USER),
            "initContainers": [copying(servers.image, each) for each in WRITABLE if each.copied],
            "containers": [
                {"securityContext": container_security(), "volumeMounts": volume_mounts(WRITABLE, None)}
            ],
            "volumes": scratch_volumes(WRITABLE),
        },
    }


def _realm_import(store: StoreSpec, servers: KeycloakServers, context: Context) -> Body:
    spec: Body = {
        "keycloakCRName": store.name,
        "realm": dict(servers.realm),
        "resources": resources(servers.resources),
    }
    if servers.placeholders:
        spec["placeholders"] = {
            name: {"secret": {"name": each.secret, "key": each.key}}
            for name, each in sorted(servers.placeholders.items())
        }
    return {
        "apiVersion": _API_VERSION,
        "kind": "KeycloakRealmImport",
        "metadata": context.metadata(f"{store.name}-realm", store.name),
        "spec": spec,
    }


def _probe(wanted: Probe) -> Body:
    # Where the operator asks, and how long it waits for an answer, is its own affair.
    return {"periodSeconds": wanted.period, "failureThreshold": wanted.failures}

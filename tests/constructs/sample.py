"""A platform to declare parts in, and the names by which tests know cdk8s."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import cdk8s
from cdk8s import Testing as Synthesis  # under its own name pytest would take it for a test

from towpath.constructs import KubeObject, Platform, Port, Resources, Target, User, Workload
from towpath.settings.cluster import ArgoCd, Certificates, Cluster, Component, IngressController, SecretStore
from towpath.settings.fields import KubernetesVersion, ObjectName, PathPrefix, RepositoryUrl

if TYPE_CHECKING:
    from collections.abc import Callable

    from constructs import Construct

__all__ = ["CLUSTER", "Shop", "Synthesis", "bodies", "chart", "lowered", "shop", "workload"]

CLUSTER = Cluster(
    kubernetes=KubernetesVersion("1.33"),
    ingress=IngressController(class_name=ObjectName("nginx")),
    storage_class=ObjectName("fast"),
    secret_store=SecretStore(name=ObjectName("vault"), prefix=PathPrefix("staging")),
    certificates=Certificates(cluster_issuer=ObjectName("letsencrypt")),
    argocd=ArgoCd(repository=RepositoryUrl("https://git.example.org/shop.git")),
    installed=(Component.CERT_MANAGER, Component.EXTERNAL_SECRETS),
)


class Shop(Platform):
    """A platform whose parts a test declares from outside."""


def shop(scope: Construct | None = None, *, platform: str = "shop") -> Shop:
    """Return an empty platform `shop` in staging."""
    return Shop(scope or cdk8s.App(), platform, target=Target(platform, "staging", CLUSTER))


def chart() -> cdk8s.Chart:
    """Return a chart of cdk8s's own."""
    return cdk8s.Chart(cdk8s.App(), "plain")


def lowered(platform: Platform) -> list[Any]:
    """Return all objects of a platform, as a compile asks for them."""
    return [each.body() for each in platform.node.find_all() if isinstance(each, KubeObject)]


def workload(scope: Construct, name: str, **changes: Any) -> Workload:
    """Declare a workload with one port, changed as asked."""
    wanted: dict[str, Any] = {
        "image": name,
        "user": User(1000, 1000),
        "resources": Resources(),
        "ports": (Port("http", 8080),),
    }
    return Workload(scope, name, **(wanted | changes))


def bodies(declare: Callable[[Shop], object]) -> dict[str, Any]:
    """Return all objects of a platform by kind and name, as cdk8s's own testing gives them."""
    platform = shop()
    declare(platform)
    return {f"{each['kind']} {each['metadata']['name']}": each for each in Synthesis.synth(platform)}

"""Settings of stores for tests, and a platform with one store that a client asks for everything it knows."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, TypeVar

import cdk8s

from tests.constructs.sample import CLUSTER, Shop, Synthesis, workload
from towpath.constructs import SecretKey, Target
from towpath.settings.cluster import Component

if TYPE_CHECKING:
    from collections.abc import Callable

    from towpath.constructs.connecting import StorePart
    from towpath.settings.stores import Store

S = TypeVar("S", bound="Store")
KEY = SecretKey("keys", "password")
URI = SecretKey("keys", "uri")
OPERATED = CLUSTER.model_copy(
    update={"installed": (*CLUSTER.installed, Component.ECK, Component.MONGODB_COMMUNITY)}
)
LIMITS = {"limits": {"cpu": 1, "memory": "1Gi"}}
BUNDLED: dict[str, Any] = {
    "host": "db",
    "size": "1Gi",
    "resources": LIMITS,
    "health": {"command": ["ping"], "start_period": "40s"},
}


def store(model: type[S], mode: str, **changes: Any) -> S:
    """Return settings of a store in one mode."""
    return model.model_validate_json(json.dumps({"mode": mode} | changes))


def declared(declare: Callable[[Shop], StorePart], *, cluster: Any = OPERATED) -> dict[str, Any]:
    """Return all objects of a platform with a store and a client, which is told every fact under its own name."""
    platform = Shop(cdk8s.App(), "shop", target=Target("shop", "staging", cluster))
    made = declare(platform)
    workload(platform, "client").connects_to(made, variables={fact: fact for fact in made.spec.facts})
    return {f"{each['kind']} {each['metadata']['name']}": each for each in Synthesis.synth(platform)}


def told(objects: dict[str, Any]) -> dict[str, str]:
    """Return what the client is told, secrets as `<secret>/<key>`, in the order in which it is told."""
    (container,) = objects["Deployment client"]["spec"]["template"]["spec"]["containers"]
    return {
        each["name"]: each["value"]
        if "value" in each
        else "/".join(each["valueFrom"]["secretKeyRef"][part] for part in ("name", "key"))
        for each in container["env"]
    }


def by_default(declare: Callable[[Shop], StorePart]) -> dict[str, str]:
    """Return what a client is told that asks for nothing in particular."""
    platform = Shop(cdk8s.App(), "shop", target=Target("shop", "staging", OPERATED))
    workload(platform, "client").connects_to(declare(platform))
    found = Synthesis.synth(platform)
    return told({f"{each['kind']} {each['metadata']['name']}": each for each in found})

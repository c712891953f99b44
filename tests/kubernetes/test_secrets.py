"""Secrets by reference: fetched from a store, of a prescribed form, or made once by a generator."""

from __future__ import annotations

from typing import Any

import pytest

from towpath.kubernetes.context import Context
from towpath.kubernetes.lower import part_objects
from towpath.specs.parts import GeneratedSpec, RemoteKey, SecretSpec
from towpath.specs.platform import PlatformSpec

CONTEXT = Context.of(PlatformSpec(platform="shop", environment="staging", namespace="shop-staging"))
PLAIN = SecretSpec(
    name="keys",
    keys={"b": RemoteKey("shop", "b"), "a": RemoteKey("shop")},
    store="vault",
    store_kind="SecretStore",
)
LOGIN = SecretSpec(
    name="owner",
    keys={"password": RemoteKey("shop", "pg")},
    store="vault",
    store_kind="SecretStore",
    type="kubernetes.io/basic-auth",
    literals={"username": "shop"},
    labels={"cnpg.io/reload": "true"},
)


def lowered(part: SecretSpec | GeneratedSpec) -> dict[str, Any]:
    """Return the objects of a part by kind."""
    return {each["kind"]: each for each in part_objects(part, CONTEXT)}


def test_what_is_fetched() -> None:
    """Each key says where it is, sorted, with the operator's defaults stated; nothing holds a value."""
    spec = lowered(PLAIN)["ExternalSecret"]["spec"]
    stated = {"conversionStrategy": "Default", "decodingStrategy": "None", "metadataPolicy": "None"}
    assert spec == {
        "refreshInterval": "1h0m0s",
        "secretStoreRef": {"name": "vault", "kind": "SecretStore"},
        "target": {"name": "keys", "creationPolicy": "Owner", "deletionPolicy": "Retain"},
        "data": [
            {"secretKey": "a", "remoteRef": {**stated, "key": "shop"}},
            {"secretKey": "b", "remoteRef": {**stated, "key": "shop", "property": "b"}},
        ],
    }


def test_a_secret_of_a_prescribed_form() -> None:
    """Its type, its plain keys and its labels are a template that keeps what was fetched."""
    assert lowered(LOGIN)["ExternalSecret"]["spec"]["target"]["template"] == {
        "engineVersion": "v2",
        "mergePolicy": "Merge",
        "type": "kubernetes.io/basic-auth",
        "metadata": {"labels": {"cnpg.io/reload": "true"}},
        "data": {"username": "shop"},
    }


@pytest.mark.parametrize(
    ("length", "digits"), [pytest.param(16, 4, id="shortest"), pytest.param(48, 12, id="usual")]
)
def test_a_generated_secret(length: int, digits: int) -> None:
    """It is made once, from a generator of its own, of letters and digits alone, and the key has its own name."""
    objects = lowered(GeneratedSpec(name="keys-session", key="session", length=length))
    assert objects["Password"]["spec"] == {
        "length": length,
        "digits": digits,
        "symbols": 0,
        "noUpper": False,
        "allowRepeat": True,
    }
    spec = objects["ExternalSecret"]["spec"]
    assert spec["refreshPolicy"] == "CreatedOnce"
    assert "refreshInterval" not in spec
    [source] = spec["dataFrom"]
    assert source["sourceRef"]["generatorRef"]["name"] == objects["Password"]["metadata"]["name"]
    assert source["rewrite"] == [{"regexp": {"source": "password", "target": "session"}}]
    assert spec["target"]["name"] == "keys-session"

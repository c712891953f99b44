"""Secrets in a chart: which keys an environment has, where each comes from, and what development may do alone."""

from __future__ import annotations

import cdk8s
import pytest

from tests.constructs.sample import CLUSTER, Shop, Synthesis, shop, workload
from towpath.constructs import Secret, SecretKey, Target
from towpath.errors import TowpathError
from towpath.settings.cluster import Purpose
from towpath.settings.fields import FieldError, SecretRef

KEYS = {"smtp": SecretRef("shop#smtp"), "session": SecretRef("generated#48")}


def test_keys_come_from_the_store_or_are_made() -> None:
    """What is fetched shares one Secret; each generated key has its own, so that none is ever made anew."""
    platform = shop()
    secret = Secret(platform, "keys", keys=KEYS)
    assert secret.key("smtp") == SecretKey("keys", "smtp")
    assert secret.key("session") == SecretKey("keys-session", "session")
    assert (secret.get("session"), secret.get("other")) == (SecretKey("keys-session", "session"), None)
    assert [each.name for each in platform.spec.secrets] == ["keys"]
    assert [(each.name, each.key, each.length) for each in platform.spec.generated] == [
        ("keys-session", "session", 48)
    ]


def test_only_generated_keys() -> None:
    """There is no empty ExternalSecret then."""
    platform = shop()
    Secret(platform, "keys", keys={"a": SecretRef("generated#16"), "b": SecretRef("generated#16")})
    names = [
        each["metadata"]["name"] for each in Synthesis.synth(platform) if each["kind"] == "ExternalSecret"
    ]
    assert sorted(names) == ["keys-a", "keys-b"]


def test_variables_of_the_keys_that_are_there() -> None:
    """A variable whose key the environment lacks is left out."""
    secret = Secret(shop(), "keys", keys=KEYS)
    assert secret.variables(SMTP_PASS="smtp", SENTRY_DSN="sentry") == {"SMTP_PASS": SecretKey("keys", "smtp")}


def test_a_prescribed_form_has_no_generated_key() -> None:
    """An operator reads all keys from one Secret, so none can be generated on its own."""
    with pytest.raises(TowpathError, match="has a prescribed form and a generated key") as caught:
        Secret(shop(), "keys", keys=KEYS, type="kubernetes.io/basic-auth")
    assert caught.value.problems[0].place.file == __file__


PRIVATE = CLUSTER.model_copy(update={"pull_secret": SecretRef("images#config")})


def private_shop() -> Shop:
    """Return an empty platform in a cluster whose images are private."""
    return Shop(cdk8s.App(), "shop", target=Target("shop", "staging", PRIVATE))


def test_the_pull_secret_of_the_cluster() -> None:
    """Each namespace has it, from below the store's prefix, and accounts name it."""
    platform = private_shop()
    workload(platform, "api")
    found = {f"{each['kind']} {each['metadata']['name']}": each for each in Synthesis.synth(platform)}
    spec = found["ExternalSecret registry"]["spec"]
    assert spec["secretStoreRef"] == {"name": "vault", "kind": "ClusterSecretStore"}
    assert spec["target"]["template"]["type"] == "kubernetes.io/dockerconfigjson"
    (item,) = spec["data"]
    assert item["secretKey"] == ".dockerconfigjson"
    assert (item["remoteRef"]["key"], item["remoteRef"]["property"]) == ("staging/images", "config")
    assert found["ServiceAccount api"]["imagePullSecrets"] == [{"name": "registry"}]


def test_the_name_of_the_pull_secret_is_taken() -> None:
    """Two ExternalSecrets that write one Secret would take turns; where there is no pull secret, the name is free."""
    keys = {"a": SecretRef("shop#a")}
    with pytest.raises(
        TowpathError, match="the secret registry would be the one by which images are pulled"
    ) as caught:
        Secret(private_shop(), "registry", keys=keys)
    assert caught.value.problems[0].place.file == __file__
    assert Secret(shop(), "registry", keys=keys).key("a") == SecretKey("registry", "a")


@pytest.mark.parametrize(
    ("text", "length"),
    [
        pytest.param("generated#16", 16, id="shortest"),
        pytest.param("generated#256", 256, id="longest"),
        pytest.param("app#jwt-secret", 0, id="in-the-store"),
        pytest.param("generated/app#16", 0, id="an-entry-below-that-name"),
    ],
)
def test_references(text: str, length: int) -> None:
    """`generated#<length>` is in no store."""
    assert SecretRef(text).generated_length == length


@pytest.mark.parametrize(
    "text", ["generated#15", "generated#257", "generated#x", "generated#", "generated#1e2"]
)
def test_bad_lengths(text: str) -> None:
    """A length that no generator takes is refused, and not taken for a property of an entry."""
    with pytest.raises(FieldError):
        SecretRef(text)


@pytest.mark.parametrize("purpose", [Purpose.STAGING, Purpose.PRODUCTION])
def test_development_only(purpose: Purpose) -> None:
    """A workload for development cannot be rendered for a cluster that is for anything else."""
    cluster = CLUSTER.model_copy(update={"purpose": purpose})
    platform = Shop(cdk8s.App(), "shop", target=Target("shop", "staging", cluster))
    with pytest.raises(TowpathError, match=f"mail is for development only, .* for {purpose}"):
        workload(platform, "mail", only_in_development=True)


def test_development_only_in_development() -> None:
    """There it is a workload like any other."""
    cluster = CLUSTER.model_copy(update={"purpose": Purpose.DEVELOPMENT})
    platform = Shop(cdk8s.App(), "shop", target=Target("shop", "development", cluster))
    assert workload(platform, "mail", only_in_development=True).spec.name == "mail"

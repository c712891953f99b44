"""Workloads and jobs that take their numbers from settings as a whole."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.constructs.sample import CLUSTER, shop
from towpath.constructs import (
    Egress,
    Job,
    Port,
    Resources,
    Secret,
    SecretKey,
    User,
    Volume,
    Workload,
    volume_of,
)
from towpath.errors import TowpathError
from towpath.settings.fields import SecretRef
from towpath.settings.model import SettingsModel
from towpath.settings.workloads import JobSettings, Reach, VolumeSettings, WorkloadSettings

SETTINGS = WorkloadSettings.model_validate_json(
    json.dumps(
        {
            "replicas": 3,
            "resources": {"requests": {"cpu": "100m"}, "limits": {"memory": "256Mi"}},
            "health": {"path": "/health", "interval": "30s", "start_period": "60s"},
            "max_unavailable": 1,
            "updates": {"parallelism": 2, "delay": "10s"},
        }
    )
)
JOB = JobSettings.model_validate_json(json.dumps({"resources": {}, "retries": 6, "deadline": "15m"}))


class Secrets(SettingsModel):
    """References of a platform."""

    jwt_secret: SecretRef
    smtp_password: SecretRef | None = None


def declared(**arguments: Any) -> Any:
    """Return the spec of a workload with settings."""
    wanted: dict[str, Any] = {
        "image": "web",
        "user": User(1, 1),
        "settings": SETTINGS,
        "ports": (Port("http", 8080),),
    }
    return Workload(shop(), "web", **(wanted | arguments)).spec


def test_settings_as_a_whole() -> None:
    """Everything that settings state reaches the spec."""
    spec = declared()
    assert (spec.replicas, spec.surge, spec.min_ready_seconds, spec.max_unavailable) == (3, 2, 10, 1)
    assert (spec.resources.cpu_request, spec.resources.memory_limit) == ("100m", "256Mi")
    assert spec.startup
    assert (spec.startup.period, spec.startup.failures) == (30, 5)


@pytest.mark.parametrize(
    ("argument", "value"),
    [
        pytest.param("replicas", 5, id="replicas"),
        pytest.param("surge", 4, id="surge"),
        pytest.param("min_ready_seconds", 0, id="zero-is-an-argument-too"),
        pytest.param("max_unavailable", "25%", id="budget"),
    ],
)
def test_an_argument_prevails(argument: str, value: object) -> None:
    """What the chart states itself counts."""
    assert getattr(declared(**{argument: value}), argument) == value


def test_a_job_takes_settings_too() -> None:
    """Resources, retries and the deadline; an argument prevails."""
    spec = Job(shop(), "migrate", image="web", user=User(1, 1), settings=JOB).spec
    assert (spec.retries, spec.deadline_seconds) == (6, 900)
    assert Job(shop(), "migrate", image="web", user=User(1, 1), settings=JOB, retries=0).spec.retries == 0


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        pytest.param({"settings": None}, "web states no resources", id="neither"),
        pytest.param({"settings": JOB}, "settings is a JobSettings", id="another-kind"),
    ],
)
def test_refusals(arguments: dict[str, Any], words: str) -> None:
    """A workload without numbers is refused at its line."""
    with pytest.raises(TowpathError, match=words) as caught:
        declared(**arguments)
    assert caught.value.problems[0].place.file == __file__


def test_ways_out_and_volumes_from_settings() -> None:
    """Settings stand for specs; a volume without a class gets the cluster's."""
    kept = VolumeSettings.model_validate_json(json.dumps({"size": "1Gi", "shared": True}))
    reach = Reach.model_validate_json(json.dumps({"cidr": "10.0.0.0/8", "ports": [25]}))
    spec = declared(egress=(reach, Egress(ports=(443,))), volumes=(volume_of("files", "/files", kept),))
    assert spec.egress == (Egress(ports=(25,), cidr="10.0.0.0/8", excluding=()), Egress(ports=(443,)))
    assert spec.volumes == (Volume("files", "/files", "1Gi", str(CLUSTER.storage_class), shared=True),)


def test_secrets_from_settings() -> None:
    """A field is a key with hyphens; what is not set is no key."""
    secret = Secret(shop(), "keys", keys=Secrets(jwt_secret=SecretRef("shop#jwt")))
    assert (secret.get("jwt-secret"), secret.get("smtp-password")) == (SecretKey("keys", "jwt-secret"), None)


def test_resources_alone_are_enough() -> None:
    """Without settings the old arguments do."""
    assert declared(settings=None, resources=Resources(), replicas=2).replicas == 2

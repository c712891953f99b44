"""Settings of workloads: one owner of the number of copies, and ways out that do not lead inside."""

from __future__ import annotations

import json
from typing import Any

import pytest
from pydantic import ValidationError

from towpath.settings.workloads import JobSettings, Reach, Updates, VolumeSettings, WorkloadSettings
from towpath.specs.values import Egress

SCALED = {"minimum": 2, "maximum": 10, "cpu": 70, "memory": 80}
ASKED = {"requests": {"cpu": "250m", "memory": "256Mi"}}


def settings(**values: Any) -> WorkloadSettings:
    """Return settings of a workload with these values."""
    wanted = {"resources": ASKED, "health": {"path": "/health"}} | values
    return WorkloadSettings.model_validate_json(json.dumps(wanted))


@pytest.mark.parametrize(
    ("values", "what"),
    [
        pytest.param({}, "has no number", id="no-number"),
        pytest.param(
            {"replicas": 3, "autoscaling": SCALED}, "is 3, and autoscaling is set", id="c50-two-owners"
        ),
        pytest.param(
            {"autoscaling": SCALED, "resources": {"requests": {"memory": "256Mi"}}},
            "is not set, and autoscaling measures against it",
            id="no-cpu-request",
        ),
        pytest.param(
            {"autoscaling": SCALED, "resources": {"requests": {"cpu": 1}, "limits": {"memory": "1Gi"}}},
            "is not set, and autoscaling measures against it",
            id="no-memory-request",
        ),
    ],
)
def test_misfits(values: dict[str, Any], what: str) -> None:
    """Values that are right alone and wrong together are refused."""
    with pytest.raises(ValidationError, match=what):
        settings(**values)


def test_one_owner() -> None:
    """A number or an autoscaler is enough; what it does not measure needs no request."""
    assert settings(replicas=1).updates == Updates()
    scaled = settings(
        autoscaling={"minimum": 1, "maximum": 2, "cpu": 70}, resources={"requests": {"cpu": "100m"}}
    )
    assert scaled.replicas is None


@pytest.mark.parametrize(
    ("cidr", "egress"),
    [
        pytest.param("0.0.0.0/0", Egress(ports=(443, 587)), id="anywhere-public"),
        pytest.param(
            "10.0.0.0/8", Egress(ports=(443, 587), cidr="10.0.0.0/8", excluding=()), id="a-private-range"
        ),
    ],
)
def test_ways_out(cidr: str, egress: Egress) -> None:
    """Anywhere leaves out what is private; a range that is named is meant."""
    assert Reach.model_validate_json(json.dumps({"cidr": cidr, "ports": [443, 587]})).to_egress() == egress


class Backend(WorkloadSettings):
    """A workload with a folder that outlives its pods."""

    uploads: VolumeSettings


@pytest.mark.parametrize(
    ("values", "pods"),
    [
        pytest.param({"replicas": 1, "uploads": {"size": "1Gi"}}, 0, id="one-pod"),
        pytest.param({"replicas": 2, "uploads": {"size": "1Gi", "shared": True}}, 0, id="two-that-share"),
        pytest.param({"replicas": 2, "uploads": {"size": "1Gi"}}, 2, id="two-on-one-node"),
        pytest.param({"autoscaling": SCALED, "uploads": {"size": "1Gi"}}, 10, id="autoscaled"),
    ],
)
def test_several_pods_share_a_volume(values: dict[str, Any], pods: int) -> None:
    """A second pod on another node would wait for the volume for ever, so it is refused where it is set."""
    wanted = json.dumps({"resources": ASKED, **values})
    if not pods:
        assert Backend.model_validate_json(wanted).uploads.size == "1Gi"
        return
    with pytest.raises(ValidationError, match=f"is false, and {pods} replicas write to it") as caught:
        Backend.model_validate_json(wanted)
    assert caught.value.errors()[0]["ctx"]["path"] == ("uploads", "shared")


@pytest.mark.parametrize("deadline", ["0s", "0m"])
def test_a_job_has_time(deadline: str) -> None:
    """A job without any time could never end well."""
    with pytest.raises(ValidationError, match="is 0"):
        JobSettings.model_validate_json(json.dumps({"resources": {}, "deadline": deadline}))

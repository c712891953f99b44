"""Settings that charts pass to constructs, in Kubernetes' words."""

from __future__ import annotations

import pytest

from towpath.constructs.arguments import probe_of, resources_of, startup_of
from towpath.kubernetes.pods import probe, resources
from towpath.settings.fields import Duration
from towpath.settings.measures import Quantity
from towpath.settings.model import Probe, ResourceList, Resources

TIMES = {"periodSeconds": 10, "timeoutSeconds": 3, "failureThreshold": 3}


@pytest.mark.parametrize(
    ("wanted", "asking"),
    [
        pytest.param(Probe(path="/health"), {"httpGet": {"path": "/health", "port": "http"}}, id="path"),
        pytest.param(Probe(path="/", port=81), {"httpGet": {"path": "/", "port": 81}}, id="own-port"),
        pytest.param(
            Probe(command=("redis-cli", "ping")), {"exec": {"command": ["redis-cli", "ping"]}}, id="command"
        ),
        pytest.param(Probe(), {"tcpSocket": {"port": "http"}}, id="connection"),
    ],
)
def test_probe_in_kubernetes(wanted: Probe, asking: dict[str, object]) -> None:
    """Docker's words turn into the fields of Kubernetes; without a start period there is no startup probe."""
    assert probe(probe_of(wanted, "http")) == asking | TIMES
    assert startup_of(wanted, "http") is None


@pytest.mark.parametrize(
    ("period", "failures"),
    [
        pytest.param("40s", 4 + 2, id="whole-intervals"),
        pytest.param("45s", 5 + 2, id="a-part-of-an-interval"),
        pytest.param("1s", 1 + 2, id="less-than-an-interval"),
    ],
)
def test_start_period_is_a_startup_probe(period: str, failures: int) -> None:
    """The start period is covered in full, and the retries come on top; all else is the health check's own."""
    wanted = Probe(path="/", interval=Duration("10s"), retries=2, start_period=Duration(period))
    startup = startup_of(wanted, "http")
    assert startup is not None
    assert probe(startup) == {
        "httpGet": {"path": "/", "port": "http"},
        "periodSeconds": 10,
        "timeoutSeconds": 3,
        "failureThreshold": failures,
    }


@pytest.mark.parametrize(
    ("wanted", "rendered"),
    [
        pytest.param(
            Resources(
                requests=ResourceList(cpu=Quantity("1000m"), memory=Quantity("1Gi")),
                limits=ResourceList(cpu=Quantity("1"), ephemeral_storage=Quantity("2Gi")),
            ),
            {
                "requests": {"cpu": "1000m", "memory": "1Gi"},
                "limits": {"cpu": "1", "ephemeral-storage": "2Gi"},
            },
            id="some-of-each",
        ),
        pytest.param(
            Resources(
                requests=ResourceList(ephemeral_storage=Quantity("1Gi")),
                limits=ResourceList(memory=Quantity("1Gi")),
            ),
            {"requests": {"ephemeral-storage": "1Gi"}, "limits": {"memory": "1Gi"}},
            id="the-others",
        ),
        pytest.param(
            Resources(limits=ResourceList(cpu=Quantity("1"))), {"limits": {"cpu": "1"}}, id="limits-alone"
        ),
        pytest.param(Resources(), {}, id="none"),
    ],
)
def test_resources_in_kubernetes(wanted: Resources, rendered: dict[str, object]) -> None:
    """Requests up to the limit are good, in whatever unit; what is not set is left out."""
    assert resources(resources_of(wanted)) == rendered

"""What the settings of `nexus` refuse beyond the types of their fields."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from charts.nexus.settings import Backend, KeptFolder
from towpath.settings.measures import Quantity
from towpath.settings.model import Probe, Resources

OWN = KeptFolder(size=Quantity("1Gi"))
SHARED = KeptFolder(size=Quantity("1Gi"), shared=True)


def backend(replicas: int, logs: KeptFolder, uploads: KeptFolder) -> Backend:
    """Return settings of a backend."""
    health = Probe(path="/health/live")
    return Backend(
        replicas=replicas, resources=Resources(), health=health, readiness=health, logs=logs, uploads=uploads
    )


@pytest.mark.parametrize(
    ("replicas", "logs", "uploads"),
    [
        pytest.param(1, OWN, OWN, id="one"),
        pytest.param(2, SHARED, SHARED, id="two-that-share"),
    ],
)
def test_folders_that_fit(replicas: int, logs: KeptFolder, uploads: KeptFolder) -> None:
    """A single backend may keep its folders on one node."""
    assert backend(replicas, logs, uploads).replicas == replicas


@pytest.mark.parametrize(
    ("logs", "uploads", "name"),
    [
        pytest.param(OWN, SHARED, "logs", id="logs"),
        pytest.param(SHARED, OWN, "uploads", id="uploads"),
    ],
)
def test_folders_of_several_backends_are_shared(logs: KeptFolder, uploads: KeptFolder, name: str) -> None:
    """A second backend on another node would wait for the volume for ever, so it is refused where it is set."""
    with pytest.raises(ValidationError, match="2 replicas write to it") as caught:
        backend(2, logs, uploads)
    assert caught.value.errors()[0]["ctx"]["path"] == (name, "shared")

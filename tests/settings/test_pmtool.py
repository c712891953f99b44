"""What the settings of `pmtool` refuse beyond the types of their fields."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from charts.pmtool.settings import Backend
from towpath.settings.measures import Quantity
from towpath.settings.model import Autoscaling, Resources
from towpath.settings.workloads import VolumeSettings

RESOURCES = Resources.model_validate({"requests": {"cpu": "500m"}})
SCALED = Autoscaling(minimum=1, maximum=2, cpu=70)


def backend(copies: int | Autoscaling, *, shared: bool) -> Backend:
    """Return settings of a backend."""
    return Backend(
        replicas=copies if isinstance(copies, int) else None,
        autoscaling=None if isinstance(copies, int) else copies,
        resources=RESOURCES,
        uploads=VolumeSettings(size=Quantity("1Gi"), shared=shared),
        logs=Quantity("1Gi"),
    )


@pytest.mark.parametrize(
    ("copies", "shared"),
    [
        pytest.param(1, False, id="one"),
        pytest.param(2, True, id="two-that-share"),
        pytest.param(SCALED, True, id="some-that-share"),
    ],
)
def test_uploads_that_fit(copies: int | Autoscaling, shared: bool) -> None:
    """A single backend may keep its uploads on one node."""
    assert backend(copies, shared=shared).uploads.shared is shared


@pytest.mark.parametrize("copies", [pytest.param(2, id="two"), pytest.param(SCALED, id="up-to-two")])
def test_uploads_of_several_backends_are_shared(copies: int | Autoscaling) -> None:
    """A second backend on another node would wait for the volume for ever, so it is refused where it is set."""
    with pytest.raises(ValidationError, match="2 replicas write to it") as caught:
        backend(copies, shared=False)
    assert caught.value.errors()[0]["ctx"]["path"] == ("uploads", "shared")

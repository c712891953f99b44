"""What the settings of `pmtool` refuse beyond the types of their fields."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from charts.pmtool.settings import Backend, Uploads
from towpath.settings.measures import Quantity
from towpath.settings.model import Probe, Resources


def backend(replicas: int, *, shared: bool) -> Backend:
    """Return settings of a backend."""
    return Backend(
        replicas=replicas,
        resources=Resources(),
        health=Probe(path="/api/health"),
        uploads=Uploads(size=Quantity("1Gi"), shared=shared),
        logs=Quantity("1Gi"),
    )


@pytest.mark.parametrize(
    ("replicas", "shared"),
    [pytest.param(1, False, id="one"), pytest.param(2, True, id="two-that-share")],
)
def test_uploads_that_fit(replicas: int, shared: bool) -> None:
    """A single backend may keep its uploads on one node."""
    assert backend(replicas, shared=shared).replicas == replicas


def test_uploads_of_several_backends_are_shared() -> None:
    """A second backend on another node would wait for the volume for ever, so it is refused where it is set."""
    with pytest.raises(ValidationError, match="2 replicas write to it") as caught:
        backend(2, shared=False)
    assert caught.value.errors()[0]["ctx"]["path"] == ("uploads", "shared")

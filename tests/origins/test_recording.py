"""The form in which a recording is kept."""

from __future__ import annotations

import base64
import json
import zlib

import pytest

from towpath.origins.recording import (
    NONE,
    SETTINGS,
    Activation,
    Declaration,
    Function,
    Kind,
    Made,
    Owner,
    Patch,
    Read,
    Recording,
    Span,
)

RECORDING = Recording(
    [Span(1, 2, 3, 4)],
    [Function("charts/shop/chart.py", "Shop.__init__", 7)],
    [Activation(0, NONE, NONE, 0)],
    [Owner(SETTINGS, ("web", 0)), Owner("", (), 0)],
    [Read(0, 0, 0, "replicas")],
    [Kind("Port", ("name", "number"))],
    [Made(0, 0, 0)],
    [Patch(("apps", "Deployment", "shop", "web"), 0, 0)],
    [Declaration("deployment_web.yaml", "charts/shop/chart.py", 9)],
    {"class": "towpath.specs.values:Port", "number": 0, "value": {}},
)


def test_round_trip() -> None:
    """What is read is what was written."""
    assert Recording.from_text(RECORDING.to_text()) == RECORDING


def test_it_stands_in_json_as_it_is() -> None:
    """No character of it has to be escaped, so that the cache's entries stay small."""
    text = RECORDING.to_text()
    assert json.dumps(text) == f'"{text}"'


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("", id="nothing"),
        pytest.param("not base64!", id="no-base64"),
        pytest.param(base64.b64encode(b"x").decode(), id="not-compressed"),
        pytest.param(base64.b64encode(zlib.compress(b"{")).decode(), id="no-json"),
        pytest.param(base64.b64encode(zlib.compress(b"[1]")).decode(), id="other-json"),
        pytest.param(base64.b64encode(zlib.compress(b"[[1],2,3,4,5,6,7,8,9,0]")).decode(), id="other-lists"),
    ],
)
def test_damage(text: str) -> None:
    """A damaged recording is a ValueError, whatever is wrong with it."""
    with pytest.raises(ValueError, match="no recording"):
        Recording.from_text(text)

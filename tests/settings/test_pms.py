"""What the settings of `pms` refuse beyond the types of the library."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from charts.pms.settings import Application

WANTED: dict[str, Any] = {
    "node_env": "production",
    "log_level": "warn",
    "refresh_cookie_name": "pm_refresh",
    "bcrypt_rounds": 12,
    "smtp_port": 587,
    "smtp_secure": True,
    "email_from": "noreply@company.com",
    "enable_tracing": True,
    "enable_registration": False,
}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        pytest.param("tz", "America/Argentina/Buenos_Aires", id="zone-of-three-parts"),
        pytest.param("tz", "Etc/GMT+6", id="zone-by-offset"),
        pytest.param("tz", "UTC", id="zone-of-one-part"),
        pytest.param("api_version", "v12", id="version"),
        pytest.param("cluster_workers", 0, id="a-worker-for-each-cpu"),
    ],
)
def test_what_is_taken(name: str, value: object) -> None:
    """Usual values pass."""
    assert getattr(Application.model_validate(WANTED | {name: value}), name) == value


@pytest.mark.parametrize(
    ("name", "value"),
    [
        pytest.param("tz", "asia/dhaka", id="zone-in-lower-case"),
        pytest.param("tz", "Asia/Dhaka ", id="zone-with-a-space"),
        pytest.param("api_version", "1", id="version-without-v"),
        pytest.param("refresh_cookie_name", "pm refresh", id="cookie-with-a-space"),
        pytest.param("refresh_cookie_name", "pm=1; x", id="cookie-with-a-value"),
        pytest.param("jwt_access_ttl", 0, id="tokens-that-are-never-good"),
        pytest.param("rate_limit_max", 0, id="no-request-at-all"),
    ],
)
def test_what_is_refused(name: str, value: object) -> None:
    """A slip that the application would find out in the cluster is found where it is set."""
    with pytest.raises(ValidationError):
        Application.model_validate(WANTED | {name: value})

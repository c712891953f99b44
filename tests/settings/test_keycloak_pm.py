"""What the settings of `keycloak-pm` refuse beyond the types of their fields."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from charts.keycloak_pm.settings import Secrets, Settings

RESOURCES: dict[str, Any] = {"limits": {"memory": "1Gi"}}
SECRETS = {
    name: f"app#{name}"
    for name in (
        "postgres_password",
        "redis_password",
        "keycloak_admin_password",
        "keycloak_db_password",
        "keycloak_client_secret",
        "secret_key",
    )
}
FRONTEND = {"public": True, "redirect_uris": ("https://app.example.org/*",), "audience": ("pm-backend",)}
BACKEND = {"public": False}


def settings(clients: dict[str, Any], *, scheme: str = "https", tls: bool = True) -> Settings:
    """Return settings with these clients of the realm."""
    keycloak = {
        "mode": "operator",
        "public_url": f"{scheme}://auth.example.org",
        "realm": {"name": "project-management", "clients": clients},
        "operator": {"resources": RESOURCES},
    }
    edge = {
        "app_host": "app.example.org",
        "api_host": "api.example.org",
        "tls": tls,
        "api_rate": {"requests": 10},
        "auth_rate": {"requests": 5},
        "auth_buffers": {},
    }
    return Settings.model_validate(
        {
            "application": {"environment": "staging", "email_host": "mail.example.org", "email_port": 587},
            "secrets": SECRETS,
            "frontend": {"resources": RESOURCES},
            "backend": {
                "replicas": 1,
                "resources": RESOURCES,
                "uploads": {"size": "1Gi"},
                "logs": {"size": "1Gi"},
            },
            "migration": {"resources": RESOURCES},
            "postgres": {
                "mode": "external",
                "database": "pm",
                "username": "pm_user",
                "host": "db.example.org",
            },
            "redis": {"mode": "external", "host": "cache.example.org"},
            "keycloak": keycloak,
            "nginx": {"resources": RESOURCES},
            "edge": edge,
        }
    )


def test_addresses_that_agree() -> None:
    """The addresses that the pages get follow from the hosts."""
    edge = settings({"pm-frontend": FRONTEND, "pm-backend": BACKEND}).edge
    assert (edge.app_url, edge.api_url) == ("https://app.example.org", "https://api.example.org")


@pytest.mark.parametrize(
    ("changes", "path", "what"),
    [
        pytest.param(
            {"scheme": "http"}, ("public_url",), "begins with http, and edge.tls is true", id="no-tls"
        ),
        pytest.param({"tls": False}, ("public_url",), "begins with https, and edge.tls is false", id="tls"),
        pytest.param(
            {"clients": {"pm-backend": BACKEND}},
            ("realm", "clients"),
            "has no public client pm-frontend",
            id="no-frontend",
        ),
        pytest.param(
            {"clients": {"pm-frontend": {**FRONTEND, "audience": ()}}},
            ("realm", "clients"),
            "has no client with a secret, pm-backend",
            id="no-backend",
        ),
        pytest.param(
            {"clients": {"pm-frontend": {**FRONTEND, "public": False}, "pm-backend": BACKEND}},
            ("realm", "clients"),
            "has no public client pm-frontend",
            id="frontend-with-a-secret",
        ),
        pytest.param(
            {
                "clients": {
                    "pm-frontend": {**FRONTEND, "redirect_uris": ("https://app.example.org.evil/*",)},
                    "pm-backend": BACKEND,
                }
            },
            ("realm", "clients", "pm-frontend", "redirect_uris"),
            "lead nowhere below https://app.example.org, where the pages are",
            id="another-host",
        ),
    ],
)
def test_addresses_that_differ(changes: dict[str, Any], path: tuple[str, ...], what: str) -> None:
    """What would only show when somebody signs in is refused where it is set."""
    with pytest.raises(ValidationError) as caught:
        settings(**({"clients": {"pm-frontend": FRONTEND, "pm-backend": BACKEND}} | changes))
    (mistake,) = caught.value.errors()
    assert (mistake["ctx"]["path"], mistake["ctx"]["what"]) == (("keycloak", *path), what)


@pytest.mark.parametrize(
    ("given", "missing"),
    [
        pytest.param("email_user", "email_password", id="name-alone"),
        pytest.param("email_password", "email_user", id="password-alone"),
    ],
)
def test_half_a_login_of_the_mail_server(given: str, missing: str) -> None:
    """A name without a password, or the other way round, is refused."""
    with pytest.raises(ValidationError) as caught:
        Secrets.model_validate({**SECRETS, given: "app#email"})
    (mistake,) = caught.value.errors()
    assert mistake["ctx"]["path"] == (missing,)

"""Settings of Keycloak: what is refused, and the realm that Keycloak imports."""

from __future__ import annotations

import json
from typing import Any

import pytest

from towpath.errors import TowpathError
from towpath.settings.keycloak import KeycloakSettings, secret_variable
from towpath.settings.layers import load_settings, read_layer

SERVERS = {"resources": {"limits": {"memory": "1Gi"}}}
FRONTEND: dict[str, Any] = {"public": True, "redirect_uris": ["https://app.example.org/*"]}
BACKEND = {"public": False}
OPEN = {
    "enabled": True,
    "protocol": "openid-connect",
    "implicitFlowEnabled": False,
    "directAccessGrantsEnabled": False,
    "serviceAccountsEnabled": False,
}


def settings(**changes: Any) -> KeycloakSettings:
    """Return settings as a file's layer gives them, changed as asked."""
    wanted: dict[str, Any] = {
        "mode": "bundled",
        "public_url": "https://auth.example.org",
        "realm": {"name": "shop"},
        "bundled": SERVERS,
    }
    layer = read_layer("production", "shop.yaml", json.dumps(wanted | changes).encode())
    return load_settings(KeycloakSettings, [layer]).value


def client(name: str = "web", **changes: Any) -> dict[str, Any]:
    """Return a realm with this one client beside `api`."""
    return {"realm": {"name": "shop", "clients": {name: changes, "api": BACKEND}}}


@pytest.mark.parametrize(
    ("changes", "what"),
    [
        pytest.param(
            {"bundled": None}, "mode is bundled, and bundled is not set", id="mode-without-settings"
        ),
        pytest.param(
            {"mode": "operator"}, "mode is operator, and operator is not set", id="operator-without"
        ),
        pytest.param(
            {"public_url": "https://example.org/auth"},
            "public_url has a path, and Keycloak in mode bundled serves from the root of its host",
            id="path",
        ),
        pytest.param(
            {"public_url": "https://auth.example.org/"},
            "public_url ends with a slash or has a query",
            id="slash",
        ),
        pytest.param(
            {"public_url": "redis://auth.example.org"},
            "public_url is no address of a web server",
            id="not-a-web-server",
        ),
        pytest.param({"realm": {"name": "master"}}, "realm.name is Keycloak's own realm", id="master"),
        pytest.param(
            {"realm": {"name": "shop", "access_token_lifespan": "0s"}},
            "realm.access_token_lifespan is 0s",
            id="no-lifespan",
        ),
        pytest.param(
            {"realm": {"name": "shop", "roles": ["clerk", "clerk"]}},
            "realm.roles[1] names clerk twice",
            id="role-twice",
        ),
        pytest.param(client("Web", public=True), "realm.clients", id="client-id"),
        pytest.param(
            client(**FRONTEND, service_account=True),
            "realm.clients.web.service_account needs a secret, and the client is public",
            id="public-service-account",
        ),
        pytest.param(
            client(**FRONTEND, web_origins=["https://app.example.org/x"]),
            "realm.clients.web.web_origins[0] has a path",
            id="origin-with-a-path",
        ),
        pytest.param(
            client(public=True, web_origins=["https://app.example.org"]),
            "realm.clients.web.web_origins have no use: nobody can sign in",
            id="origins-alone",
        ),
        pytest.param(
            client(**FRONTEND, audience=["apis"]),
            "realm.clients.web.audience[0] is no client of the realm",
            id="audience",
        ),
        pytest.param(
            {"bundled": SERVERS | {"health": {"start_period": "0s"}}},
            "bundled.health.start_period is 0s",
            id="no-time-to-start",
        ),
        pytest.param(
            client(**FRONTEND, secret="hunter2"),
            "realm.clients.web.secret is not a setting",
            id="secret-in-plain-text",
        ),
    ],
)
def test_refusals(changes: dict[str, Any], what: str) -> None:
    """Each message names the setting and what is wrong with it."""
    with pytest.raises(TowpathError) as caught:
        settings(**changes)
    assert what in str(caught.value)


@pytest.mark.parametrize(
    ("changes", "hostname", "https", "issuer"),
    [
        pytest.param({}, "auth.example.org", True, "https://auth.example.org/realms/shop", id="https"),
        pytest.param(
            {"public_url": "http://localhost:8080"},
            "localhost",
            False,
            "http://localhost:8080/realms/shop",
            id="http-with-a-port",
        ),
        pytest.param(
            {"mode": "external", "public_url": "https://id.example.org/auth", "bundled": None},
            "id.example.org",
            True,
            "https://id.example.org/auth/realms/shop",
            id="external-with-a-path",
        ),
    ],
)
def test_what_follows_from_the_public_url(
    changes: dict[str, Any], hostname: str, https: bool, issuer: str
) -> None:
    """The edge's host and the tokens' issuer are not settings of their own, so they cannot differ from it."""
    found = settings(**changes)
    assert (found.hostname, found.https, found.issuer) == (hostname, https, issuer)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        pytest.param(
            FRONTEND,
            {
                "clientId": "web",
                **OPEN,
                "publicClient": True,
                "standardFlowEnabled": True,
                "redirectUris": ["https://app.example.org/*"],
                "webOrigins": ["+"],
                "attributes": {"post.logout.redirect.uris": "+", "pkce.code.challenge.method": "S256"},
            },
            id="public",
        ),
        pytest.param(
            FRONTEND | {"web_origins": ["https://app.example.org"], "pkce": False},
            {
                "clientId": "web",
                **OPEN,
                "publicClient": True,
                "standardFlowEnabled": True,
                "redirectUris": ["https://app.example.org/*"],
                "webOrigins": ["https://app.example.org"],
                "attributes": {"post.logout.redirect.uris": "+"},
            },
            id="public-without-pkce",
        ),
        pytest.param(
            {"public": False, "service_account": True, "password_grant": True},
            {
                "clientId": "web",
                **OPEN,
                "publicClient": False,
                "standardFlowEnabled": False,
                "directAccessGrantsEnabled": True,
                "serviceAccountsEnabled": True,
                "redirectUris": [],
                "clientAuthenticatorType": "client-secret",
                "secret": "${CLIENT_SECRET_WEB}",
            },
            id="confidential",
        ),
        pytest.param(
            {"public": False, "audience": ["api"]},
            {
                "clientId": "web",
                **OPEN,
                "publicClient": False,
                "standardFlowEnabled": False,
                "redirectUris": [],
                "clientAuthenticatorType": "client-secret",
                "secret": "${CLIENT_SECRET_WEB}",
                "protocolMappers": [
                    {
                        "name": "audience-api",
                        "protocol": "openid-connect",
                        "protocolMapper": "oidc-audience-mapper",
                        "consentRequired": False,
                        "config": {
                            "included.client.audience": "api",
                            "access.token.claim": "true",
                            "id.token.claim": "false",
                        },
                    }
                ],
            },
            id="audience",
        ),
    ],
)
def test_clients(changes: dict[str, Any], expected: dict[str, Any]) -> None:
    """A client is exactly what its settings say; a secret is a placeholder that Keycloak fills in."""
    realm = settings(**client(**changes)).realm
    api, web = realm.to_keycloak(https=True)["clients"]
    assert api["clientId"] == "api"
    assert web == expected


@pytest.mark.parametrize(
    ("changes", "https", "expected"),
    [
        pytest.param(
            {},
            True,
            {"sslRequired": "external", "registrationAllowed": False, "bruteForceProtected": True},
            id="by-default",
        ),
        pytest.param({}, False, {"sslRequired": "none"}, id="plain-http"),
        pytest.param(
            {
                "display_name": "The shop",
                "registration": True,
                "brute_force_protection": False,
                "access_token_lifespan": "10m",
                "roles": ["clerk", "manager"],
            },
            True,
            {
                "displayName": "The shop",
                "registrationAllowed": True,
                "bruteForceProtected": False,
                "accessTokenLifespan": 600,
                "roles": {"realm": [{"name": "clerk"}, {"name": "manager"}]},
            },
            id="everything",
        ),
    ],
)
def test_realms(changes: dict[str, Any], https: bool, expected: dict[str, Any]) -> None:
    """A realm is what its settings say; what is not set is left to Keycloak."""
    realm = settings(realm={"name": "shop"} | changes).realm
    found = realm.to_keycloak(https=https)
    assert expected.items() <= found.items()
    optional = {"displayName", "accessTokenLifespan", "roles"}
    assert set(found) & optional == set(expected) & optional


def test_c18_the_order_of_clients_does_not_show() -> None:
    """Layers merge maps in an order of their own."""
    both = {"web": FRONTEND, "api": BACKEND}
    found = [
        settings(realm={"name": "shop", "clients": clients}).realm.to_keycloak(https=True)
        for clients in (both, dict(reversed(both.items())))
    ]
    assert json.dumps(found[0]) == json.dumps(found[1])


def test_clients_do_not_share_a_variable() -> None:
    """Ids of clients have no underscore, so that two of them never become one variable."""
    assert secret_variable("pm-backend") == "CLIENT_SECRET_PM_BACKEND"
    with pytest.raises(TowpathError):
        settings(**client("pm_backend", public=False))

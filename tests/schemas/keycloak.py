"""Full samples of what the library emits for Keycloak's operator, with what is optional in them."""

from __future__ import annotations

from typing import Any

from tests.schemas.fragments import (
    HARDENED,
    LABELS,
    NOT_PULL_SECRETS,
    OPTIONAL_METADATA,
    OPTIONAL_SIZES,
    PULL_SECRETS,
    RESOURCES,
    metadata,
)

METADATA = metadata("keycloak")
PROBE = {"periodSeconds": 30, "failureThreshold": 3}

KEYCLOAK: dict[str, Any] = {
    "apiVersion": "k8s.keycloak.org/v2alpha1",
    "kind": "Keycloak",
    "metadata": METADATA,
    "spec": {
        "instances": 2,
        "image": "registry.example.com/keycloak:26",
        "imagePullSecrets": PULL_SECRETS,
        "startOptimized": False,
        "automountServiceAccountToken": False,
        "db": {
            "vendor": "postgres",
            "url": "jdbc:postgresql://postgres-rw:5432/keycloak?sslmode=require",
            "usernameSecret": {"name": "keycloak-database", "key": "username"},
            "passwordSecret": {"name": "keycloak-database", "key": "password"},
        },
        "hostname": {"hostname": "https://auth.example.com", "backchannelDynamic": True},
        "http": {"httpEnabled": True},
        "proxy": {"headers": "xforwarded"},
        "ingress": {"enabled": False},
        "networkPolicy": {"enabled": False},
        "bootstrapAdmin": {"user": {"secret": "keycloak-admin"}},
        "resources": RESOURCES,
        "startupProbe": PROBE,
        "livenessProbe": PROBE,
        "readinessProbe": PROBE,
        "unsupported": {
            "podTemplate": {
                "metadata": {"labels": LABELS},
                "spec": {
                    "enableServiceLinks": False,
                    "securityContext": {
                        "runAsNonRoot": True,
                        "runAsUser": 1000,
                        "runAsGroup": 1000,
                        "fsGroup": 1000,
                        "fsGroupChangePolicy": "OnRootMismatch",
                        "seccompProfile": {"type": "RuntimeDefault"},
                    },
                    "initContainers": [
                        {
                            "name": "copy",
                            "image": "registry.example.com/keycloak:26",
                            "imagePullPolicy": "IfNotPresent",
                            "command": ["cp", "-R", "/opt/keycloak/lib/quarkus/.", "/copy"],
                            "resources": RESOURCES,
                            "securityContext": HARDENED,
                            "volumeMounts": [{"name": "quarkus", "mountPath": "/copy"}],
                        }
                    ],
                    "containers": [
                        {
                            "securityContext": HARDENED,
                            "volumeMounts": [{"name": "quarkus", "mountPath": "/opt/keycloak/lib/quarkus"}],
                        }
                    ],
                    "volumes": [{"name": "quarkus", "emptyDir": {"sizeLimit": "64Mi"}}],
                },
            }
        },
    },
}
REALM_IMPORT: dict[str, Any] = {
    "apiVersion": "k8s.keycloak.org/v2alpha1",
    "kind": "KeycloakRealmImport",
    "metadata": METADATA,
    "spec": {
        "keycloakCRName": "keycloak",
        "placeholders": {"CLIENT_SECRET_API": {"secret": {"name": "keys", "key": "client"}}},
        "resources": RESOURCES,
        "realm": {
            "realm": "shop",
            "enabled": True,
            "displayName": "The shop",
            "sslRequired": "external",
            "registrationAllowed": False,
            "bruteForceProtected": True,
            "accessTokenLifespan": 300,
            "roles": {"realm": [{"name": "clerk"}]},
            "clients": [
                {
                    "clientId": "web",
                    "enabled": True,
                    "protocol": "openid-connect",
                    "publicClient": True,
                    "standardFlowEnabled": True,
                    "implicitFlowEnabled": False,
                    "directAccessGrantsEnabled": False,
                    "serviceAccountsEnabled": False,
                    "redirectUris": ["https://shop.example.com/*"],
                    "webOrigins": ["https://shop.example.com"],
                    "attributes": {
                        "post.logout.redirect.uris": "+",
                        "pkce.code.challenge.method": "S256",
                    },
                    "clientAuthenticatorType": "client-secret",
                    "secret": "${CLIENT_SECRET_API}",
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
                }
            ],
        },
    },
}
_POD = "spec.unsupported.podTemplate.spec"
_CLIENT = "spec.realm.clients.0"
OPTIONAL: dict[str, set[str]] = {
    "Keycloak": {
        *OPTIONAL_METADATA,
        "spec.imagePullSecrets",
        *(f"spec.{each}" for each in OPTIONAL_SIZES),
        *(f"{_POD}.initContainers.0.{each}" for each in OPTIONAL_SIZES),
    },
    "KeycloakRealmImport": {
        *OPTIONAL_METADATA,
        *(f"spec.{each}" for each in OPTIONAL_SIZES),
        "spec.placeholders",
        "spec.realm.displayName",
        "spec.realm.accessTokenLifespan",
        "spec.realm.roles",
        f"{_CLIENT}.webOrigins",
        f"{_CLIENT}.attributes",
        f"{_CLIENT}.attributes.post.logout.redirect.uris",
        f"{_CLIENT}.attributes.pkce.code.challenge.method",
        f"{_CLIENT}.clientAuthenticatorType",
        f"{_CLIENT}.secret",
        f"{_CLIENT}.protocolMappers",
    },
}
FIELD_PATHS: dict[str, list[tuple[str, tuple[Any, ...]]]] = {
    "Keycloak": [
        ("spec.instances", (0,)),
        ("spec.image", ("",)),
        ("spec.imagePullSecrets", NOT_PULL_SECRETS),
        ("spec.startOptimized", (True,)),
        ("spec.automountServiceAccountToken", (True,)),
        ("spec.db.vendor", ("mysql",)),
        ("spec.db.url", ("postgresql://a/b", "jdbc:postgresql://a", "jdbc:postgresql://a/b c")),
        ("spec.db.passwordSecret.name", ("A",)),
        ("spec.db.passwordSecret.key", ("pass word",)),
        ("spec.hostname.hostname", ("auth.example.com", "https://auth.example.com/path")),
        ("spec.hostname.backchannelDynamic", (False,)),
        ("spec.http.httpEnabled", (False,)),
        ("spec.proxy.headers", ("forwarded",)),
        ("spec.ingress.enabled", (True,)),
        ("spec.networkPolicy.enabled", (True,)),
        ("spec.bootstrapAdmin.user.secret", ("A",)),
        ("spec.resources.limits", ({"gpu": "1"},)),
        ("spec.startupProbe.failureThreshold", (0,)),
        (f"{_POD}.securityContext.runAsNonRoot", (False,)),
        (f"{_POD}.securityContext.runAsUser", (0,)),
        (f"{_POD}.securityContext.seccompProfile.type", ("Unconfined",)),
        (f"{_POD}.initContainers", ([],)),
        (f"{_POD}.initContainers.0.command", ([], [""])),
        (
            f"{_POD}.containers",
            ([], [KEYCLOAK["spec"]["unsupported"]["podTemplate"]["spec"]["containers"][0]] * 2),
        ),
        (f"{_POD}.containers.0.securityContext.allowPrivilegeEscalation", (True,)),
        (f"{_POD}.containers.0.securityContext.readOnlyRootFilesystem", (False,)),
        (f"{_POD}.containers.0.securityContext.capabilities.drop", ([], ["NET_RAW"])),
        (f"{_POD}.containers.0.volumeMounts.0.mountPath", ("tmp",)),
        (f"{_POD}.volumes.0.emptyDir.sizeLimit", ("64 Mi", "64MB")),
    ],
    "KeycloakRealmImport": [
        ("spec.keycloakCRName", ("A",)),
        ("spec.placeholders", ({}, {"lower": REALM_IMPORT["spec"]["placeholders"]["CLIENT_SECRET_API"]})),
        ("spec.realm.realm", ("a b", "")),
        ("spec.realm.enabled", (False,)),
        ("spec.realm.sslRequired", ("all",)),
        ("spec.realm.accessTokenLifespan", (0,)),
        ("spec.realm.roles.realm", ([],)),
        (f"{_CLIENT}.clientId", ("Web", "")),
        (f"{_CLIENT}.implicitFlowEnabled", (True,)),
        # A secret in plain text.
        (f"{_CLIENT}.secret", ("hunter2", "${lower}", "")),
        (f"{_CLIENT}.protocolMappers", ([],)),
        (f"{_CLIENT}.protocolMappers.0.protocolMapper", ("oidc-hardcoded-claim-mapper",)),
    ],
}
SAMPLES = {"keycloak": KEYCLOAK, "keycloak-realm-import": REALM_IMPORT}

"""The variables that the platform's document gives each environment reach the backend's container."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.projects import ROOT
from towpath.documents.node import plain
from towpath.documents.reader import Dialect, read_all

# From the three files of variables in section 4.1 of document 000. None stands for a secret, and for an address that is
# put together from one: here no password is text, also where the document has it so in development.
_SHARED: dict[str, str | None] = {
    "TZ": "Asia/Dhaka",
    "MONGODB_URI": None,
    "MONGODB_AUTH_SOURCE": "admin",
    "REDIS_URL": None,
    "REDIS_DB": "0",
    "JWT_SECRET": None,
    "JWT_ACCESS_TTL": "900",
    "JWT_REFRESH_TTL": "1209600",
    "S3_REGION": "us-east-1",
    "S3_ACCESS_KEY": None,
    "S3_SECRET_KEY": None,
    "ENABLE_METRICS": "true",
    "METRICS_PORT": "9090",
    "ENABLE_FILE_UPLOAD": "true",
    "ENABLE_NOTIFICATIONS": "true",
}
_ABROAD: dict[str, str | None] = {
    "API_VERSION": "v1",
    "MONGODB_SSL": "true",
    "REDIS_PASSWORD": None,
    "BCRYPT_ROUNDS": "12",
    "S3_ENDPOINT": "https://s3.amazonaws.com",
    "S3_USE_PATH_STYLE": "false",
    "SMTP_HOST": None,
    "SMTP_PORT": "587",
    "SMTP_SECURE": "true",
    "SMTP_USER": None,
    "SMTP_PASS": None,
    "EMAIL_FROM": "noreply@company.com",
    "ENABLE_TRACING": "true",
    "JAEGER_ENDPOINT": None,
    "SENTRY_DSN": None,
    "ANALYTICS_ID": None,
    "ENABLE_REGISTRATION": "false",
}
DOCUMENTED: dict[str, dict[str, str | None]] = {
    "development": {
        **_SHARED,
        "NODE_ENV": "development",
        "LOG_LEVEL": "debug",
        "FRONTEND_PORT": "3000",
        "BACKEND_PORT": "8080",
        "NGINX_PORT": "8088",
        "MONGODB_DB": "pm_dev",
        "REFRESH_COOKIE_NAME": "pm_refresh",
        "BCRYPT_ROUNDS": "10",
        "S3_ENDPOINT": "http://minio:9000",
        "S3_BUCKET": "pm-docs-dev",
        "S3_USE_PATH_STYLE": "true",
        "SMTP_HOST": "mailhog",
        "SMTP_PORT": "1025",
        "SMTP_SECURE": "false",
        "SMTP_USER": "",
        "SMTP_PASS": "",
        "EMAIL_FROM": "noreply@pms-dev.local",
        "ENABLE_TRACING": "false",
        "ENABLE_REGISTRATION": "true",
    },
    "staging": {
        **_SHARED,
        **_ABROAD,
        "NODE_ENV": "staging",
        "LOG_LEVEL": "info",
        "FRONTEND_URL": "https://pms-staging.company.com",
        "BACKEND_URL": "https://api-staging.pms.company.com",
        "MONGODB_DB": "pm_staging",
        "REFRESH_COOKIE_NAME": "pm_refresh_staging",
        "S3_BUCKET": "pm-docs-staging",
    },
    "production": {
        **_SHARED,
        **_ABROAD,
        "NODE_ENV": "production",
        "LOG_LEVEL": "warn",
        "FRONTEND_URL": "https://pms.company.com",
        "BACKEND_URL": "https://api.pms.company.com",
        "MONGODB_DB": "pm_production",
        "MONGODB_REPLICA_SET": "rs0",
        "REDIS_CLUSTER_MODE": "true",
        "REFRESH_COOKIE_NAME": "pm_refresh",
        "S3_BUCKET": "pm-docs-production",
        "S3_CLOUDFRONT_DOMAIN": None,
        "PROMETHEUS_ENDPOINT": None,
        "SLACK_WEBHOOK_URL": None,
        "CORS_ORIGINS": None,
        "RATE_LIMIT_WINDOW": "900000",
        "RATE_LIMIT_MAX": "100",
        "HELMET_ENABLED": "true",
        "CLUSTER_MODE": "true",
        "CLUSTER_WORKERS": "0",
        "CACHE_TTL": "3600",
        "COMPRESSION_ENABLED": "true",
        "MAINTENANCE_MODE": "false",
    },
}
# Where the settings go another way than the document on purpose, with the reason beside the setting: a MongoDB without
# certificates cannot speak TLS, and as many workers as the node has CPUs do not fit into a pod.
DIFFERENT = {"staging": {"MONGODB_SSL": "false"}, "production": {"CLUSTER_WORKERS": "1"}}
# MinIO's own, which the document's file gives to the store and not to the backend.
STORE = {"MINIO_ROOT_USER", "MINIO_ROOT_PASSWORD"}
SECRET = "(from a secret)"


def _object(environment: str, file: str) -> Any:
    path = f"dist/{environment}/pms/{file}"
    (node,) = read_all((ROOT / path).read_bytes(), path, Dialect.KUBERNETES)
    return plain(node)


def _variables(environment: str, file: str) -> dict[str, str]:
    """Return what a container sees: the ConfigMaps that it takes, and over them its own variables."""
    (container, *_) = _object(environment, file)["spec"]["template"]["spec"]["containers"]
    found: dict[str, str] = {}
    for source in container.get("envFrom", []):
        found |= _object(environment, f"configmap_{source['configMapRef']['name']}.yaml")["data"]
    for variable in container.get("env", []):
        found[variable["name"]] = variable.get("value", SECRET)
    return found


@pytest.mark.parametrize("file", ["deployment_backend.yaml", "deployment_worker.yaml"])
@pytest.mark.parametrize("environment", DOCUMENTED)
def test_variables(environment: str, file: str) -> None:
    """Each variable of the document is set, and has the document's value where it names one."""
    found = _variables(environment, file)
    different = DIFFERENT.get(environment, {})
    assert all(DOCUMENTED[environment][name] != value for name, value in different.items())
    expected = {**DOCUMENTED[environment], **different}
    assert not expected.keys() - found.keys()
    assert {name: found[name] for name, value in expected.items() if value is not None} == {
        name: value for name, value in expected.items() if value is not None
    }


@pytest.mark.parametrize("environment", DOCUMENTED)
def test_secrets_are_references(environment: str) -> None:
    """What the document leaves to a secret store is a reference, or is put together from one, and never text."""
    found = _variables(environment, "deployment_backend.yaml")
    for name, value in DOCUMENTED[environment].items():
        if value is None:
            assert found[name] == SECRET or "$(" in found[name], f"{name} is {found[name]!r}"


def test_variables_of_the_store() -> None:
    """MinIO in development has the names of its root user and password from the secret, and its console's port."""
    found = _variables("development", "statefulset_minio.yaml")
    assert {name: found[name] for name in STORE} == dict.fromkeys(STORE, SECRET)
    (container, *_) = _object("development", "statefulset_minio.yaml")["spec"]["template"]["spec"][
        "containers"
    ]
    assert 9001 in {port["containerPort"] for port in container["ports"]}


def test_environment_names_itself() -> None:
    """No environment holds another one's name in its variables."""
    for environment in DOCUMENTED:
        others = DOCUMENTED.keys() - {environment}
        values = " ".join(_variables(environment, "deployment_backend.yaml").values())
        assert not [other for other in others if other in values]
